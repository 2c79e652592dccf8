#include "cache/slot_set.h"

namespace tern::cache {
namespace {

constexpr size_t kMaxVarintBytes = 5;

uint64_t varint_size(uint32_t value) noexcept {
  uint64_t size = 1;
  while ((value >>= 7) != 0) ++size;
  return size;
}

std::byte* put_varint(uint32_t value, std::byte* to) noexcept {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<std::byte>(value | 0x80);
  *to++ = static_cast<std::byte>(value);
  return to;
}

uint64_t control_size(uint32_t count) noexcept { return (uint64_t{count} + 3) / 4; }

unsigned gap_code(uint32_t gap) noexcept { return (gap > 0) + (gap > 0xff) + (gap > 0xffff); }

// Where the varint ends; null when it does not end inside, or passes 32 bits.
const std::byte* get_varint(const std::byte* from, const std::byte* end, uint32_t& value) noexcept {
  uint64_t sum = 0;
  for (size_t i = 0; i < kMaxVarintBytes && from < end; ++i) {
    const auto byte = std::to_integer<uint64_t>(*from++);
    sum |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      value = static_cast<uint32_t>(sum);
      return sum <= 0xffffffff ? from : nullptr;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<uint64_t> packed_slot_set_size(std::span<const uint32_t> slots) noexcept {
  if (slots.empty()) return 0;
  if (slots.size() > 0xffffffff) return std::nullopt;
  const auto count = static_cast<uint32_t>(slots.size());
  uint64_t size = varint_size(count) + control_size(count);
  uint32_t previous = 0xffffffff;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (i != 0 && slots[i] <= previous) return std::nullopt;
    size += slot_set_detail::kLength[gap_code(slots[i] - previous - 1)];
    previous = slots[i];
  }
  return size;
}

void pack_slot_set(std::span<const uint32_t> slots, std::byte* to) noexcept {
  if (slots.empty()) return;
  const auto count = static_cast<uint32_t>(slots.size());
  std::byte* control = put_varint(count, to);
  std::byte* data = control + control_size(count);
  std::memset(control, 0, control_size(count));
  uint32_t previous = 0xffffffff;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t gap = slots[i] - previous - 1;
    const unsigned code = gap_code(gap);
    control[i / 4] |= static_cast<std::byte>(code << (2 * (i % 4)));
    for (unsigned b = 0; b < slot_set_detail::kLength[code]; ++b) {
      *data++ = static_cast<std::byte>(gap >> (8 * b));
    }
    previous = slots[i];
  }
}

std::optional<SlotSetView> parse_slot_set(std::span<const std::byte> packed) noexcept {
  SlotSetView set;
  if (packed.empty()) return set;
  const std::byte* const end = packed.data() + packed.size();
  set.control = get_varint(packed.data(), end, set.count);
  if (set.control == nullptr || set.count == 0) return std::nullopt;
  if (control_size(set.count) > static_cast<uint64_t>(end - set.control)) return std::nullopt;
  set.data = set.control + control_size(set.count);

  const std::byte* data = set.data;
  uint64_t next = 0;  // the lowest slot that may come
  for (uint32_t i = 0; i < set.count; ++i) {
    const unsigned code = (std::to_integer<unsigned>(set.control[i / 4]) >> (2 * (i % 4))) & 3;
    const unsigned length = slot_set_detail::kLength[code];
    if (length > static_cast<uint64_t>(end - data)) return std::nullopt;
    next += uint64_t{slot_set_detail::load_gap(data, length)} + 1;
    if (next > uint64_t{1} << 32) return std::nullopt;
    data += length;
  }
  if (data != end) return std::nullopt;
  return set;
}

SlotSetView trusted_slot_set(const std::byte* packed, uint64_t size) noexcept {
  SlotSetView set;
  if (size == 0) return set;
  unsigned shift = 0;
  const std::byte* from = packed;
  for (;; shift += 7) {
    const auto byte = std::to_integer<uint32_t>(*from++);
    set.count |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  set.control = from;
  set.data = from + control_size(set.count);
  return set;
}

}  // namespace tern::cache
