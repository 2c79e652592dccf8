// The judge of the KV torture: against histories written by hand, and against a search through all orders on small
// random ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "tests/torture/kv/judge.h"

namespace torture::kv {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;
using History = std::vector<Operation>;

Operation did(Kind kind, uint64_t from, uint64_t to, int64_t argument, int64_t result, int64_t expected = 0) {
  return {.kind = kind,
          .outcome = Outcome::kReturned,
          .invoked_ns = from,
          .ended_ns = to,
          .argument = argument,
          .expected = expected,
          .result = result};
}
Operation get(uint64_t from, uint64_t to, int64_t result) { return did(Kind::kGet, from, to, 0, result); }
Operation put(uint64_t from, uint64_t to, int64_t number) { return did(Kind::kPut, from, to, number, 0); }
Operation died(Operation operation) {
  operation.outcome = Outcome::kUnknown;
  return operation;
}
bool allowed(History history, int64_t first = kAbsent) { return !judge(std::move(history), first); }

TEST(KvJudge, AReadAfterAnAcknowledgedPutMustSeeIt) {
  EXPECT_TRUE(allowed({put(1, 2, 7), get(3, 4, 7)}));
  EXPECT_FALSE(allowed({put(1, 2, 7), get(3, 4, kAbsent)}));
  EXPECT_FALSE(allowed({put(1, 2, 7), put(3, 4, 8), get(5, 6, 7)}));
}

TEST(KvJudge, AReadDuringAPutMaySeeEither) {
  EXPECT_TRUE(allowed({put(1, 9, 7), get(2, 3, kAbsent), get(4, 5, 7)}));
  EXPECT_FALSE(allowed({put(1, 9, 7), get(2, 3, 7), get(4, 5, kAbsent)}));
}

TEST(KvJudge, AnAcknowledgedPutThatIsLostIsSeenAtTheEnd) {
  EXPECT_FALSE(allowed({put(1, 2, 7), put(3, 4, 8), get(10, 11, 7)}));
  EXPECT_TRUE(allowed({put(1, 2, 7), died(put(3, 4, 8)), get(10, 11, 7)}));
}

TEST(KvJudge, WhatADeadProcessHadBegunIsDoneBeforeItsEndOrNever) {
  EXPECT_TRUE(allowed({died(put(1, 5, 7)), get(6, 7, 7), get(8, 9, 7)}));
  EXPECT_TRUE(allowed({died(put(1, 5, 7)), get(6, 7, kAbsent), get(8, 9, kAbsent)}));
  EXPECT_FALSE(allowed({died(put(1, 5, 7)), get(6, 7, kAbsent), get(8, 9, 7)}));
}

TEST(KvJudge, OnlyOneOfTwoWinsFromOneVersion) {
  const auto put_if = [](uint64_t from, uint64_t to, int64_t number, int64_t done) {
    return did(Kind::kPutIf, from, to, number, done, 5);
  };
  EXPECT_TRUE(allowed({put_if(1, 4, 7, 1), put_if(2, 3, 8, 0)}, 5));
  EXPECT_FALSE(allowed({put_if(1, 4, 7, 1), put_if(2, 3, 8, 1)}, 5));
  EXPECT_FALSE(allowed({put_if(1, 4, 7, 0), put_if(2, 3, 8, 0)}, 5));
}

TEST(KvJudge, SumsFollowOneAnother) {
  const auto add = [](uint64_t from, uint64_t to, int64_t sum) { return did(Kind::kIncrement, from, to, 1, sum); };
  EXPECT_TRUE(allowed({add(1, 9, 2), add(2, 8, 1), add(3, 7, 3)}));
  EXPECT_FALSE(allowed({add(1, 9, 1), add(2, 8, 1)}));
}

TEST(KvJudge, ARemovalTellsWhetherThereWasOne) {
  EXPECT_TRUE(allowed({did(Kind::kRemove, 1, 2, 0, 1), did(Kind::kRemove, 3, 4, 0, 0)}, 5));
  EXPECT_FALSE(allowed({did(Kind::kRemove, 1, 2, 0, 1), did(Kind::kRemove, 3, 4, 0, 1)}, 5));
}

TEST(KvJudge, AValueHasOneVersion) {
  Operation first = get(1, 2, 5);
  Operation second = get(3, 4, 5);
  first.version = 70;
  second.version = 70;
  EXPECT_TRUE(allowed({first, second}, 5));
  second.version = 71;
  EXPECT_FALSE(allowed({first, second}, 5));
}

// Tries all orders (J. Wing, C. Gong, 1993), with rules of its own.
class AllOrders {
 public:
  explicit AllOrders(const History& history) : history_(history) {}
  bool any(uint32_t done, int64_t holds) {
    if (done + 1 == 1U << history_.size()) return true;
    if (!tried_.emplace(done, holds).second) return false;
    for (size_t i = 0; i < history_.size(); ++i) {
      if ((done >> i & 1) != 0 || !may_be_next(i, done)) continue;
      if (history_[i].outcome == Outcome::kUnknown && any(done | 1U << i, holds)) return true;
      if (step(i, done, holds)) return true;
    }
    return false;
  }

 private:
  bool may_be_next(size_t i, uint32_t done) const {
    for (size_t other = 0; other < history_.size(); ++other) {
      if ((done >> other & 1) == 0 && history_[other].ended_ns < history_[i].invoked_ns) return false;
    }
    return true;
  }
  bool step(size_t i, uint32_t done, int64_t holds) {
    const Operation& op = history_[i];
    int64_t result = 0;
    int64_t leaves = holds;
    if (op.kind == Kind::kGet) result = holds;
    if (op.kind == Kind::kPut) leaves = op.argument;
    if (op.kind == Kind::kRemove) result = holds != kAbsent ? 1 : 0, leaves = kAbsent;
    if (op.kind == Kind::kIncrement) result = leaves = holds + op.argument;
    if (op.kind == Kind::kPutIf && holds == op.expected) result = 1, leaves = op.argument;
    if (op.kind == Kind::kRemoveIf && holds == op.expected) result = 1, leaves = kAbsent;
    if (op.outcome == Outcome::kReturned && result != op.result) return false;
    return any(done | 1U << i, leaves);
  }

  const History& history_;
  std::set<std::pair<uint32_t, int64_t>> tried_;
};

// Up to seven operations, three at a time, that mostly saw what they should.
History draw(std::mt19937_64& random) {
  History history;
  int64_t holds = 0;
  uint64_t busy_until[3] = {};
  for (uint64_t i = 0; i < 4 + random() % 4; ++i) {
    auto& free = *std::ranges::min_element(busy_until);
    Operation op{.kind = static_cast<Kind>(random() % 6), .outcome = Outcome::kReturned};
    op.invoked_ns = free + 1 + random() % 4;
    free = op.ended_ns = op.invoked_ns + random() % 9;
    op.argument = op.kind == Kind::kIncrement ? 1 : static_cast<int64_t>(1 + random() % 3);
    op.expected = random() % 3 != 0 ? holds : static_cast<int64_t>(random() % 3);
    const bool conditional = op.kind == Kind::kPutIf || op.kind == Kind::kRemoveIf;
    if (op.kind == Kind::kGet) op.result = holds;
    if (op.kind == Kind::kRemove) op.result = holds != kAbsent ? 1 : 0;
    if (op.kind == Kind::kIncrement) op.result = holds + 1;
    if (conditional) op.result = holds == op.expected ? 1 : 0;
    const bool writes = !conditional || op.result == 1;
    if (writes && (op.kind == Kind::kPut || op.kind == Kind::kPutIf)) holds = op.argument;
    if (writes && (op.kind == Kind::kRemove || op.kind == Kind::kRemoveIf)) holds = kAbsent;
    if (op.kind == Kind::kIncrement) holds += 1;
    const bool tells_whether = conditional || op.kind == Kind::kRemove;
    if (op.kind != Kind::kPut && random() % 8 == 0)
      op.result = static_cast<int64_t>(random() % (tells_whether ? 2 : 3));
    if (op.kind != Kind::kGet && random() % 6 == 0) op.outcome = Outcome::kUnknown;
    history.push_back(op);
  }
  return history;
}

TEST(KvJudge, GivesTheSameVerdictAsASearchThroughAllOrders) {
  std::mt19937_64 random(20'261'125);
  int right = 0;
  int wrong = 0;
  for (int i = 0; i < 20'000; ++i) {
    const History history = draw(random);
    const bool expected = AllOrders(history).any(0, kAbsent);
    (expected ? right : wrong) += 1;
    ASSERT_EQ(allowed(history), expected) << "history " << i;
  }
  EXPECT_GT(right, 3'000);
  EXPECT_GT(wrong, 3'000);
}

}  // namespace
}  // namespace torture::kv
