// A session: one connection of its own, on which all of SQLite works.
//
//   tern::Session session = db.session();
//   session.exec("ATTACH 'other.db' AS other; CREATE TEMP TABLE picked (id)");
//   session.query("INSERT INTO picked SELECT id FROM other.wanted");
//   session.transaction([](tern::Session& s) { s.query("DELETE FROM t WHERE id IN picked"); });
//
// TEMP objects, ATTACH (of files and of ':memory:'), BEGIN, SAVEPOINT and the state of a connection (changes(),
// last_insert_rowid(), most pragmas) live in one connection, and the engine reads with several: here they work. Reads
// bypass the cache. What is committed to the main database is published before the call returns, as any write.
//
// Contract. Thread-safety: a session belongs to one thread; it may be handed over, but two calls at once are
// Error::kMisuse. Lifetime: it keeps the database open, and its statements keep it open; results depend on neither. An
// open transaction is rolled back when it ends. Errors: tern::Error; a write that meets another writer waits for
// Options::busy_timeout_ms, then Error::kBusy (inside Database::transaction() of the same thread it would wait in
// vain). Cost: opening some 100 µs; a read transaction that is left open keeps the log from being restarted. Refused:
// pragmas that would take away what the engine stands on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "tern/export.hpp"
#include "tern/rows.hpp"
#include "tern/statement.hpp"

namespace tern {

class TERN_EXPORT Session {
 public:
  // A private database in memory, gone with the session. It has no tiers, and no functions of the host.
  static Session in_memory();

  // A statement of this session, to be run on its thread.
  Statement prepare(std::string_view sql);
  template <typename... Args>
  Rows query(std::string_view sql, const Args&... args) {
    return prepare(sql).bind(args...).run();
  }
  // Runs each statement of `sql` in turn, as SQLite's shell would: not in one transaction, so that ATTACH and BEGIN
  // work. Stops at the first that fails; what was committed before stays. Returns how many ran.
  int64_t exec(std::string_view sql);

  // Runs `work` in a write transaction of this session: committed and published when it returns, rolled back when it
  // throws. Error::kMisuse inside another transaction of the session (use SAVEPOINT).
  void transaction(const std::function<void(Session&)>& work);
  // Runs `work` with all its reads from one committed state, the newest at the start. Writes in it are
  // Error::kReadOnly.
  void snapshot(const std::function<void(Session&)>& work);
  bool in_transaction() const;

 private:
  friend class internal::Access;
  explicit Session(std::shared_ptr<internal::SessionImpl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<internal::SessionImpl> impl_;
};

}  // namespace tern
