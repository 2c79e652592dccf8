#include "cache/hot_table.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/cache/support.h"

namespace tern::cache {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

HotRef find(HotTable& table, const std::string& key) { return table.find(bytes(key)); }

std::string value_of(HotTable& table, const std::string& key) {
  const auto entry = find(table, key);
  return entry ? text_of(entry->body()) : "(none)";
}

bool erase(HotTable& table, const std::string& key) { return table.erase(bytes(key)); }

// Hashes that the tests of collisions choose: of the key's first two bytes, low from the first and high from the
// second.
uint64_t two_byte_hash(std::span<const std::byte> key) noexcept {
  return std::to_integer<uint64_t>(key[0]) | (key.size() > 1 ? std::to_integer<uint64_t>(key[1]) << 56 : 0);
}

EntryRef colliding_entry(const std::string& key, const std::string& value) {
  EntryFields fields;
  fields.key = bytes(key);
  fields.label = 1;
  return Entry::make(fields, bytes(value));
}

HotRef find_colliding(HotTable& table, const std::string& key) { return table.find(bytes(key)); }

TEST(HotTable, FindsWhatWasInserted) {
  HotTable table(kMiB);
  EXPECT_FALSE(find(table, "a"));
  EXPECT_TRUE(table.insert(make_entry({.key = "a", .value = "1"})));
  EXPECT_TRUE(table.insert(make_entry({.key = "b", .value = "2"})));
  EXPECT_EQ(value_of(table, "a"), "1");
  EXPECT_EQ(value_of(table, "b"), "2");
  EXPECT_EQ(table.stats().entries, 2u);
}

TEST(HotTable, ReplacesAnEntryByOneWithTheSameOrANewerLabel) {
  HotTable table(kMiB);
  table.insert(make_entry({.value = "old", .label = 5}));
  EXPECT_TRUE(table.insert(make_entry({.value = "same", .label = 5})));
  EXPECT_EQ(value_of(table, "key"), "same");
  EXPECT_TRUE(table.insert(make_entry({.value = "new", .label = 6})));
  EXPECT_EQ(value_of(table, "key"), "new");
  EXPECT_EQ(table.stats().entries, 1u);
}

TEST(HotTable, NeverLetsAnOlderLabelReplaceANewerOne) {
  HotTable table(kMiB);
  table.insert(make_entry({.value = "new", .label = 6}));
  EXPECT_FALSE(table.insert(make_entry({.value = "old", .label = 5})));
  EXPECT_EQ(value_of(table, "key"), "new");
  EXPECT_EQ(table.stats().refused, 1u);
}

TEST(HotTable, NeverAnswersForAnotherKeyOfTheSameHash) {
  HotTable table(kMiB, two_byte_hash);
  table.insert(colliding_entry("ab first", "1"));
  EXPECT_FALSE(find_colliding(table, "ab second"));
  EXPECT_FALSE(find_colliding(table, "ab firs"));
  table.insert(colliding_entry("ab second", "2"));
  EXPECT_EQ(text_of(find_colliding(table, "ab first")->body()), "1");
  EXPECT_EQ(text_of(find_colliding(table, "ab second")->body()), "2");
  EXPECT_TRUE(table.erase(bytes("ab first")));
  EXPECT_FALSE(find_colliding(table, "ab first"));
  EXPECT_TRUE(find_colliding(table, "ab second"));
}

TEST(HotTable, TellsHashesApartThatShareTheirLowHalf) {
  HotTable table(kMiB, two_byte_hash);
  table.insert(colliding_entry("ab", "1"));
  EXPECT_FALSE(find_colliding(table, "ac"));
}

TEST(HotTable, SurvivesManyEntriesInOnePlace) {
  HotTable table(kMiB, two_byte_hash);
  const auto key = [](int i) { return std::string(1, "abc"[i % 3]) + std::to_string(i); };
  for (int i = 0; i < 400; ++i) table.insert(colliding_entry(key(i), std::to_string(i)));
  for (int i = 0; i < 400; i += 2) EXPECT_TRUE(table.erase(bytes(key(i))));
  for (int i = 0; i < 400; ++i) EXPECT_EQ(static_cast<bool>(find_colliding(table, key(i))), i % 2 == 1) << i;
  for (int i = 0; i < 400; ++i) table.insert(colliding_entry(key(i), "again"));
  for (int i = 0; i < 400; ++i) EXPECT_EQ(text_of(find_colliding(table, key(i))->body()), "again") << i;
}

TEST(HotTable, ErasesTheOneOfThatKey) {
  HotTable table(kMiB);
  table.insert(make_entry({.key = "a"}));
  table.insert(make_entry({.key = "b"}));
  EXPECT_TRUE(erase(table, "a"));
  EXPECT_FALSE(erase(table, "a"));
  EXPECT_FALSE(find(table, "a"));
  EXPECT_TRUE(find(table, "b"));
  EXPECT_EQ(table.stats().entries, 1u);
}

TEST(HotTable, WithoutCapacityIsAlwaysEmpty) {
  HotTable table(0);
  EXPECT_FALSE(table.insert(make_entry({})));
  EXPECT_FALSE(find(table, "key"));
  EXPECT_FALSE(erase(table, "key"));
  table.clear();
  table.for_each([](HotEntry&) { FAIL(); });
  EXPECT_EQ(table.stats().bytes, 0u);
  EXPECT_EQ(table.max_entry_bytes(), 0u);
}

TEST(HotTable, RefusesEntriesWithoutAKeyAndNone) {
  HotTable table(kMiB);
  EXPECT_FALSE(table.insert(make_entry({.key = ""})));
  EXPECT_FALSE(table.insert({}));
}

TEST(HotTable, RefusesWhatIsLargerThanHalfAShard) {
  HotTable table(8 * kMiB);
  EXPECT_FALSE(table.insert(make_entry({.value = std::string(5 * kMiB, 'v')})));
  EXPECT_EQ(table.stats().refused, 1u);
  const std::string largest(table.max_entry_bytes() - 64, 'v');
  EXPECT_TRUE(table.insert(make_entry({.value = largest})));
  EXPECT_TRUE(value_of(table, "key") == largest);
}

TEST(HotTable, RefusesALabelBeyond48Bits) {
  HotTable table(kMiB);
  EXPECT_FALSE(table.insert(make_entry({.label = uint64_t{1} << 48})));
  EXPECT_TRUE(table.insert(make_entry({.label = (uint64_t{1} << 48) - 1})));
  EXPECT_EQ(find(table, "key")->label(), (uint64_t{1} << 48) - 1);
}

TEST(HotTable, KeepsEntriesOfEverySizeWhole) {
  HotTable table(16 * kMiB);
  const auto value = [](size_t size) { return std::string(size, static_cast<char>('a' + size % 26)); };
  const std::vector<size_t> sizes{0, 1, 7, 8, 100, 255, 256, 8000, 8192, 65'535, 65'536, 200'000, 1'000'000};
  for (const size_t size : sizes) {
    table.insert(make_entry({.key = std::to_string(size), .value = value(size), .slots = {1, 2, 70'000}}));
  }
  for (const size_t key_size : {1, 255, 256, 70'000}) {
    table.insert(make_entry({.key = std::string(key_size, 'k'), .expires_at_ms = 77}));
  }
  for (const size_t size : sizes) EXPECT_EQ(value_of(table, std::to_string(size)), value(size));
  for (const size_t key_size : {1, 255, 256, 70'000}) {
    const auto entry = find(table, std::string(key_size, 'k'));
    ASSERT_TRUE(entry) << key_size;
    EXPECT_EQ(text_of(entry->body()), "value");
    EXPECT_EQ(entry->expires_at_ms(), 77);
    EXPECT_TRUE(entry->expired(77));
    EXPECT_FALSE(entry->expired(76));
  }
}

TEST(HotTable, MakesRoomForALargeEntryByDroppingManySmallOnes) {
  HotTable table(kMiB);
  for (int i = 0; i < 20'000; ++i) table.insert(make_entry({.key = std::to_string(i)}));
  const std::string large(table.max_entry_bytes() - 1000, 'v');
  EXPECT_TRUE(table.insert(make_entry({.value = large})));
  EXPECT_TRUE(value_of(table, "key") == large);
  EXPECT_LE(table.stats().bytes, kMiB);
}

TEST(HotTable, NeverPassesItsCapacityOverheadIncluded) {
  for (const uint64_t capacity : {HotTable::kMinimumBytes, 100'000ul, kMiB, 3 * kMiB, 5 * kMiB + 12'345}) {
    HotTable table(capacity);
    std::mt19937 random(3);
    for (int i = 0; i < 20'000; ++i) {
      const size_t size = random() % 8 == 0 ? random() % 20'000 : random() % 300;
      table.insert(make_entry({.key = std::to_string(random() % 10'000), .value = std::string(size, 'v')}));
      if (i % 64 == 0) {
        ASSERT_LE(table.stats().bytes, capacity);
      }
    }
    uint64_t entry_bytes = 0;
    table.for_each([&](HotEntry& entry) { entry_bytes += entry.bytes(); });
    EXPECT_LT(entry_bytes, table.stats().bytes) << "the table's own memory counts too";
    EXPECT_LE(table.stats().bytes, capacity);
    EXPECT_GT(entry_bytes, capacity / 2) << "and what there is gets used";
    EXPECT_GT(table.stats().evictions, 0u);
  }
}

TEST(HotTable, KeepsWhatIsReadAndEvictsWhatIsNot) {
  HotTable table(kMiB);
  table.insert(make_entry({.key = "read"}));
  table.insert(make_entry({.key = "not read"}));
  for (int i = 0; i < 30'000; ++i) {
    table.insert(make_entry({.key = std::to_string(i)}));
    if (i % 100 == 0) {
      ASSERT_TRUE(find(table, "read")) << i;
    }
  }
  EXPECT_FALSE(find(table, "not read"));
}

// Hundreds of stubs lie in one segment.
TEST(HotTable, LargeEntriesLeaveOneByOneInTheOrderThatTheyCame) {
  HotTable table(16 * kMiB);
  const std::string value(size_t{64} << 10, 'v');
  constexpr int kCount = 1000;
  uint64_t evictions = 0;
  for (int i = 0; i < kCount; ++i) {
    ASSERT_TRUE(table.insert(make_entry({.key = std::to_string(i), .value = value})));
    const HotStats stats = table.stats();
    ASSERT_LE(stats.evictions, evictions + 1) << i;
    ASSERT_LE(stats.bytes, 16 * kMiB);
    evictions = stats.evictions;
  }
  const auto kept = static_cast<int>(table.stats().entries);
  EXPECT_GT(kept, 240);
  for (int i = 0; i < kCount; ++i)
    EXPECT_EQ(static_cast<bool>(find(table, std::to_string(i))), i >= kCount - kept) << i;
}

TEST(HotTable, LargeEntriesThatAreReadOutliveThoseThatAreNot) {
  HotTable table(4 * kMiB);
  const std::string value(size_t{64} << 10, 'v');
  for (int i = 0; i < 300; ++i) {
    table.insert(make_entry({.key = std::to_string(i), .value = value}));
    for (int read = 0; read < 10 && read <= i; ++read) ASSERT_TRUE(find(table, std::to_string(read))) << i;
  }
}

TEST(HotTable, SmallAndLargeEntriesMakeRoomForEachOther) {
  HotTable table(4 * kMiB);
  const std::string large(size_t{256} << 10, 'v');
  int next = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(table.insert(make_entry({.key = std::to_string(next++), .value = large})));
    EXPECT_LE(table.stats().entries, 200u) << "the small ones are gone, but for those taken for ghosts";
    for (int i = 0; i < 20'000; ++i) {
      ASSERT_TRUE(table.insert(make_entry({.key = std::to_string(next++), .value = std::string(200, 'v')})));
      if (i % 1000 == 0) {
        ASSERT_LE(table.stats().bytes, 4 * kMiB);
      }
    }
    EXPECT_GT(table.stats().entries, 10'000u) << "the large ones are gone";
  }
}

TEST(HotTable, TakesBackAnEntryThatItLetGo) {
  HotTable table(kMiB);
  const auto entry = make_entry({});
  table.insert(entry);
  erase(table, "key");
  EXPECT_TRUE(table.insert(entry));
  EXPECT_TRUE(table.insert(entry)) << "twice is once";
  EXPECT_EQ(table.stats().entries, 1u);
  EXPECT_EQ(value_of(table, "key"), "value");
}

TEST(HotTable, ClearedIsEmptyAndGoesOn) {
  HotTable table(4 * kMiB);
  for (int i = 0; i < 1000; ++i) table.insert(make_entry({.key = std::to_string(i)}));
  table.clear();
  EXPECT_EQ(table.stats().entries, 0u);
  EXPECT_FALSE(find(table, "1"));
  EXPECT_TRUE(table.insert(make_entry({.key = "1"})));
  EXPECT_TRUE(find(table, "1"));
}

TEST(HotTable, VisitsEveryEntryOnce) {
  HotTable table(64 * kMiB);
  for (int i = 0; i < 1000; ++i) table.insert(make_entry({.key = std::to_string(i)}));
  std::vector<int> seen(1000);
  table.for_each([&](HotEntry& entry) { ++seen[static_cast<size_t>(std::stoi(key_of(entry)))]; });
  EXPECT_EQ(seen, std::vector<int>(1000, 1));
}

}  // namespace
}  // namespace tern::cache
