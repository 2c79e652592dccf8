// Histories written by hand, for tests of the judge: who did what, from when to when, on a few units.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "tests/torture/judge.h"

namespace torture::test {

inline constexpr uint32_t kTestUnits = 4;  // the last is the clock
inline constexpr uint32_t kTestClock = kTestUnits - 1;
inline constexpr uint32_t kTestActors = 4;
inline constexpr uint32_t kComesAndGoes = 2;  // the unit that is absent at the beginning
inline constexpr uint64_t kBegin = value_of(1, 0);

// The value that commit `number` writes; its nonce is as good as any.
inline uint64_t v(uint32_t number) { return number == 0 ? kAbsent : value_of(number, number == 1 ? 0 : 100 + number); }

struct Seen {
  uint32_t unit;
  uint32_t commit;  // 0: absent
};

class Trial {
 public:
  Trial() : judge_(kTestActors, {kBegin, kBegin, kAbsent, kBegin}, kBegin, kTestClock) {}

  Trial& commit(uint32_t actor, uint64_t invoked, uint64_t returned, uint32_t number, std::vector<uint32_t> units,
                std::vector<uint32_t> removed = {}) {
    std::vector<uint64_t> left;
    for (const uint32_t unit : units) left.push_back(seen_of(unit, v(number)));
    for (const uint32_t unit : removed) left.push_back(seen_of(unit, kAbsent));
    return add(actor,
               {.kind = Operation::Kind::kCommit, .invoked_ns = invoked, .returned_ns = returned, .value = v(number)},
               left);
  }
  Trial& read(uint32_t actor, uint64_t invoked, uint64_t returned, std::initializer_list<Seen> seen) {
    std::vector<uint64_t> words;
    for (const Seen& one : seen) words.push_back(seen_of(one.unit, v(one.commit)));
    return add(actor, {.invoked_ns = invoked, .returned_ns = returned}, words);
  }
  Trial& sum(uint32_t actor, uint64_t invoked, uint64_t returned, uint32_t first, uint32_t units, uint64_t count,
             uint64_t sum) {
    return add(actor, {.kind = Operation::Kind::kSum, .invoked_ns = invoked, .returned_ns = returned},
               {uint64_t{first} << 32 | units, count, sum});
  }
  Trial& add(uint32_t actor, Operation operation, const std::vector<uint64_t>& words) {
    operation.words = static_cast<uint32_t>(words.size());
    judge_.add(actor, operation, words);
    return *this;
  }

  // The kinds of contradictions found, all in all.
  std::vector<Contradiction::Kind> verdict() {
    judge_.advance(kNever);
    std::vector<Contradiction::Kind> kinds;
    for (const Contradiction& one : judge_.contradictions()) kinds.push_back(one.kind);
    return kinds;
  }
  Judge& judge() { return judge_; }

 private:
  Judge judge_;
};

}  // namespace torture::test
