#include "bench/core/result.h"

#include <gtest/gtest.h>

#include <cmath>

namespace bench {
namespace {

Series series(const std::string& name, std::vector<double> rounds, bool higher_is_better = false) {
  return {.name = name,
          .unit = "ns",
          .rounds = std::move(rounds),
          .higher_is_better = higher_is_better,
          .note = "",
          .absent = ""};
}

TEST(BenchResult, TheBestRoundCountsWhicheverWayIsBetter) {
  EXPECT_EQ(series("a", {3, 1, 2}).best(), 1);
  EXPECT_EQ(series("a", {3, 1, 2}, true).best(), 3);
}

TEST(BenchResult, ATargetIsMetUpToItsVeryValue) {
  Row row;
  row.target = at_most(2);
  row.settle(2);
  EXPECT_EQ(row.state, State::kMet);
  row.settle(2.001);
  EXPECT_EQ(row.state, State::kShort);
  row.target = at_least(2);
  row.settle(1.999);
  EXPECT_EQ(row.state, State::kShort);
}

TEST(BenchResult, ARatioWithAnAbsentPeerIsAbsentAndSaysWhy) {
  Row row;
  row.series = {series("tern", {1}), series("peer", {})};
  row.series[1].absent = "it is not installed";
  row.settle_ratio("tern", "peer");
  EXPECT_EQ(row.state, State::kAbsent);
  EXPECT_FALSE(row.figure);
  EXPECT_NE(row.reason.find("not installed"), std::string::npos);
}

TEST(BenchResult, WhatIsNoNumberIsAFailure) {
  Row row;
  row.settle(std::nan(""));
  EXPECT_EQ(row.state, State::kFailed);
  EXPECT_FALSE(row.figure);
}

}  // namespace
}  // namespace bench
