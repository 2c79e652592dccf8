// The histories of a run: what each actor (a thread that reads or writes) did, in a ring of its own, in memory that all
// processes share. A process that is killed leaves there all that it had done.
//
// A ring has one producer, the actor, and one consumer, the Collector. Entries are words:
//
//   | word | rows, sum               | attempt                      | acknowledged | resolved                         |
//   |    0 | type | what << 8 | source << 16 | words that follow after the second << 32                            |
//   |    1 | invoked, ns             | invoked, ns                  | returned, ns | 0                                |
//   |    2 | returned, ns            | nonce                        | value        | value, or the nonce alone if the |
//   |  3 … | what was seen           | unit << 48 | 1: left present |              | attempt did not take place       |
//
// `low` is a promise: no operation of this actor that is not in the ring yet was invoked before it; kNever while the
// actor is between operations. The Collector's horizon is the least of them and of the time. The race of an actor that
// begins just then: begin() stores a `low` (seq_cst), then takes the time of the invocation; the Collector takes the
// time, then loads `low` (seq_cst). If it still finds kNever, its load came before the store, so its time came before
// the invocation, give or take what a processor reorders of a clock reading: kClockSlackNs.
//
// A writer that dies within an attempt leaves `attempt` and its `low`, which holds the horizon back until its successor
// has asked the database whether the attempt took place, and resolves it. So the judge knows every commit before it
// judges a read that may have seen it.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/torture/judge.h"
#include "tests/torture/operation.h"

namespace torture {

inline constexpr uint64_t kClockSlackNs = 100'000;

struct Ring {
  static constexpr uint64_t kWords = uint64_t{1} << 18;

  alignas(64) std::atomic<uint64_t> head;  // words written, ever
  std::atomic<uint64_t> low;
  std::atomic<uint64_t> attempt;           // nonce of the attempt under way; 0: none
  alignas(64) std::atomic<uint64_t> tail;  // words that may be overwritten
  uint64_t words[kWords];
};

enum class EntryType : uint8_t { kRows = 1, kSum, kAttempt, kAcknowledged, kResolved };

uint64_t now_ns();

// The producer's side; belongs to the actor.
class Recorder {
 public:
  // `stop`: ends the wait for room in the ring.
  Recorder(Ring& ring, const std::atomic<bool>& stop) : ring_(ring), stop_(stop), last_ns_(now_ns()) {}

  // An operation begins now. `room`: the words that it may see.
  void begin(size_t room);
  // It has returned; what it saw can be told now.
  void returned() { returned_ns_ = now_ns(); }
  void saw(uint32_t unit, uint64_t value) { seen_.push_back(seen_of(unit, value)); }
  void saw_sum(uint32_t first, uint32_t units, uint64_t count, uint64_t sum);
  void end(uint8_t what, uint8_t source);  // puts it into the ring
  void forget();                           // the call failed: it saw nothing

  // A commit begins: `left` has unit << 48 | 1 for each unit that it leaves present, unit << 48 for others.
  void attempt(uint32_t nonce, std::span<const uint64_t> left);
  void acknowledge(uint64_t value);
  // The attempt that was left behind took place (its value) or did not (its nonce alone).
  void resolve(uint64_t value);
  uint64_t unresolved() const { return ring_.attempt.load(std::memory_order_acquire); }

 private:
  void push(EntryType type, uint8_t what, uint8_t source, uint64_t first, uint64_t second,
            std::span<const uint64_t> rest);
  void rest();

  Ring& ring_;
  const std::atomic<bool>& stop_;
  uint64_t last_ns_;  // no later than the next invocation
  uint64_t invoked_ns_ = 0;
  uint64_t returned_ns_ = 0;
  bool sum_ = false;
  std::vector<uint64_t> seen_;
};

// The consumer's side: takes the entries of all rings to the judge. Belongs to one thread.
class Collector {
 public:
  Collector(std::span<Ring* const> rings, Judge& judge);

  // Takes what is there, and has it judged as far as everything is known.
  void collect();
  // When all actors have ended. What comes after an attempt that nobody has resolved is not judged.
  void finish();

  uint64_t longest_lag_ns() const { return longest_lag_ns_; }

 private:
  struct Source {
    Ring* ring;
    uint64_t parsed = 0;
    bool attempting = false;
    Operation attempt;
    std::vector<uint64_t> left;
  };

  uint64_t horizon() const;
  void pull(uint32_t actor);
  void take(uint32_t actor, uint64_t at);
  void complete(uint32_t actor, uint64_t value, uint64_t returned_ns);

  std::vector<Source> sources_;
  Judge& judge_;
  std::vector<uint64_t> seen_;
  uint64_t longest_lag_ns_ = 0;
};

}  // namespace torture
