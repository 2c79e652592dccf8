// The hot table under many threads: every answer is one that was inserted, whole, and not older than what its reader
// may expect. Meant for ThreadSanitizer and AddressSanitizer as well.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "cache/asymmetric_fence.h"
#include "cache/hot_table.h"
#include "tests/cache/support.h"

namespace tern::cache {
namespace {

constexpr uint64_t kMebibyte = uint64_t{1} << 20;

std::string key_for(size_t i) { return "key " + std::to_string(i); }

// Says which key and label it belongs to, from the first byte to the last.
std::string value_for(size_t key, uint64_t label, size_t padding) {
  std::string value = key_for(key) + ":" + std::to_string(label) + ":";
  value.append(padding, static_cast<char>('a' + label % 26));
  return value;
}

void expect_whole(const HotRef& entry, size_t key) {
  const std::string body = text_of(entry->body());
  const std::string head = value_for(key, entry->label(), 0);
  ASSERT_EQ(body.substr(0, head.size()), head);
  const char padding = static_cast<char>('a' + entry->label() % 26);
  ASSERT_EQ(body.find_first_not_of(padding, head.size()), std::string::npos);
}

struct Stress {
  static constexpr size_t kKeys = 600;
  // `roomy`: nothing is evicted or erased, so that each key is a register whose label only grows.
  explicit Stress(uint64_t capacity, bool roomy_in) : table(capacity), roomy(roomy_in) {}

  HotTable table;
  const bool roomy;
  // The label of the newest insert that has returned, for each key: with room for all, a reader that begins later finds
  // that or a newer one.
  std::array<std::atomic<uint64_t>, kKeys> inserted{};
  std::atomic<uint64_t> next_label{1};
  std::atomic<uint64_t> hits{0};

  void insert(std::mt19937& random) {
    const size_t key = random() % kKeys;
    const uint64_t label = next_label.fetch_add(1);
    const size_t padding = random() % 16 == 0 ? random() % 20'000 : random() % 1500;
    const bool taken =
        table.insert(make_entry({.key = key_for(key), .value = value_for(key, label, padding), .label = label}));
    if (!taken) return;  // a newer one is there, and whoever inserted it says so
    uint64_t newest = inserted[key].load();
    while (newest < label && !inserted[key].compare_exchange_weak(newest, label)) {
    }
  }

  void read(std::mt19937& random, std::vector<std::pair<size_t, HotRef>>& held) {
    const size_t key = random() % kKeys;
    const uint64_t at_least = inserted[key].load();
    HotRef entry = table.find(bytes(key_for(key)));
    if (roomy && at_least != 0) {
      ASSERT_TRUE(entry) << key;
      ASSERT_GE(entry->label(), at_least) << "an older entry came back over a newer one";
    }
    if (!entry) return;
    hits.fetch_add(1, std::memory_order_relaxed);
    expect_whole(entry, key);
    // Some are held for long, and looked at again when they end.
    if (held.size() < 40) return held.emplace_back(key, std::move(entry)), void();
    auto& [old_key, old] = held[random() % held.size()];
    expect_whole(old, old_key);
    old_key = key;
    old = std::move(entry);
  }

  void work(unsigned seed, int steps, unsigned writes_of_8) {
    std::mt19937 random(seed);
    std::vector<std::pair<size_t, HotRef>> held;
    for (int i = 0; i < steps; ++i) {
      if (random() % 8 < writes_of_8) {
        insert(random);
      } else if (!roomy && random() % 64 == 0) {
        const std::string key = key_for(random() % kKeys);
        table.erase(bytes(key));
      } else {
        read(random, held);
      }
    }
    for (const auto& [key, entry] : held) expect_whole(entry, key);
  }

  void run(int steps) {
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) threads.emplace_back([this, t, steps] { work(t, steps, t < 2 ? 5 : 1); });
    threads.emplace_back([this] {
      for (int i = 0; i < 50; ++i) {
        table.for_each([](HotEntry& entry) { ASSERT_NE(entry.key_size(), 0u); });
        ASSERT_LE(table.stats().bytes, table.stats().capacity_bytes);
      }
    });
    for (auto& thread : threads) thread.join();
    EXPECT_GT(hits.load(), 0u);
    EXPECT_EQ(table.stats().evictions == 0, roomy);
    EXPECT_EQ(table.stats().pinned_bytes, 0u) << "nothing is held any more";
  }
};

TEST(HotStress, EveryAnswerIsWholeUnderEviction) {
  Stress stress(kMebibyte / 2, false);
  stress.run(12'000);
}

TEST(HotStress, EveryKeyIsALinearizableRegisterWhileThereIsRoom) {
  Stress stress(256 * kMebibyte, true);
  stress.run(12'000);
}

TEST(HotStress, TheSameWithoutMembarrier) {
  Stress stress(kMebibyte / 2, false);
  forgo_asymmetric_fence();
  stress.run(6'000);
  prepare_asymmetric_fence();
}

// While nothing is evicted or erased, what was inserted is found: also in the midst of growing, and of buckets that
// overflow and shrink again (H5).
TEST(HotStress, WhatIsThereIsFoundWhileTheTableGrows) {
  HotTable table(16 * kMebibyte);
  constexpr size_t kCount = 20'000;
  std::atomic<size_t> there{0};
  std::thread writer([&] {
    for (size_t i = 0; i < kCount; ++i) {
      ASSERT_TRUE(table.insert(make_entry({.key = key_for(i)})));
      there.store(i + 1, std::memory_order_release);
    }
  });
  std::vector<std::thread> readers;
  for (unsigned t = 0; t < 2; ++t) {
    readers.emplace_back([&, t] {
      std::mt19937 random(t);
      size_t count = 0;
      while ((count = there.load(std::memory_order_acquire)) < kCount) {
        if (count == 0) continue;
        const std::string key = key_for(random() % count);
        ASSERT_TRUE(table.find(bytes(key))) << key;
      }
    });
  }
  writer.join();
  for (auto& reader : readers) reader.join();
}

TEST(HotStress, ThreadsThatComeAndGoLeaveNothingBehind) {
  HotTable table(kMebibyte);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) {
      threads.emplace_back([&table, t, round] {
        std::mt19937 random(static_cast<unsigned>(round) * 4 + t);
        for (int i = 0; i < 50; ++i) {
          const std::string key = key_for(random() % 200);
          if (random() % 2 == 0) table.insert(make_entry({.key = key, .value = std::string(random() % 3000, 'v')}));
          const HotRef entry = table.find(bytes(key));
          if (entry) {
            ASSERT_EQ(key_of(*entry), key);
          }
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }
  EXPECT_EQ(table.stats().pinned_bytes, 0u);
}

}  // namespace
}  // namespace tern::cache
