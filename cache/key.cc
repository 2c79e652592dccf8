#include "cache/key.h"

#define XXH_INLINE_ALL  // a call into the library costs a third of the hash of a short key
#include <xxhash.h>

#include <bit>
#include <cmath>
#include <new>
#include <utility>

namespace tern::cache {

uint64_t hot_hash_detail::of_other_size(std::span<const std::byte> key) noexcept {
  return XXH3_64bits(key.data(), key.size());
}

uint64_t hot_hash(std::span<const std::byte> key) noexcept { return hot_hash_inlined(key); }

KeyHash hash_bytes(std::span<const std::byte> bytes) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

KeyHash fingerprint(std::string_view text) noexcept {
  KeyHash hash = hash_bytes(std::as_bytes(std::span(text)));
  hash.low |= 1;
  return hash;
}

KeyBuilder::KeyBuilder(const KeyBuilder& other) noexcept : size_(0), arguments_(other.arguments_) {
  if (!other.complete()) give_up();
  if (std::byte* to = extend(other.size_)) std::memcpy(to, other.data_, other.size_);
}

void KeyBuilder::add_real(double value) noexcept {
  if (std::isnan(value)) return add_null();
  add_word(ValueType::kReal, std::bit_cast<uint64_t>(value));
}

std::byte* KeyBuilder::give_up() noexcept {
  capacity_ = 0;
  return nullptr;
}

// Makes room for `count` more bytes.
bool KeyBuilder::grow(size_t count) noexcept {
  if (!complete()) return false;
  const size_t capacity = std::bit_ceil(size_ + count);  // no more than 4 GiB more at a time
  std::unique_ptr<std::byte[]> larger(new (std::nothrow) std::byte[capacity]);
  if (larger == nullptr) return give_up() != nullptr;
  std::memcpy(larger.get(), data_, size_);
  heap_ = std::move(larger);
  data_ = heap_.get();
  capacity_ = capacity;
  return true;
}

}  // namespace tern::cache
