// An entry as the hot table keeps it: small, at any address that is a multiple of 4, immutable but for three fields.
//
//    0        6       10      11     12     16
//   +--------+-------+-------+------+------+---------------------------------------------------+
//   | label  | sizes | flags | heat | seen | wide sizes? expiry? key ... read set ... body ... |
//   |      6 |     4 |     1 |    1 |    4 |          8        8                               |
//   +--------+-------+-------+------+------+---------------------------------------------------+
//
//   flags      EntryFlags (entry_image.h), and those below
//   heat       hits since the eviction policy last passed, 0 to kMaxHeat
//   seen       the seq at which somebody last saw that the entry is true (validity.h), as its distance from the label,
//              31 bits; kNever: nobody has, or it is too far to say, which costs a look at the stamps
//   sizes      narrow: body 2 bytes, key 1, read set 1; wide: of the body, and the wide sizes are of the key and of
//              the read set, 4 bytes each
//   key        whole; or numbered: the number of its first 16 bytes, 2 bytes (key_prefixes.h), and the rest. Rows have
//              numbered keys, since these begin with the fingerprint of their statement (key.h).
//   body       not aligned: body.h reads bytes
//
// An entry too large for a segment (hot_log.h) lies elsewhere, and a stub stands for it in its segment: a header, wide
// with a body of more bytes than there can be, and, at 16, the large entry's address, 0 once it is gone. Only the
// table's writer sees stubs.
//
// A label has 48 bits: at 100,000 commits a second that is 89 years. A larger one does not fit(), and is not kept.
//
// Thread-safety: seen and heat are written by readers, flags by the table's writer, each an atomic of its own; all
// else is constant from the moment that the entry is published.
// Lifetime: the table's; a reader sees one through a HotRef (hot_ref.h).
// Cost: accessors are loads. bytes() is what it takes in the table's memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "cache/entry_image.h"
#include "cache/key_prefixes.h"
#include "cache/little_endian.h"
#include "cache/short_bytes.h"
#include "cache/slot_set.h"

namespace tern::cache {

using HashFunction = uint64_t (*)(std::span<const std::byte> key) noexcept;

class HotEntry {
 public:
  static constexpr size_t kHeaderBytes = 16;
  static constexpr uint8_t kMaxHeat = 3;
  static constexpr uint64_t kLabelLimit = uint64_t{1} << 48;

  static bool fits(const EntryView& entry) noexcept { return entry.label() < kLabelLimit; }
  static uint64_t bytes_for(const EntryView& entry) noexcept;
  // Writes bytes_for() bytes.
  static HotEntry* make(const EntryView& entry, void* to) noexcept;
  // The same entry once more, with its heat and its last validation; writes bytes() bytes.
  HotEntry* copy_to(void* to) const noexcept;

  // The seq at which somebody last saw that the entry is true; 0 when nobody has. relaxed: validity.h says why.
  uint64_t validated() const noexcept {
    const int32_t seen = seen_.load(std::memory_order_relaxed);
    return seen != kNever ? label() + static_cast<uint64_t>(seen) : 0;
  }
  // kNever is not told apart, but is a distance like the others, of 2^31 before the label. So a read that began so many
  // commits before the entry was filled passes one that nobody has seen. That is right too: the entry was read from a
  // snapshot that was taken after that read began, and is true for a moment within it.
  bool validated_at(uint64_t seq) const noexcept {
    return label() + static_cast<uint64_t>(int64_t{seen_.load(std::memory_order_relaxed)}) == seq;
  }
  // One from before the label, by a reader that began before the entry was filled, is too far as well.
  void set_validated(uint64_t seq) const noexcept {
    const uint64_t distance = seq - label();
    if (distance < kSeenLimit) seen_.store(static_cast<int32_t>(distance), std::memory_order_relaxed);
  }
  uint64_t label() const noexcept { return load_le<uint64_t>(label_and_sizes_) << 16 >> 16; }
  uint8_t flags() const noexcept { return all_flags() & kKnownFlags; }
  bool any_commit() const noexcept { return (all_flags() & kAnyCommit) != 0; }
  // Neither an expiry nor KV keys: nothing but stamps of the source can void it.
  bool hangs_on_source_alone() const noexcept { return (all_flags() & (kExpires | kKvReads)) == 0; }
  bool has_kv_reads() const noexcept { return (all_flags() & kKvReads) != 0; }
  // Of an entry that has some.
  KvReadsView kv_reads() const noexcept { return KvReadsView::trusted(read_set()); }
  int64_t expires_at_ms() const noexcept {
    return (all_flags() & kExpires) != 0 ? static_cast<int64_t>(load_le<uint64_t>(at(parts().key - 8))) : 0;
  }
  bool expired(int64_t wall_ms) const noexcept {
    const int64_t when = expires_at_ms();
    return when != 0 && when <= wall_ms;
  }
  size_t key_size() const noexcept { return parts().key_size + (is_numbered() ? kSavedBytes : 0); }
  // At least the first 16 bytes of the key, or all of it if it is shorter.
  std::span<const std::byte> key_beginning() const noexcept {
    const Parts p = parts();
    if (is_numbered()) return {key_prefixes::bytes_of(load_le<uint16_t>(at(p.key))), key_prefixes::kBytes};
    return {at(p.key), p.key_size};
  }
  // Writes key_size() bytes.
  void copy_key(std::byte* to) const noexcept;
  uint64_t hash_key(HashFunction hash) const noexcept;
  // Inlined where it is found: as a call it costs as much for registers saved as for comparing.
  [[gnu::always_inline]] bool has_key(std::span<const std::byte> wanted) const noexcept {
    const uint8_t layout = all_flags() & (kWide | kExpires | kNumbered);
    if (layout == kNumbered)
      return narrow_key_size() + kSavedBytes == wanted.size() && rest_is(at(kHeaderBytes), wanted);
    if (layout != 0) [[unlikely]]
      return has_key_further_on(wanted);
    return narrow_key_size() == wanted.size() && equal_bytes(at(kHeaderBytes), wanted.data(), wanted.size());
  }
  std::span<const std::byte> read_set() const noexcept {
    const Parts p = parts();
    return {at(p.key + p.key_size), p.read_set_size};
  }
  std::span<const std::byte> body() const noexcept {
    if (is_plain()) [[likely]]
      return {at(kHeaderBytes) + narrow_key_size() + narrow_read_set_size(), narrow_body_size()};
    const Parts p = parts();
    return {at(p.key + p.key_size + p.read_set_size), p.body_size};
  }
  uint32_t slot_count() const noexcept { return trusted_slot_set(read_set().data(), read_set().size()).count; }
  // f(uint32_t slot) -> bool; stops when it returns false, and then returns false.
  template <typename F>
  bool for_each_slot(F&& f) const {
    const auto packed = read_set();
    const std::byte* const end = packed.data() + packed.size() + parts().body_size;
    return cache::for_each_slot(trusted_slot_set(packed.data(), packed.size()), end, static_cast<F&&>(f));
  }
  uint64_t bytes() const noexcept {
    if (is_stub()) return kStubBytes;
    const Parts p = parts();
    return rounded(uint64_t{p.key} + p.key_size + p.read_set_size + p.body_size);
  }

  // A hit. Stored only while it changes something, so that hot entries stay in every core's cache; lost increments do
  // no harm. relaxed: a hint for the eviction policy.
  void warm() const noexcept {
    const uint8_t heat = heat_.load(std::memory_order_relaxed);
    if (heat < kMaxHeat) heat_.store(static_cast<uint8_t>(heat + 1), std::memory_order_relaxed);
  }
  uint8_t heat() const noexcept { return heat_.load(std::memory_order_relaxed); }
  void set_heat(uint8_t heat) noexcept { heat_.store(heat, std::memory_order_relaxed); }

  static constexpr size_t kStubBytes = 24;
  static HotEntry* make_stub(HotEntry* large, void* to) noexcept;
  bool is_stub() const noexcept { return (all_flags() & kWide) != 0 && wide_body_size() == kBodySizeOfStub; }
  HotEntry* large() const noexcept { return reinterpret_cast<HotEntry*>(load_le<uint64_t>(at(kStubAddress))); }
  void set_large(HotEntry* large) noexcept {
    store_le(reinterpret_cast<std::byte*>(this) + kStubAddress, reinterpret_cast<uint64_t>(large));
  }

  // Not to be evicted while it is true; the writer takes the flag away past the share for such entries.
  bool kept() const noexcept { return (all_flags() & kKeep) != 0; }
  void set_not_kept() noexcept { flags_.store(static_cast<uint8_t>(all_flags() & ~kKeep), std::memory_order_relaxed); }

  // No word leads here any more. Written and read by the table's writer, under its lock; relaxed suffices.
  bool unlinked() const noexcept { return (all_flags() & kUnlinked) != 0; }
  void set_unlinked() noexcept {
    flags_.store(static_cast<uint8_t>(all_flags() | kUnlinked), std::memory_order_relaxed);
  }

 private:
  // Flags of this layout alone.
  static constexpr uint8_t kUnlinked = 1 << 7;
  static constexpr uint8_t kWide = 1 << 6;
  static constexpr uint8_t kExpires = 1 << 5;
  static constexpr uint8_t kNumbered = 1 << 4;
  static_assert((kKnownFlags & (kUnlinked | kWide | kExpires | kNumbered)) == 0);
  static constexpr uint32_t kBodySizeOfStub = 0xffffffff;  // no image has such a body (entry_image.h)
  static constexpr uint64_t kSeenLimit = uint64_t{1} << 31;
  static constexpr int32_t kNever = INT32_MIN;
  static constexpr size_t kNumberBytes = 2;
  static constexpr uint32_t kSavedBytes = key_prefixes::kBytes - kNumberBytes;
  static constexpr size_t kStubAddress = 16;

  // Neither wide sizes nor an expiry: the key comes right behind the header. As nearly all are, and read the most.
  bool is_plain() const noexcept { return (all_flags() & (kWide | kExpires)) == 0; }

  struct Parts {
    uint32_t key = kHeaderBytes;  // offset; the read set and the body follow
    uint32_t key_size = 0;
    uint32_t read_set_size = 0;
    uint32_t body_size = 0;
  };

  HotEntry() noexcept = default;

  static constexpr uint64_t rounded(uint64_t bytes) noexcept { return (bytes + 3) & ~uint64_t{3}; }
  // Offsets from the entry's own beginning; the header is part of the object, what follows is not.
  const std::byte* at(uint64_t offset) const noexcept { return reinterpret_cast<const std::byte*>(this) + offset; }
  uint8_t all_flags() const noexcept { return flags_.load(std::memory_order_relaxed); }
  bool is_numbered() const noexcept { return (all_flags() & kNumbered) != 0; }
  // A numbered key of the size of `wanted`, which is 16 bytes and more.
  [[gnu::always_inline]] static bool rest_is(const std::byte* own, std::span<const std::byte> wanted) noexcept {
    return key_prefixes::is(load_le<uint16_t>(own), wanted.data()) &&
           equal_bytes(own + kNumberBytes, wanted.data() + key_prefixes::kBytes, wanted.size() - key_prefixes::kBytes);
  }

  Parts parts() const noexcept {
    Parts p;
    const uint8_t flags = all_flags();
    if ((flags & kWide) == 0) [[likely]] {
      p.body_size = narrow_body_size();
      p.key_size = narrow_key_size();
      p.read_set_size = narrow_read_set_size();
    } else {
      p.body_size = wide_body_size();
      p.key_size = load_le<uint32_t>(at(kHeaderBytes));
      p.read_set_size = load_le<uint32_t>(at(kHeaderBytes + 4));
      p.key += 8;
    }
    if ((flags & kExpires) != 0) p.key += 8;
    return p;
  }

  static constexpr size_t kBodySize = 6;
  static constexpr size_t kKeySize = 8;
  static constexpr size_t kReadSetSize = 9;
  uint32_t wide_body_size() const noexcept { return load_le<uint32_t>(label_and_sizes_ + kBodySize); }
  uint16_t narrow_body_size() const noexcept { return load_le<uint16_t>(label_and_sizes_ + kBodySize); }
  uint8_t narrow_key_size() const noexcept { return static_cast<uint8_t>(label_and_sizes_[kKeySize]); }
  uint8_t narrow_read_set_size() const noexcept { return static_cast<uint8_t>(label_and_sizes_[kReadSetSize]); }
  bool has_key_further_on(std::span<const std::byte> wanted) const noexcept;

  std::byte label_and_sizes_[10]{};
  std::atomic<uint8_t> flags_{0};
  mutable std::atomic<uint8_t> heat_{0};
  mutable std::atomic<int32_t> seen_{kNever};
};
static_assert(sizeof(HotEntry) == HotEntry::kHeaderBytes && alignof(HotEntry) == 4);

}  // namespace tern::cache
