#include "cache/hot_log.h"

#include <sys/mman.h>

#include <bit>
#include <cassert>
#include <cstdlib>
#include <new>
#include <utility>

#include "cache/asymmetric_fence.h"
#include "cache/memory_poison.h"
#include "cache/pins.h"
#include "cache/probes.h"

namespace tern::cache {
namespace {

constexpr uint64_t kPage = 4096;

}  // namespace

HotLog::HotLog(std::byte* memory, uint64_t segment_bytes, uint64_t segment_limit, uint32_t stride_bits) noexcept
    : memory_(memory),
      segment_bytes_(segment_bytes),
      segment_limit_(segment_limit),
      segment_bits_(static_cast<uint32_t>(std::countr_zero(segment_bytes))),
      stride_bits_(stride_bits),
      segments_(new (std::nothrow) Segment[segment_limit]) {
  assert(std::has_single_bit(segment_bytes));
  for (uint64_t i = 0; i < segment_limit_; ++i) forbid(memory_of(i), segment_bytes_);
}

HotLog::~HotLog() {
  for (uint64_t i = 0; i < segment_limit_; ++i) permit(memory_of(i), segment_bytes_);
}

uint32_t HotLog::take(Room room) noexcept {
  const uint64_t allowed = room.budget < segment_limit_ ? room.budget : segment_limit_;
  const uint64_t more = allowed > held_ ? allowed - held_ : 0;
  if (free_count_ + more <= room.spare) return kNone;
  if (free_ != kNone) {
    const uint32_t segment = free_;
    free_ = segments_[segment].next;
    --free_count_;
    return segment;
  }
  ++held_;
  if (released_ == kNone) return touched_++;
  const uint32_t segment = released_;
  released_ = segments_[segment].next;
  return segment;
}

void* HotLog::append(HotQueue queue, uint64_t bytes, Room room) noexcept {
  Queue& to = queues_[static_cast<size_t>(queue)];
  if (to.newest == kNone || segments_[to.newest].used + bytes > segment_bytes_) {
    const uint32_t segment = take(room);
    if (segment == kNone) return nullptr;
    segments_[segment] = {0, kNone, State::kQueued, queue, false};
    (to.newest != kNone ? segments_[to.newest].next : to.oldest) = segment;
    to.newest = segment;
    ++to.segments;
  }
  Segment& newest = segments_[to.newest];
  std::byte* const place = memory_of(to.newest) + newest.used;
  newest.used += static_cast<uint32_t>(bytes);
  permit(place, bytes);
  return place;
}

HotEntry* HotLog::append_large(HotQueue queue, const EntryView& entry, Room room) noexcept {
  void* const block = std::malloc(sizeof(LargeHead) + HotEntry::bytes_for(entry));
  void* const stub = block != nullptr ? append(queue, HotEntry::kStubBytes, room) : nullptr;
  if (stub == nullptr) {
    std::free(block);
    return nullptr;
  }
  auto* const head = new (block) LargeHead;
  HotEntry* const made = HotEntry::make(entry, head + 1);
  head->stub = HotEntry::make_stub(made, stub);
  queues_[static_cast<size_t>(queue)].large += head->block_bytes();
  large_bytes_ += head->block_bytes();
  return made;
}

bool HotLog::requeue_large(HotQueue queue, HotEntry* large, Room room) noexcept {
  void* const stub = append(queue, HotEntry::kStubBytes, room);
  if (stub == nullptr) return false;
  LargeHead* const head = LargeHead::of(large);
  queues_[static_cast<size_t>(queue_of(large))].large -= head->block_bytes();
  queues_[static_cast<size_t>(queue)].large += head->block_bytes();
  head->stub->set_large(nullptr);
  head->stub = HotEntry::make_stub(large, stub);
  return true;
}

HotQueue HotLog::queue_of(const HotEntry* entry) const noexcept {
  const HotEntry* const in_segment = has(entry) ? entry : LargeHead::of(const_cast<HotEntry*>(entry))->stub;
  return segments_[number_of(in_segment)].queue;
}

bool HotLog::begin_to_empty(Queue& queue) noexcept {
  if (queue.oldest == kNone) return false;
  queue.emptied = queue.oldest;
  queue.emptied_bytes = 0;
  segments_[queue.emptied].state = State::kEmptied;
  queue.oldest = segments_[queue.emptied].next;
  if (queue.oldest == kNone) queue.newest = kNone;
  return true;
}

void HotLog::retire_emptied(Queue& queue) noexcept {
  const uint32_t segment = std::exchange(queue.emptied, kNone);
  --queue.segments;
  segments_[segment].state = State::kRetired;
  segments_[segment].next = retired_;
  retired_ = segment;
  ++retired_count_;
  unfenced_ = true;
}

void HotLog::retire_all() noexcept {
  for (Queue& queue : queues_) {
    while (queue.emptied != kNone || begin_to_empty(queue)) retire_emptied(queue);
  }
}

void HotLog::retire_large(HotEntry* large) noexcept {
  LargeHead* const head = LargeHead::of(large);
  queues_[static_cast<size_t>(queue_of(large))].large -= head->block_bytes();
  head->stub->set_large(nullptr);
  head->next_retired = retired_large_;
  retired_large_ = head;
  retired_large_bytes_ += head->block_bytes();
  unfenced_ = true;
}

void HotLog::make_free(uint32_t segment) noexcept {
  forbid(memory_of(segment), segment_bytes_);
  segments_[segment].state = State::kFree;
  segments_[segment].next = free_;
  free_ = segment;
  ++free_count_;
}

void HotLog::mark_pinned(const void* address) noexcept {
  if (has(address)) {
    segments_[number_of(address)].pinned = true;
    return;
  }
  for (LargeHead* head = retired_large_; head != nullptr; head = head->next_retired) {
    if (head->entry() == address) head->pinned = true;
  }
}

bool HotLog::reclaim() noexcept {
  if (!any_retired()) return false;
  // Once fenced, what a look has left may be looked at again without: nobody can have pinned it since (pins.h).
  if (unfenced_ && !heavy_fence()) return false;
  unfenced_ = false;
  for (uint32_t i = retired_; i != kNone; i = segments_[i].next) segments_[i].pinned = false;
  for (LargeHead* head = retired_large_; head != nullptr; head = head->next_retired) head->pinned = false;
  if (!TERN_MUTANT(kReclaimWithoutLook)) {
    for_each_pin([this](const void* address) { mark_pinned(address); });
  }

  bool any = false;
  for (uint32_t i = std::exchange(retired_, kNone); i != kNone;) {
    const uint32_t segment = std::exchange(i, segments_[i].next);
    --retired_count_;
    if (segments_[segment].pinned) {
      segments_[segment].next = retired_;
      retired_ = segment;
      ++retired_count_;
    } else {
      make_free(segment);
      any = true;
    }
  }
  for (LargeHead* head = std::exchange(retired_large_, nullptr); head != nullptr;) {
    LargeHead* const large = std::exchange(head, head->next_retired);
    if (large->pinned) {
      large->next_retired = retired_large_;
      retired_large_ = large;
    } else {
      retired_large_bytes_ -= large->block_bytes();
      large_bytes_ -= large->block_bytes();
      std::free(large);
      any = true;
    }
  }
  return any;
}

void HotLog::release_down_to(uint64_t budget) noexcept {
  while (held_ > budget && free_ != kNone) {
    const uint32_t segment = free_;
    free_ = segments_[segment].next;
    --free_count_;
    --held_;
    // A page goes only as a whole: of segments that share one, in tables below a megabyte, the memory is kept.
    if (segment_bytes_ % kPage == 0) ::madvise(memory_of(segment), segment_bytes_, MADV_DONTNEED);
    segments_[segment].state = State::kReleased;
    segments_[segment].next = released_;
    released_ = segment;
  }
}

}  // namespace tern::cache
