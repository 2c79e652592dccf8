#include "cache/key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>

#include "tests/cache/support.h"

namespace tern::cache {
namespace {

const KeyHash kStatement = fingerprint("SELECT ?");

std::string key_of(const std::function<void(KeyBuilder&)>& add) {
  KeyBuilder key(kStatement);
  add(key);
  EXPECT_TRUE(key.fits());
  return text_of(key.bytes());
}

std::string hex(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    constexpr char kDigits[] = "0123456789abcdef";
    digits += kDigits[static_cast<unsigned char>(c) >> 4];
    digits += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return digits;
}

TEST(Key, BeginsWithTheFingerprint) {
  const std::string key = key_of([](KeyBuilder&) {});
  ASSERT_EQ(key.size(), 16u);
  KeyBuilder other(fingerprint("SELECT ? "));
  EXPECT_NE(key, text_of(other.bytes()));
}

TEST(Key, EncodesEachTypeAsDocumented) {
  EXPECT_EQ(hex(key_of([](KeyBuilder& k) { k.add_null(); }).substr(16)), "00");
  EXPECT_EQ(hex(key_of([](KeyBuilder& k) { k.add_integer(-2); }).substr(16)), "01feffffffffffffff");
  EXPECT_EQ(hex(key_of([](KeyBuilder& k) { k.add_real(1.5); }).substr(16)), "02000000000000f83f");
  EXPECT_EQ(hex(key_of([](KeyBuilder& k) { k.add_text("ab"); }).substr(16)), "03020000006162");
  EXPECT_EQ(hex(key_of([](KeyBuilder& k) { k.add_blob(bytes("ab")); }).substr(16)), "04020000006162");
}

TEST(Key, DiffersWhereverSqliteTellsArgumentsApart) {
  const std::function<void(KeyBuilder&)> arguments[] = {
      [](KeyBuilder& k) { k.add_null(); },
      [](KeyBuilder& k) { k.add_integer(0); },
      [](KeyBuilder& k) { k.add_integer(1); },
      [](KeyBuilder& k) { k.add_integer(std::numeric_limits<int64_t>::min()); },
      [](KeyBuilder& k) { k.add_integer(std::numeric_limits<int64_t>::max()); },
      [](KeyBuilder& k) { k.add_real(0.0); },
      [](KeyBuilder& k) { k.add_real(-0.0); },
      [](KeyBuilder& k) { k.add_real(1.0); },
      [](KeyBuilder& k) { k.add_real(std::numeric_limits<double>::infinity()); },
      [](KeyBuilder& k) { k.add_real(-std::numeric_limits<double>::infinity()); },
      [](KeyBuilder& k) { k.add_text(""); },
      [](KeyBuilder& k) { k.add_text("1"); },
      [](KeyBuilder& k) { k.add_text(std::string_view("1\0", 2)); },
      [](KeyBuilder& k) { k.add_blob({}); },
      [](KeyBuilder& k) { k.add_blob(bytes("1")); },
      [](KeyBuilder& k) { k.add_text("a"), k.add_text("bc"); },
      [](KeyBuilder& k) { k.add_text("ab"), k.add_text("c"); },
      [](KeyBuilder& k) { k.add_null(), k.add_null(); },
  };
  std::set<std::string> keys;
  std::set<std::pair<uint64_t, uint64_t>> hashes;
  for (const auto& add : arguments) {
    KeyBuilder key(kStatement);
    add(key);
    keys.insert(text_of(key.bytes()));
    hashes.insert({key.hash().low, key.hash().high});
  }
  EXPECT_EQ(keys.size(), std::size(arguments));
  EXPECT_EQ(hashes.size(), std::size(arguments));
}

TEST(Key, TakesEveryNanForNull) {
  EXPECT_EQ(key_of([](KeyBuilder& k) { k.add_real(std::nan("1")); }), key_of([](KeyBuilder& k) { k.add_null(); }));
  EXPECT_EQ(key_of([](KeyBuilder& k) { k.add_real(-std::nan("2")); }), key_of([](KeyBuilder& k) { k.add_null(); }));
}

TEST(Key, KeepsItsBytesWhenItLeavesTheInlineBuffer) {
  KeyBuilder key(kStatement);
  std::string expected = text_of(key.bytes());
  for (int64_t i = 0; i < 100; ++i) {
    key.add_integer(i);
    expected += key_of([&](KeyBuilder& k) { k.add_integer(i); }).substr(16);
  }
  EXPECT_GT(key.bytes().size(), KeyBuilder::kInlineBytes);
  EXPECT_EQ(text_of(key.bytes()), expected);
  EXPECT_EQ(key.hash(), hash_bytes(bytes(expected)));
}

TEST(Key, CopiesAreEqualAndIndependent) {
  for (const size_t size : {size_t{1}, size_t{1000}}) {
    KeyBuilder key(kStatement);
    key.add_text(std::string(size, 'x'));
    KeyBuilder copy(key);
    EXPECT_EQ(text_of(copy.bytes()), text_of(key.bytes()));
    copy.add_null();
    EXPECT_EQ(copy.bytes().size(), key.bytes().size() + 1);
  }
}

TEST(Key, DoesNotFitPastItsLimitButStaysComplete) {
  KeyBuilder key(kStatement);
  key.add_text(std::string(KeyBuilder::kMaxKeyBytes - 16 - 5, 'x'));
  EXPECT_TRUE(key.fits());
  key.add_null();
  EXPECT_FALSE(key.fits());
  EXPECT_TRUE(key.complete());
  EXPECT_EQ(key.bytes().size(), KeyBuilder::kMaxKeyBytes + 1);
}

TEST(Key, IsNotCompleteWithAnArgumentOf4GiB) {
  KeyBuilder key(kStatement);
  const char only_its_size_is_looked_at = 'x';
  key.add_text({&only_its_size_is_looked_at, size_t{1} << 32});
  EXPECT_FALSE(key.complete());
  EXPECT_FALSE(key.fits());
  key.add_integer(1);
  EXPECT_EQ(key.bytes().size(), 16u);
}

TEST(Key, IsTheSameInTheCallersMemoryAndBeyondIt) {
  for (const size_t length : {0, 10, 43, 44, 300}) {
    std::array<std::byte, 64> room{};
    KeyBuilder elsewhere(kStatement, room);
    KeyBuilder key(kStatement);
    for (KeyBuilder* one : {&elsewhere, &key}) one->add_text(std::string(length, 'x'));
    EXPECT_TRUE(std::ranges::equal(elsewhere.bytes(), key.bytes())) << length;
    EXPECT_EQ(elsewhere.bytes().data() == room.data(), 16 + 5 + length <= room.size()) << length;
  }
  std::array<std::byte, 15> too_little;
  EXPECT_NE(KeyBuilder(kStatement, too_little).bytes().data(), too_little.data());
}

TEST(Fingerprint, IsXxh3Of128Bits) {
  // Of the empty input, from the reference implementation: whoever changes the hash voids every store.
  EXPECT_EQ(hot_hash({}), 0x2d06800538d394c2u);
  EXPECT_EQ(fingerprint("").low, 0x6001c324468d497fu);
  EXPECT_EQ(fingerprint("").high, 0x99aa06d3014798d8u);
}

}  // namespace
}  // namespace tern::cache
