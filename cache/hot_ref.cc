#include "cache/hot_ref.h"

#include <cstdlib>
#include <new>

namespace tern::cache {
namespace {

// relaxed throughout: a gauge, which orders nothing.
std::atomic<uint64_t> copies{0};

// What stands before a copy.
struct alignas(8) CopyHead {
  std::atomic<uint32_t> holders{1};
};

CopyHead* head_of(const HotEntry* entry) noexcept {
  auto* const bytes = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(entry));
  return std::launder(reinterpret_cast<CopyHead*>(bytes - sizeof(CopyHead)));
}

}  // namespace

const HotEntry* HotRef::make_copy(const HotEntry& entry) noexcept {
  void* const block = std::malloc(sizeof(CopyHead) + entry.bytes());
  if (block == nullptr) return nullptr;
  auto* const head = new (block) CopyHead;
  copies.fetch_add(entry.bytes(), std::memory_order_relaxed);
  return entry.copy_to(head + 1);
}

uint64_t HotRef::copied_bytes() noexcept { return copies.load(std::memory_order_relaxed); }

std::atomic<uint32_t>& HotRef::count() const noexcept { return head_of(entry_)->holders; }

void HotRef::end_of_copy(const HotEntry* copy) noexcept {
  CopyHead* const head = head_of(copy);
  // acq_rel: every holder's reads come before the end.
  if (head->holders.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  copies.fetch_sub(copy->bytes(), std::memory_order_relaxed);
  std::free(head);
}

}  // namespace tern::cache
