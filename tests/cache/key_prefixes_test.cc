#include "cache/key_prefixes.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "cache/hot_table.h"
#include "tests/cache/support.h"

namespace tern::cache {
namespace {

std::array<std::byte, 16> prefix_of(uint64_t i) {
  std::array<std::byte, 16> prefix;
  store_le(prefix.data(), i);
  store_le(prefix.data() + 8, ~i);
  return prefix;
}

TEST(KeyPrefixes, HaveOneNumberEachWhoeverAsks) {
  constexpr uint64_t kCount = 2000;
  std::vector<std::vector<uint16_t>> seen(3, std::vector<uint16_t>(kCount));
  std::vector<std::thread> threads;
  for (auto& mine : seen) {
    threads.emplace_back([&mine] {
      for (uint64_t i = 0; i < kCount; ++i) {
        const auto prefix = prefix_of(i);
        mine[i] = key_prefixes::number_of(prefix.data());
        ASSERT_TRUE(key_prefixes::is(mine[i], prefix.data()));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0], seen[2]);
  for (uint64_t i = 0; i < kCount; ++i) {
    EXPECT_NE(seen[0][i], key_prefixes::kNone);
    EXPECT_FALSE(key_prefixes::is(seen[0][i], prefix_of(i + 1).data()));
  }
}

EntryRef rows_entry(const KeyBuilder& key, std::string_view value, uint64_t label = 1) {
  BodyBuilder body;
  body.add_column("v");
  body.begin_row();
  body.add_text(value);
  return Entry::make({.hash = key.hash(), .key = key.bytes(), .label = label, .slots = {}}, body);
}

KeyBuilder key_for(const KeyHash& statement, int64_t argument) {
  KeyBuilder key(statement);
  key.add_integer(argument);
  return key;
}

// Entries of rows have numbered keys: nothing of it shows.
TEST(NumberedKeys, TellStatementsAndArgumentsApart) {
  HotTable table(uint64_t{4} << 20);
  for (uint64_t statement = 1; statement <= 20; ++statement) {
    for (int64_t argument = 0; argument < 50; ++argument) {
      const KeyBuilder key = key_for({statement, 7}, argument);
      ASSERT_TRUE(table.insert(rows_entry(key, std::to_string(statement) + "/" + std::to_string(argument))));
    }
  }
  EXPECT_EQ(table.stats().entries, 1000u);
  for (uint64_t statement = 1; statement <= 21; ++statement) {
    for (int64_t argument = 0; argument < 51; ++argument) {
      const HotRef entry = table.find(key_for({statement, 7}, argument).bytes());
      ASSERT_EQ(static_cast<bool>(entry), statement <= 20 && argument < 50);
      if (!entry) continue;
      EXPECT_EQ(BodyView::trusted(entry->body()).cell(0, 0).text(),
                std::to_string(statement) + "/" + std::to_string(argument));
    }
  }
}

TEST(NumberedKeys, AreWholeAgainWhenTheyAreAskedFor) {
  HotTable table(uint64_t{4} << 20);
  for (const size_t size : {size_t{0}, size_t{1}, size_t{8}, size_t{200}, size_t{235}, size_t{236}, size_t{5000}}) {
    KeyBuilder key({3, 4});
    key.add_text(std::string(size, 'k'));
    ASSERT_TRUE(table.insert(rows_entry(key, "v")));
    const HotRef entry = table.find(key.bytes());
    ASSERT_TRUE(entry) << size;
    EXPECT_EQ(key_of(*entry), text_of(key.bytes()));
  }
}

// The hash lets two keys meet that differ in their statement alone.
TEST(NumberedKeys, OfOneHashAreComparedInFull) {
  const auto same = [](std::span<const std::byte>) noexcept -> uint64_t { return 42; };
  HotTable table(uint64_t{4} << 20, same);
  const KeyBuilder one = key_for({1, 1}, 5), other = key_for({1, 2}, 5);
  table.insert(rows_entry(one, "one"));
  EXPECT_TRUE(table.find(one.bytes()));
  EXPECT_FALSE(table.find(other.bytes()));
}

TEST(HotEntry, RemembersWhenItWasSeenTrueUpToADistance) {
  HotTable table(uint64_t{4} << 20);
  const uint64_t label = uint64_t{1} << 40;
  table.insert(make_entry({.label = label}));
  const HotRef entry = table.find(bytes("key"));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->validated(), 0u);
  EXPECT_FALSE(entry->validated_at(0));
  EXPECT_FALSE(entry->validated_at(label));
  EXPECT_FALSE(entry->validated_at(label - 1));
  for (const uint64_t seq : {label, label + 1, label + 0x7fffffff}) {
    entry->set_validated(seq);
    EXPECT_EQ(entry->validated(), seq);
    EXPECT_TRUE(entry->validated_at(seq));
    EXPECT_FALSE(entry->validated_at(seq + 1));
    EXPECT_FALSE(entry->validated_at(seq + (uint64_t{1} << 32)));
  }
  const uint64_t last = entry->validated();
  for (const uint64_t seq : {label - 1, label + 0x80000000, label + (uint64_t{1} << 32)}) {
    entry->set_validated(seq);
    EXPECT_EQ(entry->validated(), last) << "too far to say";
    EXPECT_FALSE(entry->validated_at(seq));
  }
}

}  // namespace
}  // namespace tern::cache
