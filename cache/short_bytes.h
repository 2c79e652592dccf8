// Copying and comparing what is nearly always some tens of bytes: keys and their arguments.
//
// A call of memcpy or memcmp costs as much as half a lookup. Up to 32 (to copy) or 64 bytes (to compare) are done here,
// in overlapping words and without a loop.
//
// Thread-safety: as memcpy and memcmp. Errors: none. Any length is right, 0 included.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tern::cache {

namespace short_bytes_detail {

// Both ends, which overlap where there is less than two words.
template <typename Word>
inline void copy_ends(std::byte* to, const std::byte* from, size_t count) noexcept {
  Word first, last;
  std::memcpy(&first, from, sizeof first);
  std::memcpy(&last, from + count - sizeof last, sizeof last);
  std::memcpy(to, &first, sizeof first);
  std::memcpy(to + count - sizeof last, &last, sizeof last);
}

struct Pair {
  uint64_t words[2];
};

// 0 if and only if they are equal.
inline uint64_t difference_8(const std::byte* a, const std::byte* b) noexcept {
  uint64_t x, y;
  std::memcpy(&x, a, sizeof x);
  std::memcpy(&y, b, sizeof y);
  return x ^ y;
}

// 16 bytes compared, and several of those together.
#if defined(__SSE2__)
struct Same16 {
  __m128i bytes;  // each all ones where they are the same
  bool all() const noexcept { return _mm_movemask_epi8(bytes) == 0xffff; }
};
inline Same16 same_16(const std::byte* a, const std::byte* b) noexcept {
  return {_mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a)),
                         _mm_loadu_si128(reinterpret_cast<const __m128i*>(b)))};
}
inline Same16 operator&(Same16 x, Same16 y) noexcept { return {_mm_and_si128(x.bytes, y.bytes)}; }
#else
struct Same16 {
  uint64_t difference;
  bool all() const noexcept { return difference == 0; }
};
inline Same16 same_16(const std::byte* a, const std::byte* b) noexcept {
  return {difference_8(a, b) | difference_8(a + 8, b + 8)};
}
inline Same16 operator&(Same16 x, Same16 y) noexcept { return {x.difference | y.difference}; }
#endif

[[gnu::noinline]] inline bool equal_rare(const std::byte* a, const std::byte* b, size_t count) noexcept {
  return count == 0 || std::memcmp(a, b, count) == 0;
}

}  // namespace short_bytes_detail

inline void copy_bytes(std::byte* to, const std::byte* from, size_t count) noexcept {
  using namespace short_bytes_detail;
  if (count >= 16) {
    if (count <= 32) return copy_ends<Pair>(to, from, count);
  } else if (count >= 8) {
    return copy_ends<uint64_t>(to, from, count);
  } else if (count >= 4) {
    return copy_ends<uint32_t>(to, from, count);
  }
  if (count != 0) std::memcpy(to, from, count);
}

// Inlined even where there is much else: the call costs its caller's registers.
[[gnu::always_inline]] inline bool equal_bytes(const std::byte* a, const std::byte* b, size_t count) noexcept {
  using namespace short_bytes_detail;
  if (count - 16 <= 16) return (same_16(a, b) & same_16(a + count - 16, b + count - 16)).all();
  if (count - 32 <= 32) {
    const std::byte* const a_last = a + count - 32;
    const std::byte* const b_last = b + count - 32;
    return (same_16(a, b) & same_16(a + 16, b + 16) & same_16(a_last, b_last) & same_16(a_last + 16, b_last + 16))
        .all();
  }
  if (count - 8 <= 8) return (difference_8(a, b) | difference_8(a + count - 8, b + count - 8)) == 0;
  return equal_rare(a, b, count);
}

}  // namespace tern::cache
