// Functions and collations of the host: what SQL calls by name and the program that links tern has written.
//
//   db.create_function("initial", 1, {.deterministic = true},
//                      [](tern::Arguments args) { return args[0].text().substr(0, 1); });
//   db.create_collation("backwards", [](std::string_view a, std::string_view b) { return b.compare(a); });
//
// They are registered on the Database, for every connection that its file has or will have in this process: all
// handles of the file, its sessions too. A name that is there already, also one of SQLite's own, is replaced.
//
// Contract. Thread-safety: called on any thread, on several at once; one that keeps state must guard it. Lifetime: kept
// until it is replaced or the database is closed, and then destroyed on any thread. Errors: what a function throws ends
// the statement as Error::kSql with its message. A collation has no way to fail: one that throws ends the program. What
// is called here must not call tern's Database, Statement or Session: Error::kMisuse. Arguments borrow for the call;
// a result is copied.
//
// Caching. `deterministic` means what it means to SQLite: equal arguments, equal result, for as long as it is
// registered. It must not read the clock, a file or another database. The answer of a statement that uses it is then
// cached; that of one that uses any other function of the host is not, and explain() names it. Another process may have
// something else under the same name, so that such answers stay in this process: they are never put in the store, nor
// taken from it. Replacing what is registered voids all cached answers (of every process: replace seldom).
//
// What is in the file. A collation decides the order in an index, and a function is part of an index on an expression:
// every program that writes the table must have the same one under that name, and after a change of it REINDEX is due.
// SQLite lets views, triggers, indexes and generated columns call a function only if it is `in_schema`.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "tern/export.hpp"
#include "tern/value.hpp"

namespace tern {

using Arguments = std::span<const Value>;

// Where a function leaves its result. Text and blob are copied by set(); the last one counts; without any it is NULL.
class TERN_EXPORT FunctionResult {
 public:
  explicit FunctionResult(void* context) noexcept : context_(context) {}
  void set(const Value& value) noexcept;

 private:
  void* context_;
};

struct FunctionOptions {
  bool deterministic = false;  // equal arguments, equal result: its answers may be cached
  // It harms nobody and gives nothing away, whatever it is called with: what is in the file may call it (SQLite's
  // SQLITE_INNOCUOUS).
  bool in_schema = false;
};

using Function = std::function<void(Arguments, FunctionResult&)>;
using Collation = std::function<int(std::string_view, std::string_view)>;

// One group of rows under way. Made when the group begins, destroyed at its end, on one thread at a time.
class TERN_EXPORT Aggregate {
 public:
  virtual ~Aggregate();
  virtual void step(Arguments args) = 0;
  // The result so far. Called at the end of the group, and for each row where it is used as a window function; an
  // Aggregate that was never stepped gives the result of no rows.
  virtual void value(FunctionResult& result) = 0;
  // Takes back the oldest step: for window functions alone.
  virtual void inverse(Arguments args);
};

struct AggregateOptions {
  bool deterministic = false;
  bool in_schema = false;
  bool window = false;  // may be used with OVER; inverse() must be there
};

using AggregateFactory = std::function<std::unique_ptr<Aggregate>()>;

namespace internal {
// Anything that takes the arguments and returns what a Value is made from, as a Function.
template <typename F>
Function function_of(F function) {
  if constexpr (std::is_invocable_v<F&, Arguments, FunctionResult&>) {
    return Function(std::move(function));
  } else {
    return [function = std::move(function)](Arguments args, FunctionResult& result) mutable {
      if constexpr (std::is_void_v<std::invoke_result_t<F&, Arguments>>) {
        function(args);
      } else {
        result.set(Value(function(args)));
      }
    };
  }
}
}  // namespace internal

}  // namespace tern
