#include "engine/engine.h"
#include "sql/library.h"

namespace tern::internal {
namespace {

constexpr std::pair<Counter, const char*> kBypassReasons[] = {
    {Counter::kBypassNotCacheable, "not cacheable"},
    {Counter::kBypassPublishing, "a commit was being published"},
    {Counter::kBypassCacheOff, "cache off"},
    {Counter::kBypassImpure, "asked for the time"},
    {Counter::kBypassTooLarge, "result too large"},
    {Counter::kBypassReprepared, "schema changed while running"},
    {Counter::kBypassAsked, "asked to"},
    {Counter::kBypassSeldomAgain, "seldom asked for again"},
};

}  // namespace

Stats Engine::stats() const {
  check_process();
  const auto sum = [this](Counter counter) { return counters_.sum(counter); };
  Stats stats;
  stats.hot.hits = sum(Counter::kHotHits);
  stats.hot.misses = sum(Counter::kHotMisses);
  stats.hot.fills = sum(Counter::kHotFills);
  stats.hot.invalidations = sum(Counter::kHotInvalidations);
  if (hot_) {
    const cache::HotStats hot = hot_->stats();
    stats.hot.evictions = hot.evictions;
    stats.hot.entries = hot.entries;
    stats.hot.bytes = hot.bytes;
    stats.hot.capacity_bytes = hot.capacity_bytes;
    stats.hot.kept_bytes = hot.kept_bytes;
    stats.hot.pinned_bytes = hot.pinned_bytes;
  }
  stats.store.hits = sum(Counter::kStoreHits);
  stats.store.misses = sum(Counter::kStoreMisses);
  stats.store.invalidations = sum(Counter::kStoreInvalidations);
  stats.store.off = store_off_;
  if (store_) {
    const cache::StoreStats store = store_->stats();
    const cache::StoreWriterStats queue = store_writer_->stats();
    stats.store.fills = store.puts;
    stats.store.evictions = store.evictions;
    stats.store.entries = store.entries;
    stats.store.bytes = store.bytes;
    stats.store.capacity_bytes = store.map_bytes;
    stats.store.dropped = queue.dropped;
    stats.store.swept = store.swept;
    if (store_->off()) stats.store.off = store_->why_off();
  }
  stats.sql.reads = sum(Counter::kSqlReads);
  stats.sql.snapshots_reused = sum(Counter::kSnapshotsReused);
  stats.sql.waits = sum(Counter::kWaits);
  stats.policies.expired = sum(Counter::kExpired);
  stats.policies.stale_revalidating = sum(Counter::kStaleRevalidating);
  stats.policies.stale_on_error = sum(Counter::kStaleOnError);
  stats.policies.refreshes = sum(Counter::kRefreshes);
  stats.policies.refresh_failures = sum(Counter::kRefreshFailures);
  stats.policies.not_admitted = sum(Counter::kNotAdmitted);
  stats.invalidated.statements = sum(Counter::kInvalidatedStatements);
  stats.invalidated.tags = sum(Counter::kInvalidatedTags);
  stats.invalidated.tables = sum(Counter::kInvalidatedTables);
  stats.invalidated.everything = sum(Counter::kInvalidatedAll);
  stats.computed.runs = sum(Counter::kComputed);
  stats.computed.uncached = sum(Counter::kComputedUncached);
  stats.computed.waits = sum(Counter::kComputedWaits);
  stats.commits.own = sum(Counter::kOwnCommits);
  stats.commits.grouped = sum(Counter::kGroupedWrites);
  stats.commits.published = sum(Counter::kPublished);
  stats.commits.foreign = sum(Counter::kForeign);
  stats.commits.everything = sum(Counter::kEverything);
  stats.commits.pages = sum(Counter::kPagesStamped);
  stats.log.checkpoints = sum(Counter::kCheckpoints);
  stats.log.guardian_moves = sum(Counter::kGuardianMoves);
  stats.log.guardian_lost = sum(Counter::kGuardianLost);
  if (coherence_) {
    stats.commits.seq = coherence_->stamps().seq();
    stats.log.frames = coherence_->log_frames();
  }
  for (const auto& [counter, reason] : kBypassReasons) {
    if (const uint64_t count = sum(counter); count != 0) stats.bypassed[reason] = count;
  }
  {
    const std::lock_guard lock(kv_mutex_);
    if (kv_) kv_->add_to(stats);
  }
  stats.cache_off = cache_off_;
  stats.sqlite_version = sql::initialize({.accept_wal_reset_bug = true}).version;
  return stats;
}

}  // namespace tern::internal
