// The write path of one process: one connection, one leader at a time, each commit published before it is acknowledged.
//
//   queue (write_queue.h) → BEGIN IMMEDIATE → units → COMMIT → publish → acknowledge
//
// run() and batch() are units that may share a transaction: the leader runs those that wait behind his own in one,
// so that 16 threads pay for one sync of the disk instead of 16 (group commit). Each unit is atomic and fails alone:
//
//   a unit of a group                          | what the leader does
//   -------------------------------------------+-------------------------------------------------------------------
//   fails                                      | rolls it back to its savepoint, keeps its error, goes on
//   fails, and SQLite rolls back everything    | begins again without it (ON CONFLICT ROLLBACK, a full disk)
//   makes COMMIT fail by a deferred constraint | rolls back, runs each as a commit of its own
//   is the only one                            | runs it as plain SQLite would: a statement in autocommit
//
// A single statement without rows to return needs no savepoint: SQLite makes each statement atomic by itself.
// transaction(), exec() and statements that change the schema have the turn to themselves.
//
// Thread-safety: every public function waits for its turn, except those marked "within a turn", which belong to the
// thread that has it. A thread that has the turn and asks for another is told so (kMisuse), rather than left waiting
// for itself. Units run on the leader's thread, so host functions may be called there. Errors: sql::Error and
// tern::Error; a statement that fails leaves nothing behind, a transaction that fails is rolled back whole. Invariants:
// between turns the connection is outside any transaction; a unit is acknowledged after the COMMIT that holds it, and
// after its publication was tried.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "cache/key.h"
#include "engine/coherence.h"
#include "engine/counters.h"
#include "engine/host_object.h"
#include "engine/prepared.h"
#include "engine/write_queue.h"
#include "sql/connection.h"
#include "sql/statement_cache.h"
#include "tern/rows.hpp"

namespace tern::internal {

struct WriterCall {
  const Prepared* prepared;
  const cache::KeyBuilder* key;
};

class Writer {
 public:
  // `coherence` may be null: then commits need no publishing.
  Writer(sql::Connection connection, Coherence* coherence, Counters& counters, int busy_timeout_ms, int busy_retries);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // A statement as a commit of its own.
  Rows run(const Prepared& prepared, const cache::KeyBuilder& key);
  std::vector<Rows> batch(std::span<const WriterCall> calls);
  // A statement or a batch, and its outcome.
  struct Write {
    std::span<const WriterCall> calls;
    bool batch = false;  // else it is a single call, as by run()
    std::vector<Rows> rows;
    std::exception_ptr error;
  };
  // Each as by run() or batch(), in this order, in as few commits as may be; each fails alone. Throws before any has
  // begun, or not at all.
  void run_each(std::span<Write> writes);
  int64_t exec(std::string_view script);
  void transaction(const std::function<void()>& work);
  // transaction() in pieces, for HeldTransaction (held_transaction.h), which has the contract: the turn is this
  // thread's from take_turn() or take_up() to leave_turn() or put_down(). The unit stays where it is until
  // leave_turn().
  void take_turn(WriteUnit& unit);
  void put_down() noexcept { owner_.store({}, std::memory_order_relaxed); }  // relaxed: see owner_
  void take_up() noexcept { owner_.store(std::this_thread::get_id(), std::memory_order_relaxed); }  // the same
  void leave_turn() noexcept;
  // Gives the connection a function or collation. True if there was something of that name already.
  bool adopt(const HostObject& object);

  // Within a turn.
  uint64_t begin_within();  // what commit_within() takes
  void commit_within(uint64_t state_before);
  void roll_back_within() noexcept;
  Rows run_within(const Prepared& prepared, const cache::KeyBuilder& key);
  int64_t exec_within(std::string_view script);
  sql::StatementCache& statements() noexcept { return statements_; }
  // False once a statement has rolled the transaction back by itself (ON CONFLICT ROLLBACK, a full disk): what ran then
  // would be a commit of its own.
  bool transaction_open() const noexcept { return connection_.in_transaction(); }

  // Writes that wait for their turn now.
  size_t waiting() const { return queue_.waiting(); }
  bool turn_is_mine() const noexcept { return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }

 private:
  class Turn;
  // True when the turn is this thread's now; false when a leader has run the unit. Throws when neither came in time.
  bool wait_for_turn(WriteUnit& unit);
  void refuse_own_turn() const;
  void share(WriteUnit& unit);
  void lead(WriteUnit& unit) noexcept;
  bool run_units() noexcept;
  void run_unit(WriteUnit& unit) noexcept;
  void run_alone(WriteUnit& unit) noexcept;
  void in_transaction(cache::FunctionRef<void()> work);
  void execute(std::string_view sql);
  void begin();
  void commit();
  void publish(uint64_t state_before) noexcept;
  uint64_t state() const noexcept { return coherence_ == nullptr ? 0 : coherence_->wal().state(); }

  // Constant after construction.
  Coherence* const coherence_;
  Counters& counters_;
  const int busy_timeout_ms_;
  const int busy_retries_;

  WriteQueue queue_;
  // Who has the turn. relaxed: only a thread that has set it itself can find its own id here.
  std::atomic<std::thread::id> owner_{};

  // Belong to whoever has the turn.
  std::vector<WriteUnit*> group_;  // the leader's unit first
  std::vector<WriteUnit*> left_;   // of the group, those without an outcome
  sql::Connection connection_;
  sql::StatementCache statements_;
};

}  // namespace tern::internal
