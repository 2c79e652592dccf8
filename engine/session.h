// What a Session is made of: a connection of its own, which publishes what it commits.
//
// Thread-safety: one call at a time; a second one is told so (kMisuse) instead of meeting SQLite's connection in use.
// Lifetime: shared by the Session and its statements; it keeps the engine open, and its connection closes before it
// gives the engine up. Errors: tern::Error.
//
// Publishing needs no turn of the writer's: SQLite lets one connection commit at a time, and whoever has committed
// publishes what the log shows (docs/coherence.md). A commit is noticed by the wal state, which changes with each.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/prepared.h"
#include "sql/connection.h"
#include "sql/statement_cache.h"
#include "tern/rows.hpp"

namespace tern::internal {

class Engine;

class SessionImpl {
 public:
  // `engine` is null for a database in memory.
  SessionImpl(std::shared_ptr<Engine> engine, sql::Connection connection);
  ~SessionImpl();
  SessionImpl(const SessionImpl&) = delete;
  SessionImpl& operator=(const SessionImpl&) = delete;

  std::shared_ptr<Prepared> prepare(std::string_view sql);
  Rows run(const Prepared& prepared, const cache::KeyBuilder& key);
  // All from one committed state.
  std::vector<Rows> read_many(const Prepared& prepared, std::span<const Value> values);
  int64_t exec(std::string_view script);
  void transaction(const std::function<void()>& work);
  void snapshot(const std::function<void()>& work);
  bool in_transaction();

  // Null for a database in memory.
  const std::shared_ptr<Engine>& engine() const noexcept { return engine_; }

 private:
  class Use;
  uint64_t state() const noexcept;
  void publish(uint64_t state_before) noexcept;
  void take_up_host_objects();
  void bracket(const char* begin, const std::function<void()>& work);
  void step(const char* sql);

  const std::shared_ptr<Engine> engine_;
  // acquire when a call begins, release when it ends: what one thread leaves in the connection, the next one finds.
  std::atomic<bool> in_use_{false};

  // Belong to the call under way.
  sql::Connection connection_;
  sql::StatementCache statements_;
  uint64_t host_generation_ = 0;
};

}  // namespace tern::internal
