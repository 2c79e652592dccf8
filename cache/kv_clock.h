// The time by which values expire: milliseconds since 1970, the same in all processes, never going back within one
// boot.
//
// It is the monotonic clock plus an offset that all processes share (KvStamps), which is raised whenever the wall clock
// is found ahead, and never lowered. So it follows the wall clock to the millisecond until that is set back; from then
// on it goes on evenly, ahead of it, until the machine is started again. What has expired stays expired.
//
// Thread-safety: any thread, lock-free. Cost: two readings of clocks, a load; a store only when time was set ahead.
#pragma once

#include <atomic>
#include <cstdint>

#include "cache/clock.h"

namespace tern::cache {

class KvClock {
 public:
  KvClock(Clock& clock, std::atomic<int64_t>& offset_ns) noexcept : clock_(clock), offset_ns_(offset_ns) {}

  int64_t now_ms() noexcept {
    // The wall clock first: if this thread is held up between the two, the offset comes out too small, which the
    // largest one corrects, never too large.
    const int64_t wall_ns = clock_.wall_ms() * 1'000'000;
    const int64_t monotonic_ns = clock_.monotonic_ns();
    const int64_t mine = wall_ns - monotonic_ns;
    // relaxed: one number by itself; coherence of one word is enough for it never to go back.
    int64_t offset = offset_ns_.load(std::memory_order_relaxed);
    while (mine > offset) {
      if (offset_ns_.compare_exchange_weak(offset, mine, std::memory_order_relaxed)) {
        offset = mine;
        break;
      }
    }
    return (monotonic_ns + offset) / 1'000'000;
  }

 private:
  Clock& clock_;
  std::atomic<int64_t>& offset_ns_;
};

}  // namespace tern::cache
