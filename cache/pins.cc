#include "cache/pins.h"

#include <new>

namespace tern::cache::pins_detail {
namespace {

constexpr char kSomething = 0;
constinit PinSlot always_taken[2] = {{&kSomething, 0}, {&kSomething, 0}};

constinit thread_local ThreadPins* mine = nullptr;
constinit thread_local bool ended = false;

// Gives the thread's set away when the thread ends.
struct Registration {
  ~Registration() {
    ended = true;
    next_slot = always_taken;
    // release: pairs with the acquire in take_over(), so that the next owner finds the slots as they were left.
    mine->owned.store(false, std::memory_order_release);
    mine = nullptr;
  }
};

ThreadPins* take_over() noexcept {
  for (ThreadPins* pins = newest.load(std::memory_order_acquire); pins != nullptr;
       pins = const_cast<ThreadPins*>(pins->older)) {
    bool owned = false;
    if (!pins->owned.load(std::memory_order_relaxed) &&
        pins->owned.compare_exchange_strong(owned, true, std::memory_order_acquire, std::memory_order_relaxed)) {
      return pins;
    }
  }
  return nullptr;
}

ThreadPins* make() noexcept {
  auto* const pins = new (std::nothrow) ThreadPins;
  if (pins == nullptr) return nullptr;
  ThreadPins* head = newest.load(std::memory_order_relaxed);
  do {
    pins->older = head;
    // kPublish: pairs with the acquire in for_each_pin() and take_over(). The thread publishes in its slots only after
    // this; under an unlucky order a look misses the whole set, but then its heavy fence came before the push, and the
    // reader's check comes after it.
  } while (!newest.compare_exchange_weak(head, pins, kPublish, std::memory_order_relaxed));
  return pins;
}

ThreadPins* enter() noexcept {
  if (ended) return nullptr;
  ThreadPins* pins = take_over();
  if (pins == nullptr) pins = make();
  if (pins == nullptr) return nullptr;
  mine = pins;
  thread_local Registration registration;  // from here on, the end of the thread is noticed
  static_cast<void>(registration);
  next_slot = pins->slots.data();
  return pins;
}

// This thread's; nullptr when it is ending, or there is no memory.
ThreadPins* own() noexcept { return mine != nullptr ? mine : enter(); }

}  // namespace

constinit thread_local PinSlot* next_slot [[gnu::tls_model("initial-exec")]] = always_taken;
std::atomic<ThreadPins*> newest{nullptr};

std::span<PinSlot> all_slots() noexcept {
  ThreadPins* const pins = own();
  if (pins == nullptr) return {};
  return pins->slots;
}

PinSlot* free_slot_slowly() noexcept {
  ThreadPins* const pins = own();
  if (pins == nullptr) return nullptr;
  const size_t start = static_cast<size_t>(next_slot - pins->slots.data());
  for (size_t i = 0; i < kSlotsEachThread; ++i) {
    const size_t at = (start + i) % kSlotsEachThread;
    PinSlot& slot = pins->slots[at];
    if (slot.address.load(std::memory_order_acquire) != nullptr) continue;
    next_slot = &pins->slots[at & ~size_t{1}];
    return &slot;
  }
  return nullptr;
}

}  // namespace tern::cache::pins_detail
