// Dekker's pattern over cache/asymmetric_fence.h, many times: how often neither of two threads saw the other's store.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "cache/asymmetric_fence.h"

namespace tern::test {

inline int unseen_stores(std::chrono::milliseconds how_long) {
  struct alignas(64) Word {
    std::atomic<int> value{0};
  };
  constexpr int kOver = 1 << 30;
  Word frequent_side;
  Word rare_side;
  Word round;  // how far the rare side is
  Word answered;
  Word seen;  // by the frequent side, in this round
  std::thread frequent([&] {
    for (int i = 1;; ++i) {
      int now = 0;
      while ((now = round.value.load(std::memory_order_acquire)) < i) {
      }
      if (now == kOver) return;
      frequent_side.value.store(i, cache::kPublish);
      cache::light_fence();
      seen.value.store(rare_side.value.load(cache::kCheck), std::memory_order_relaxed);
      answered.value.store(i, std::memory_order_release);
    }
  });
  int neither = 0;
  const auto end = std::chrono::steady_clock::now() + how_long;
  for (int i = 1; i % 64 != 0 || std::chrono::steady_clock::now() < end; ++i) {
    round.value.store(i, std::memory_order_release);
    rare_side.value.store(i, cache::kPublish);
    if (!cache::heavy_fence()) break;
    const int frequent_seen = frequent_side.value.load(cache::kCheck);
    while (answered.value.load(std::memory_order_acquire) < i) {
    }
    neither += frequent_seen != i && seen.value.load(std::memory_order_relaxed) != i;
  }
  round.value.store(kOver, std::memory_order_release);
  frequent.join();
  return neither;
}

}  // namespace tern::test
