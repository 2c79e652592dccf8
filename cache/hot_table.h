// Tier 1: entries in this process's memory, found by key, bounded in bytes, read without a lock.
//
// The table finds and keeps; whether an entry is still true, its caller decides (validity.h). Two entries are the same
// only when their full keys are: entries whose hashes collide live side by side.
//
// Thread-safety: all functions may be called by any thread at any time. find() and find_many() take no lock, make no
// system call, allocate nothing and never wait; only a thread that holds kSlotsEachThread views already pays a lock and
// a copy. Writers of one shard exclude each other.
// Lifetime: a found entry is pinned by its HotRef and outlives eviction, replacement, and the table itself.
// Errors: none; what does not fit is refused. A child of fork() must not use a table of its parent's.
// Cost: find() is a line of the index, the entry's own, and one store to a line of the calling thread's own.
//
// Invariants:
//   H1  The bytes of all entries and of the table's own memory never pass the capacity, whatever is pinned: memory that
//       a view holds counts as long as it is held.
//   H2  An entry never takes the place of one of the same key with a newer label: what was read
//       before a commit cannot come back over what was read after it.
//   H3  Evictions follow S3-FIFO within a shard (hot_shard.h).
//   H4  What a view shows never changes, and its memory is not used again while it is held (pins.h).
//   H5  Between the return of insert() and its eviction, replacement or erasure every find() of that key finds it
//       (hot_index.h, I1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "cache/entry.h"
#include "cache/function_ref.h"
#include "cache/hot_ref.h"
#include "cache/hot_shard.h"
#include "cache/key.h"

namespace tern::cache {

class HotTable {
 public:
  // Below kMinimumBytes the table stays empty and refuses everything. One shard for each kShardBytes, a power of two,
  // at most kMaximumShards.
  static constexpr uint64_t kMinimumBytes = uint64_t{64} << 10;
  static constexpr uint64_t kShardBytes = uint64_t{32} << 20;
  static constexpr size_t kMaximumShards = 16;

  // Another hash than hot_hash() is for tests of collisions.
  explicit HotTable(uint64_t capacity_bytes, HashFunction hash = hot_hash);
  ~HotTable();
  HotTable(const HotTable&) = delete;
  HotTable& operator=(const HotTable&) = delete;

  // Inlined wherever it is called: else a sixth of it is saving registers, and passing the view through memory.
  [[gnu::always_inline]] HotRef find(std::span<const std::byte> key) noexcept {
    if (!ordinary_) [[unlikely]]
      return HotRef::of(find_otherwise(key));
    const uint64_t hash = hot_hash_inlined(key);
    return HotRef::of(shard_of(hash).find(hash, key));
  }
  // The same for many keys, faster: their cache misses overlap. Both have the same size.
  void find_many(std::span<const std::span<const std::byte>> keys, std::span<HotRef> found) noexcept;
  // Copies the entry in. False when it was refused.
  bool insert(const EntryRef& entry) noexcept;
  // Returns whether there was one.
  bool erase(std::span<const std::byte> key) noexcept;
  void clear() noexcept;

  // Which entries with kKeep are still to be kept: hot_shard.h. Before the first insert.
  void keep_while(std::function<bool(const HotEntry&)> wanted);

  // Calls f with each entry, under the lock of its shard: f must not call the table, and should be brief.
  void for_each(FunctionRef<void(HotEntry&)> f);

  HotStats stats() const noexcept;
  // The size in the table past which an entry is refused.
  uint64_t max_entry_bytes() const noexcept { return shard_count_ != 0 ? shards_[0].max_entry_bytes() : 0; }

 private:
  // Of an empty table, and by another hash.
  HotHold find_otherwise(std::span<const std::byte> key) noexcept;
  uint64_t hash_of(std::span<const std::byte> key) const noexcept {
    return other_hash_ == nullptr ? hot_hash_inlined(key) : other_hash_(key);
  }
  // By bits that neither the bucket's number nor the tag is made of.
  HotShard& shard_of(uint64_t hash) const noexcept { return shards_[hash >> 32 & shard_mask_]; }

  // Constant after construction. The shards lie at the beginning of `memory_`, what they use behind them.
  HotShard* shards_ = nullptr;
  size_t shard_mask_ = 0;
  bool ordinary_ = false;  // it has shards, and no other hash
  size_t shard_count_ = 0;
  HashFunction other_hash_ = nullptr;  // null: hot_hash(), which is called without a pointer
  uint64_t capacity_bytes_ = 0;
  std::function<bool(const HotEntry&)> wanted_;
  std::byte* memory_ = nullptr;
  uint64_t memory_bytes_ = 0;
};

}  // namespace tern::cache
