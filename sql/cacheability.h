// Whether the answer of a statement may be cached, and what it hangs on; with a reason that a person understands.
//
// | kind       | meaning                          | examples                                     |
// |------------|----------------------------------|----------------------------------------------|
// | kPages     | hangs on the pages that it read  | tables, views, json_each, R-tree             |
// | kAnyCommit | true until anything is committed | FTS3/4/5: their module keeps state in memory |
// | kNever     | not a function of the database   | random(), PRAGMA, writes, temp, dbstat       |
//
// How it is known: the authorizer tells, while SQLite prepares, every table, function and other object that the
// statement touches, views and expressions of the schema included; flags of the statement tell the rest. A function is
// allowed if SQLite itself calls every overload of its name deterministic (PRAGMA function_list), or if it is a
// built-in aggregate or window function. Date functions count as deterministic there: whether a run asked for the
// clock is seen at run time (PageRecorder::impure()). With a system SQLite local time cannot be seen, so that date
// functions are kNever.
//
// What is not SQLite's own (Connection::foreign_names(): the host's functions and collations, those of extensions) may
// be another thing, or nothing, in the next process. A statement hangs on it when its name stands in the statement, in
// a view, or in the text of a table that is read or of an index of it: SQLite reports neither collations nor the
// functions of generated columns. Named more often than used, which is safe.
//
// Contract. A Classifier belongs to one connection and its thread. It reads the list of functions once; call
// forget_functions() after registering a function or loading an extension. The classification holds for the prepared
// statement as it is: if Statement::reprepared() grew during a run, drop the run and prepare anew.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sql/statement.h"

namespace tern::sql {

struct Cacheability {
  enum class Kind : uint8_t { kPages, kAnyCommit, kNever };

  Kind kind = Kind::kNever;
  std::string reason;               // why kNever or kAnyCommit: "uses random(), which is not deterministic"
  std::string foreign;              // the name of something that is not SQLite's own, if it may hang on such
  std::vector<std::string> tables;  // the tables and virtual tables it reads, sorted; views are resolved to theirs
};

struct ClassifiedStatement {
  Statement statement;
  Cacheability cacheability;
};

class Classifier {
 public:
  explicit Classifier(Connection& connection);
  ~Classifier();
  Classifier(Classifier&&) noexcept;
  Classifier& operator=(Classifier&&) noexcept;

  // Prepares one statement, and says what may be done with its answers. Error as Statement's constructor.
  ClassifiedStatement prepare(std::string_view sql, bool persistent = true);

  void forget_functions() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tern::sql
