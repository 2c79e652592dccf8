#include "bench/workload/ycsb.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "bench/workload/records.h"

namespace bench {
namespace {

std::map<YcsbKind, double> shares(char workload) {
  Ycsb ycsb(workload, 1000, 1);
  std::map<YcsbKind, double> counts;
  for (int i = 0; i < 20'000; ++i) counts[ycsb.next().kind] += 1.0 / 20'000;
  return counts;
}

TEST(Ycsb, MixesAreThoseOfThePaper) {
  EXPECT_NEAR(shares('A')[YcsbKind::kUpdate], 0.5, 0.02);
  EXPECT_NEAR(shares('B')[YcsbKind::kUpdate], 0.05, 0.01);
  EXPECT_EQ(shares('C').size(), 1u);
  EXPECT_NEAR(shares('D')[YcsbKind::kInsert], 0.05, 0.01);
  EXPECT_NEAR(shares('E')[YcsbKind::kScan], 0.95, 0.01);
  EXPECT_NEAR(shares('F')[YcsbKind::kReadModifyWrite], 0.5, 0.02);
}

TEST(Ycsb, LatestPrefersWhatWasJustInserted) {
  Ycsb ycsb('D', 1000, 1);
  uint64_t newest = 999, reads = 0, of_the_newest_tenth = 0;
  for (int i = 0; i < 10'000; ++i) {
    const YcsbOperation operation = ycsb.next();
    if (operation.kind == YcsbKind::kInsert) {
      EXPECT_EQ(operation.record, newest + 1);
      newest = operation.record;
      continue;
    }
    ASSERT_LE(operation.record, newest);
    ++reads;
    of_the_newest_tenth += operation.record + newest / 10 > newest;
  }
  EXPECT_GT(of_the_newest_tenth * 2, reads);
}

TEST(Ycsb, ScansAreOneToAHundredRecords) {
  Ycsb ycsb('E', 1000, 1);
  uint32_t shortest = 1000, longest = 0;
  for (int i = 0; i < 10'000; ++i) {
    const YcsbOperation operation = ycsb.next();
    if (operation.kind != YcsbKind::kScan) continue;
    shortest = std::min(shortest, operation.length);
    longest = std::max(longest, operation.length);
  }
  EXPECT_EQ(shortest, 1u);
  EXPECT_EQ(longest, 100u);
}

TEST(Ycsb, TheSameSeedGivesTheSameOperations) {
  Ycsb a('E', 1000, 7), b('E', 1000, 7);
  for (int i = 0; i < 1000; ++i) {
    const YcsbOperation x = a.next(), y = b.next();
    ASSERT_TRUE(x.kind == y.kind && x.record == y.record && x.length == y.length);
  }
}

TEST(Records, KeysAreDistinctAndValuesCanBeMadeAgain) {
  const Records records(10'000);
  std::set<std::string_view> keys;
  for (uint64_t i = 0; i < records.size(); ++i) keys.insert(records.key(i));
  EXPECT_EQ(keys.size(), records.size());
  EXPECT_EQ(value_of(17, 3), value_of(17, 3));
  EXPECT_NE(value_of(17, 3), value_of(17, 4));
  EXPECT_NE(value_of(17, 3), value_of(18, 3));
}

}  // namespace
}  // namespace bench
