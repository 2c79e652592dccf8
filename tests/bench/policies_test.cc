// The policies that the hot tier is compared with must be what they are called.
#include <gtest/gtest.h>

#include <random>

#include "bench/policies/policy.h"
#include "docs/examples/demo/zipf.h"

namespace bench {
namespace {

std::string hits(Policy& policy, const std::vector<uint32_t>& trace) {
  std::string text;
  for (const uint32_t key : trace) text += policy.request(key) ? '+' : '.';
  return text;
}

std::vector<uint32_t> zipf_trace(size_t length, uint32_t keys) {
  std::mt19937_64 random(5);
  const demo::Zipf zipf(keys, 0.99);
  std::vector<uint32_t> trace;
  for (size_t i = 0; i < length; ++i) trace.push_back(static_cast<uint32_t>(zipf(random)));
  return trace;
}

TEST(Policies, LruDropsTheOneUsedLongestAgo) { EXPECT_EQ(hits(*make_lru(2, 4), {0, 1, 0, 2, 0, 1}), "..+.+."); }

TEST(Policies, LfuDropsTheOneUsedLeastOften) { EXPECT_EQ(hits(*make_lfu(2, 4), {0, 0, 0, 1, 2, 1, 0}), ".++...+"); }

TEST(Policies, SieveSparesWhatWasVisitedAndGoesOnFromItsHand) {
  // 0 is visited, so 1 goes for 3 and the hand stays beyond it; then 2 goes for 1, though 0 is older.
  EXPECT_EQ(hits(*make_sieve(3, 5), {0, 1, 2, 0, 3, 0, 1, 2}), "...+.+..");
}

TEST(Policies, S3FifoKeepsWhatIsPopularThroughAScan) {
  const auto policy = make_s3_fifo(10, 1000);
  for (int i = 0; i < 3; ++i) policy->request(0);
  for (uint32_t key = 100; key < 200; ++key) policy->request(key);
  EXPECT_TRUE(policy->request(0));
}

TEST(Policies, S3FifoTakesAGhostIntoTheMainQueue) {
  const auto policy = make_s3_fifo(10, 1000);
  for (uint32_t key = 0; key < 11; ++key) policy->request(key);  // 0 is a ghost now
  EXPECT_FALSE(policy->request(0));
  for (uint32_t key = 20; key < 40; ++key) policy->request(key);
  EXPECT_TRUE(policy->request(0));
}

TEST(Policies, BeladyKeepsWhatComesSoonest) {
  const std::vector<uint32_t> trace = {0, 1, 2, 0, 1, 3, 0, 1};
  EXPECT_EQ(hits(*make_belady(2, trace), trace), "...++.++");
}

TEST(Policies, NoneHoldsMoreThanItsCapacityNorBeatsBelady) {
  const std::vector<uint32_t> trace = zipf_trace(20'000, 1000);
  const double best = hit_ratio(*make_belady(100, trace), trace);
  for (const auto& make : {make_lru, make_lfu, make_sieve, make_s3_fifo}) {
    EXPECT_LT(hit_ratio(*make(100, 1000), trace), best);
    EXPECT_GT(hit_ratio(*make(100, 1000), trace), best - 0.3);
    // Of 101 keys asked for in turn, a cache of 100 that takes in what was asked for cannot hold all.
    std::vector<uint32_t> round;
    for (uint32_t i = 0; i < 1010; ++i) round.push_back(i % 101);
    EXPECT_LT(hit_ratio(*make(100, 1000), round), 1.0 - 101.0 / 1010);
  }
}

}  // namespace
}  // namespace bench
