#include "cache/hot_hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <vector>

#include "cache/key.h"

namespace tern::cache {
namespace {

constexpr size_t kLongest = 80;  // past what is folded
constexpr int kBits = 64;

std::vector<std::byte> random_key(std::mt19937_64& random, size_t size) {
  std::vector<std::byte> key(size);
  for (auto& byte : key) byte = static_cast<std::byte>(random());
  return key;
}

TEST(HotHash, HangsOnEveryBitOfTheKey) {
  std::mt19937_64 random(1);
  for (size_t size = 1; size <= kLongest; ++size) {
    std::vector<std::byte> key = random_key(random, size);
    std::set<uint64_t> hashes{hot_hash(key)};
    for (size_t bit = 0; bit < 8 * size; ++bit) {
      key[bit / 8] ^= std::byte{1} << bit % 8;
      hashes.insert(hot_hash(key));
      key[bit / 8] ^= std::byte{1} << bit % 8;
    }
    EXPECT_EQ(hashes.size(), 8 * size + 1) << size;
  }
}

TEST(HotHash, TellsApartKeysOfZerosByTheirSize) {
  const std::array<std::byte, kLongest> zeros{};
  std::set<uint64_t> hashes;
  for (size_t size = 0; size <= kLongest; ++size) hashes.insert(hot_hash(std::span(zeros).first(size)));
  EXPECT_EQ(hashes.size(), kLongest + 1);
}

// Each bit of the key changes each bit of the hash about every other time.
TEST(HotHash, MixesEveryBitIntoEveryOther) {
  constexpr int kKeys = 400;
  for (const size_t size : {16, 25, 32, 37, 48, 64}) {
    std::mt19937_64 random(size);
    std::vector<std::array<int, kBits>> changed(8 * size);
    for (int i = 0; i < kKeys; ++i) {
      std::vector<std::byte> key = random_key(random, size);
      const uint64_t hash = hot_hash(key);
      for (size_t bit = 0; bit < 8 * size; ++bit) {
        key[bit / 8] ^= std::byte{1} << bit % 8;
        const uint64_t difference = hash ^ hot_hash(key);
        key[bit / 8] ^= std::byte{1} << bit % 8;
        for (int to = 0; to < kBits; ++to)
          changed[bit][static_cast<size_t>(to)] += static_cast<int>(difference >> to & 1);
      }
    }
    // A fair coin is outside of this once in 10^9.
    for (size_t bit = 0; bit < 8 * size; ++bit) {
      const auto [least, most] = std::ranges::minmax(changed[bit]);
      EXPECT_GT(least, kKeys * 35 / 100) << bit << " of " << size;
      EXPECT_LT(most, kKeys * 65 / 100) << bit << " of " << size;
    }
  }
}

// What the table makes of it: the bucket from the lowest bits, the shard from bit 32 on, the tag from the highest 15.
// Of statements' keys with numbers that follow on each other, and with texts of them.
TEST(HotHash, SpreadsKeysThatFollowOnEachOther) {
  constexpr size_t kPlaces = 1 << 10, kEach = 64;
  const KeyHash statement = fingerprint("SELECT 1");
  for (const bool as_text : {false, true}) {
    for (const int shift : {0, 10, 32, 49, 54}) {
      std::vector<uint32_t> counts(kPlaces);
      for (size_t i = 0; i < kPlaces * kEach; ++i) {
        KeyBuilder key(statement);
        if (as_text) {
          key.add_text(std::to_string(i));
        } else {
          key.add_integer(static_cast<int64_t>(i));
        }
        ++counts[hot_hash(key.bytes()) >> shift & (kPlaces - 1)];
      }
      // Chi square, 1023 degrees of freedom: its deviation is 45.
      double chi = 0;
      for (const uint32_t count : counts) {
        const double off = static_cast<double>(count) - kEach;
        chi += off * off / kEach;
      }
      EXPECT_LT(chi, 1023 + 6 * 45) << shift << (as_text ? " text" : " number");
    }
  }
}

}  // namespace
}  // namespace tern::cache
