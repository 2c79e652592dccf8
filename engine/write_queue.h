// The order in which the threads of one process write: one queue in front of the one write connection.
//
// Whoever stands at its head leads: the turn is his until leave(). A leader may take the units that stand directly
// behind his own and allow it, run them all in one transaction, and tell their threads that they are done (group
// commit; DeWitt et al., "Implementation techniques for main memory database systems", SIGMOD 1984). While he waits for
// the disk, the next ones gather. First come, first served: nobody starves, and a transaction() waits for its turn as
// every other write does.
//
//   state of a unit | becomes  | when
//   ----------------+----------+---------------------------------------------------------------
//   queued          | leading  | it comes to stand at the head (its own thread goes on)
//   queued          | taken    | the leader takes it into his group (its thread goes on waiting)
//   queued          | gone     | its thread has waited for long enough
//   taken           | done     | the leader leaves: its work's effects and `error` are there
//   leading         | gone     | leave()
//
// Thread-safety: enter() and waiting() from any thread; take_group() and leave() from the leading thread. Lifetime: a
// unit belongs to the thread that entered it, on its stack, and stays until enter() has returned kDone or kTimeout, or
// the leader has left. Errors: none; nothing throws but the first growth of a group. Cost: a lock on entering and on
// leaving, a wake-up for each unit that waited.
//
// Invariants, all under mutex_:
//   W1  at most one unit leads; it is not in the queue. If nobody leads, the queue is empty.
//   W2  what a leader writes into a taken unit is seen by its thread: leave() stores the state under mutex_, and the
//       waiting thread reads it there.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <span>
#include <vector>

#include "cache/function_ref.h"

namespace tern::internal {

struct WriteUnit {
  // What is to be done, on the leading thread and perhaps more than once: it sets its outcome anew each time. Throws
  // what its thread shall get.
  cache::FunctionRef<void()> work;
  bool may_share = false;   // with others in one transaction
  bool transaction = true;  // alone it needs BEGIN and COMMIT around it: it is more than one statement
  bool savepoint = true;    // among others it needs one: what it did before it failed would stay
  std::exception_ptr error;

 private:
  friend class WriteQueue;
  enum class State { kQueued, kLeading, kTaken, kDone };
  State state_ = State::kQueued;
  std::condition_variable changed_;

 public:
  explicit WriteUnit(cache::FunctionRef<void()> what) : work(what) {}
};

class WriteQueue {
 public:
  static constexpr size_t kMaxGroup = 128;

  enum class Outcome { kLead, kDone, kTimeout };
  Outcome enter(WriteUnit& unit, std::chrono::milliseconds patience);

  // enter() in two steps, for a thread that brings several units: all of them at once, one behind the other, and then
  // await() for each, in their order. std::bad_alloc, and none has entered.
  void enter_all(std::span<WriteUnit* const> units);
  Outcome await(WriteUnit& unit, std::chrono::milliseconds patience);

  // Adds the units behind the leader's that may share a transaction, until one comes that may not.
  void take_group(std::vector<WriteUnit*>& group);
  // Tells the threads of `done` so, and gives the turn to the next in line.
  void leave(std::span<WriteUnit* const> done = {}) noexcept;

  size_t waiting() const;  // units in the queue now

 private:
  mutable std::mutex mutex_;
  std::deque<WriteUnit*> queue_;
  bool led_ = false;
};

}  // namespace tern::internal
