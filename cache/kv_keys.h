// How the keys of the KV tier are kept: in LMDB, whose keys end at 511 bytes, and in the hot table.
//
// A key lies in a node: that of its namespace, or, if it is long, one below. A key of kHeadBytes or more is parted: its
// head leads to a node of its own, in which its rest lies; a rest that is long is parted again. Since a head is longer
// than any key that is not parted, it is none of them; and since every key behind it begins with it, the order of bytes
// is kept: what a walk through a node meets, going down at each head, comes in the order of whole keys.
//
//   place  = node:6 piece              in LMDB; a piece of kHeadBytes is a head, a shorter one ends a key
//   due    = ms since 1970:8 place     in the index by expiry
//   node   = of a namespace: its number, below 2^31 | below a head: 2^47 or more
//   hot key = (2 * number of the namespace):4 key      little-endian; no key of a statement begins with an even byte
//
// Numbers of places are big-endian, so that LMDB's comparison of bytes is that of numbers.
//
// Thread-safety: values. Cost: no allocation.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "cache/key.h"
#include "cache/little_endian.h"
#include "cache/short_bytes.h"

namespace tern::cache {

inline constexpr size_t kKvNodeBytes = 6;
inline constexpr size_t kKvHeadBytes = 496;
inline constexpr size_t kKvDueBytes = 8;
inline constexpr size_t kMaxKvKeyBytes = 2048;
inline constexpr uint64_t kKvNamespaceLimit = uint64_t{1} << 31;
inline constexpr uint64_t kKvInnerNodes = uint64_t{1} << 47;
static_assert(kKvDueBytes + kKvNodeBytes + kKvHeadBytes <= 511);

inline void store_big_endian(uint64_t number, std::byte* to, size_t bytes) noexcept {
  for (size_t i = 0; i < bytes; ++i) to[i] = static_cast<std::byte>(number >> (8 * (bytes - 1 - i)));
}
inline uint64_t load_big_endian(const std::byte* from, size_t bytes) noexcept {
  uint64_t number = 0;
  for (size_t i = 0; i < bytes; ++i) number = number << 8 | std::to_integer<uint64_t>(from[i]);
  return number;
}

// A place, with room for a due time before it.
class KvPlace {
 public:
  KvPlace(uint64_t node, std::string_view piece) noexcept : size_(kKvNodeBytes + piece.size()) {
    store_big_endian(node, bytes_.data() + kKvDueBytes, kKvNodeBytes);
    if (!piece.empty()) std::memcpy(bytes_.data() + kKvDueBytes + kKvNodeBytes, piece.data(), piece.size());
  }
  std::span<std::byte> place() noexcept { return {bytes_.data() + kKvDueBytes, size_}; }
  std::span<std::byte> due(int64_t at_ms) noexcept {
    store_big_endian(static_cast<uint64_t>(at_ms), bytes_.data(), kKvDueBytes);
    return {bytes_.data(), kKvDueBytes + size_};
  }

 private:
  std::array<std::byte, kKvDueBytes + kKvNodeBytes + kKvHeadBytes> bytes_;  // not initialised: size_ bounds it
  size_t size_;
};

// The piece of a key that lies in one node: its head if it is parted there, else all of it.
inline std::string_view kv_piece(std::string_view rest) noexcept { return rest.substr(0, kKvHeadBytes); }

class KvHotKey {
 public:
  static constexpr size_t kPrefixBytes = 4;

  // `key` has at most kMaxKvKeyBytes.
  KvHotKey(uint64_t kv_namespace, std::string_view key) noexcept : size_(kPrefixBytes + key.size()) {
    store_le(bytes_.data(), static_cast<uint32_t>(kv_namespace << 1));
    copy_bytes(bytes_.data() + kPrefixBytes, reinterpret_cast<const std::byte*>(key.data()), key.size());
  }
  std::span<const std::byte> bytes() const noexcept { return {bytes_.data(), size_}; }
  // The stamp that speaks for it, the same in all processes. That of the empty key, which there is none of, speaks for
  // all keys of the namespace.
  uint64_t slot() const noexcept { return hash_bytes(bytes()).low; }

 private:
  std::array<std::byte, kPrefixBytes + kMaxKvKeyBytes> bytes_;  // not initialised: size_ bounds it
  size_t size_;
};

}  // namespace tern::cache
