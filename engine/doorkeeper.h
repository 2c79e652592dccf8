// Who has been here before: what Policy::admit_second_time asks.
//
// Remembers the latest kRemembered keys that were turned away, by 16-bit fingerprints (cache/ghosts.h): a wrong match
// (one in 8,000) admits a key at its first time, and harms nothing.
//
// Thread-safety: all of it, under a lock that is held for one cache line. Only misses come here. Memory: 128 KiB, from
// the first question on; without it nobody is admitted.
#pragma once

#include <mutex>

#include "cache/ghosts.h"

namespace tern::internal {

class Doorkeeper {
 public:
  static constexpr uint64_t kRemembered = uint64_t{1} << 16;

  // `hash`: cache::hot_hash() of the key. Whether it was turned away before; if not, it is now.
  bool admits(uint64_t hash) noexcept {
    const std::lock_guard lock(mutex_);
    if (seen_.capacity() == 0) seen_.resize(kRemembered);
    if (seen_.take(hash)) return true;
    seen_.add(hash);
    return false;
  }

 private:
  std::mutex mutex_;
  cache::Ghosts seen_;
};

}  // namespace tern::internal
