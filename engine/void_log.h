// What voided the answers of one statement lately: a count, and the page to blame for each of the latest ones.
//
// Thread-safety: note() from any thread, wait-free; the rest close to, but not exactly, one instant. Cost: two relaxed
// atomic operations and a look at the clock, on a miss alone. Bounded: kKept events.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "cache/stamps.h"

namespace tern::internal {

class VoidLog {
 public:
  static constexpr size_t kKept = 32;
  // In the place of a page: no page has these numbers, nor those from Stamps::kFirstMark on, which are marks.
  static constexpr uint32_t kEverything = 0;
  static constexpr uint32_t kAnyCommit = 0xffffffff;

  struct Event {
    bool by_hand() const noexcept { return page >= cache::Stamps::kFirstMark && page != kAnyCommit; }
    uint32_t page = 0;
    uint32_t second = 0;  // of now_s()
  };

  // Seconds of a clock that only goes forward; never 0.
  static uint32_t now_s() noexcept {
    using namespace std::chrono;
    return static_cast<uint32_t>(duration_cast<seconds>(steady_clock::now().time_since_epoch()).count()) + 1;
  }

  // The first page of an entry that is no longer true whose stamp says so. `View`: EntryView or HotEntry.
  template <typename View>
  static uint32_t culprit(const View& entry, const cache::Stamps& stamps) noexcept {
    if (entry.any_commit()) return kAnyCommit;
    uint32_t page = kEverything;
    if (stamps.stamp_all() > entry.label()) return page;
    const uint32_t group = cache::Stamps::mark_of_key(entry.key_beginning());
    if (stamps.stamp(group) > entry.label()) return group;
    entry.for_each_slot([&](uint32_t slot) {
      if (stamps.stamp(slot) <= entry.label()) return true;
      page = slot;
      return false;
    });
    return page;
  }

  void note(uint32_t page) noexcept {
    // relaxed: figures for a person; an event and its count need not be seen together.
    const uint64_t place = times_.fetch_add(1, std::memory_order_relaxed) % kKept;
    events_[place].store(uint64_t{now_s()} << 32 | page, std::memory_order_relaxed);
  }

  uint64_t times() const noexcept { return times_.load(std::memory_order_relaxed); }
  std::vector<Event> latest() const {
    std::vector<Event> latest;
    for (const auto& event : events_) {
      const uint64_t word = event.load(std::memory_order_relaxed);
      if (word != 0) latest.push_back({static_cast<uint32_t>(word), static_cast<uint32_t>(word >> 32)});
    }
    return latest;
  }

 private:
  std::atomic<uint64_t> times_{0};
  std::array<std::atomic<uint64_t>, kKept> events_{};  // page:32, second:32 above it; 0 is none yet
};

}  // namespace tern::internal
