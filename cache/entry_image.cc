#include "cache/entry_image.h"

#include <xxhash.h>

#include "cache/body.h"

namespace tern::cache {
namespace {

uint64_t aligned(uint64_t size) noexcept { return (size + 7) & ~uint64_t{7}; }

uint64_t checksum(std::span<const std::byte> image) noexcept {
  constexpr size_t kAfter = image_offset::kChecksum + sizeof(uint64_t);
  return XXH3_64bits(image.data() + kAfter, image.size() - kAfter);
}

}  // namespace

bool EntryView::adds_up(std::span<const std::byte> image) noexcept {
  using namespace image_offset;
  if (image.size() < kHeaderBytes || image.size() > kMaxImageBytes) return false;
  const EntryView view(image.data());
  if (load_le<uint16_t>(image.data() + image_offset::kMagic) != EntryView::kMagic) return false;
  if (std::to_integer<uint8_t>(image[image_offset::kVersion]) != EntryView::kVersion) return false;
  if ((view.flags() & ~unsigned{kKnownFlags}) != 0) return false;
  const uint64_t head = aligned(kHeaderBytes + uint64_t{view.key_size()} + view.read_set_size());
  return head + view.body_size() == image.size();
}

std::optional<EntryView> EntryView::sealed(std::span<const std::byte> image) noexcept {
  if (!adds_up(image) || !image_is_sealed(image)) return std::nullopt;
  return EntryView(image.data());
}

std::optional<EntryView> EntryView::parse(std::span<const std::byte> image) noexcept {
  if (!adds_up(image)) return std::nullopt;
  const EntryView view(image.data());
  std::span<const std::byte> slots = view.read_set();
  if (view.has_kv_reads() && !KvReadsView::parse(slots, slots)) return std::nullopt;
  if (!parse_slot_set(slots)) return std::nullopt;
  if ((view.flags() & kRows) != 0 && !BodyView::parse(view.body())) return std::nullopt;
  return view;
}

std::optional<uint64_t> image_size(const EntryFields& fields, uint64_t body_size) noexcept {
  if ((fields.flags & (~unsigned{kKnownFlags} | kKvReads)) != 0) return std::nullopt;
  if (fields.key.size() > kMaxImageBytes || body_size > kMaxImageBytes) return std::nullopt;
  const auto read_set_size = packed_read_set_size(fields.slots, fields.kv);
  if (!read_set_size || *read_set_size > kMaxImageBytes) return std::nullopt;
  const uint64_t size = aligned(image_offset::kHeaderBytes + fields.key.size() + *read_set_size) + body_size;
  if (size > kMaxImageBytes) return std::nullopt;
  return size;
}

std::byte* write_image_head(const EntryFields& fields, uint64_t body_size, std::byte* to) noexcept {
  using namespace image_offset;
  const uint64_t read_set_size = packed_read_set_size(fields.slots, fields.kv).value_or(0);
  const uint64_t used = kHeaderBytes + fields.key.size() + read_set_size;
  store_le<uint64_t>(to + kChecksum, 0);
  store_le<uint16_t>(to + image_offset::kMagic, EntryView::kMagic);
  to[image_offset::kVersion] = std::byte{EntryView::kVersion};
  to[kFlags] = static_cast<std::byte>(fields.flags | (fields.kv.slots.empty() ? 0 : kKvReads));
  store_le(to + kKeySize, static_cast<uint32_t>(fields.key.size()));
  store_le(to + kLabel, fields.label);
  store_le(to + kExpiresAtMs, static_cast<uint64_t>(fields.expires_at_ms));
  store_le(to + kReadSetSize, static_cast<uint32_t>(read_set_size));
  store_le(to + kBodySize, static_cast<uint32_t>(body_size));
  std::byte* const key = to + kHeaderBytes;
  if (!fields.key.empty()) std::memcpy(key, fields.key.data(), fields.key.size());
  pack_read_set(fields.slots, fields.kv, key + fields.key.size());
  std::memset(to + used, 0, aligned(used) - used);
  return to + aligned(used);
}

void seal_image(std::span<std::byte> image) noexcept {
  store_le(image.data() + image_offset::kChecksum, checksum(image));
}

bool image_is_sealed(std::span<const std::byte> image) noexcept {
  return image.size() >= image_offset::kHeaderBytes &&
         load_le<uint64_t>(image.data() + image_offset::kChecksum) == checksum(image);
}

}  // namespace tern::cache
