// An open database: three tiers that answer as one.
//
// Database is a cheap, copyable handle and safe to use from many threads. Opening one file twice in a process gives the
// same engine (the options of the first open count); many processes may open one file, beside programs that have never
// heard of tern. The engine closes when the last handle, statement and transaction of it is gone; results stay valid.
//
// After fork() with a database open, tern cannot be used in the child: every call there is Error::kMisuse, and closing
// does nothing. SQLite's own state does not survive a fork; fork before you open, or exec.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tern/compute.hpp"
#include "tern/explain.hpp"
#include "tern/export.hpp"
#include "tern/function.hpp"
#include "tern/kv.hpp"
#include "tern/options.hpp"
#include "tern/policy.hpp"
#include "tern/rows.hpp"
#include "tern/session.hpp"
#include "tern/statement.hpp"
#include "tern/stats.hpp"
#include "tern/transaction.hpp"

namespace tern {

namespace internal {
class Engine;
}

class TERN_EXPORT Database {
 public:
  // One statement. Error::kSql with SQLite's words and the place when it does not compile.
  Statement prepare(std::string_view sql);
  // With a policy of its own in the place of Options::policy (policy.hpp). Error::kMisuse for a policy that contradicts
  // itself, or a statement that does not read.
  Statement prepare(std::string_view sql, const Policy& policy);
  // prepare, bind and run in one; the prepared statement is kept for the next time.
  template <typename... Args>
  Rows query(std::string_view sql, const Args&... args) {
    return prepare(sql).bind(args...).run();
  }

  // Runs every statement of `sql` (a script, no parameters) in one transaction, all or nothing; a script of a single
  // statement runs outside one, so that VACUUM and PRAGMA work. Returns how many ran. Rows are not returned.
  int64_t exec(std::string_view sql);
  // Runs the statements in one transaction, all or nothing, and returns their results in order.
  std::vector<Rows> batch(std::span<const BoundStatement> statements);
  // Runs `work` in a write transaction: committed when it returns, rolled back when it throws (the exception goes on to
  // the caller). Started again, up to Options::busy_retries times, when the database was busy at BEGIN: `work` has then
  // not run yet.
  void transaction(const std::function<void(Transaction&)>& work);

  // One connection of its own, for TEMP, ATTACH and whatever else lives in a connection (session.hpp).
  Session session();

  // The KV namespace of that name (kv.hpp), 1 to 255 bytes, made if there is none. Opens the KV store with the first
  // one: Error::kCorrupt if it is damaged or of an unknown version, kIo, kReadOnly, kBusy.
  KvNamespace kv(std::string_view name, const KvOptions& options = {});
  // The names of all namespaces, in order.
  std::vector<std::string> kv_namespaces();

  // The value of that key, or what `compute` returns: text or bytes. It is kept for as long as nothing changes that
  // `compute` was given by this database, and computed once for all threads that ask meanwhile (compute.hpp has the
  // contract). `compute` takes nothing, or a Computation&.
  template <typename F>
  Computed get_or_compute(std::string_view key, const ComputeOptions& options, F&& compute) {
    return get_or_run(key, options, internal::compute_function(compute));
  }

  // Functions and collations of the host (function.hpp has their contract). `arity`: how many arguments, -1 for any
  // number. `fn` takes Arguments and returns what a Value is made from, or takes a FunctionResult& besides and returns
  // nothing. Error::kMisuse for a name or arity that SQLite does not accept, inside transaction(), and from within such
  // a function; kBusy while this process writes for longer than the busy timeout.
  template <typename F>
  void create_function(std::string_view name, int arity, FunctionOptions options, F fn) {
    register_function(name, arity, options, internal::function_of(std::move(fn)));
  }
  void create_aggregate(std::string_view name, int arity, AggregateOptions options, AggregateFactory factory);
  void create_collation(std::string_view name, Collation compare);

  // Invalidation by hand, for what tern cannot see: an answer that hangs on something outside of the database. Each
  // voids, with a few stores, every answer of its kind that any process of this database has cached, or begun to fetch;
  // none of them is served stale after that. It may void others that fall on the same of 8,192 marks. Error::kBusy when
  // another process that was stopped in the middle of a publication does not let it be done within the busy timeout.
  void invalidate(const Statement& statement);  // answers of its text with its ttl and tags, whatever the parameters
  void invalidate_tag(std::string_view tag);    // of statements with that tag (Policy::tags)
  // Of statements that read it; a virtual table's with all that it keeps its data in. Error::kNotFound for none of that
  // name, kMisuse for a view.
  void invalidate_table(std::string_view table);
  void invalidate_all();

  // Whether and why a read is cached, which pages of what it hangs on, and what voided it lately. Runs the statement
  // once on SQLite, and looks the pages up in the tables and indexes that it uses, for two seconds at most.
  Explanation explain(std::string_view sql, std::span<const Value> args = {});
  Explanation explain(const BoundStatement& statement);  // with its policy; one of this database
  Stats stats() const;
  const std::string& path() const noexcept;

 private:
  friend TERN_EXPORT Database open(const std::string& path, const Options& options);
  friend class internal::Access;
  explicit Database(std::shared_ptr<internal::Engine> engine) : engine_(std::move(engine)) {}
  Computed get_or_run(std::string_view key, const ComputeOptions& options, internal::ComputeFunction function);
  void register_function(std::string_view name, int arity, FunctionOptions options, Function function);

  std::shared_ptr<internal::Engine> engine_;
};

// Opens or creates a database. Errors name the path and the remedy: kNotFound (folder, or file with
// OpenMode::kExisting), kNotADatabase, kReadOnly, kIo, kBusy, kUnsupported (journal mode, SQLite version, ":memory:").
TERN_EXPORT Database open(const std::string& path, const Options& options = {});

}  // namespace tern
