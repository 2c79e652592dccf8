// What the soundness test builds its files from: every kind of table and index, values from a byte to 100 KB, and
// statements of every shape. Each thing is made from a seed of its own and the tables that there are, so that a case
// stays a case when parts of it are taken away.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/property/generator.h"

namespace tern::test {

struct Question {
  size_t shape = 0;  // an index into shape_names()
  Call call;
};

class SoundnessGenerator : public Generator {
 public:
  using Generator::Generator;

  // Part of every schema: a journal for triggers, a full-text index, an R-tree.
  static std::vector<Call> common_schema();
  // The table of that number; its foreign keys name tables that this generator knows.
  Call new_table(size_t number, Table& made);
  // An index, a trigger or a view.
  Call new_extra(uint64_t name);
  Call change_schema(uint64_t name);

  Question question();
  static const std::vector<std::string>& shape_names();

  Call fill(const Table& into);
  Call write_something();
  // In place: the same size, another tail.
  Call overwrite_tail();

 private:
  friend struct Shapes;

  std::string data(size_t size);
  std::string any_text();
  Cell value_for(const Column& column);
  // As value_for, with the index of a bound value.
  std::string bind(Call& call, const Column& column);
  std::string bind_integer(Call& call, size_t below_this);
  const Column& any_column(const Table& of) { return of.columns[below(of.columns.size())]; }
  const Table& keyed_table();

  std::string column_of(size_t index, const std::string& key, bool strict, Table& made);
  std::string reference();
  Call new_index(uint64_t name);
  Call new_trigger(uint64_t name);

  Call upsert();
  Call update_row();
  Call update_range();
  Call delete_rows();
  Call copy_rows();
};

}  // namespace tern::test
