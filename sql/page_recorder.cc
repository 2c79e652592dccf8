#include "sql/page_recorder.h"

#include <algorithm>
#include <new>

namespace tern::sql {
namespace {

constexpr size_t kFirstSlots = 64;

// Fibonacci hashing: neighbouring pages, the usual case, fall far apart.
size_t slot_of(uint32_t page, size_t mask) { return (page * size_t{0x9e3779b97f4a7c15} >> 32) & mask; }

}  // namespace

constinit thread_local PageRecorder* PageRecorder::active = nullptr;

PageRecorder::PageRecorder(size_t max_pages) : max_pages_(max_pages), slots_(kFirstSlots, 0) {
  pages_.reserve(kFirstSlots / 2);
  ephemeral_.reserve(8);
}

PageRecorder::Scope::Scope(PageRecorder& recorder) noexcept : outer_(active) {
  recorder.last_page_ = 0;
  active = &recorder;
}

PageRecorder::Scope::~Scope() {
  // A cache may be destroyed after the scope and its address be given to another: forget what was ephemeral.
  active->ephemeral_.clear();
  active = outer_;
}

void PageRecorder::clear() noexcept {
  if (pages_.size() * 8 < slots_.size()) {
    for (const uint32_t page : pages_) {
      // Whatever stands between a page's slot and the next free one belongs to this recording as well.
      for (size_t i = slot_of(page, slots_.size() - 1); slots_[i] != 0; i = (i + 1) & (slots_.size() - 1))
        slots_[i] = 0;
    }
  } else {
    std::fill(slots_.begin(), slots_.end(), 0u);
  }
  pages_.clear();
  ephemeral_.clear();
  last_page_ = 0;
  overflowed_ = false;
  impure_ = false;
}

std::span<const uint32_t> PageRecorder::pages() {
  std::sort(pages_.begin(), pages_.end());
  return pages_;
}

void PageRecorder::note_page(const void* cache, uint32_t page) noexcept {
  if (page <= 1) return;
  if (page == last_page_) return;
  if (!ephemeral_.empty() && std::find(ephemeral_.begin(), ephemeral_.end(), cache) != ephemeral_.end()) return;
  last_page_ = page;
  insert(page);
}

void PageRecorder::insert(uint32_t page) noexcept {
  const size_t mask = slots_.size() - 1;
  size_t i = slot_of(page, mask);
  while (slots_[i] != 0) {
    if (slots_[i] == page) return;
    i = (i + 1) & mask;
  }
  if (pages_.size() >= max_pages_) {
    overflowed_ = true;
    return;
  }
  if (pages_.size() == pages_.capacity()) {
    if (!grow()) {
      overflowed_ = true;
      return;
    }
    return insert(page);
  }
  slots_[i] = page;
  pages_.push_back(page);
}

// Called from inside SQLite, which no exception may cross: out of memory is an overflow.
bool PageRecorder::grow() noexcept {
  try {
    const size_t new_capacity = pages_.capacity() * 2;
    std::vector<uint32_t> bigger(std::max(kFirstSlots, new_capacity * 2), 0);
    pages_.reserve(new_capacity);
    slots_.swap(bigger);
  } catch (const std::bad_alloc&) {
    return false;
  }
  const size_t mask = slots_.size() - 1;
  for (const uint32_t page : pages_) {
    size_t i = slot_of(page, mask);
    while (slots_[i] != 0) i = (i + 1) & mask;
    slots_[i] = page;
  }
  return true;
}

void PageRecorder::note_cache_created(const void* cache) noexcept {
  try {
    ephemeral_.push_back(cache);
  } catch (const std::bad_alloc&) {
    // Its pages are then recorded as if they were the database's: a superset.
  }
}

void PageRecorder::note_cache_destroyed(const void* cache) noexcept {
  const auto known = std::find(ephemeral_.begin(), ephemeral_.end(), cache);
  if (known != ephemeral_.end()) {
    *known = ephemeral_.back();
    ephemeral_.pop_back();
    return;
  }
  // To change a page size SQLite creates the new cache and then destroys the old: one of those taken for ephemeral
  // may be the database's own.
  if (!ephemeral_.empty()) overflowed_ = true;
}

}  // namespace tern::sql
