// A view of an entry of the hot table: pinned, so that it stays whole however long it is held, whatever the table does.
//
// Two ways to hold, one type:
//   slot != null  the table's own memory, by a pin (pins.h): nothing shared was written, nothing copied
//   slot == null  a copy on the heap with a count: what a thread gets that holds kSlotsEachThread views already
//
// What a held view costs: its slot, and once the table has let the entry go the segment that it lies in (hot_log.h;
// HotStats::pinned_bytes). Nothing waits for it.
//
// Thread-safety: as a shared_ptr: one object belongs to one thread at a time, copies may go to others, and a view may
// end in any thread.
// Cost: moving is free, a copy is one atomic add on the holder's own line, the end one store.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "cache/hot_entry.h"
#include "cache/pins.h"

namespace tern::cache {

// What a HotRef holds, to be passed on in registers: a function that returns a HotRef itself has it in memory.
struct HotHold {
  const HotEntry* entry = nullptr;
  PinSlot* slot = nullptr;
};

class HotRef {
 public:
  HotRef() noexcept = default;
  HotRef(const HotRef& other) noexcept : entry_(other.entry_), slot_(other.slot_) {
    if (slot_ != nullptr) {
      slot_->add_holder();
    } else if (entry_ != nullptr) {
      count().fetch_add(1, std::memory_order_relaxed);  // relaxed: other's own count keeps it alive
    }
  }
  HotRef(HotRef&& other) noexcept
      : entry_(std::exchange(other.entry_, nullptr)), slot_(std::exchange(other.slot_, nullptr)) {}
  HotRef& operator=(HotRef other) noexcept {
    std::swap(entry_, other.entry_);
    std::swap(slot_, other.slot_);
    return *this;
  }
  ~HotRef() {
    if (slot_ != nullptr) {
      slot_->end();
    } else if (entry_ != nullptr) {
      end_of_copy(entry_);
    }
  }

  // Takes over a slot that pins the entry; without a slot, what make_copy() gave.
  static HotRef of(HotHold hold) noexcept { return {hold.entry, hold.slot}; }
  // A copy on the heap; null when there is no memory. The caller sees to it that `entry` stays meanwhile.
  static const HotEntry* make_copy(const HotEntry& entry) noexcept;

  const HotEntry* get() const noexcept { return entry_; }
  const HotEntry* operator->() const noexcept { return entry_; }
  const HotEntry& operator*() const noexcept { return *entry_; }
  explicit operator bool() const noexcept { return entry_ != nullptr; }
  // Of all copies on the heap, in this process.
  static uint64_t copied_bytes() noexcept;
  bool is_copy() const noexcept { return entry_ != nullptr && slot_ == nullptr; }

  // For a handle that keeps one word: release() gives the hold away as one, adopt() takes it back. The word's lowest
  // two bits are 01 for a slot, 10 for a copy.
  uintptr_t release() noexcept {
    const uintptr_t word = slot_ != nullptr    ? reinterpret_cast<uintptr_t>(slot_) | kSlotBit
                           : entry_ != nullptr ? reinterpret_cast<uintptr_t>(entry_) | kCopyBit
                                               : 0;
    slot_ = nullptr;
    entry_ = nullptr;
    return word;
  }
  static HotRef adopt(uintptr_t word) noexcept {
    if ((word & kSlotBit) != 0) {
      auto* const slot = reinterpret_cast<PinSlot*>(word & ~kSlotBit);
      // relaxed: the holder itself, or one whom it got the word from, stored it.
      return {static_cast<const HotEntry*>(slot->address.load(std::memory_order_relaxed)), slot};
    }
    return {reinterpret_cast<const HotEntry*>(word & ~kCopyBit), nullptr};
  }
  // Ends the hold that was given away as that word, which is not 0.
  static void let_go(uintptr_t word) noexcept {
    if ((word & kSlotBit) != 0) return reinterpret_cast<PinSlot*>(word & ~kSlotBit)->end();
    end_of_copy(reinterpret_cast<const HotEntry*>(word & ~kCopyBit));
  }
  static constexpr uintptr_t kSlotBit = 1;
  static constexpr uintptr_t kCopyBit = 2;

 private:
  HotRef(const HotEntry* entry, PinSlot* slot) noexcept : entry_(entry), slot_(slot) {}
  std::atomic<uint32_t>& count() const noexcept;
  static void end_of_copy(const HotEntry* copy) noexcept;

  const HotEntry* entry_ = nullptr;
  PinSlot* slot_ = nullptr;
};

}  // namespace tern::cache
