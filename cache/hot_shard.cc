#include "cache/hot_shard.h"

#include <algorithm>
#include <bit>

namespace tern::cache {
namespace {

constexpr uint64_t kLargestSegment = uint64_t{32} << 10;
constexpr uint64_t kSmallestSegment = uint64_t{1} << 10;
constexpr uint64_t kSegmentsWanted = 128;
// No entry is smaller than 32 bytes with its key, so that a third of the capacity is enough for the buckets of as many
// as fit, overflow included.
constexpr uint64_t kIndexPart = 3;
// How many segments one insert empties at most, and after how many it becomes strict: entries must then be warmer to
// stay, and in the end none does. So an insert is done in bounded time however hot everything is.
constexpr int kMaxEmptied = 12;
constexpr int kStrictAfter = 4;
constexpr uint64_t kMaxGrowSteps = 2;
// What an insert leaves of the budget: one segment for those that go on when the next one is emptied, and one for the
// index to grow by.
constexpr uint64_t kSpare = 2;

constexpr uint64_t rounded_up(uint64_t value, uint64_t unit) noexcept { return (value + unit - 1) / unit * unit; }

}  // namespace

HotShardPlan HotShardPlan::of(uint64_t capacity_bytes, uint32_t shard_bits) noexcept {
  HotShardPlan plan;
  plan.capacity_bytes = capacity_bytes;
  plan.shard_bits = shard_bits;
  plan.segment_bytes = std::clamp(std::bit_floor(capacity_bytes / kSegmentsWanted), kSmallestSegment, kLargestSegment);
  plan.segment_limit = capacity_bytes / plan.segment_bytes + 1;
  plan.bucket_limit = rounded_up(capacity_bytes / kIndexPart / sizeof(HotBucket), 64);
  return plan;
}

HotShard::HotShard(const HotShardPlan& plan, uint64_t number, std::byte* memory, HashFunction hash) noexcept
    : index_(reinterpret_cast<HotBucket*>(memory) + number, plan.bucket_limit, plan.shard_bits),
      plan_(plan),
      hash_(hash),
      log_(memory + plan.index_bytes() + number * plan.segment_bytes, plan.segment_bytes, plan.segment_limit,
           plan.shard_bits) {}

// Invariant I1 of hot_index.h is kept here.
HotHold HotShard::find_slowly(uint64_t hash, std::span<const std::byte> key) noexcept {
  PinSlot* const slot = free_slot();
  if (slot == nullptr) return {find_and_copy(hash, key), nullptr};
  const uint64_t tag = hot_word::tag_of(hash);
  for (uint64_t state = index_.state();;) {
    for (const HotBucket* bucket = &index_.bucket(state, hash);;) {
      for (uint32_t left = bucket->having(tag); left != 0; left = HotBucket::after_first(left)) {
        const std::atomic<uint64_t>& place = bucket->first_of(left);
        // acquire: pairs with the index's stores; I1. One that has just changed is looked at again.
        uint64_t word = place.load(std::memory_order_acquire);
        while (hot_word::has_tag(word, tag) && !pin(place, word, *slot)) word = place.load(std::memory_order_acquire);
        const HotEntry* const entry = hot_word::entry_of(word);
        if (!hot_word::has_tag(word, tag) || !is_for(*entry, hash, key)) continue;
        entry->warm();
        return {entry, slot};
      }
      // acquire: what the link leads to was stored before it; I1.
      const uint64_t last = bucket->words[HotBucket::kWords - 1].load(std::memory_order_acquire);
      if (!hot_word::is_link(last)) break;
      bucket = &index_.overflow(last);
    }
    const uint64_t now = index_.state();
    if (now == state) break;
    state = now;  // entries have moved meanwhile: I1
  }
  slot->address.store(nullptr, std::memory_order_release);  // pairs with the look
  return {};
}

// For a thread whose slots are all taken. Under the lock nothing is reclaimed, so no pin is needed to copy.
const HotEntry* HotShard::find_and_copy(uint64_t hash, std::span<const std::byte> key) noexcept {
  const std::lock_guard lock(mutex_);
  auto* const place = index_.find(hash, [&](const HotEntry& entry) { return is_for(entry, hash, key); });
  if (place == nullptr) return nullptr;
  const HotEntry& entry = *hot_word::entry_of(place->load(std::memory_order_relaxed));
  entry.warm();
  return HotRef::make_copy(entry);
}

// What is not in segments.
uint64_t HotShard::other_bytes() const noexcept {
  return sizeof(HotShard) + HotLog::bookkeeping_bytes(plan_.segment_limit) + index_.bytes() + ghosts_.bytes() +
         log_.large_bytes();
}

// The same with what may come: ghosts count before they are there, so that the budget shrinks gradually, and there is
// always a segment left for those that go on (kSpare).
uint64_t HotShard::bytes_beside_segments(uint64_t wanted_bytes) const noexcept {
  const uint64_t ghosts = Ghosts::bytes_for(index_.entries());
  const uint64_t ghosts_to_come = ghosts > ghosts_.bytes() ? ghosts - ghosts_.bytes() : 0;
  return other_bytes() + ghosts_to_come + HotIndex::kNextBytes + wanted_bytes;
}

// How many segments may be held beside everything else and `wanted_bytes` more.
uint64_t HotShard::budget(uint64_t wanted_bytes) const noexcept {
  const uint64_t others = bytes_beside_segments(wanted_bytes);
  return others < plan_.capacity_bytes ? (plan_.capacity_bytes - others) / plan_.segment_bytes : 0;
}

bool HotShard::insert(const EntryView& view, uint64_t hash) noexcept {
  const auto key = view.key();
  const auto same_key = [&](const HotEntry& other) { return is_for(other, hash, key); };
  const std::lock_guard lock(mutex_);
  auto* place = index_.find(hash, same_key);
  HotEntry* old = place != nullptr ? hot_word::entry_of(place->load(std::memory_order_relaxed)) : nullptr;
  const bool newer_is_there =
      old != nullptr && !TERN_MUTANT(kStaleInsertOverNewer) && old->label() > view.label();  // H2
  if (key.empty() || newer_is_there || !HotEntry::fits(view) || HotEntry::bytes_for(view) > max_entry_bytes()) {
    ++refused_;
    return false;
  }
  // What comes back, and what takes another's place, is where that would be by now.
  const HotQueue queue = old != nullptr ? log_.queue_of(old) : ghosts_.take(hash) ? HotQueue::kMain : HotQueue::kSmall;
  const uint8_t heat = old != nullptr ? old->heat() : uint8_t{0};
  HotEntry* const added = allocate(queue, view);
  if (added == nullptr) {
    ++refused_;
    return false;
  }
  added->set_heat(heat);
  place = index_.find(hash, same_key);  // again: making room may have moved or evicted it
  if (place != nullptr) {
    old = hot_word::entry_of(place->load(std::memory_order_relaxed));
    count_kept(*added, old);
    index_.replace(place, added);
    drop(old);
    if (!log_.has(old)) log_.reclaim();
  } else if (!index_.insert(hash, added)) {
    added->set_not_kept();  // it was not counted
    drop(added);
    ++refused_;
    return false;
  }
  if (place == nullptr) count_kept(*added, nullptr);
  ++inserts_;
  for (uint64_t i = 0; i < kMaxGrowSteps && index_.wants_to_grow(); ++i) index_.grow(hash_);
  if (log_.held_segments() > budget()) make_room(0);
  return true;
}

HotEntry* HotShard::allocate(HotQueue queue, const EntryView& entry) noexcept {
  const uint64_t bytes = HotEntry::bytes_for(entry);
  if (log_.is_large(bytes)) {
    if (!make_room(bytes + sizeof(LargeHead) + LargeHead::kHeapOverhead)) return nullptr;
    return log_.append_large(queue, entry, {budget(), kSpare});
  }
  void* room = log_.append(queue, bytes, {budget(), kSpare});
  for (int emptied = 0; room == nullptr && emptied < kMaxEmptied;) {
    const Evicted evicted = evict(static_cast<uint8_t>(emptied / kStrictAfter), 1);
    if (evicted == Evicted::kNothing) return nullptr;
    if (evicted == Evicted::kSegment) ++emptied;
    room = log_.append(queue, bytes, {budget(), kSpare});
  }
  return room != nullptr ? HotEntry::make(entry, room) : nullptr;
}

// Evicts until a large entry of that size fits in beside what is held. Bounded by what there is to evict.
bool HotShard::make_room(uint64_t large_bytes) noexcept {
  const auto rounds = static_cast<int>(2 * log_.held_segments());
  for (int emptied = 0;;) {
    const uint64_t wanted = large_bytes != 0 ? kSpare + 1 : 0;  // its stub may need one
    const uint64_t allowed = budget(large_bytes);
    log_.release_down_to(allowed - std::min(allowed, wanted));
    const uint64_t held = log_.held_segments() + wanted;
    if (held <= allowed) return true;
    const uint64_t missing = bytes_beside_segments(large_bytes) + held * plan_.segment_bytes - plan_.capacity_bytes;
    // Twice around, kept entries alone are left.
    const int strictness =
        emptied > rounds ? int{kNothingGoesOn} : std::min(emptied / kStrictAfter, int{HotEntry::kMaxHeat});
    const Evicted evicted = evict(static_cast<uint8_t>(strictness), missing);
    if (evicted == Evicted::kNothing) return false;
    if (evicted == Evicted::kSegment) ++emptied;
  }
}

// Goes on to empty the queue that is over its share: to the end of its oldest segment, which then is free, or until
// large entries of `large_bytes` have gone. Entries warmer than `least_heat` go on.
HotShard::Evicted HotShard::evict(uint8_t least_heat, uint64_t large_bytes) noexcept {
  size_ghosts();
  const uint64_t small = log_.queue_bytes(HotQueue::kSmall);
  const uint64_t main = log_.queue_bytes(HotQueue::kMain);
  const bool small_first = small * 100 >= (small + main) * kSmallPercent;
  uint64_t gone = 0;
  const auto empty = [&](HotQueue from) {
    return log_.empty_oldest(from, [&](HotEntry& in_segment) {
      HotEntry* const entry = in_segment.is_stub() ? in_segment.large() : &in_segment;
      if (entry == nullptr || entry->unlinked() || !evict_or_keep(*entry, from, least_heat)) return true;
      if (in_segment.is_stub()) gone += LargeHead::of(entry)->block_bytes();
      return gone < large_bytes;
    });
  };
  const bool any = small_first ? empty(HotQueue::kSmall) || empty(HotQueue::kMain)
                               : empty(HotQueue::kMain) || empty(HotQueue::kSmall);
  const bool freed = log_.reclaim();
  if (!any) return freed ? Evicted::kSegment : Evicted::kNothing;
  return gone < large_bytes ? Evicted::kSegment : Evicted::kLarge;
}

// The table in the header. Returns whether the entry was evicted.
bool HotShard::evict_or_keep(HotEntry& entry, HotQueue from, uint8_t least_heat) noexcept {
  const uint64_t hash = entry.hash_key(hash_);
  auto* const place = index_.find(hash, [&](const HotEntry& other) { return &other == &entry; });
  const uint8_t threshold = from == HotQueue::kSmall ? kPromoteHeat : uint8_t{1};
  const bool warm = entry.heat() >= threshold + least_heat;
  if ((warm || (least_heat < kNothingGoesOn && is_kept(entry))) && carry_on(entry, from, place)) return false;
  index_.remove(place);
  ++evictions_;
  if (from == HotQueue::kSmall) ghosts_.add(hash);
  drop(&entry);
  return true;
}

// Puts an entry of a segment that is being emptied at the end of the main queue.
bool HotShard::carry_on(HotEntry& entry, HotQueue from, std::atomic<uint64_t>* place) noexcept {
  const uint8_t heat = entry.heat();
  const uint8_t cooler = from == HotQueue::kMain && heat > 0 ? static_cast<uint8_t>(heat - 1) : uint8_t{0};
  const HotLog::Room room{budget(), 0};
  if (!log_.has(&entry)) {
    if (!log_.requeue_large(HotQueue::kMain, &entry, room)) return false;
    entry.set_heat(cooler);
    return true;
  }
  void* const to = log_.append(HotQueue::kMain, entry.bytes(), room);
  if (to == nullptr) return false;
  HotEntry* const copy = entry.copy_to(to);
  copy->set_heat(cooler);
  index_.replace(place, copy);
  entry.set_unlinked();
  return true;
}

// For one that no word leads to any more.
void HotShard::drop(HotEntry* entry) noexcept {
  if (entry->kept()) kept_bytes_ -= entry->bytes();
  entry->set_unlinked();
  if (!log_.has(entry)) log_.retire_large(entry);
}

// An added entry with kKeep has its place in the share for them, or loses the flag.
void HotShard::count_kept(HotEntry& added, const HotEntry* replaced) noexcept {
  if (!added.kept()) return;
  const uint64_t others = kept_bytes_ - (replaced != nullptr && replaced->kept() ? replaced->bytes() : 0);
  if (others + added.bytes() > plan_.capacity_bytes * kKeptPercent / 100) return added.set_not_kept();
  kept_bytes_ += added.bytes();
}

// As many ghosts as entries, in powers of two; none before the first eviction.
void HotShard::size_ghosts() noexcept {
  const uint64_t wanted = std::bit_floor(index_.entries());
  if (wanted > ghosts_.capacity()) ghosts_.resize(wanted);
}

bool HotShard::erase(uint64_t hash, std::span<const std::byte> key) noexcept {
  const std::lock_guard lock(mutex_);
  auto* const place = index_.find(hash, [&](const HotEntry& entry) { return is_for(entry, hash, key); });
  if (place == nullptr) return false;
  HotEntry* const entry = hot_word::entry_of(place->load(std::memory_order_relaxed));
  index_.remove(place);
  drop(entry);
  if (!log_.has(entry)) log_.reclaim();
  return true;
}

void HotShard::clear() noexcept {
  const std::lock_guard lock(mutex_);
  index_.for_each([&](HotEntry& entry) {
    entry.set_unlinked();
    if (!log_.has(&entry)) log_.retire_large(&entry);
  });
  index_.clear();
  kept_bytes_ = 0;
  log_.retire_all();
  log_.reclaim();
  ghosts_.resize(0);
}

void HotShard::for_each(FunctionRef<void(HotEntry&)> f) {
  const std::lock_guard lock(mutex_);
  index_.for_each([&](HotEntry& entry) { f(entry); });
}

void HotShard::add_to(HotStats& stats) noexcept {
  const std::lock_guard lock(mutex_);
  log_.reclaim();
  stats.bytes += other_bytes() + log_.held_segments() * plan_.segment_bytes;
  stats.entries += index_.entries();
  stats.inserts += inserts_;
  stats.refused += refused_;
  stats.evictions += evictions_;
  stats.kept_bytes += kept_bytes_;
  stats.pinned_bytes += log_.retired_bytes();
}

bool HotShard::held() noexcept {
  const std::lock_guard lock(mutex_);
  log_.reclaim();
  log_.release_down_to(0);
  return log_.any_retired();
}

}  // namespace tern::cache
