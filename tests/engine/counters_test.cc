#include "engine/counters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <thread>
#include <vector>

namespace tern::internal {
namespace {

TEST(Counters, NothingIsLostWhateverTheNumberOfThreads) {
  constexpr size_t kThreads = ThreadIndex::kCount + 8;
  constexpr uint64_t kAdds = 2000;
  Counters counters;
  std::barrier all_alive(kThreads);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      ThreadIndex::mine();
      all_alive.arrive_and_wait();
      for (uint64_t n = 0; n < kAdds; ++n) counters.add(Counter::kHotHits);
      counters.add(Counter::kHotMisses, 3);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counters.sum(Counter::kHotHits), kThreads * kAdds);
  EXPECT_EQ(counters.sum(Counter::kHotMisses), kThreads * 3);
}

TEST(ThreadIndex, IsEachLivingThreadsAloneAndGivenOnAfterItsEnd) {
  for (int round = 0; round < 3; ++round) {
    constexpr size_t kThreads = ThreadIndex::kCount / 2;
    std::vector<size_t> indexes(kThreads);
    std::barrier all_alive(kThreads);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        indexes[i] = ThreadIndex::mine();
        all_alive.arrive_and_wait();
        EXPECT_EQ(ThreadIndex::mine(), indexes[i]);
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::ranges::sort(indexes);
    EXPECT_TRUE(std::ranges::adjacent_find(indexes) == indexes.end());
    EXPECT_LT(indexes.back(), ThreadIndex::kCount) << "half of the numbers are enough, round after round";
  }
}

}  // namespace
}  // namespace tern::internal
