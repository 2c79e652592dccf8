// A write transaction that is held across calls, where Database::transaction() would want its work as one function:
// what tern_begin() gives out.
//
//   state    | becomes | by
//   ---------+---------+------------------------------------------------------------------------------
//   open     | ended   | commit(), whether it succeeds or not; rollback(); the destructor
//   open     | undone  | a statement whose failure makes SQLite roll everything back
//   undone   | ended   | commit(), which fails; rollback(); the destructor
//
// From construction until it has ended it has the writer's turn (writer.h), so every other writer of the process waits.
//
// Thread-safety: one call at a time; a second one is told so (kMisuse). kOne: of the thread that made it, which is told
// at once when it asks for another turn. kAny: of any thread; between calls the turn is nobody's, so that a thread that
// asks for another one waits for it. The destructor may run on any thread. Lifetime: it keeps the engine open. In the
// child of a fork every call is kMisuse and the destructor does nothing. Errors: tern::Error.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/access.h"
#include "engine/engine.h"
#include "engine/write_queue.h"

namespace tern::internal {

class HeldTransaction {
 public:
  enum class Threads : uint8_t { kOne, kAny };

  // Waits for its turn, and begins.
  HeldTransaction(std::shared_ptr<Engine> engine, Threads threads);
  ~HeldTransaction();
  HeldTransaction(const HeldTransaction&) = delete;
  HeldTransaction& operator=(const HeldTransaction&) = delete;

  // With the schema as the transaction sees it.
  Statement prepare(std::string_view sql);
  Rows run(const Statement& statement, const cache::KeyBuilder& key);
  // Runs each statement of the script; returns how many.
  int64_t exec(std::string_view script);
  void commit();
  void rollback();

 private:
  class Use;
  void demand_open() const;
  void end() noexcept;

  const std::shared_ptr<Engine> engine_;
  const Threads threads_;
  // acquire when a call begins, release when it ends: what one thread leaves, the next one finds.
  std::atomic<bool> in_use_{false};

  // Belong to the call under way.
  Writer& writer_;
  WriteUnit unit_;  // stands in the writer's queue
  uint64_t state_before_ = 0;
  bool ended_ = false;
};

}  // namespace tern::internal
