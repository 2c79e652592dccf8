// One shard of the hot table: an index that readers walk without a lock, the log that its entries lie in, and the
// policy that says which of them go.
//
// Eviction is S3-FIFO (Yang et al., SOSP 2023) by segments. New entries come to the small queue; the oldest segment of
// whichever queue is over its share is emptied, record by record, no further than is needed:
//
//   queue | entry was read since        | entry was not
//   ------+-----------------------------+------------------------------------
//   small | goes on to the main queue   | evicted; its key becomes a ghost
//   main  | goes to the end of the main | evicted
//         | queue, one degree cooler    |
//
// A key that comes back while it is a ghost goes to the main queue at once. To go on means to be copied; readers that
// hold the old copy keep it.
//
// Thread-safety: find() by any thread at any time, without a lock; the others take the shard's. Errors: none.
// Cost: a hit is one line of a bucket, the entry's own, and a store to the thread's own slot; a store to the entry only
// while it warms. An insert empties segments of at most 32 KiB, one at a time, where it needs room; benchmark X6
// measures the longest insert, and that no reader waits for one.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>

#include "cache/entry.h"
#include "cache/function_ref.h"
#include "cache/ghosts.h"
#include "cache/hot_index.h"
#include "cache/hot_log.h"
#include "cache/hot_ref.h"
#include "cache/key.h"
#include "cache/probes.h"

namespace tern::cache {

struct HotStats {
  uint64_t capacity_bytes = 0;
  uint64_t bytes = 0;  // entries and the table's own memory
  uint64_t entries = 0;
  uint64_t inserts = 0;       // those that replaced another included
  uint64_t refused = 0;       // older than what was there, too large, or no room
  uint64_t kept_bytes = 0;    // of entries that are not to be evicted
  uint64_t evictions = 0;     // to make room; replaced and erased ones are not counted
  uint64_t pinned_bytes = 0;  // memory that was let go but that views still hold, and their copies on the heap
};

// How the memory of a table's shards is divided.
struct HotShardPlan {
  uint64_t capacity_bytes = 0;  // of each
  uint32_t shard_bits = 0;      // there are 2^shard_bits
  uint64_t segment_bytes = 0;
  uint64_t segment_limit = 0;
  uint64_t bucket_limit = 0;

  static HotShardPlan of(uint64_t capacity_bytes, uint32_t shard_bits) noexcept;
  // Of all shards.
  uint64_t index_bytes() const noexcept { return bucket_limit * sizeof(HotBucket) << shard_bits; }
  uint64_t log_bytes() const noexcept { return segment_limit * segment_bytes << shard_bits; }
};

// A power of two of bytes, so that finding one of many is a shift.
class alignas(512) HotShard {
 public:
  // `memory` is the table's, reserved, zero: index_bytes() for the indexes and, behind them, log_bytes() for the logs.
  HotShard(const HotShardPlan& plan, uint64_t number, std::byte* memory, HashFunction hash) noexcept;

  bool ready() const noexcept { return log_.ready(); }

  [[gnu::always_inline]] HotHold find(uint64_t hash, std::span<const std::byte> key) noexcept {
    const HotBucket& bucket = bucket_of(hash);
    const uint32_t likely = bucket.having(hot_word::tag_of(hash));
    PinSlot* slot = likely_slot();
    if (!slot->is_free()) [[unlikely]] {
      slot = other_slot();
      if (slot == nullptr) return find_slowly(hash, key);
    }
    if (likely == 0) [[unlikely]]
      return find_slowly(hash, key);
    return find_at(bucket.first_of(likely), hash, key, *slot);
  }
  // The three steps of it. Each may start loading what the next one needs: the bucket, and the entry that seems to be
  // the key's (null: none in that bucket).
  const HotBucket& bucket_of(uint64_t hash) const noexcept { return index_.bucket(index_.state(), hash); }
  static const std::atomic<uint64_t>* likely_place(const HotBucket& bucket, uint64_t hash) noexcept;
  static void prefetch_entry(const std::atomic<uint64_t>* place) noexcept;
  // `slot` is a free one of the calling thread's.
  HotHold find_at(const std::atomic<uint64_t>& place, uint64_t hash, std::span<const std::byte> key,
                  PinSlot& slot) noexcept;
  // Whatever is in the way: chains, entries that move, no free slot.
  HotHold find_slowly(uint64_t hash, std::span<const std::byte> key) noexcept;

  bool insert(const EntryView& entry, uint64_t hash) noexcept;
  bool erase(uint64_t hash, std::span<const std::byte> key) noexcept;
  void clear() noexcept;
  void for_each(FunctionRef<void(HotEntry&)> f);
  void add_to(HotStats& stats) noexcept;
  // Whether an entry with kKeep is still worth it: asked when it is about to be evicted, under the lock. Set before the
  // first insert; it must not throw. Without it they all are.
  void keep_while(const std::function<bool(const HotEntry&)>* wanted) noexcept { wanted_ = wanted; }

  uint64_t max_entry_bytes() const noexcept { return plan_.capacity_bytes / 2; }
  // Whether views still hold memory of it. Tries to get it free.
  bool held() noexcept;

 private:
  static constexpr uint64_t kSmallPercent = 20;
  static constexpr uint8_t kPromoteHeat = 1;
  // Entries with kKeep may take so much of the capacity; past it they are like others.
  static constexpr uint64_t kKeptPercent = 25;
  // Stricter than any heat, and not even kept ones go on: room must be had in the end.
  static constexpr uint8_t kNothingGoesOn = HotEntry::kMaxHeat + 1;

  static bool pin(const std::atomic<uint64_t>& place, uint64_t word, PinSlot& slot) noexcept;
  bool is_for(const HotEntry& entry, uint64_t hash, std::span<const std::byte> key) const noexcept;

  // All below under the lock.
  const HotEntry* find_and_copy(uint64_t hash, std::span<const std::byte> key) noexcept;
  uint64_t other_bytes() const noexcept;
  uint64_t bytes_beside_segments(uint64_t wanted_bytes) const noexcept;
  uint64_t budget(uint64_t wanted_bytes = 0) const noexcept;
  HotEntry* allocate(HotQueue queue, const EntryView& entry) noexcept;
  bool make_room(uint64_t large_bytes) noexcept;
  enum class Evicted : uint8_t { kNothing, kLarge, kSegment };
  Evicted evict(uint8_t least_heat, uint64_t large_bytes) noexcept;
  bool evict_or_keep(HotEntry& entry, HotQueue from, uint8_t least_heat) noexcept;
  bool carry_on(HotEntry& entry, HotQueue from, std::atomic<uint64_t>* place) noexcept;
  void drop(HotEntry* entry) noexcept;
  void count_kept(HotEntry& added, const HotEntry* replaced) noexcept;
  bool is_kept(const HotEntry& entry) const noexcept {
    return entry.kept() && (wanted_ == nullptr || (*wanted_)(entry));
  }
  void size_ghosts() noexcept;

  HotIndex index_;  // its first line is the readers'

  const HotShardPlan plan_;
  const HashFunction hash_;
  std::mutex mutex_;
  HotLog log_;
  Ghosts ghosts_;
  const std::function<bool(const HotEntry&)>* wanted_ = nullptr;
  uint64_t kept_bytes_ = 0;  // of linked entries with kKeep
  uint64_t inserts_ = 0;
  uint64_t refused_ = 0;
  uint64_t evictions_ = 0;
};

// The reader's half of pins.h: whether the entry that `word` leads to is pinned, since the place still holds that word.
// Only then may it be looked at.
inline bool HotShard::pin(const std::atomic<uint64_t>& place, uint64_t word, PinSlot& slot) noexcept {
  TERN_SYNC_POINT("hot:word-loaded");
  slot.address.store(hot_word::entry_of(word), kPublish);
  light_fence();
  const uint64_t again = place.load(kCheck);
  TERN_SYNC_POINT("hot:pinned");
  return TERN_MUTANT(kPinNotChecked) || again == word;
}

// The tag has led here; the full key decides.
inline bool HotShard::is_for(const HotEntry& entry, uint64_t hash, std::span<const std::byte> key) const noexcept {
  if (TERN_MUTANT(kKeyHashOnly)) return entry.hash_key(hash_) == hash;
  return entry.has_key(key);
}

inline const std::atomic<uint64_t>* HotShard::likely_place(const HotBucket& bucket, uint64_t hash) noexcept {
  const uint32_t having = bucket.having(hot_word::tag_of(hash));
  return having != 0 ? &bucket.first_of(having) : nullptr;
}

// relaxed: an address to prefetch, which is never an error. Key and body often end on a second line.
inline void HotShard::prefetch_entry(const std::atomic<uint64_t>* place) noexcept {
  if (place == nullptr) return;
  const auto* const entry =
      reinterpret_cast<const std::byte*>(hot_word::entry_of(place->load(std::memory_order_relaxed)));
  __builtin_prefetch(entry);
  __builtin_prefetch(entry + 64);
}

// Nearly always that place is the right one. If not, everything is looked through: this is but a guess, and says
// nothing of a key that is not there.
[[gnu::always_inline]] inline HotHold HotShard::find_at(const std::atomic<uint64_t>& place, uint64_t hash,
                                                        std::span<const std::byte> key, PinSlot& slot) noexcept {
  const uint64_t word = place.load(std::memory_order_acquire);  // acquire: pairs with the index's stores; I1
  const HotEntry* const entry = hot_word::entry_of(word);
  if (hot_word::has_tag(word, hot_word::tag_of(hash)) && pin(place, word, slot) && is_for(*entry, hash, key))
      [[likely]] {
    entry->warm();
    return {entry, &slot};
  }
  slot.address.store(nullptr, std::memory_order_release);  // pairs with the look
  return find_slowly(hash, key);
}

}  // namespace tern::cache
