// Views of the hot table: whole for as long as they are held, wherever they go and whatever the table does.
#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

#include "cache/asymmetric_fence.h"
#include "cache/hot_table.h"
#include "tests/cache/support.h"

namespace tern::cache {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

HotRef find(HotTable& table, const std::string& key) { return table.find(bytes(key)); }

std::string value_for(int i) { return std::to_string(i) + std::string(300, static_cast<char>('a' + i % 26)); }

void insert(HotTable& table, int i) { table.insert(make_entry({.key = std::to_string(i), .value = value_for(i)})); }

// Everything that was in the table leaves it, and its memory is used again several times over. The new entries are
// read, so that they push out what was read before.
void flood(HotTable& table) {
  for (int i = 0; i < 20'000; ++i) {
    insert(table, 1'000'000 + i);
    find(table, std::to_string(1'000'000 + i));
  }
}

// In a thread of its own, which begins without any view.
template <typename F>
void elsewhere(F&& f) {
  std::thread(static_cast<F&&>(f)).join();
}

TEST(HotView, OutlivesEvictionUnchanged) {
  HotTable table(kMiB);
  insert(table, 1);
  const HotRef held = find(table, "1");
  flood(table);
  EXPECT_FALSE(find(table, "1"));
  EXPECT_EQ(text_of(held->body()), value_for(1));
}

TEST(HotView, OutlivesReplacementAndErasureAndClear) {
  HotTable table(kMiB);
  for (int i = 0; i < 3; ++i) insert(table, i);
  const HotRef replaced = find(table, "0");
  const HotRef erased = find(table, "1");
  const HotRef cleared = find(table, "2");
  table.insert(make_entry({.key = "0", .value = "new"}));
  table.erase(bytes("1"));
  table.clear();
  flood(table);
  EXPECT_EQ(text_of(replaced->body()), value_for(0));
  EXPECT_EQ(text_of(erased->body()), value_for(1));
  EXPECT_EQ(text_of(cleared->body()), value_for(2));
}

TEST(HotView, OfALargeEntryOutlivesItsErasure) {
  HotTable table(kMiB);
  table.insert(make_entry({.value = std::string(100'000, 'L')}));
  HotRef held = find(table, "key");
  table.erase(bytes("key"));
  flood(table);
  EXPECT_EQ(text_of(held->body()), std::string(100'000, 'L'));
  EXPECT_GE(table.stats().pinned_bytes, 100'000u);
  held = HotRef();
  EXPECT_EQ(table.stats().pinned_bytes, 0u);
}

TEST(HotView, OutlivesTheTable) {
  HotRef held;
  HotRef large;
  {
    HotTable table(kMiB);
    insert(table, 1);
    table.insert(make_entry({.key = "large", .value = std::string(100'000, 'L')}));
    held = find(table, "1");
    large = find(table, "large");
  }
  EXPECT_EQ(text_of(held->body()), value_for(1));
  EXPECT_EQ(text_of(large->body()), std::string(100'000, 'L'));
  HotTable another(kMiB);
  EXPECT_GE(another.stats().pinned_bytes, 100'000u) << "what tables left behind shows in any table's numbers";
  held = large = HotRef();
  EXPECT_EQ(another.stats().pinned_bytes, 0u);
}

TEST(HotView, ShowsWhatItKeepsFromBeingUsedAgainUntilItEnds) {
  HotTable table(kMiB);
  insert(table, 1);
  HotRef held = find(table, "1");
  EXPECT_EQ(table.stats().pinned_bytes, 0u) << "still in the table: it costs nothing";
  flood(table);
  EXPECT_GE(table.stats().pinned_bytes, held->bytes());
  EXPECT_LE(table.stats().pinned_bytes, kMiB / 64) << "one segment";
  EXPECT_LE(table.stats().bytes, kMiB);
  held = HotRef();
  EXPECT_EQ(table.stats().pinned_bytes, 0u);
}

TEST(HotView, CopiesShareItAndTheLastOneEndsIt) {
  HotTable table(kMiB);
  insert(table, 1);
  HotRef first = find(table, "1");
  HotRef second = first;
  HotRef third = second;
  flood(table);
  first = HotRef();
  third = HotRef();
  flood(table);
  EXPECT_EQ(text_of(second->body()), value_for(1));
  EXPECT_GT(table.stats().pinned_bytes, 0u);
  second = HotRef();
  EXPECT_EQ(table.stats().pinned_bytes, 0u);
}

TEST(HotView, MayEndInAnotherThread) {
  HotTable table(kMiB);
  insert(table, 1);
  HotRef mine = find(table, "1");
  elsewhere([&table, moved = std::move(mine)]() mutable {
    flood(table);
    EXPECT_EQ(text_of(moved->body()), value_for(1));
    moved = HotRef();
    EXPECT_EQ(table.stats().pinned_bytes, 0u);
  });
}

TEST(HotView, OutlivesTheThreadThatMadeIt) {
  HotTable table(kMiB);
  insert(table, 1);
  HotRef held;
  elsewhere([&] { held = find(table, "1"); });
  // The next thread takes over the slots of the one that ended, and must leave the one that is taken alone.
  elsewhere([&] {
    flood(table);
    for (int i = 0; i < 1000; ++i) find(table, std::to_string(1'019'000 + i));
  });
  EXPECT_EQ(text_of(held->body()), value_for(1));
  held = HotRef();
  EXPECT_EQ(table.stats().pinned_bytes, 0u);
}

TEST(HotView, PastTheThreadsSlotsIsACopyOfItsOwn) {
  elsewhere([] {
    HotTable table(kMiB);
    std::vector<HotRef> held;
    for (int i = 0; i < 200; ++i) {
      insert(table, i);
      held.push_back(find(table, std::to_string(i)));
    }
    EXPECT_FALSE(held[kSlotsEachThread - 1].is_copy());
    EXPECT_TRUE(held[kSlotsEachThread].is_copy());
    HotRef another = held[kSlotsEachThread];
    EXPECT_FALSE(find(table, "no such key"));
    flood(table);
    for (int i = 0; i < 200; ++i) EXPECT_EQ(text_of(held[static_cast<size_t>(i)]->body()), value_for(i));
    EXPECT_GE(table.stats().pinned_bytes, (200 - kSlotsEachThread) * held[0]->bytes());
    held.clear();
    EXPECT_EQ(text_of(another->body()), value_for(kSlotsEachThread));
    EXPECT_EQ(table.stats().pinned_bytes, another->bytes());
    another = HotRef();
    EXPECT_EQ(table.stats().pinned_bytes, 0u);
    flood(table);
    const HotRef again = find(table, "1019999");
    ASSERT_TRUE(again);
    EXPECT_FALSE(again.is_copy());
  });
}

TEST(HotView, SurvivesBeingOneWord) {
  HotTable table(kMiB);
  insert(table, 1);
  HotRef pinned = find(table, "1");
  HotRef copied = HotRef::of({HotRef::make_copy(*pinned), nullptr});
  EXPECT_EQ(HotRef().release(), 0u);
  const HotRef first = HotRef::adopt(pinned.release());
  const HotRef second = HotRef::adopt(copied.release());
  EXPECT_FALSE(pinned);
  EXPECT_EQ(text_of(first->body()), value_for(1));
  EXPECT_EQ(text_of(second->body()), value_for(1));
  EXPECT_TRUE(second.is_copy());
}

TEST(HotView, HeldOnEverySegmentLeavesTheTableRefusingUntilTheyEnd) {
  elsewhere([] {
    HotTable table(HotTable::kMinimumBytes);
    const auto insert_small = [&](int i) {
      return table.insert(make_entry({.key = std::to_string(i), .value = std::string(60, 'v')}));
    };
    std::vector<HotRef> held;
    for (int i = 0; held.size() < kSlotsEachThread && insert_small(i); ++i) {
      if (i % 8 == 0) held.push_back(find(table, std::to_string(i)));
    }
    for (int i = 0; i < 2000; ++i) insert_small(20'000 + i);
    EXPECT_GT(table.stats().refused, 0u);
    EXPECT_LE(table.stats().bytes, HotTable::kMinimumBytes);
    for (const HotRef& view : held) EXPECT_EQ(text_of(view->body()), std::string(60, 'v'));
    held.clear();
    EXPECT_TRUE(insert_small(50'000));
    EXPECT_TRUE(find(table, "50000"));
    EXPECT_EQ(table.stats().pinned_bytes, 0u);
  });
}

TEST(HotView, IsAsSafeWithoutMembarrier) {
  forgo_asymmetric_fence();
  HotTable* const table = new HotTable(kMiB);
  forgo_asymmetric_fence();
  insert(*table, 1);
  HotRef held = find(*table, "1");
  flood(*table);
  EXPECT_EQ(text_of(held->body()), value_for(1));
  held = HotRef();
  delete table;
  prepare_asymmetric_fence();
}

}  // namespace
}  // namespace tern::cache
