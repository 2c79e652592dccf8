// The memory of one shard's entries: segments, filled one after the other and emptied in the same order.
//
// Entries are appended; nothing is freed one by one. Two queues of segments, small and main, are what the eviction
// policy works on (hot_shard.h): order of insertion is order in memory, so the policy needs no links, and there are no
// size classes to waste memory or to run out of. What is replaced or erased lies dead until its segment's turn comes.
//
//   state of a segment | who                    | transition
//   -------------------+------------------------+--------------------------------------------------
//   released           | append()               | -> queued, its memory is taken from the system
//   queued             | empty_oldest()         | -> emptied, off its queue: nothing is appended any more
//   emptied            | empty_oldest()         | -> retired, when no word leads into it any more
//   retired            | reclaim()              | -> free, unless a pin points into it: then it waits
//   free               | append()               | -> queued
//   free               | release_down_to()      | -> released, its memory goes back to the system
//
// A segment is emptied record by record, in the order of insertion, and the walk may stop after any: what has not been
// passed lives on. Each queue has at most one segment that is being emptied.
//
// An entry larger than a quarter of a segment lies on the heap, in a block of its own, and a stub in its queue
// (hot_entry.h); its states are queued, retired and freed. Since stubs are small, thousands of large entries may hang
// on one segment; they leave one by one all the same.
//
// Thread-safety: none; the shard's lock guards it. Readers look into segments only through pins.
// Errors: append() is null when there is no room left in the budget, or no memory.
// Cost: append() O(1). reclaim() a heavy fence and one look at all pins, however much is retired.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "cache/hot_entry.h"

namespace tern::cache {

enum class HotQueue : uint8_t { kSmall = 0, kMain = 1 };

// What stands before a large entry in its block.
struct LargeHead {
  HotEntry* stub = nullptr;
  LargeHead* next_retired = nullptr;
  bool pinned = false;

  static LargeHead* of(HotEntry* entry) noexcept {
    return reinterpret_cast<LargeHead*>(reinterpret_cast<std::byte*>(entry) - sizeof(LargeHead));
  }
  HotEntry* entry() noexcept { return reinterpret_cast<HotEntry*>(this + 1); }
  uint64_t block_bytes() noexcept { return sizeof(LargeHead) + entry()->bytes() + kHeapOverhead; }
  static constexpr uint64_t kHeapOverhead = 16;
};

class HotLog {
 public:
  static constexpr uint32_t kNone = 0xffffffff;

  // `memory` is reserved for `segment_limit` segments, each 2^stride_bits segments behind the one before, and outlives
  // the log. A power of two of bytes each.
  HotLog(std::byte* memory, uint64_t segment_bytes, uint64_t segment_limit, uint32_t stride_bits) noexcept;
  ~HotLog();
  HotLog(const HotLog&) = delete;
  HotLog& operator=(const HotLog&) = delete;

  bool ready() const noexcept { return segments_ != nullptr; }
  uint64_t segment_bytes() const noexcept { return segment_bytes_; }
  bool is_large(uint64_t entry_bytes) const noexcept { return entry_bytes > segment_bytes_ / 4; }

  // How many segments may be held, and how many of those are to be left.
  struct Room {
    uint64_t budget = 0;
    uint64_t spare = 0;
  };
  // Room for `bytes` at the end of the queue.
  void* append(HotQueue queue, uint64_t bytes, Room room) noexcept;
  // A large entry, and its stub at the end of the queue.
  HotEntry* append_large(HotQueue queue, const EntryView& entry, Room room) noexcept;
  // A large entry whose stub is in a segment that was popped: puts one at the end of the queue instead.
  bool requeue_large(HotQueue queue, HotEntry* large, Room room) noexcept;

  // The queue that the entry is in.
  HotQueue queue_of(const HotEntry* entry) const noexcept;
  bool has(const void* address) const noexcept {
    const uint64_t place = place_of(address);
    return (place & ((uint64_t{1} << stride_bits_) - 1)) == 0 && place >> stride_bits_ < segment_limit_;
  }

  // f(HotEntry&) -> bool with every entry or stub of the queue's oldest segment, dead ones included, until it returns
  // false; the next call goes on behind that one. After f no word may lead to the entry in the segment. Past the last
  // the segment is retired. False when the queue is empty.
  template <typename F>
  bool empty_oldest(HotQueue queue, F&& f) noexcept {
    Queue& from = queues_[static_cast<size_t>(queue)];
    if (from.emptied == kNone && !begin_to_empty(from)) return false;
    std::byte* const begin = memory_of(from.emptied);
    const uint32_t end = segments_[from.emptied].used;
    for (bool go_on = true; go_on && from.emptied_bytes < end;) {
      auto* const entry = reinterpret_cast<HotEntry*>(begin + from.emptied_bytes);
      from.emptied_bytes += static_cast<uint32_t>(entry->bytes());
      go_on = f(*entry);
    }
    if (from.emptied_bytes == end) retire_emptied(from);
    return true;
  }
  // All segments of both queues. No word leads into any, and no large entry is queued.
  void retire_all() noexcept;
  // Takes a large entry out of its queue; nothing leads to it any more.
  void retire_large(HotEntry* large) noexcept;
  // Makes free what was retired and is not pinned. Returns whether there was anything.
  bool reclaim() noexcept;
  // Gives free segments back to the system until at most `budget` are held.
  void release_down_to(uint64_t budget) noexcept;

  uint64_t held_segments() const noexcept { return held_; }
  uint64_t large_bytes() const noexcept { return large_bytes_; }
  // Segments of the queue, large entries included as what they take.
  uint64_t queue_bytes(HotQueue queue) const noexcept {
    return queues_[static_cast<size_t>(queue)].segments * segment_bytes_ + queues_[static_cast<size_t>(queue)].large;
  }
  uint64_t retired_bytes() const noexcept { return retired_count_ * segment_bytes_ + retired_large_bytes_; }
  bool any_retired() const noexcept { return retired_ != kNone || retired_large_ != nullptr; }
  static uint64_t bookkeeping_bytes(uint64_t segment_limit) noexcept { return segment_limit * sizeof(Segment); }

 private:
  enum class State : uint8_t { kReleased, kQueued, kEmptied, kRetired, kFree };
  struct Segment {
    uint32_t used = 0;
    uint32_t next = kNone;  // of its queue or list
    State state = State::kReleased;
    HotQueue queue = HotQueue::kSmall;
    bool pinned = false;
  };
  struct Queue {
    uint32_t oldest = kNone;
    uint32_t newest = kNone;
    uint32_t emptied = kNone;    // the segment that is being emptied; not in the list any more
    uint32_t emptied_bytes = 0;  // how much of it has been passed
    uint64_t segments = 0;       // the one that is being emptied included
    uint64_t large = 0;          // bytes of large entries
  };

  // In segments from the first; no number of one of this log's unless has().
  uint64_t place_of(const void* address) const noexcept {
    return (reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(memory_)) >> segment_bits_;
  }
  uint64_t number_of(const void* address) const noexcept { return place_of(address) >> stride_bits_; }
  std::byte* memory_of(uint64_t segment) const noexcept { return memory_ + (segment << stride_bits_ << segment_bits_); }
  uint32_t take(Room room) noexcept;
  void mark_pinned(const void* address) noexcept;
  void make_free(uint32_t segment) noexcept;
  bool begin_to_empty(Queue& queue) noexcept;
  void retire_emptied(Queue& queue) noexcept;

  std::byte* const memory_;
  const uint64_t segment_bytes_;
  const uint64_t segment_limit_;
  const uint32_t segment_bits_;
  const uint32_t stride_bits_;
  std::unique_ptr<Segment[]> segments_;

  Queue queues_[2];
  uint32_t free_ = kNone;
  uint32_t released_ = kNone;  // those that have been held before; above `touched_` all are released
  uint32_t retired_ = kNone;
  bool unfenced_ = false;  // something was retired since the last heavy fence
  uint32_t touched_ = 0;
  uint64_t free_count_ = 0;
  uint64_t retired_count_ = 0;
  uint64_t held_ = 0;
  uint64_t large_bytes_ = 0;  // retired ones included
  LargeHead* retired_large_ = nullptr;
  uint64_t retired_large_bytes_ = 0;
};

}  // namespace tern::cache
