// Pins: how a reader keeps memory alive that it found in a shared structure, without writing to anything shared.
//
// Hazard pointers (Michael 2004). Each thread has kSlotsEachThread slots on cache lines of its own. To use what a
// shared word points to, a reader
//   1. loads the word, 2. stores the address in a free slot of its own, 3. light_fence(), 4. loads the word again.
// If it is unchanged, the memory is pinned until the slot is null; otherwise nothing may be read, and the reader begins
// again. Who wants to reuse memory
//   1. unlinks it, so that no shared word leads there, 2. heavy_fence(), 3. looks at all slots of all threads.
// What stands in none may be reused. By asymmetric_fence.h, either the reader's second load sees the unlinking, or the
// look sees the slot: so memory that is read is never reused. A pin that is found only delays what it points into; all
// else goes on. That is why a reader may hold one as long as it likes.
//
//   state of a slot | who            | transition
//   ----------------+----------------+---------------------------------------------------------------
//   null            | its own thread | -> address                     (store kPublish)
//   address         | any holder     | -> null, when it is the last   (store release)
//
// A pin may be copied and may end in any thread: the copies share the slot and count themselves in `others`, since a
// second slot for the same memory could be missed by a look that passes it before it is set and the first after it is
// cleared.
//
// Orders. The last holder's store of null is a release: what it read happens before. The owner's load of null before it
// takes the slot again is an acquire and its store a release, so that a look that sees the new address is ordered after
// the earlier holder too. The look's loads are acquires: what any former holder read happens before the reuse.
//
// Thread-safety: free_slot() gives slots of the calling thread; all else may be called by any thread.
// Lifetime: slots are never freed. A thread that ends gives its set to the next one that begins; slots still held then
// stay held.
// Errors: without memory, with all slots taken, or in the last moments of a thread, free_slot() is null.
// Cost: 2 KiB for each thread that ever ran at the same time; a look is a load of 128 words for each.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "cache/asymmetric_fence.h"

namespace tern::cache {

inline constexpr size_t kSlotsEachThread = 128;

struct PinSlot {
  std::atomic<const void*> address{nullptr};
  std::atomic<uint32_t> others{0};  // holders besides one

  // acquire: see Orders.
  bool is_free() const noexcept { return address.load(std::memory_order_acquire) == nullptr; }

  // For one who holds the slot already. relaxed: the holder's own existence keeps the slot taken.
  void add_holder() noexcept { others.fetch_add(1, std::memory_order_relaxed); }

  void end() noexcept {
    // acquire: pairs with the acq_rel decrement of whoever let go before, so that its reads come before the null below.
    if (others.load(std::memory_order_acquire) != 0) [[unlikely]] {
      if (others.fetch_sub(1, std::memory_order_acq_rel) != 0) return;
      others.store(0, std::memory_order_relaxed);  // two let go at once, and this one came last
    }
    address.store(nullptr, std::memory_order_release);  // pairs with the look and with free_slot()
  }
};

struct alignas(64) ThreadPins {
  std::array<PinSlot, kSlotsEachThread> slots;
  std::atomic<bool> owned{true};      // release when a thread ends, acquire when one takes over
  const ThreadPins* older = nullptr;  // constant once it is in the list
};

namespace pins_detail {
// The first of the two slots to try first, an even one: where one was free last. Of a thread that has none yet they are
// two that are always taken.
extern constinit thread_local PinSlot* next_slot [[gnu::tls_model("initial-exec")]];
extern std::atomic<ThreadPins*> newest;
PinSlot* free_slot_slowly() noexcept;
std::span<PinSlot> all_slots() noexcept;  // none where there is no memory for them
}  // namespace pins_detail

// A slot of the calling thread's that is nearly always free; never null.
inline PinSlot* likely_slot() noexcept { return pins_detail::next_slot; }
// A free one when that is taken. The neighbour is for the thread that looks at one answer until it has the next.
inline PinSlot* other_slot() noexcept {
  PinSlot* const slot = pins_detail::next_slot;
  return slot[1].is_free() ? &slot[1] : pins_detail::free_slot_slowly();
}
inline PinSlot* free_slot() noexcept {
  PinSlot* const slot = likely_slot();
  return slot->is_free() ? slot : other_slot();
}

// Free slots of the calling thread, one after the other, for one who takes many.
class FreeSlots {
 public:
  FreeSlots() noexcept : left_(pins_detail::all_slots()) {}
  // Null when there is none left.
  PinSlot* next() noexcept {
    while (!left_.empty()) {
      PinSlot* const slot = left_.data();
      left_ = left_.subspan(1);
      if (slot->is_free()) return slot;
    }
    return nullptr;
  }

 private:
  std::span<PinSlot> left_;
};

// Calls f(const void*) with every address that is pinned. After heavy_fence(); see above.
template <typename F>
void for_each_pin(F&& f) noexcept {
  // acquire: pairs with the release of the push, so that the slots are there to read.
  const ThreadPins* pins = pins_detail::newest.load(std::memory_order_acquire);
  for (; pins != nullptr; pins = pins->older) {
    for (const PinSlot& slot : pins->slots) {
      if (const void* address = slot.address.load(kCheck)) f(address);
    }
  }
}

}  // namespace tern::cache
