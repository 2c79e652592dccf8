// The hash by which the hot table finds keys: 64 bits, inlined where it is needed, and kept nowhere but in memory, so
// that it may change with any version.
//
// Keys of 16 to 64 bytes, as nearly all are, by folded multiplication (Wang Yi's wyhash, 2019): two words are mixed
// with constants and multiplied, the halves of the product put together by exclusive or; the products of all pairs are
// multiplied once more. That is half the instructions of XXH3-64, which has a call and a last mixing of its own. Other
// keys have XXH3-64.
//
// Whoever knows the constants can make keys that collide, as with XXH3: they are slow to find, and compared in full.
//
// Thread-safety: a function of its argument. Errors: none. Cost: 28 instructions for 16 bytes, 36 for 37.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cache/little_endian.h"

namespace tern::cache {

namespace hot_hash_detail {

// Digits of pi after its point, the last bit set.
inline constexpr uint64_t kMix[] = {0x243f6a8885a308d3, 0x13198a2e03707345, 0xa4093822299f31d1, 0x082efa98ec4e6c89,
                                    0x452821e638d01377, 0xbe5466cf34e90c6d, 0xc0ac29b7c97c50dd, 0x3f84d5b5b5470917};

__extension__ using Product = unsigned __int128;

inline uint64_t fold(uint64_t a, uint64_t b) noexcept {
  const Product product = static_cast<Product>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t pair_at(const std::byte* at, uint64_t a, uint64_t b) noexcept {
  return fold(load_le<uint64_t>(at) ^ a, load_le<uint64_t>(at + 8) ^ b);
}

uint64_t of_other_size(std::span<const std::byte> key) noexcept;

}  // namespace hot_hash_detail

[[gnu::always_inline]] inline uint64_t hot_hash_inlined(std::span<const std::byte> key) noexcept {
  using namespace hot_hash_detail;
  const std::byte* const at = key.data();
  const size_t size = key.size();
  if (size - 16 > 48) [[unlikely]]
    return of_other_size(key);
  uint64_t first = pair_at(at, kMix[0], kMix[1]);
  if (size > 32) {
    first += pair_at(at + 16, kMix[2], kMix[3]);
    if (size > 48) first += pair_at(at + 32, kMix[4], kMix[5]);
  }
  return fold(first + size, pair_at(at + size - 16, kMix[6], kMix[7]));
}

// The same, as a function that may be passed on.
uint64_t hot_hash(std::span<const std::byte> key) noexcept;

}  // namespace tern::cache
