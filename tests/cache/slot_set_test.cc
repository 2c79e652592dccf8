#include "cache/slot_set.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

namespace tern::cache {
namespace {

std::vector<std::byte> pack(const std::vector<uint32_t>& slots) {
  std::vector<std::byte> packed(packed_slot_set_size(slots).value());
  pack_slot_set(slots, packed.data());
  return packed;
}

std::vector<uint32_t> unpack(const SlotSetView& set, const std::byte* readable_end) {
  std::vector<uint32_t> slots;
  EXPECT_TRUE(for_each_slot(set, readable_end, [&](uint32_t slot) {
    slots.push_back(slot);
    return true;
  }));
  return slots;
}

// Through both checks, and both with and without bytes behind the set.
void expect_round_trip(const std::vector<uint32_t>& slots) {
  auto packed = pack(slots);
  const size_t size = packed.size();
  const auto parsed = parse_slot_set(packed);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->count, slots.size());
  EXPECT_EQ(unpack(*parsed, packed.data() + size), slots);
  packed.resize(size + 16);
  const auto trusted = trusted_slot_set(packed.data(), size);
  EXPECT_EQ(unpack(trusted, packed.data() + packed.size()), slots);
}

TEST(SlotSet, RoundTripsEverySizeAndGap) {
  expect_round_trip({});
  expect_round_trip({0});
  expect_round_trip({0xffffffff});
  expect_round_trip({0, 0xffffffff});
  expect_round_trip({1, 2, 3, 258, 259, 65'796, 65'797, 16'843'013, 0xfffffffe, 0xffffffff});
  for (const uint32_t count : {127u, 128u, 129u, 16'384u}) {
    std::vector<uint32_t> slots(count);
    std::iota(slots.begin(), slots.end(), 7u);
    expect_round_trip(slots);
  }
}

TEST(SlotSet, RoundTripsRandomSets) {
  std::mt19937 random(20240501);
  for (int round = 0; round < 300; ++round) {
    std::vector<uint32_t> slots;
    uint64_t slot = random() % 100;
    const size_t bits = random() % 28;
    for (size_t left = random() % 200; left > 0 && slot <= 0xffffffff; --left) {
      slots.push_back(static_cast<uint32_t>(slot));
      slot += 1 + (random() >> (31 - bits));
    }
    expect_round_trip(slots);
  }
}

TEST(SlotSet, TakesAQuarterOfAByteForEachOfARunOfPages) {
  std::vector<uint32_t> slots(1000);
  std::iota(slots.begin(), slots.end(), 5000u);
  EXPECT_LE(pack(slots).size(), 255u);
}

TEST(SlotSet, StopsWhenAsked) {
  const std::vector<uint32_t> slots{3, 5, 8, 13, 21};
  const auto packed = pack(slots);
  unsigned calls = 0;
  const bool all = for_each_slot(*parse_slot_set(packed), packed.data() + packed.size(), [&](uint32_t slot) {
    ++calls;
    return slot != 8;
  });
  EXPECT_FALSE(all);
  EXPECT_EQ(calls, 3u);
}

TEST(SlotSet, RefusesWhatDoesNotAscend) {
  EXPECT_FALSE(packed_slot_set_size(std::vector<uint32_t>{5, 5}));
  EXPECT_FALSE(packed_slot_set_size(std::vector<uint32_t>{5, 4}));
}

TEST(SlotSet, RefusesEveryTruncationAndEverythingLeftOver) {
  const auto packed = pack({1, 300, 70'000, 20'000'000, 20'000'001});
  for (size_t size = 1; size < packed.size(); ++size) {
    EXPECT_FALSE(parse_slot_set(std::span(packed).first(size))) << size;
  }
  auto longer = packed;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(parse_slot_set(longer));
}

TEST(SlotSet, RefusesSlotsBeyond32Bits) {
  // Two gaps of four bytes, which add up to more.
  std::vector<std::byte> packed(2 + 8, std::byte{0xff});
  packed[0] = std::byte{2};
  packed[1] = std::byte{0x0f};
  EXPECT_FALSE(parse_slot_set(packed));
}

TEST(SlotSet, RefusesACountThatIsZeroOrTooLong) {
  EXPECT_FALSE(parse_slot_set(std::vector<std::byte>{std::byte{0}}));
  EXPECT_FALSE(parse_slot_set(std::vector<std::byte>(6, std::byte{0x80})));
  EXPECT_FALSE(parse_slot_set(std::vector<std::byte>(8, std::byte{0xff})));
}

}  // namespace
}  // namespace tern::cache
