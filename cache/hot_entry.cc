#include "cache/hot_entry.h"

#include <new>

namespace tern::cache {
namespace {

constexpr size_t kWideBytes = 8;
constexpr size_t kExpiryBytes = 8;
// A key longer than that is kept whole, so that one can be put together on the stack.
constexpr size_t kLongestNumbered = 256;

// The number of the key's first bytes; kNone when it is kept whole. Once given it stays, and so does kNone once there
// are none left: so bytes_for() and make() see the same.
uint16_t number_of(const EntryView& entry) noexcept {
  const auto key = entry.key();
  const bool numbered =
      (entry.flags() & kRows) != 0 && key.size() >= key_prefixes::kBytes && key.size() <= kLongestNumbered;
  return numbered ? key_prefixes::number_of(key.data()) : key_prefixes::kNone;
}

bool is_wide(const EntryView& entry, size_t key_size) noexcept {
  return entry.body().size() > 0xffff || key_size > 0xff || entry.read_set().size() > 0xff;
}

std::byte* put(std::byte* to, std::span<const std::byte> bytes) noexcept {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

}  // namespace

uint64_t HotEntry::bytes_for(const EntryView& entry) noexcept {
  const size_t key_size = entry.key().size() - (number_of(entry) != key_prefixes::kNone ? kSavedBytes : 0);
  return rounded(kHeaderBytes + (is_wide(entry, key_size) ? kWideBytes : 0) +
                 (entry.expires_at_ms() != 0 ? kExpiryBytes : 0) + key_size + entry.read_set().size() +
                 entry.body().size());
}

HotEntry* HotEntry::make(const EntryView& entry, void* to) noexcept {
  auto* const made = new (to) HotEntry;
  const uint16_t number = number_of(entry);
  const bool numbered = number != key_prefixes::kNone;
  const auto key_size = static_cast<uint32_t>(entry.key().size()) - (numbered ? kSavedBytes : 0);
  const auto read_set_size = static_cast<uint32_t>(entry.read_set().size());
  const auto body_size = static_cast<uint32_t>(entry.body().size());
  store_le(made->label_and_sizes_, entry.label());  // the sizes come over what it does not need
  auto flags = static_cast<uint8_t>(entry.flags() | (numbered ? kNumbered : 0));
  std::byte* next = static_cast<std::byte*>(to) + kHeaderBytes;
  if (is_wide(entry, key_size)) {
    flags |= kWide;
    store_le(made->label_and_sizes_ + kBodySize, body_size);
    store_le(next, key_size);
    store_le(next + 4, read_set_size);
    next += kWideBytes;
  } else {
    store_le(made->label_and_sizes_ + kBodySize, static_cast<uint16_t>(body_size));
    made->label_and_sizes_[kKeySize] = static_cast<std::byte>(key_size);
    made->label_and_sizes_[kReadSetSize] = static_cast<std::byte>(read_set_size);
  }
  if (entry.expires_at_ms() != 0) {
    flags |= kExpires;
    store_le(next, static_cast<uint64_t>(entry.expires_at_ms()));
    next += kExpiryBytes;
  }
  made->flags_.store(flags, std::memory_order_relaxed);  // published later, with the entry
  auto key = entry.key();
  if (numbered) {
    store_le(next, number);
    next += kNumberBytes;
    key = key.subspan(key_prefixes::kBytes);
  }
  put(put(put(next, key), entry.read_set()), entry.body());
  return made;
}

bool HotEntry::has_key_further_on(std::span<const std::byte> wanted) const noexcept {
  const Parts p = parts();
  const std::byte* const own = at(p.key);
  if (!is_numbered()) return p.key_size == wanted.size() && equal_bytes(own, wanted.data(), wanted.size());
  return p.key_size + kSavedBytes == wanted.size() && rest_is(own, wanted);
}

void HotEntry::copy_key(std::byte* to) const noexcept {
  const Parts p = parts();
  std::span<const std::byte> own{at(p.key), p.key_size};
  if (is_numbered()) {
    to = put(to, key_beginning());
    own = own.subspan(kNumberBytes);
  }
  put(to, own);
}

uint64_t HotEntry::hash_key(HashFunction hash) const noexcept {
  if (!is_numbered()) {
    const Parts p = parts();
    return hash({at(p.key), p.key_size});
  }
  std::byte key[kLongestNumbered];
  copy_key(key);
  return hash({key, key_size()});
}

HotEntry* HotEntry::make_stub(HotEntry* large, void* to) noexcept {
  auto* const made = new (to) HotEntry;
  made->flags_.store(kWide, std::memory_order_relaxed);
  store_le(made->label_and_sizes_ + kBodySize, kBodySizeOfStub);
  made->set_large(large);
  return made;
}

HotEntry* HotEntry::copy_to(void* to) const noexcept {
  auto* const made = new (to) HotEntry;
  // relaxed: the mark is a number that is right for this entry whenever it was read.
  made->seen_.store(seen_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  std::memcpy(made->label_and_sizes_, label_and_sizes_, sizeof label_and_sizes_);
  made->flags_.store(static_cast<uint8_t>(all_flags() & ~kUnlinked), std::memory_order_relaxed);
  made->heat_.store(heat(), std::memory_order_relaxed);
  const uint64_t size = bytes();
  std::memcpy(static_cast<std::byte*>(to) + kHeaderBytes, at(kHeaderBytes), size - kHeaderBytes);
  return made;
}

}  // namespace tern::cache
