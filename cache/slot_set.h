// The read set of an entry, packed: a strictly ascending list of 32-bit slot numbers.
//
// Stream VByte (Lemire, Kurz, Rupp 2017) over the gaps: decoding has no branch that depends on the
// data, which is what keeps the check of a thousand slots at a nanosecond each.
//
//   slot_set = count:varint control:ceil(count/4) data
//   control  = two bits a slot, the first in the lowest: 0, 1, 2, 3 for a gap of 0, 1, 2, 4 bytes
//   data     = the gaps: slot - previous slot - 1, the previous of the first being -1
//   varint   = LEB128, at most five bytes
//
// Little-endian. An empty set has no bytes at all; a run of neighbouring pages costs a quarter of a
// byte each.
//
// Thread-safety: pure functions.
// Errors: parse_slot_set() refuses whatever is not exactly one set; for_each_slot() is for sets
// that have been parsed or packed here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "cache/little_endian.h"

namespace tern::cache {

// What the set occupies when packed; nothing when the slots do not ascend strictly.
std::optional<uint64_t> packed_slot_set_size(std::span<const uint32_t> slots) noexcept;
// Writes exactly packed_slot_set_size() bytes.
void pack_slot_set(std::span<const uint32_t> slots, std::byte* to) noexcept;

struct SlotSetView {
  uint32_t count = 0;
  const std::byte* control = nullptr;
  const std::byte* data = nullptr;
};
// The complete check: every length inside, nothing left over, no slot beyond 32 bits.
std::optional<SlotSetView> parse_slot_set(std::span<const std::byte> packed) noexcept;
// No check at all.
SlotSetView trusted_slot_set(const std::byte* packed, uint64_t size) noexcept;

namespace slot_set_detail {
inline constexpr uint8_t kLength[4] = {0, 1, 2, 4};
inline constexpr uint32_t kMask[4] = {0, 0xff, 0xffff, 0xffffffff};

inline uint32_t load_gap(const std::byte* from, unsigned length) noexcept {
  uint32_t gap = 0;
  for (unsigned i = 0; i < length; ++i) gap |= std::to_integer<uint32_t>(from[i]) << (8 * i);
  return gap;
}
}  // namespace slot_set_detail

// Calls f(slot) in ascending order until it returns false; true when it never did. `readable_end`
// is the end of the memory that may be read around the set: four bytes are loaded at once where
// they lie before it.
template <typename F>
bool for_each_slot(const SlotSetView& set, const std::byte* readable_end, F&& f) {
  using namespace slot_set_detail;
  const std::byte* data = set.data;
  uint32_t slot = 0xffffffff;
  for (uint32_t first = 0; first < set.count; first += 4) {
    unsigned control = std::to_integer<unsigned>(set.control[first / 4]);
    const uint32_t in_group = set.count - first < 4 ? set.count - first : 4;
    const bool wide = readable_end - data >= 16;
    for (uint32_t i = 0; i < in_group; ++i, control >>= 2) {
      const unsigned code = control & 3;
      const uint32_t gap = wide ? load_le<uint32_t>(data) & kMask[code] : load_gap(data, kLength[code]);
      data += kLength[code];
      slot += gap + 1;
      if (!f(slot)) return false;
    }
  }
  return true;
}

}  // namespace tern::cache
