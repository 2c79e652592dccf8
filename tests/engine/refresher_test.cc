#include "engine/refresher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

namespace tern::internal {
namespace {

struct RefresherTest : testing::Test {
  ~RefresherTest() override { open_door(); }
  bool offer(int64_t n) {
    cache::KeyBuilder key({1, 2});
    key.add_integer(n);
    return refresher.offer(prepared, key);
  }
  void open_door() {
    door = true;
    door.notify_all();
  }
  void wait_for_begun(int count) {
    for (int now = begun; now < count; now = begun) begun.wait(now);
  }

  Prepared prepared;
  std::atomic<bool> door{false};
  std::atomic<int> begun{0};
  Refresher refresher{[this](Prepared&, const cache::KeyBuilder&) {
    ++begun;
    begun.notify_all();
    door.wait(false);
    throw std::runtime_error("it may");
  }};
};

TEST_F(RefresherTest, AKeyIsRefreshedOnceHoweverOftenItIsOffered) {
  EXPECT_TRUE(offer(1));
  wait_for_begun(1);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(offer(1)) << "it is under way";
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(offer(2)) << "it waits";
  EXPECT_TRUE(offer(3));
  open_door();
  wait_for_begun(3);
  refresher.stop();
  EXPECT_EQ(begun, 3);
}

TEST_F(RefresherTest, AKeyWhoseRefreshIsOverIsRefreshedAgain) {
  open_door();
  for (int n = 1; n <= 3; ++n) {
    while (begun < n) {
      EXPECT_TRUE(offer(1));
      std::this_thread::yield();
    }
  }
}

TEST_F(RefresherTest, AFullQueueTakesNoMore) {
  EXPECT_TRUE(offer(0));
  wait_for_begun(1);
  for (size_t i = 1; i <= Refresher::kMaxWaiting; ++i) EXPECT_TRUE(offer(static_cast<int64_t>(i)));
  EXPECT_FALSE(offer(-1));
  EXPECT_TRUE(offer(1)) << "that one is in it";
}

TEST_F(RefresherTest, StoppingWaitsForTheOneUnderWayAndDropsTheRest) {
  offer(1);
  wait_for_begun(1);
  offer(2);
  std::thread opener([this] { open_door(); });
  refresher.stop();
  opener.join();
  // The first may have ended, and the second have begun, before the stop.
  EXPECT_LE(begun, 2);
  EXPECT_FALSE(offer(3));
}

}  // namespace
}  // namespace tern::internal
