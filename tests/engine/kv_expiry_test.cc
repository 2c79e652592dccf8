// Time to live, with a clock that the test owns: the tier by itself, without the thread that sweeps.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "cache/clock.h"
#include "cache/hot_table.h"
#include "engine/kv_tier.h"
#include "tests/support/temp_folder.h"

namespace tern::internal {
namespace {

constexpr int64_t kStart = 1'700'000'000'000;

struct FakeClock final : cache::Clock {
  int64_t monotonic_ns() noexcept override { return monotonic_ms * 1'000'000; }
  int64_t wall_ms() noexcept override { return wall; }
  void advance(int64_t ms) {
    monotonic_ms += ms;
    wall += ms;
  }
  int64_t monotonic_ms = 5'000;
  int64_t wall = kStart;
};

struct KvExpiry : ::testing::Test {
  KvExpiry() { reopen(); }
  void reopen(const std::string& boot = "this boot") {
    tier.reset();
    hot = std::make_unique<cache::HotTable>(uint64_t{4} << 20);
    KvTierOptions options;
    options.store.folder = folder.file("kv");
    options.store.map_bytes = uint64_t{1} << 30;
    options.store.clock = &clock;
    options.store.boot_id = boot;
    options.hot = hot.get();
    options.counters = &counters;
    options.max_entry_bytes = 1 << 20;
    options.sweeps = false;
    options.keep = [] { return std::shared_ptr<const void>(); };
    tier = std::make_unique<KvTier>(std::move(options));
    number = tier->open_namespace("x", true);
  }
  void put(const std::string& key, int64_t expires_at_ms) { put_all({key}, expires_at_ms); }
  void put_all(const std::vector<std::string>& keys, int64_t expires_at_ms) {
    tier->write([&](cache::KvTransaction& transaction, uint64_t version) {
      for (const std::string& key : keys) {
        cache::KvRecord record;
        record.version = version;
        record.expires_at_ms = expires_at_ms;
        record.value = std::as_bytes(std::span(key));
        demand(transaction.put(number, key, record), tier->store());
      }
    });
  }
  bool there(const std::string& key) { return tier->get(number, key).has_value(); }
  size_t listed() { return tier->list(number, "", "", 1000).keys.size(); }
  size_t sweep() {
    size_t swept = 0;
    while (const size_t batch = tier->sweep_once()) {
      EXPECT_LE(batch, KvSweeper::kMaxBatch);
      swept += batch;
    }
    return swept;
  }

  test::TempFolder folder;
  FakeClock clock;
  Counters counters;
  std::unique_ptr<cache::HotTable> hot;
  std::unique_ptr<KvTier> tier;
  uint64_t number = 0;
};

TEST(KvSweeperBatch, FollowsHowLongTheLastOneHadTheStore) {
  using namespace std::chrono_literals;
  const size_t most = KvSweeper::kMaxBatch;
  EXPECT_EQ(KvSweeper::next_batch(most, KvSweeper::kTurn), most);
  EXPECT_EQ(KvSweeper::next_batch(most, KvSweeper::kTurn + 1ns), most / 2);
  EXPECT_EQ(KvSweeper::next_batch(most / 4, KvSweeper::kTurn / 2), most / 4);
  EXPECT_EQ(KvSweeper::next_batch(most / 4, KvSweeper::kTurn / 2 - 1ns), most / 2);
  EXPECT_EQ(KvSweeper::next_batch(KvSweeper::kMinBatch, 1h), KvSweeper::kMinBatch);
  EXPECT_EQ(KvSweeper::next_batch(most, 0ns), most);
}

TEST_F(KvExpiry, AValueEndsAtItsMillisecondHotAndColdAndInListings) {
  put("hot", kStart + 1000);
  put("cold", kStart + 1000);
  put("stays", 0);
  there("hot");
  clock.advance(999);
  EXPECT_TRUE(there("hot"));
  EXPECT_EQ(counters.sum(Counter::kKvHotHits), 1u);
  EXPECT_EQ(listed(), 3u);
  clock.advance(1);
  EXPECT_FALSE(there("hot"));
  EXPECT_FALSE(there("cold"));
  EXPECT_EQ(listed(), 1u);
  const std::string_view keys[] = {"hot", "stays", "cold"};
  for (int again = 0; again < 2; ++again) {
    const auto values = tier->get_many(number, keys);
    EXPECT_FALSE(values[0]);
    EXPECT_TRUE(values[1]);
    EXPECT_FALSE(values[2]);
  }
}

TEST_F(KvExpiry, ManyThatAreHotEndAtTheirMillisecondToo) {
  put("a", kStart + 10);
  const std::string_view keys[] = {"a"};
  tier->get_many(number, keys);
  clock.advance(9);
  EXPECT_TRUE(tier->get_many(number, keys)[0]);
  clock.advance(1);
  EXPECT_FALSE(tier->get_many(number, keys)[0]);
}

TEST_F(KvExpiry, APutAfterTheEndIsThere) {
  put("a", kStart + 10);
  there("a");
  clock.advance(10);
  EXPECT_FALSE(there("a"));
  EXPECT_FALSE(there("a"));
  put("a", kStart + 20);
  EXPECT_TRUE(there("a"));
  EXPECT_EQ(sweep(), 0u);
  EXPECT_TRUE(there("a"));
}

TEST_F(KvExpiry, AClockThatIsSetBackBringsNothingBack) {
  put("a", kStart + 1000);
  put("b", kStart + 5000);
  there("a");
  there("b");
  clock.advance(1000);
  EXPECT_FALSE(there("a"));
  clock.wall -= 3'600'000;
  EXPECT_FALSE(there("a"));
  EXPECT_TRUE(there("b"));
  clock.advance(3999);
  EXPECT_TRUE(there("b"));
  clock.advance(1);  // four seconds have passed, whatever the wall clock says
  EXPECT_FALSE(there("b"));
}

TEST_F(KvExpiry, AClockThatIsSetForwardIsFollowed) {
  put("a", kStart + 3'600'000);
  clock.wall += 3'600'000;
  EXPECT_FALSE(there("a"));
}

TEST_F(KvExpiry, WithinABootTimeGoesOnOverReopeningAndAfterOneTheWallClockCounts) {
  put("a", kStart + 1000);
  clock.advance(1000);
  EXPECT_FALSE(there("a"));
  clock.wall -= 10'000;
  reopen();
  EXPECT_FALSE(there("a"));
  clock.monotonic_ms = 10;
  reopen("another boot");
  EXPECT_TRUE(there("a"));
}

TEST_F(KvExpiry, SweepingRemovesWhatIsOverAndNothingElse) {
  std::vector<std::string> ending;
  for (int i = 0; i < 1000; ++i) ending.push_back("e" + std::to_string(i));
  ending.push_back(std::string(1500, 'l'));  // parted twice
  put_all(ending, kStart + 10);
  put("later", kStart + 11);
  put("stays", 0);
  EXPECT_EQ(sweep(), 0u);
  const auto before = tier->store().stats();
  EXPECT_EQ(before.expiring, 1002u);
  clock.advance(10);
  EXPECT_EQ(sweep(), 1001u);
  const auto after = tier->store().stats();
  EXPECT_EQ(after.keys, 2u);
  EXPECT_EQ(after.expiring, 1u);
  EXPECT_LT(after.used_bytes, before.used_bytes / 4);
  EXPECT_TRUE(there("later"));
  EXPECT_TRUE(there("stays"));
  // What was freed is used again.
  for (int round = 0; round < 3; ++round) {
    put_all(ending, clock.wall + 1);
    clock.advance(1);
    EXPECT_GE(sweep(), 1001u);
  }
  EXPECT_LT(tier->store().stats().file_bytes, before.file_bytes * 4);
}

TEST_F(KvExpiry, RemovingByPrefixRemovesWhatHasExpiredAndCountsWhatWasThere) {
  put("p/over", kStart + 10);
  put("p/a", 0);
  put("p/b", kStart + 11);
  put("q", 0);
  clock.advance(10);
  uint64_t removed = 0;
  while (tier->remove_batch(number, "p/", removed)) {
  }
  EXPECT_EQ(removed, 2u);
  EXPECT_EQ(tier->store().stats().keys, 1u);
  EXPECT_EQ(tier->store().stats().expiring, 0u);
  EXPECT_TRUE(there("q"));
}

TEST_F(KvExpiry, ANewExpiryTakesThePlaceOfTheOld) {
  put("a", kStart + 10);
  put("a", kStart + 100);
  put("b", kStart + 10);
  put("b", 0);
  put("c", kStart + 10);
  put("c", kStart + 10);
  EXPECT_EQ(tier->store().stats().expiring, 2u);
  clock.advance(10);
  EXPECT_EQ(sweep(), 1u);
  EXPECT_TRUE(there("a"));
  EXPECT_TRUE(there("b"));
  EXPECT_FALSE(there("c"));
}

}  // namespace
}  // namespace tern::internal
