#include "cache/entry.h"

#include <cstdlib>
#include <new>

#include "cache/body.h"

namespace tern::cache {

Entry* Entry::allocate(const KeyHash& hash, uint64_t image_bytes) noexcept {
  void* block = std::malloc(sizeof(Entry) + image_bytes);
  return block != nullptr ? new (block) Entry(hash) : nullptr;
}

void Entry::destroy(Entry* entry) noexcept {
  entry->~Entry();
  std::free(entry);
}

EntryRef Entry::make(const EntryFields& fields, std::span<const std::byte> body) noexcept {
  const auto size = image_size(fields, body.size());
  Entry* entry = size ? allocate(fields.hash, *size) : nullptr;
  if (entry == nullptr) return {};
  std::byte* to = write_image_head(fields, body.size(), entry->image_bytes());
  if (!body.empty()) std::memcpy(to, body.data(), body.size());
  return EntryRef::adopt(entry);
}

EntryRef Entry::make(const EntryFields& fields, const BodyBuilder& body) noexcept {
  if (!body.complete()) return {};
  EntryFields rows = fields;
  rows.flags |= kRows;
  const uint64_t body_size = body.size();
  const auto size = image_size(rows, body_size);
  Entry* entry = size ? allocate(rows.hash, *size) : nullptr;
  if (entry == nullptr) return {};
  body.write(write_image_head(rows, body_size, entry->image_bytes()));
  return EntryRef::adopt(entry);
}

EntryRef Entry::from_image(const KeyHash& hash, EntryView image) noexcept {
  const auto bytes = image.image();
  Entry* entry = allocate(hash, bytes.size());
  if (entry == nullptr) return {};
  std::memcpy(entry->image_bytes(), bytes.data(), bytes.size());
  store_le<uint64_t>(entry->image_bytes() + image_offset::kChecksum, 0);
  return EntryRef::adopt(entry);
}

uint64_t Entry::bytes() const noexcept {
  // glibc: 8 bytes in front of each block, and blocks of multiples of 16.
  constexpr uint64_t kFront = 8;
  constexpr uint64_t kGranularity = 16;
  const uint64_t block = sizeof(Entry) + view().image_size() + kFront;
  return (block + kGranularity - 1) & ~(kGranularity - 1);
}

}  // namespace tern::cache
