// Counters of one engine: incremented on every read by every thread, summed when somebody asks.
//
// Thread-safety: add() from any thread, wait-free; sum() from any thread, close to but not exactly one instant. Cost:
// each thread has lines of its own (thread_index.h) and adds there by a load and a store; threads past their number
// share one set of lines, and add by a locked instruction.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/thread_index.h"

namespace tern::internal {

enum class Counter : size_t {
  kHotHits,
  kHotMisses,
  kHotFills,
  kHotInvalidations,
  kStoreHits,
  kStoreMisses,
  kStoreInvalidations,
  kSqlReads,
  kSnapshotsReused,
  kWaits,
  kComputed,
  kComputedUncached,
  kComputedWaits,
  kOwnCommits,
  kGroupedWrites,
  kPublished,
  kForeign,
  kEverything,
  kPagesStamped,
  kCheckpoints,
  kGuardianMoves,
  kGuardianLost,
  // Policies.
  kExpired,
  kStaleRevalidating,
  kStaleOnError,
  kRefreshes,
  kRefreshFailures,
  kNotAdmitted,
  // The KV tier.
  kKvHotHits,
  kKvStoreReads,
  kKvInvalidations,
  kKvFills,
  kKvWrites,
  kKvCommits,
  kKvSwept,
  kKvHealed,
  kInvalidatedStatements,
  kInvalidatedTags,
  kInvalidatedTables,
  kInvalidatedAll,
  // Reads that went past the cache, by reason.
  kBypassNotCacheable,
  kBypassPublishing,
  kBypassCacheOff,
  kBypassImpure,
  kBypassTooLarge,
  kBypassReprepared,
  kBypassTransaction,
  kBypassAsked,
  kBypassSeldomAgain,
  kCount,
};

class Counters {
 public:
  void add(Counter counter, uint64_t n = 1) noexcept {
    const size_t thread = ThreadIndex::mine();
    std::atomic<uint64_t>& value = shards_[thread].values[static_cast<size_t>(counter)];
    // relaxed throughout: a count orders nothing. A shard of its own has one writer, so load and store lose nothing.
    if (thread != ThreadIndex::kNone) [[likely]] {
      value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    } else {
      value.fetch_add(n, std::memory_order_relaxed);
    }
  }
  uint64_t sum(Counter counter) const noexcept {
    uint64_t total = 0;
    for (const Shard& s : shards_) total += s.values[static_cast<size_t>(counter)].load(std::memory_order_relaxed);
    return total;
  }

 private:
  struct alignas(64) Shard {
    std::array<std::atomic<uint64_t>, static_cast<size_t>(Counter::kCount)> values{};
  };

  std::array<Shard, ThreadIndex::kCount + 1> shards_;
};

}  // namespace tern::internal
