#include "engine/age_log.h"

#include <gtest/gtest.h>

namespace tern::internal {
namespace {

TEST(AgeLog, KnowsNothingBeforeTheFirstNote) {
  AgeLog log;
  EXPECT_EQ(log.last_at_or_below(100), std::nullopt);
  log.note(5, 1000);
  EXPECT_EQ(log.last_at_or_below(4), std::nullopt);
  EXPECT_EQ(log.last_at_or_below(5), 1000);
}

TEST(AgeLog, ASeqThatStaysIsAsNewAsItsLatestNote) {
  AgeLog log;
  log.note(5, 1000);
  log.note(5, 9000);
  log.note(6, 9010);
  EXPECT_EQ(log.last_at_or_below(5), 9000);
  EXPECT_EQ(log.last_at_or_below(6), 9010);
  EXPECT_EQ(log.last_at_or_below(99), 9010);
}

// The error is the spacing of the level that still has the time: 10 ms of 2.5 s, 160 ms of 41 s, and so on.
TEST(AgeLog, IsCoarserTheFurtherBackAndNeverTooNew) {
  AgeLog log;
  constexpr int64_t kCommits = 1'000'000;
  for (int64_t i = 1; i <= kCommits; ++i) log.note(static_cast<uint64_t>(i), i * 10);  // seq i at 10 i ms
  for (const int64_t back : {1, 100, 255, 1000, 4000, 60'000, 900'000}) {
    const int64_t seq = kCommits - back;
    const auto at = log.last_at_or_below(static_cast<uint64_t>(seq));
    ASSERT_TRUE(at) << back;
    EXPECT_LE(*at, seq * 10) << "a seq is not known to have been there at a time when it was not";
    EXPECT_GE(*at, seq * 10 - back * 10 / 15 - 10) << back << ": more than a fifteenth too old";
  }
}

TEST(AgeLog, ForgetsWhatIsTooLongAgo) {
  AgeLog log;
  log.note(1, 0);
  const int64_t step = AgeLog::kSpacingMs * 16 * 16 * 16;
  for (size_t i = 1; i <= AgeLog::kMarks; ++i) log.note(1 + i, static_cast<int64_t>(i) * step);
  EXPECT_EQ(log.last_at_or_below(1), std::nullopt);
  EXPECT_EQ(log.last_at_or_below(2), step);
}

TEST(AgeLog, AnOlderNoteThatComesLateTakesNothingBack) {
  AgeLog log;
  log.note(7, 2000);
  log.note(6, 1990);
  EXPECT_EQ(log.last_at_or_below(7), 2000);
  EXPECT_EQ(log.last_at_or_below(6), std::nullopt);
}

}  // namespace
}  // namespace tern::internal
