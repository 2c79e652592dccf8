// Whether keeping a statement's large answers pays: recording the pages of a range of fifty rows, making an entry of it
// and finding it room costs a fifth of reading it, which is lost where no answer is asked for twice.
//
// Small answers are always kept. Of large ones (kLarge) every kEvery-th is remembered, and looked for kSamples * kEvery
// kept answers later: its entry's `validated` mark tells whether it has been a hit. The running share of those that
// were decides:
//
//   level      keeps                          goes up when the share is below kSeldom, down when above kOften
//   kAll       every answer
//   kSecond    what was asked for before and is remembered by the doorkeeper
//   kFew       one in kFewEach of those
//
// A new level begins with the benefit of the doubt: the share is a half again. So a statement that is asked for ever
// new ranges soon stops paying for them, and one whose habits change is found out.
//
// Thread-safety: all of it. Large answers alone take the lock, and the level is one relaxed load for the others.
// Errors: without memory everything is kept. Memory: kSamples keys for a statement with large answers, 128 KiB for all
// of them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "cache/hot_table.h"
#include "engine/doorkeeper.h"

namespace tern::internal {

class Reuse {
 public:
  static constexpr uint64_t kLarge = 4096;
  static constexpr uint32_t kEvery = 16, kSamples = 8, kFewEach = 16;
  enum Level : uint8_t { kAll, kSecond, kFew };

  // Before an answer is made.
  bool worth_keeping(std::span<const std::byte> key, Doorkeeper& doorkeeper) noexcept;
  // After it was kept in `hot`. `body_bytes` decides whether it counts.
  void kept(cache::HotTable& hot, std::span<const std::byte> key, uint64_t body_bytes) noexcept;

  Level level() const noexcept { return level_.load(std::memory_order_relaxed); }

 private:
  using Sample = std::vector<std::byte>;  // a key; empty: none
  static constexpr float kSeldom = 1.0F / 16, kOften = 0.5F, kDoubt = 0.5F, kWeight = 1.0F / 8;

  void note(bool reused) noexcept;

  // relaxed, both: hints, which order nothing.
  std::atomic<Level> level_{kAll};
  std::atomic<uint32_t> asked_again_{0};

  std::mutex mutex_;
  std::array<Sample, kSamples> samples_;  // guarded by mutex_
  uint32_t kept_ = 0;                     // guarded by mutex_
  float share_ = kDoubt;                  // guarded by mutex_
};

}  // namespace tern::internal
