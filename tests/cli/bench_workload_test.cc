#include "engine/cli/bench_workload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/cli/bench_measure.h"
#include "tern/tern.hpp"
#include "tests/support/temp_folder.h"

namespace tern::cli {
namespace {

TEST(BenchWorkload, ZipfIsTheSameForTheSameSeedAndSkewed) {
  const auto sequence = zipf_sequence(1000, 20'000, 7);
  EXPECT_EQ(sequence, zipf_sequence(1000, 20'000, 7));
  EXPECT_LT(*std::max_element(sequence.begin(), sequence.end()), 1000u);
  std::map<uint32_t, int> times;
  for (const uint32_t at : sequence) ++times[at];
  // The share of the first of 1,000 at exponent 0.99 is 1 / sum(i^-0.99) = 13 %.
  EXPECT_NEAR(times[0], 2600, 260);
  EXPECT_GT(times[0], times[1]);
  EXPECT_GT(times[1], times[100]);
}

TEST(BenchWorkload, TheLargestTableIsTakenAndItsKeysAreThere) {
  const test::TempFolder folder;
  const std::string path = folder.file("app.db");
  open(path).exec(
      "CREATE TABLE small (a INTEGER PRIMARY KEY); INSERT INTO small VALUES (1);"
      "CREATE TABLE \"large one\" (\"the key\" TEXT PRIMARY KEY) WITHOUT ROWID;"
      "INSERT INTO \"large one\" VALUES ('x'), ('y'), ('z'); CREATE TABLE keyless (a); INSERT INTO keyless VALUES (1), "
      "(2), (3), (4), (5)");
  const Workload workload = make_workload(path, "");
  EXPECT_EQ(workload.table, "large one");
  EXPECT_EQ(workload.sql, "SELECT * FROM \"large one\" WHERE \"the key\" = ?");
  EXPECT_EQ(workload.keys.size(), 3u);
  EXPECT_EQ(std::set<uint32_t>(workload.once.begin(), workload.once.end()), (std::set<uint32_t>{0, 1, 2}));
}

TEST(BenchWorkload, KeysOfALargeTableAreSampledFromAllOfItWithoutRepeats) {
  const test::TempFolder folder;
  const std::string path = folder.file("app.db");
  open(path).exec(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, x);"
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 30000) INSERT INTO t SELECT i, 'x' "
      "FROM c");
  const Workload workload = make_workload(path, "t");
  std::set<int64_t> keys;
  for (const Argument& key : workload.keys) keys.insert(key.value().integer);
  EXPECT_EQ(keys.size(), workload.keys.size());
  EXPECT_GT(keys.size(), 5000u);
  EXPECT_LT(*keys.begin(), 100);
  EXPECT_GT(*keys.rbegin(), 29'900);
}

TEST(BenchLatency, IsTheMiddleAndTheNinetyNinthPercentileLessTheClock) {
  std::vector<uint32_t> samples;
  for (uint32_t i = 1; i <= 1000; ++i) samples.push_back(1001 - i);
  const Latency latency = latency_of(samples, 20);
  EXPECT_EQ(latency.reads, 1000u);
  EXPECT_EQ(latency.p50_ns, 480u);
  EXPECT_EQ(latency.p99_ns, 970u);
}

TEST(BenchLatency, OfNothingIsNothing) {
  std::vector<uint32_t> samples;
  EXPECT_EQ(latency_of(samples, 20).p50_ns, 0u);
}

}  // namespace
}  // namespace tern::cli
