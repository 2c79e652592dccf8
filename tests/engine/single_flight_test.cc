#include "engine/single_flight.h"

#include <gtest/gtest.h>

#include <thread>

namespace tern::internal {
namespace {

constexpr cache::KeyHash kKey{1, 2};
constexpr std::chrono::milliseconds kLong{60'000};

cache::EntryRef entry() { return cache::Entry::make({}, std::span<const std::byte>()); }

TEST(SingleFlight, TheFirstLeadsAndTheOthersGetWhatItShares) {
  SingleFlight flights;
  auto leading = flights.join(kKey, kLong);
  ASSERT_TRUE(leading.leader);
  const cache::EntryRef made = entry();
  cache::EntryRef got;
  std::thread waiter([&] {
    auto joined = flights.join(kKey, kLong);
    // The flight may have landed before this thread came: then it leads one of its own.
    got = joined.leader ? made : joined.entry;
  });
  leading.leader->share(made);
  waiter.join();
  EXPECT_EQ(got, made);
}

TEST(SingleFlight, ALeaderThatFailsLetsTheOthersGo) {
  SingleFlight flights;
  auto leading = std::make_unique<SingleFlight::Joined>(flights.join(kKey, kLong));
  std::thread waiter([&] {
    const auto joined = flights.join(kKey, kLong);
    EXPECT_FALSE(joined.entry);
  });
  leading.reset();  // as an exception would
  waiter.join();
}

TEST(SingleFlight, WaitingHasABound) {
  SingleFlight flights;
  const auto leading = flights.join(kKey, kLong);
  const auto joined = flights.join(kKey, std::chrono::milliseconds(1));
  EXPECT_FALSE(joined.leader);
  EXPECT_FALSE(joined.entry);
}

TEST(SingleFlight, OtherKeysDoNotWait) {
  SingleFlight flights;
  const auto leading = flights.join(kKey, kLong);
  EXPECT_TRUE(flights.join({3, 2}, kLong).leader);
}

TEST(SingleFlight, AKeyThatHasLandedCanFlyAgain) {
  SingleFlight flights;
  flights.join(kKey, kLong).leader->share(entry());
  EXPECT_TRUE(flights.join(kKey, kLong).leader);
}

}  // namespace
}  // namespace tern::internal
