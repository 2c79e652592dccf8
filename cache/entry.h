// An entry on its way between the tiers: one heap block with a reference count, the mark of its last validation, and
// the image. (The hot table keeps entries in a form of its own: hot_entry.h.)
//
//   Entry  | references:4 | 4 unused | validated:8 | hash:16 | image ... |
//
// Thread-safety: the image is immutable; the count and `validated` are atomic.
// Lifetime: an entry lives as long as any EntryRef to it, whatever store it came from.
// Errors: make() and from_image() return an empty EntryRef when there is no memory or a bound is
// passed (entry_image.h); nothing throws.
// Cost: one allocation an entry, one atomic add a reference.
//
// Invariant: `validated` starts at 0, never at the label (docs/coherence.md).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "cache/entry_image.h"
#include "cache/key.h"

namespace tern::cache {

class EntryRef;

class Entry {
 public:
  static EntryRef make(const EntryFields& fields, std::span<const std::byte> body) noexcept;
  // Rows; kRows is set by itself. The builder must be complete().
  static EntryRef make(const EntryFields& fields, const BodyBuilder& body) noexcept;
  // Copies an image that EntryView::parse() has accepted.
  static EntryRef from_image(const KeyHash& hash, EntryView image) noexcept;

  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  const KeyHash& hash() const noexcept { return hash_; }
  EntryView view() const noexcept { return EntryView::trusted(image_bytes()); }
  std::span<const std::byte> key() const noexcept { return view().key(); }
  std::span<const std::byte> body() const noexcept { return view().body(); }
  uint64_t label() const noexcept { return view().label(); }

  // The seq at which somebody last saw that the entry is true; validity.h says how to use it.
  // Relaxed suffices there: it is compared with a seq that the reader has loaded with acquire.
  std::atomic<uint64_t>& validated() noexcept { return validated_; }

  // What the entry costs in memory, this header and the allocator's overhead included.
  uint64_t bytes() const noexcept;

 private:
  friend class EntryRef;

  explicit Entry(const KeyHash& hash) noexcept : hash_(hash) {}
  ~Entry() = default;
  static Entry* allocate(const KeyHash& hash, uint64_t image_bytes) noexcept;
  static void destroy(Entry* entry) noexcept;

  std::byte* image_bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  const std::byte* image_bytes() const noexcept { return reinterpret_cast<const std::byte*>(this + 1); }

  // relaxed: whoever adds one holds one already.
  void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  // acq_rel: the release pairs with the acquire of whoever takes the last one away, so that every
  // use comes before the end.
  void release() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(this);
  }
  std::atomic<uint32_t> references_{1};
  std::atomic<uint64_t> validated_{0};
  const KeyHash hash_;
};
static_assert(sizeof(Entry) == 32 && alignof(Entry) == 8, "the image follows at once, aligned to 8");

// One reference to an entry, or none.
class EntryRef {
 public:
  EntryRef() noexcept = default;
  EntryRef(std::nullptr_t) noexcept {}
  EntryRef(const EntryRef& other) noexcept : entry_(other.entry_) {
    if (entry_ != nullptr) entry_->retain();
  }
  EntryRef(EntryRef&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  EntryRef& operator=(EntryRef other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~EntryRef() {
    if (entry_ != nullptr) entry_->release();
  }

  // For handles that keep the pointer themselves (C): adopt() takes a reference over, release()
  // gives one away.
  static EntryRef adopt(Entry* entry) noexcept {
    EntryRef ref;
    ref.entry_ = entry;
    return ref;
  }
  Entry* release() noexcept { return std::exchange(entry_, nullptr); }

  Entry* get() const noexcept { return entry_; }
  Entry* operator->() const noexcept { return entry_; }
  Entry& operator*() const noexcept { return *entry_; }
  explicit operator bool() const noexcept { return entry_ != nullptr; }
  friend bool operator==(const EntryRef& a, const EntryRef& b) noexcept { return a.entry_ == b.entry_; }

 private:
  Entry* entry_ = nullptr;
};

}  // namespace tern::cache
