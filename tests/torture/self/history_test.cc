// What actors record comes to the judge, and not before all is known that it depends on.
#include "tests/torture/history.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "tests/torture/self/histories.h"

namespace torture::test {
namespace {

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() {
    for (auto& ring : rings_) {
      ring = std::make_unique<Ring>();
      ring->low = kNever;
      pointers_.push_back(ring.get());
    }
    collector_ = std::make_unique<Collector>(pointers_, judge_);
  }
  Recorder actor(size_t number) { return {*rings_[number], stop_}; }
  // So that the horizon, which keeps some slack, comes to lie behind all that was done.
  void collect_late() {
    for (const uint64_t until = now_ns() + 2 * kClockSlackNs; now_ns() < until;) {
    }
    collector_->collect();
  }
  static void read(Recorder& recorder, uint32_t unit, uint64_t value) {
    recorder.begin(1);
    recorder.returned();
    recorder.saw(unit, value);
    recorder.end(0, 0);
  }

  const std::atomic<bool> stop_ = false;
  std::array<std::unique_ptr<Ring>, kTestActors> rings_;
  std::vector<Ring*> pointers_;
  Judge judge_{kTestActors, {kBegin, kBegin, kAbsent, kBegin}, kBegin, kTestClock};
  std::unique_ptr<Collector> collector_;
};

const std::vector<uint64_t> kLeavesUnit0 = {seen_of(0, 1)};

TEST_F(HistoryTest, ReadsAndCommitsAreJudged) {
  Recorder writer = actor(0);
  Recorder reader = actor(1);
  writer.attempt(5, kLeavesUnit0);
  writer.acknowledge(value_of(2, 5));
  read(reader, 0, value_of(2, 5));
  read(reader, 0, kBegin);
  collect_late();
  EXPECT_EQ(judge_.judged(), 3U);
  ASSERT_EQ(judge_.contradictions().size(), 1U);
  EXPECT_EQ(judge_.contradictions()[0].kind, Contradiction::Kind::kStale);
}

TEST_F(HistoryTest, AnAttemptThatIsOpenHoldsTheJudgementBack) {
  Recorder writer = actor(0);
  Recorder reader = actor(1);
  writer.attempt(5, kLeavesUnit0);
  read(reader, 0, value_of(2, 5));
  collect_late();
  EXPECT_EQ(judge_.judged(), 0U);
  writer.acknowledge(value_of(2, 5));
  collect_late();
  EXPECT_EQ(judge_.judged(), 2U);
  EXPECT_TRUE(judge_.contradictions().empty());
}

TEST_F(HistoryTest, ASuccessorSettlesWhatADeadWriterLeft) {
  Recorder reader = actor(1);
  actor(0).attempt(5, kLeavesUnit0);
  read(reader, 0, value_of(2, 5));
  Recorder successor = actor(0);
  EXPECT_EQ(successor.unresolved(), 5U);
  successor.resolve(value_of(2, 5));
  EXPECT_EQ(successor.unresolved(), 0U);
  read(reader, 0, value_of(2, 5));
  collect_late();
  EXPECT_TRUE(judge_.contradictions().empty());
  EXPECT_TRUE(judge_.acknowledged().empty());
}

TEST_F(HistoryTest, WhatAnAttemptThatDidNotTakePlaceWouldHaveWrittenCannotBeRead) {
  Recorder reader = actor(1);
  actor(0).attempt(5, kLeavesUnit0);
  actor(0).resolve(5);
  read(reader, 0, value_of(2, 5));
  collect_late();
  ASSERT_EQ(judge_.contradictions().size(), 1U);
  EXPECT_EQ(judge_.contradictions()[0].kind, Contradiction::Kind::kUnknown);
}

TEST_F(HistoryTest, ADeathAfterTheAcknowledgementWasRecordedChangesNothing) {
  Recorder writer = actor(0);
  writer.attempt(5, kLeavesUnit0);
  writer.acknowledge(value_of(2, 5));
  writer.resolve(value_of(2, 5));
  collect_late();
  EXPECT_EQ(judge_.acknowledged(), std::vector<uint64_t>{value_of(2, 5)});
}

TEST_F(HistoryTest, AFailedCallIsForgotten) {
  Recorder reader = actor(1);
  reader.begin(1);
  reader.forget();
  read(reader, 0, kBegin);
  collect_late();
  EXPECT_EQ(judge_.judged(), 1U);
}

TEST_F(HistoryTest, HistoriesGoAroundTheRing) {
  Recorder reader = actor(1);
  uint64_t reads = 0;
  for (uint64_t words = 0; words < 3 * Ring::kWords; words += 4, ++reads) {
    read(reader, 0, kBegin);
    if (reads % 10'000 == 0) collect_late();
  }
  collector_->finish();
  EXPECT_EQ(judge_.judged(), reads);
  EXPECT_TRUE(judge_.contradictions().empty());
}

}  // namespace
}  // namespace torture::test
