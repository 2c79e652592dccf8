#include "cache/kv_reads.h"

namespace tern::cache {

std::optional<KvReadsView> KvReadsView::parse(std::span<const std::byte> read_set,
                                              std::span<const std::byte>& source) noexcept {
  if (read_set.size() < kTailBytes) return std::nullopt;
  const KvReadsView view = trusted(read_set);
  const uint64_t before = read_set.size() - kTailBytes;
  // Not empty, nor all there is.
  if (view.slots_size() == 0 || view.slots_size() >= before) return std::nullopt;
  const size_t source_size = before - view.slots_size();
  if (!parse_slot_set(read_set.subspan(source_size, view.slots_size()))) return std::nullopt;
  source = read_set.first(source_size);
  if (source.size() == 1 && source[0] == std::byte{0}) source = {};
  return view;
}

std::optional<uint64_t> packed_read_set_size(std::span<const uint32_t> source, const KvReads& kv) noexcept {
  const auto source_size = packed_slot_set_size(source);
  if (!source_size || kv.slots.empty()) return source_size;
  const auto kv_size = packed_slot_set_size(kv.slots);
  if (!kv_size) return std::nullopt;
  return (*source_size != 0 ? *source_size : 1) + *kv_size + KvReadsView::kTailBytes;
}

void pack_read_set(std::span<const uint32_t> source, const KvReads& kv, std::byte* to) noexcept {
  pack_slot_set(source, to);
  if (kv.slots.empty()) return;
  if (source.empty()) *to = std::byte{0};
  to += source.empty() ? 1 : packed_slot_set_size(source).value_or(0);
  const uint64_t kv_size = packed_slot_set_size(kv.slots).value_or(0);
  pack_slot_set(kv.slots, to);
  store_le(to + kv_size, static_cast<uint64_t>(kv.expires_at_ms));
  store_le(to + kv_size + 8, kv.label);
  store_le(to + kv_size + 16, static_cast<uint32_t>(kv_size));
}

}  // namespace tern::cache
