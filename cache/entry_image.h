// The entry image: a cached value with its key, label, read set and expiry as one run of bytes, the
// same in memory and on disk.
//
// Position independent, and read in place. Little-endian, format version 3 (docs/formats.md):
//
//     0          8       10        11      12        16       24              32         36
//    +----------+-------+---------+-------+---------+--------+---------------+----------+---------+
//    | checksum | magic | version | flags | key     | label  | expires_at_ms | read set | body    |
//    |        8 |     2 |       1 |     1 | size: 4 |      8 |             8 |  size: 4 | size: 4 |
//    +----------+-------+---------+-------+---------+--------+---------------+----------+---------+
//    40
//    | key ...  | read set ...  | zero bytes up to a multiple of 8 | body ...                     |
//
//   checksum       XXH3-64 of everything after it. Set where an image is written to a store,
//   checked
//                  where it is read from one; 0 in memory, where nothing looks at it.
//   label          the seq loaded before the entry was filled
//   expires_at_ms  wall clock, ms since 1970, signed; 0 is never
//   read set       the slots that the entry hangs on (slot_set.h), and KV keys (kKvReads, kv_reads.h)
//
// An image is valid if and only if its size is the sum of its parts, magic and version are right,
// no unknown flag is set, the read set parses, and (kRows) the body parses. One whose size adds up and
// whose checksum is right is what a writer sealed, and so valid without a look at its parts.
//
// Thread-safety: an EntryView is a pointer to immutable bytes; it borrows them.
// Cost: accessors are loads.
// Limits: an image is below 4 GiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "cache/key.h"
#include "cache/kv_reads.h"
#include "cache/little_endian.h"
#include "cache/slot_set.h"

namespace tern::cache {

class BodyBuilder;

enum EntryFlags : uint8_t {
  kAnyCommit = 1 << 0,  // true only while seq is the label, whatever the read set says
  kRows = 1 << 1,       // the body is rows as in body.h; otherwise it is the value's own bytes
  kKeep = 1 << 2,       // not to be evicted from memory while it is true (hot_shard.h has the bound)
  kKvReads = 1 << 3,    // it hangs on KV keys as well; set by itself
  kKnownFlags = kAnyCommit | kRows | kKeep | kKvReads,
};

inline constexpr uint64_t kMaxImageBytes = 0xffffffff;

// What an entry is made from, the body aside.
struct EntryFields {
  KeyHash hash;                    // of the key; not part of the image
  std::span<const std::byte> key;  // empty for a result that is never cached
  uint64_t label = 0;
  uint8_t flags = 0;
  int64_t expires_at_ms = 0;
  std::span<const uint32_t> slots;  // strictly ascending
  KvReads kv = {};
};

namespace image_offset {
inline constexpr size_t kChecksum = 0;
inline constexpr size_t kMagic = 8;
inline constexpr size_t kVersion = 10;
inline constexpr size_t kFlags = 11;
inline constexpr size_t kKeySize = 12;
inline constexpr size_t kLabel = 16;
inline constexpr size_t kExpiresAtMs = 24;
inline constexpr size_t kReadSetSize = 32;
inline constexpr size_t kBodySize = 36;
inline constexpr size_t kHeaderBytes = 40;
static_assert(kMagic == kChecksum + sizeof(uint64_t) && kVersion == kMagic + sizeof(uint16_t));
static_assert(kKeySize % 4 == 0 && kLabel % 8 == 0 && kExpiresAtMs % 8 == 0 && kHeaderBytes % 8 == 0);
static_assert(kHeaderBytes == kBodySize + sizeof(uint32_t));
}  // namespace image_offset

class EntryView {
 public:
  static constexpr uint16_t kMagic = 0x4554;  // "TE"
  static constexpr uint8_t kVersion = 3;

  // The complete check, the checksum aside: whatever it accepts may be read through every accessor.
  static std::optional<EntryView> parse(std::span<const std::byte> image) noexcept;
  // For images out of a store: the sizes, and the checksum in place of the look into read set and body.
  static std::optional<EntryView> sealed(std::span<const std::byte> image) noexcept;
  // For images made by this process, or parsed before.
  static EntryView trusted(const std::byte* image) noexcept { return EntryView(image); }

  uint64_t label() const noexcept { return load_le<uint64_t>(image_ + image_offset::kLabel); }
  uint8_t flags() const noexcept { return std::to_integer<uint8_t>(image_[image_offset::kFlags]); }
  bool any_commit() const noexcept { return (flags() & kAnyCommit) != 0; }
  int64_t expires_at_ms() const noexcept {
    return static_cast<int64_t>(load_le<uint64_t>(image_ + image_offset::kExpiresAtMs));
  }
  bool has_kv_reads() const noexcept { return (flags() & kKvReads) != 0; }
  // Of an entry that has some.
  KvReadsView kv_reads() const noexcept { return KvReadsView::trusted(read_set()); }
  bool expired(int64_t wall_ms) const noexcept {
    const int64_t at = expires_at_ms();
    return at != 0 && at <= wall_ms;
  }

  std::span<const std::byte> key() const noexcept { return {image_ + image_offset::kHeaderBytes, key_size()}; }
  std::span<const std::byte> key_beginning() const noexcept { return key(); }
  bool has_key(std::span<const std::byte> wanted) const noexcept {
    const auto own = key();
    return own.size() == wanted.size() && (own.empty() || std::memcmp(own.data(), wanted.data(), own.size()) == 0);
  }
  std::span<const std::byte> read_set() const noexcept {
    return {image_ + image_offset::kHeaderBytes + key_size(), read_set_size()};
  }
  std::span<const std::byte> body() const noexcept { return {image_ + body_offset(), body_size()}; }
  std::span<const std::byte> image() const noexcept { return {image_, image_size()}; }
  size_t image_size() const noexcept { return body_offset() + body_size(); }

  uint32_t slot_count() const noexcept { return slots().count; }
  // f(uint32_t slot) -> bool; stops when it returns false, and then returns false.
  template <typename F>
  bool for_each_slot(F&& f) const {
    return cache::for_each_slot(slots(), image_ + image_size(), static_cast<F&&>(f));
  }

 private:
  explicit EntryView(const std::byte* image) noexcept : image_(image) {}
  static bool adds_up(std::span<const std::byte> image) noexcept;

  size_t key_size() const noexcept { return load_le<uint32_t>(image_ + image_offset::kKeySize); }
  size_t read_set_size() const noexcept { return load_le<uint32_t>(image_ + image_offset::kReadSetSize); }
  size_t body_size() const noexcept { return load_le<uint32_t>(image_ + image_offset::kBodySize); }
  size_t body_offset() const noexcept {
    return (image_offset::kHeaderBytes + key_size() + read_set_size() + 7) & ~size_t{7};
  }
  SlotSetView slots() const noexcept {
    const auto packed = read_set();
    return trusted_slot_set(packed.data(), packed.size());
  }

  const std::byte* image_;
};

// What the image takes with a body of `body_size`; nothing when it would pass kMaxImageBytes, when
// the slots do not ascend strictly, or when an unknown flag is set.
std::optional<uint64_t> image_size(const EntryFields& fields, uint64_t body_size) noexcept;
// Writes all but the body, checksum 0, and returns where the body (of `body_size` bytes) goes. `to`
// has image_size() bytes.
std::byte* write_image_head(const EntryFields& fields, uint64_t body_size, std::byte* to) noexcept;

// The checksum field of an image that lies somewhere else than in an Entry: a store's.
void seal_image(std::span<std::byte> image) noexcept;
bool image_is_sealed(std::span<const std::byte> image) noexcept;

}  // namespace tern::cache
