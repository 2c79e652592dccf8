// Entries that are not to be evicted (kKeep), and the bound on them.
#include <gtest/gtest.h>

#include "cache/hot_table.h"
#include "tests/cache/support.h"

namespace tern::cache {
namespace {

constexpr uint64_t kCapacity = uint64_t{256} << 10;
constexpr int kMany = 10'000;  // of about 1 KiB each: many times the capacity

EntrySpec numbered(int number, uint8_t flags = 0) {
  return {.key = "number " + std::to_string(number), .value = std::string(1000, 'v'), .flags = flags};
}
bool has(HotTable& table, const std::string& key) { return static_cast<bool>(table.find(bytes(key))); }

struct HotKeep : testing::Test {
  void insert(const EntrySpec& spec) { table.insert(make_entry(spec)); }
  // Each is read, and so goes through both queues.
  void flood() {
    for (int i = 0; i < kMany; ++i) {
      insert(numbered(i));
      has(table, "number " + std::to_string(i));
    }
  }
  HotTable table{kCapacity};
};

TEST_F(HotKeep, AnEntryThatIsToStayOutlivesOnesThatAreReadMore) {
  insert({.key = "kept", .flags = kKeep});
  insert({.key = "not kept"});
  flood();
  EXPECT_TRUE(has(table, "kept"));
  EXPECT_FALSE(has(table, "not kept"));
}

TEST_F(HotKeep, TheyTakeNoMoreThanAQuarter) {
  for (int i = 0; i < 1000; ++i) insert(numbered(i, kKeep));
  EXPECT_LE(table.stats().kept_bytes, kCapacity / 4);
  EXPECT_GT(table.stats().kept_bytes, kCapacity / 5);
  flood();
  EXPECT_LE(table.stats().bytes, kCapacity);
  EXPECT_LE(table.stats().kept_bytes, kCapacity / 4);
  EXPECT_EQ(table.stats().refused, 0u) << "others still have their room";
}

TEST_F(HotKeep, OneThatIsNoLongerWantedGoes) {
  bool wanted = true;
  table.keep_while([&wanted](const HotEntry&) { return wanted; });
  insert({.key = "kept", .flags = kKeep});
  flood();
  EXPECT_TRUE(has(table, "kept"));
  wanted = false;
  flood();
  EXPECT_FALSE(has(table, "kept"));
  EXPECT_EQ(table.stats().kept_bytes, 0u);
}

TEST_F(HotKeep, OneThatIsReplacedOrErasedGivesItsShareBack) {
  for (int i = 0; i < 100; ++i) insert({.key = "kept", .label = 1 + static_cast<uint64_t>(i), .flags = kKeep});
  const uint64_t one = table.stats().kept_bytes;
  EXPECT_GT(one, 0u);
  EXPECT_LT(one, 100u);
  insert({.key = "kept", .label = 200});
  EXPECT_EQ(table.stats().kept_bytes, 0u);
  insert({.key = "kept", .label = 201, .flags = kKeep});
  table.erase(bytes("kept"));
  EXPECT_EQ(table.stats().kept_bytes, 0u);
  insert({.key = "kept", .label = 202, .flags = kKeep});
  table.clear();
  EXPECT_EQ(table.stats().kept_bytes, 0u);
}

TEST_F(HotKeep, AnEntryOfHalfTheTableFindsRoomBesideThem) {
  for (int i = 0; i < 1000; ++i) insert(numbered(i, kKeep));
  insert({.key = "large", .value = std::string(table.max_entry_bytes() - 1000, 'v')});
  EXPECT_TRUE(has(table, "large"));
  EXPECT_LE(table.stats().bytes, kCapacity);
}

}  // namespace
}  // namespace tern::cache
