// Random schemas, statements and values, small and colliding on purpose: few keys, few values, all of SQLite's types
// and their borders. The same seed gives the same sequence as long as it is told of the same successes.
//
// Left out, since the two would rightly differ or SQLite itself leaves the answer open: random(), the clock,
// last_insert_rowid(), OR FAIL and OR ROLLBACK, which end a transaction that is tern's, and ANALYZE, whose statistics
// each connection takes up in its own time: plans, and so the order of rows, may then differ.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/property/cell.h"

namespace tern::test {

struct Column {
  // What it mostly holds.
  enum class Fit { kAnything, kKey, kTextKey, kInteger, kReal, kText, kBlob };

  std::string name;
  bool generated = false;  // cannot be written
  Fit fit = Fit::kAnything;
};

struct Table {
  std::string name;
  std::vector<Column> columns;
  bool keyed = false;  // c0 alone is its key
};

class Generator {
 public:
  // What is bound is drawn from a sequence of its own: the same `seed` with another `value_seed` asks the same
  // statement for something else.
  Generator(uint64_t seed, uint64_t value_seed, std::vector<Table> tables = {})
      : choices_(seed), values_(value_seed), tables_(std::move(tables)) {}
  explicit Generator(uint64_t seed) : Generator(seed, ~seed) {}
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  uint64_t number() { return (*random_)(); }
  // A number below `count`.
  size_t below(size_t count) { return static_cast<size_t>(number() % count); }
  bool one_in(size_t count) { return below(count) == 0; }

  std::vector<Call> first_schema();
  Call read();
  Call write();
  // A change of the schema; tell succeeded() if it was one.
  Call schema_change();
  void succeeded() { tables_ = planned_; }

  Cell value();

 protected:
  // For its lifetime what is drawn is drawn for values.
  class ForValues {
   public:
    explicit ForValues(Generator& of) : of_(of), before_(of.random_) { of.random_ = &of.values_; }
    ~ForValues() { of_.random_ = before_; }
    ForValues(const ForValues&) = delete;
    ForValues& operator=(const ForValues&) = delete;

   private:
    Generator& of_;
    std::mt19937_64* before_;
  };

  std::string pick(const std::vector<std::string>& texts) { return texts[below(texts.size())]; }
  const std::vector<Table>& tables() const { return tables_; }
  const Table& table() { return tables_[below(tables_.size())]; }
  std::string column(const Table& table) { return table.columns[below(table.columns.size())].name; }
  std::string writable_column(const Table& table);
  std::string text_value();
  std::string condition(const Table& table, const std::string& prefix, Call& call);
  std::string result_expression(const Table& table);

  Call insert();
  Call update();
  Call remove();
  Call write_virtual();
  Call create_trigger();
  Call create_view();

 private:
  std::string column_definition(size_t index);
  Call create_table(const std::string& name);
  Call create_index();
  Call add_column();

  Call read_rows();
  Call read_ordered();
  Call read_joined();
  Call read_aggregate();
  Call read_subquery();
  Call read_compound();
  Call read_expression();
  Call read_window();
  Call read_virtual();

  std::mt19937_64 choices_;
  std::mt19937_64 values_;
  std::mt19937_64* random_ = &choices_;
  std::vector<Table> tables_;
  std::vector<Table> planned_;
  size_t names_ = 0;
};

}  // namespace tern::test
