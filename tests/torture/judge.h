// The judge: decides whether what many threads of many processes did to one database is strictly serializable: each
// operation as if at one moment between its invocation and its return, all of them in one order.
//
// Commits carry their number in the order of commits, so the order of writes is known, and the question becomes easy.
// (In general it is NP-complete; with unique values and a known order of writes it is not: P. B. Gibbons, E. Korach,
// "Testing Shared Memories", SIAM J. Comput. 26(4), 1997.) A *position* is the state after the commit of that number.
//
//   Theorem. Give commit n the position n, and let S(a) be the positions whose state is what the read a saw. The
//   history is strictly serializable with its commits in the order of their numbers, if and only if positions p(a) in
//   S(a) exist with p(b) <= p(a) wherever b returned before the read a was invoked, and p(b) < n wherever b returned
//   before commit n was invoked.
//   Proof. (=>) p(a) = the last commit before a in the serial order. (<=) Order by position; within one, the commit,
//   then the reads of that position by invocation: that agrees with real time and with what each read saw.
//
// If there are such positions, there are least ones, and going through the events in the order of time finds them: with
// M the highest position of all that has returned so far, the floor of an operation is M at its invocation, a read's
// position is the first one in S(a) at or above its floor (and below every commit that began after it returned), and a
// commit must be above its floor. So the check is exact, in one pass, O(events * actors + seen units), and what has
// been judged can be forgotten: only M, the operations that raised it, and the newest writes of each unit remain. It
// covers reads against commits, reads against reads, and units against one another.
//
// A commit that was never acknowledged (its writer was killed) but took place has no return, so it raises nothing by
// itself; one that did not take place is not added at all, so a read of what it would have written is a contradiction.
//
// Belongs to one thread. Bounded: kCommitsKept commits and kRaisersKept raisers; what is added and not yet judged is
// the caller's to bound (`waiting()`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "tests/torture/operation.h"

namespace torture {

// One operation in the history that contradicts.
struct Told {
  Operation operation;
  uint32_t actor = 0;
  uint32_t position = 0;  // 0: there is none
};

struct Contradiction {
  enum class Kind : uint8_t {
    kStale,     // saw a unit that was overwritten by a commit which had been acknowledged, or seen, before
    kTorn,      // each unit was so at some allowed moment, but not all at one
    kUnknown,   // saw a value that no commit left there: never written, rolled back, or not committed
    kReversed,  // a commit comes before one that was acknowledged, or seen, before it began: that one was lost, or was
                // seen before it was made
    kTwice,     // two commits have one number: the first was lost
  };
  Kind kind = Kind::kStale;
  uint64_t seen = 0;          // the unit that shows it, as it was seen; 0 where none does
  std::vector<Told> history;  // what contradicts; the last is mostly the one that cannot be
};

class Judge {
 public:
  static constexpr size_t kCommitsKept = size_t{1} << 16;
  static constexpr size_t kRaisersKept = size_t{1} << 12;

  // `initial`: the value of each unit at number_of(first). The unit `clock` is written by every commit.
  Judge(uint32_t actors, std::vector<uint64_t> initial, uint64_t first, uint32_t clock);

  // The next operation of an actor, in the order of its invocations; those of one actor do not overlap.
  void add(uint32_t actor, const Operation& operation, std::span<const uint64_t> seen);
  // Judges every event before `horizon_ns`. All operations that were invoked before it must have been added.
  void advance(uint64_t horizon_ns);

  size_t waiting(uint32_t actor) const { return queues_[actor].seen.size() + queues_[actor].operations.size(); }
  uint64_t judged() const { return judged_; }
  const std::vector<Contradiction>& contradictions() const { return contradictions_; }
  // The values of the commits that were acknowledged; the newest kCommitsKept.
  std::vector<uint64_t> acknowledged() const;

 private:
  struct Write {
    uint32_t number;
    uint64_t value;
  };
  struct State {
    uint64_t value;
    uint32_t until;  // the next commit that changes it
  };
  struct Queue {
    std::deque<Operation> operations;
    std::deque<uint64_t> seen;
    bool open = false;
    uint32_t floor = 0;  // of the operation in front, once it is open
    uint64_t next_ns = kNever;
  };

  void enter(uint32_t actor, const Operation& commit, std::span<const uint64_t> seen);
  void write(uint32_t unit, Write write);
  uint32_t lowest_floor() const;
  State state(uint32_t unit, uint32_t position) const;
  void open(uint32_t actor);
  void close(uint32_t actor);
  void pop(uint32_t actor);
  std::optional<uint32_t> explain(const Queue& queue, uint32_t floor, uint32_t& until) const;
  std::optional<uint32_t> first_position(const Queue& queue) const;
  bool begun_by(uint32_t number, uint64_t ns) const;
  void raise(uint32_t position, uint32_t actor, const Operation& operation);
  const Told* commit(uint32_t number) const;
  const Told* raiser(uint32_t position) const;

  void accuse(uint32_t actor);
  bool accuse_unit(uint32_t actor, uint64_t seen);
  bool accuse_early(uint32_t actor, uint64_t seen, uint32_t number);
  void accuse_all(uint32_t actor);
  void report(Contradiction contradiction);

  const uint32_t clock_;
  std::vector<std::vector<Write>> units_;  // ascending by number; the first is at or below every floor
  std::vector<Queue> queues_;
  std::deque<Told> commits_;  // by number, from first_commit_ on; those not known yet have the value 0
  uint32_t first_commit_;
  std::deque<Told> raisers_;  // ascending by position
  uint32_t highest_;          // M
  uint64_t judged_ = 0;
  std::vector<Contradiction> contradictions_;
};

}  // namespace torture
