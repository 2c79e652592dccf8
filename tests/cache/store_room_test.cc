// A store that is full, is swept, or is cleared: what goes, and what stays.
#include <gtest/gtest.h>

#include <thread>

#include "cache/store.h"
#include "tests/cache/store_support.h"

namespace tern::cache {
namespace {

struct StoreFull : StoreTest {
  StoreFull() { map_bytes = kMiB; }
};

TEST_F(StoreFull, KeepsTheNewestAndItsBudget) {
  start();
  constexpr int kEntries = 5000;
  for (int i = 0; i < kEntries; ++i) {
    ASSERT_EQ(put({{.key = std::to_string(i), .value = std::string(300, 'v')}}), 1u) << i;
    ASSERT_TRUE(find(std::to_string(i))) << i;
    ASSERT_LE(store->stats().bytes, map_bytes * (Store::kBudgetPercent + 5) / 100) << i;
  }
  for (int i = kEntries - 500; i < kEntries; ++i) EXPECT_TRUE(find(std::to_string(i))) << i;
  EXPECT_FALSE(find("0"));
  const StoreStats stats = store->stats();
  EXPECT_GT(stats.evictions, 1000u);
  EXPECT_EQ(stats.cleared, 0u);
  EXPECT_EQ(stats.entries + stats.evictions, static_cast<uint64_t>(kEntries));
}

TEST_F(StoreFull, TakesBatchesOfAllSizesForEver) {
  start();
  std::mt19937 random(11);
  uint64_t written = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<EntrySpec> specs;
    for (size_t left = random() % 100; left > 0; --left) {
      const size_t size = random() % 10 == 0 ? random() % 60'000 : random() % 3000;
      specs.push_back({.key = std::to_string(random() % 2000),
                       .value = std::string(size, 'v'),
                       .label = static_cast<uint64_t>(round)});
    }
    written += put(specs);
    // A large one may find no pages in a row in so small a map; the small ones always have room.
    if (!specs.empty() && specs.back().value.size() < 3000) {
      ASSERT_TRUE(find(specs.back().key)) << round;
    }
  }
  EXPECT_FALSE(store->off()) << store->why_off();
  EXPECT_EQ(store->stats().puts, written);
  EXPECT_GT(written, 9000u);
  EXPECT_EQ(store->stats().cleared, 0u);
  store.reset();
  EXPECT_EQ(count("entries"), count("order"));
}

TEST_F(StoreFull, GoesOnBesideAReaderThatKeepsEveryPage) {
  start();
  put({{.key = "a"}});
  // While one lookup's snapshot stays open, no page that is freed can be used again.
  std::atomic<bool> reading{false};
  std::atomic<bool> done{false};
  std::thread reader([&] {
    find("a", [&](const EntryView&) {
      reading = true;
      while (!done) std::this_thread::yield();
      return true;
    });
  });
  while (!reading) std::this_thread::yield();
  for (int i = 0; i < 3000; ++i) put({{.key = std::to_string(i), .value = std::string(500, 'v')}});
  EXPECT_FALSE(store->off()) << store->why_off();
  done = true;
  reader.join();
  for (int i = 0; i < 100; ++i) put({{.key = "after", .value = std::to_string(i)}});
  EXPECT_EQ(value_of("after"), "99") << "and once it is gone, everything is as before";
}

using StoreSweep = StoreTest;

TEST_F(StoreSweep, DeletesTheDeadAndKeepsTheRest) {
  start();
  std::vector<EntrySpec> specs;
  for (uint64_t i = 0; i < 300; ++i) specs.push_back({.key = std::to_string(i), .label = i});
  put(specs);
  const auto result = store->sweep(1000, [](const EntryView& view) { return view.label() % 3 == 0; });
  EXPECT_EQ(result.examined, 300u);
  EXPECT_EQ(result.deleted, 100u);
  EXPECT_TRUE(result.wrapped);
  for (uint64_t i = 0; i < 300; ++i) EXPECT_EQ(static_cast<bool>(find(std::to_string(i))), i % 3 != 0) << i;
  EXPECT_EQ(store->stats().swept, 100u);
  store.reset();
  EXPECT_EQ(count("order"), 200u);
}

TEST_F(StoreSweep, GoesOnWhereItEndedAndComesRoundAgain) {
  start();
  std::vector<EntrySpec> specs;
  for (int i = 0; i < 100; ++i) specs.push_back({.key = std::to_string(i)});
  put(specs);
  size_t seen = 0;
  const auto look = [&](const EntryView&) {
    ++seen;
    return false;
  };
  for (int slice = 1; slice <= 3; ++slice) {
    EXPECT_EQ(store->sweep(30, look).examined, 30u);
    EXPECT_EQ(seen, 30u * static_cast<size_t>(slice));
  }
  const auto last = store->sweep(30, look);
  EXPECT_EQ(last.examined, 10u);
  EXPECT_TRUE(last.wrapped);
  EXPECT_EQ(store->sweep(30, look).examined, 30u);
}

TEST_F(StoreSweep, DeletesWhatIsDamaged) {
  start();
  put({{.key = "a"}});
  store.reset();
  change_values("entries", [](std::span<std::byte> value) { value[kEntryRecordHead + image_offset::kVersion] = {}; });
  reopen();
  EXPECT_EQ(store->sweep(10, never).deleted, 1u);
  EXPECT_EQ(store->stats().entries, 0u);
}

TEST_F(StoreSweep, SparesAnEntryThatWasReplacedSinceItWasFoundDead) {
  start();
  put({{.key = "a", .value = "old", .label = 1}});
  const auto replace_meanwhile = [&](const EntryView&) {
    std::thread([&] { put({{.key = "a", .value = "new", .label = 2}}); }).join();
    return true;
  };
  EXPECT_EQ(store->sweep(10, replace_meanwhile).deleted, 0u);
  EXPECT_EQ(value_of("a"), "new");
}

TEST_F(StoreSweep, OfAnEmptyStoreIsARoundAlready) {
  start();
  EXPECT_TRUE(store->sweep(10, always).wrapped);
}

using StoreClear = StoreTest;

TEST_F(StoreClear, LeavesAnEmptyStoreThatWorks) {
  start();
  put({{.key = "a"}});
  EXPECT_TRUE(store->clear());
  EXPECT_FALSE(find("a"));
  EXPECT_EQ(store->stats().entries, 0u);
  put({{.key = "a", .value = "again"}});
  EXPECT_EQ(value_of("a"), "again");
}

}  // namespace
}  // namespace tern::cache
