// Which keys were evicted lately without having been read: S3-FIFO lets them into its main queue at once when they come
// back (Yang et al., SOSP 2023).
//
// A set-associative list of 16-bit fingerprints: 8 a set, the newest first; a new one pushes the oldest out. So a ghost
// lives for about as many evictions as there are places, and costs two bytes. A wrong match (one in 8,000) lets a key
// into the main queue without cause, and harms nothing.
//
// Thread-safety: none; the shard's lock guards it. Errors: without memory there are no ghosts.
// Cost: O(1), one cache line.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace tern::cache {

class Ghosts {
 public:
  // Room for `count` ghosts; forgets those that there are. A power of two of sets.
  void resize(uint64_t count) noexcept {
    set_count_ = std::bit_floor(count / kWays);
    sets_.reset(set_count_ != 0 ? new (std::nothrow) Set[set_count_]() : nullptr);
    if (sets_ == nullptr) set_count_ = 0;
  }

  void add(uint64_t hash) noexcept {
    if (set_count_ == 0) return;
    Set& set = set_of(hash);
    for (size_t i = kWays - 1; i > 0; --i) set[i] = set[i - 1];
    set[0] = fingerprint_of(hash);
  }

  // Whether the key was there; it is not any more.
  bool take(uint64_t hash) noexcept {
    if (set_count_ == 0) return false;
    Set& set = set_of(hash);
    for (uint16_t& fingerprint : set) {
      if (fingerprint != fingerprint_of(hash)) continue;
      fingerprint = 0;
      return true;
    }
    return false;
  }

  uint64_t capacity() const noexcept { return set_count_ * kWays; }
  uint64_t bytes() const noexcept { return set_count_ * sizeof(Set); }
  // At most, after resize(count).
  static constexpr uint64_t bytes_for(uint64_t count) noexcept { return count * sizeof(uint16_t); }

 private:
  static constexpr size_t kWays = 8;
  using Set = std::array<uint16_t, kWays>;  // 0: none

  // Set and fingerprint come from different bits.
  Set& set_of(uint64_t hash) noexcept { return sets_[(hash >> 8) & (set_count_ - 1)]; }
  static uint16_t fingerprint_of(uint64_t hash) noexcept { return static_cast<uint16_t>(hash >> 40 | 1); }

  uint64_t set_count_ = 0;
  std::unique_ptr<Set[]> sets_;
};

}  // namespace tern::cache
