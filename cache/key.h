// What an entry is found by: the full key, and a hash of it.
//
// The full key is the fingerprint of what was asked (16 bytes) followed by its arguments in
// canonical form. Two keys are the same if and only if their bytes are; a hash only leads to the
// place, and no answer rests on it alone. So the hot table is content with 64 bits, which take half
// as long; what is written to disk, and what fills meet by, has 128.
//
//   key       = fingerprint argument*
//   argument  = 0x00                                NULL, and every NaN
//             | 0x01 integer:8                      two's complement
//             | 0x02 real:8                         the bits of the double: 0.0 and -0.0 differ
//             | 0x03 length:4 byte*                 text
//             | 0x04 length:4 byte*                 blob
//             | 0x05 length:4 byte*                 a name: never an argument, so that no key of a
//                                                   statement is that of a named thing
//   All numbers are little-endian. An integer and the real of equal value are different keys, as
//   they are different arguments to SQLite (typeof).
//
// Thread-safety: a KeyBuilder belongs to one thread.
// Lifetime: bytes() borrows from the builder until its next change.
// Errors: none. A key longer than kMaxKeyBytes does not fit(), and what it asks for is not cached; it still
// holds all its arguments. Without memory, or with an argument of 4 GiB, it is not complete().
// Cost: no allocation up to 256 bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "cache/hot_hash.h"
#include "cache/little_endian.h"
#include "cache/short_bytes.h"

namespace tern::cache {

struct KeyHash {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const KeyHash&, const KeyHash&) = default;
};

// XXH3-128.
KeyHash hash_bytes(std::span<const std::byte> bytes) noexcept;
// The same with its lowest bit set: its first byte is odd, by which keys of statements differ from those of the KV tier
// (kv_keys.h).
KeyHash fingerprint(std::string_view text) noexcept;

// The type bytes of keys and bodies; the numbers are those of tern_value in tern.h.
enum class ValueType : uint8_t { kNull = 0, kInteger = 1, kReal = 2, kText = 3, kBlob = 4 };

class KeyBuilder {
 public:
  static constexpr size_t kInlineBytes = 256;
  static constexpr size_t kMaxKeyBytes = size_t{1} << 20;

  explicit KeyBuilder(const KeyHash& statement) noexcept : KeyBuilder(statement, {}) {}
  // In the caller's memory, if the fingerprint and what comes to be added fit in there.
  KeyBuilder(const KeyHash& statement, std::span<std::byte> room) noexcept {
    if (room.size() >= kFingerprintBytes) {
      data_ = room.data();
      capacity_ = room.size();
    }
    store_le<uint64_t>(data_, statement.low);
    store_le<uint64_t>(data_ + 8, statement.high);
  }
  KeyBuilder(const KeyBuilder& other) noexcept;  // not complete() when there is no memory
  KeyBuilder& operator=(const KeyBuilder&) = delete;

  void add_null() noexcept {
    ++arguments_;
    if (std::byte* to = extend(1)) *to = static_cast<std::byte>(ValueType::kNull);
  }
  void add_integer(int64_t value) noexcept { add_word(ValueType::kInteger, static_cast<uint64_t>(value)); }
  void add_real(double value) noexcept;
  void add_text(std::string_view value) noexcept {
    add_bytes(ValueType::kText, reinterpret_cast<const std::byte*>(value.data()), value.size());
  }
  void add_blob(std::span<const std::byte> value) noexcept { add_bytes(ValueType::kBlob, value.data(), value.size()); }
  void add_name(std::span<const std::byte> name) noexcept { add_bytes(kName, name.data(), name.size()); }

  bool complete() const noexcept { return capacity_ != 0; }
  // Whether this may be the key of an entry.
  bool fits() const noexcept { return complete() && size_ <= kMaxKeyBytes; }
  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  size_t arguments() const noexcept { return arguments_; }
  KeyHash hash() const noexcept { return hash_bytes(bytes()); }

 private:
  static constexpr ValueType kName{5};
  static constexpr size_t kFingerprintBytes = 16;
  static constexpr size_t kLengthBytes = 1 + sizeof(uint32_t);

  // Room for `count` more bytes, or null once the key is not complete.
  std::byte* extend(size_t count) noexcept {
    // The first comparison keeps the sum from passing what a size can be.
    if (count > capacity_ || size_ + count > capacity_) [[unlikely]] {
      if (!grow(count)) return nullptr;
    }
    return data_ + std::exchange(size_, size_ + count);
  }
  bool grow(size_t count) noexcept;
  void add_word(ValueType type, uint64_t word) noexcept {
    ++arguments_;
    std::byte* const to = extend(1 + sizeof word);
    if (to == nullptr) [[unlikely]]
      return;
    *to = static_cast<std::byte>(type);
    store_le(to + 1, word);
  }
  void add_bytes(ValueType type, const std::byte* bytes, size_t count) noexcept {
    ++arguments_;
    std::byte* const to = count <= UINT32_MAX ? extend(kLengthBytes + count) : give_up();
    if (to == nullptr) [[unlikely]]
      return;
    *to = static_cast<std::byte>(type);
    store_le(to + 1, static_cast<uint32_t>(count));
    copy_bytes(to + kLengthBytes, bytes, count);
  }
  std::byte* give_up() noexcept;  // null

  std::array<std::byte, kInlineBytes> inline_;  // not initialised: only the part of bytes() is ever read
  std::byte* data_ = inline_.data();
  size_t size_ = kFingerprintBytes;
  size_t capacity_ = kInlineBytes;  // 0: not complete, and so it stays
  uint32_t arguments_ = 0;
  std::unique_ptr<std::byte[]> heap_;
};

}  // namespace tern::cache
