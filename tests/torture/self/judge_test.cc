// The judge against histories written by hand: each test has one reason to be allowed, or to be a contradiction.
#include "tests/torture/judge.h"

#include <gtest/gtest.h>

#include "tests/torture/self/histories.h"

namespace torture::test {
namespace {

using Kind = Contradiction::Kind;
using Kinds = std::vector<Kind>;

TEST(Judge, AReadDuringACommitMaySeeEitherState) {
  EXPECT_EQ(Trial().commit(0, 10, 30, 2, {0}).read(1, 15, 20, {{0, 1}}).read(2, 16, 21, {{0, 2}}).verdict(), Kinds{});
}

TEST(Judge, AReadAfterAnAcknowledgedCommitMustSeeIt) {
  Trial trial;
  trial.commit(0, 10, 20, 2, {0}).read(1, 21, 30, {{0, 1}});
  EXPECT_EQ(trial.verdict(), Kinds{Kind::kStale});
  const auto& history = trial.judge().contradictions()[0].history;
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[0].operation.value, v(2));
  EXPECT_EQ(history[1].actor, 1U);
}

TEST(Judge, AReadThatBeganBeforeTheAcknowledgementNeedNotSeeTheCommit) {
  EXPECT_EQ(Trial().commit(0, 10, 20, 2, {0}).read(1, 19, 30, {{0, 1}}).verdict(), Kinds{});
}

TEST(Judge, AReadAfterOneThatSawACommitMustSeeItToo) {
  Trial trial;
  trial.commit(0, 10, 50, 2, {0}).read(1, 15, 20, {{0, 2}}).read(2, 21, 30, {{0, 1}});
  EXPECT_EQ(trial.verdict(), Kinds{Kind::kStale});
  const auto& history = trial.judge().contradictions()[0].history;
  ASSERT_EQ(history.size(), 3U);
  EXPECT_EQ(history[1].actor, 1U);
}

TEST(Judge, AReadBesideOneThatSawACommitNeedNotSeeIt) {
  EXPECT_EQ(Trial().commit(0, 10, 50, 2, {0}).read(1, 15, 22, {{0, 2}}).read(2, 21, 30, {{0, 1}}).verdict(), Kinds{});
}

// Each unit alone would be in order.
TEST(Judge, WhatWasSeenOfOneUnitBindsReadsOfAnother) {
  EXPECT_EQ(Trial()
                .commit(0, 10, 90, 2, {0})
                .commit(1, 11, 91, 3, {1})
                .read(2, 20, 30, {{1, 3}})
                .read(3, 31, 40, {{0, 1}})
                .verdict(),
            Kinds{Kind::kStale});
}

TEST(Judge, WhatOneReadSeesIsOfOneState) {
  EXPECT_EQ(Trial().commit(0, 10, 20, 2, {0, 1}).read(1, 12, 18, {{0, 1}, {1, 2}}).verdict(), Kinds{Kind::kTorn});
  EXPECT_EQ(Trial().commit(0, 10, 20, 2, {0, 1}).read(1, 12, 18, {{0, 2}, {1, 2}}).verdict(), Kinds{});
}

TEST(Judge, TwoRowsOfOneUnitCannotDiffer) {
  EXPECT_EQ(Trial().commit(0, 10, 20, 2, {0}).read(1, 12, 18, {{0, 1}, {0, 2}}).verdict(), Kinds{Kind::kTorn});
}

TEST(Judge, UnitsOfTwoCommitsThatNeverStoodTogether) {
  // 0 as of commit 1 ended with commit 2; 1 as of commit 3 came after it.
  EXPECT_EQ(Trial().commit(0, 10, 20, 2, {0}).commit(0, 21, 40, 3, {1}).read(1, 5, 50, {{0, 1}, {1, 3}}).verdict(),
            Kinds{Kind::kTorn});
}

TEST(Judge, ACommitThatNobodyAcknowledgedMayBeSeenLate) {
  EXPECT_EQ(Trial().commit(0, 10, kNever, 2, {0}).read(1, 20, 30, {{0, 1}}).read(1, 40, 50, {{0, 2}}).verdict(),
            Kinds{});
}

TEST(Judge, ACommitThatNobodyAcknowledgedCountsOnceItWasSeen) {
  EXPECT_EQ(Trial().commit(0, 10, kNever, 2, {0}).read(1, 20, 30, {{0, 2}}).read(1, 40, 50, {{0, 1}}).verdict(),
            Kinds{Kind::kStale});
}

TEST(Judge, AValueOfNoCommitIsAContradiction) {
  EXPECT_EQ(Trial().read(1, 20, 30, {{0, 2}}).verdict(), Kinds{Kind::kUnknown});
  // Of a commit, but not of that unit.
  EXPECT_EQ(Trial().commit(0, 10, 15, 2, {1}).read(1, 20, 30, {{0, 2}}).verdict(), Kinds{Kind::kUnknown});
}

TEST(Judge, AnAttemptOfTheSameNumberIsNotTheCommit) {
  Trial trial;
  trial.commit(0, 10, 15, 2, {0});
  trial.add(1, {.invoked_ns = 20, .returned_ns = 30}, {seen_of(0, value_of(2, 7))});
  EXPECT_EQ(trial.verdict(), Kinds{Kind::kUnknown});
}

TEST(Judge, ACommitCannotBeSeenBeforeItBegan) {
  EXPECT_EQ(Trial().commit(0, 50, 60, 2, {0}).read(1, 20, 30, {{0, 2}}).verdict(), Kinds{Kind::kReversed});
}

TEST(Judge, ACommitBelowOneThatWasAcknowledgedBeforeWasLost) {
  EXPECT_EQ(Trial().commit(0, 10, 20, 3, {0}).commit(1, 30, 40, 2, {0}).verdict(), Kinds{Kind::kReversed});
}

TEST(Judge, TwoCommitsOfOneNumber) {
  Trial trial;
  trial.commit(0, 10, 20, 2, {0});
  trial.add(1, {.kind = Operation::Kind::kCommit, .invoked_ns = 15, .returned_ns = 25, .value = value_of(2, 9)}, {});
  EXPECT_EQ(trial.verdict(), Kinds{Kind::kTwice});
}

TEST(Judge, AnAbsenceMayBeOfAnyTimeThatTheUnitWasAbsent) {
  // Absent, there from commit 2 to 3, absent again.
  const auto trial = [] { return Trial().commit(0, 10, 20, 2, {2}).commit(0, 30, 40, 3, {}, {2}); };
  EXPECT_EQ(trial().read(1, 5, 8, {{2, 0}}).verdict(), Kinds{});
  EXPECT_EQ(trial().read(1, 15, 18, {{2, 0}}).verdict(), Kinds{});
  EXPECT_EQ(trial().read(1, 21, 29, {{2, 0}}).verdict(), Kinds{Kind::kStale});
  EXPECT_EQ(trial().read(1, 21, 31, {{2, 0}}).verdict(), Kinds{});
  EXPECT_EQ(trial().read(1, 45, 50, {{2, 2}}).verdict(), Kinds{Kind::kStale});
}

// The absence after the deletion is the only one that can be meant: then the deletion has been seen.
TEST(Judge, AnAbsenceCanProveADeletion) {
  EXPECT_EQ(Trial()
                .commit(0, 10, 20, 2, {2})
                .commit(0, 30, 90, 3, {}, {2})
                .read(1, 31, 40, {{2, 0}})
                .read(1, 41, 50, {{2, 2}})
                .verdict(),
            Kinds{Kind::kStale});
}

TEST(Judge, ARowThatMustBeThereCannotBeAbsent) {
  EXPECT_EQ(Trial().read(1, 5, 8, {{0, 0}}).verdict(), Kinds{Kind::kUnknown});
}

TEST(Judge, ASumIsOfOneState) {
  const auto trial = [] { return Trial().commit(0, 10, 20, 2, {1, 2}); };
  EXPECT_EQ(trial().sum(1, 5, 30, 0, 3, 2, 2 * kBegin).verdict(), Kinds{});
  EXPECT_EQ(trial().sum(1, 5, 30, 0, 3, 3, kBegin + 2 * v(2)).verdict(), Kinds{});
  EXPECT_EQ(trial().sum(1, 5, 30, 0, 3, 3, 2 * kBegin + v(2)).verdict(), Kinds{Kind::kTorn});
  EXPECT_EQ(trial().sum(1, 25, 30, 0, 3, 2, 2 * kBegin).verdict(), Kinds{Kind::kTorn});
}

TEST(Judge, ForgottenWritesAreStillStale) {
  Trial trial;
  uint64_t now = 10;
  for (uint32_t number = 2; number < 200; ++number, now += 10) {
    trial.commit(0, now, now + 5, number, {0});
    trial.judge().advance(now + 7);
  }
  trial.read(1, now, now + 5, {{0, 5}}).read(1, now + 6, now + 7, {{0, 199}});
  EXPECT_EQ(trial.verdict(), Kinds{Kind::kStale});
}

TEST(Judge, NothingAfterTheHorizonIsJudged) {
  Trial trial;
  trial.read(1, 20, 30, {{0, 2}});
  trial.judge().advance(25);
  EXPECT_EQ(trial.judge().judged(), 0U);
  trial.commit(0, 26, 40, 2, {0});  // known only now
  EXPECT_EQ(trial.verdict(), Kinds{});
}

}  // namespace
}  // namespace torture::test
