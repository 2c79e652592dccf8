#include "engine/kv_tier.h"

#include <chrono>
#include <utility>

namespace tern::internal {

namespace {

std::unique_ptr<cache::KvStore> open_store(const cache::KvStoreOptions& options) {
  std::string why;
  auto store = cache::KvStore::open(options, why);
  if (store == nullptr) throw Error(ErrorCode::kIo, "cannot open the KV store: " + why);
  return store;
}

}  // namespace

KvTier::KvTier(KvTierOptions options)
    : options_(std::move(options)),
      counters_(*options_.counters),
      store_(open_store(options_.store)),
      writer_(*store_, counters_, options_.busy_timeout_ms, options_.grouped) {
  if (options_.sweeps) sweeper_ = std::make_unique<KvSweeper>(*this);
}

void KvTier::look() noexcept {
  // relaxed: a flag that orders nothing; the name is a constant.
  if (const char* const file = store_->stamps().misplaced_file()) lost_.store(file, std::memory_order_relaxed);
}

void KvTier::refuse() const {
  Dependencies::refuse_current("a read of a KV namespace in it failed");
  const std::string folder = options_.store.folder.string();
  throw Error(ErrorCode::kIo, "cannot use the KV store in " + folder + ": " + folder + "/" +
                                  lost_.load(std::memory_order_relaxed) +
                                  " was moved, replaced or deleted while it was open; close every handle of the "
                                  "database, in every program, and open it again");
}

void KvTier::write(KvWriter::Work work) {
  Dependencies::refuse_current("it writes to a KV namespace");
  look();
  demand_in_place();
  writer_.run(work);
  look();
  demand_in_place();
}

uint64_t KvTier::open_namespace(std::string_view name, bool make) {
  demand_in_place();
  uint64_t number = 0;
  if (const int code = store_->open_namespace(name, make, options_.busy_timeout_ms, number))
    throw kv_error(code, *store_);
  return number;
}

std::vector<std::string> KvTier::namespaces() {
  Dependencies::refuse_current("it lists the KV namespaces");
  demand_in_place();
  std::vector<std::string> names;
  int code = 0;
  const auto read = store_->read(code);
  if (!read) throw kv_error(code, *store_);
  code = store_->for_each_namespace(read, [&](std::string_view name) { names.emplace_back(name); });
  if (code != 0) throw kv_error(code, *store_);
  return names;
}

size_t KvTier::sweep_once() {
  const int64_t now = now_ms();
  const int64_t first = store_->first_due_ms();
  if (first == 0 || first > now) return 0;
  using std::chrono::steady_clock;
  size_t erased = 0;
  steady_clock::time_point turn;  // begins when nobody is waited for any more
  write([&](cache::KvTransaction& transaction, uint64_t) {
    turn = steady_clock::now();
    erased = 0;
    demand(transaction.erase_due(now, sweep_batch_, erased), *store_);
  });
  sweep_batch_ = KvSweeper::next_batch(sweep_batch_, steady_clock::now() - turn);
  counters_.add(Counter::kKvSwept, erased);
  return erased;
}

bool KvTier::remove_batch(uint64_t kv_namespace, std::string_view prefix, uint64_t& removed) {
  Dependencies::refuse_current("it writes to a KV namespace");
  demand_in_place();
  std::vector<std::string> keys;
  int code = 0;
  {
    const auto read = store_->read(code);
    if (!read) throw kv_error(code, *store_);
    code = store_->walk(read, kv_namespace, prefix, [&](std::string_view key, const cache::KvRecord&) {
      if (!key.starts_with(prefix) || keys.size() == kPrefixBatch) return false;
      keys.emplace_back(key);
      return true;
    });
  }
  if (code != 0) throw kv_error(code, *store_);
  if (keys.empty()) return false;
  // What has expired goes too, but was not there; nor was what somebody else has removed since the walk.
  uint64_t there = 0;
  write([&](cache::KvTransaction& transaction, uint64_t) {
    there = 0;
    const int64_t now = now_ms();
    for (const std::string& key : keys) {
      cache::KvRecord record;
      if (transaction.find(kv_namespace, key, record) == 0 && !record.expired(now)) ++there;
      const int erased = transaction.erase(kv_namespace, key);
      if (erased != MDB_NOTFOUND) demand(erased, *store_);
    }
  });
  removed += there;
  return true;
}

void KvTier::add_to(Stats& stats) const {
  const auto sum = [this](Counter counter) { return counters_.sum(counter); };
  stats.kv.open = true;
  stats.kv.hot_hits = sum(Counter::kKvHotHits);
  stats.kv.store_reads = sum(Counter::kKvStoreReads);
  stats.kv.fills = sum(Counter::kKvFills);
  stats.kv.invalidations = sum(Counter::kKvInvalidations);
  stats.kv.writes = sum(Counter::kKvWrites);
  stats.kv.commits = sum(Counter::kKvCommits);
  stats.kv.swept = sum(Counter::kKvSwept);
  stats.kv.healed = sum(Counter::kKvHealed);
  stats.kv.pages_held = pages_held_.load(std::memory_order_relaxed);
  const cache::KvStoreStats store = store_->stats();
  stats.kv.keys = store.keys;
  stats.kv.expiring = store.expiring;
  stats.kv.bytes = store.used_bytes;
  stats.kv.file_bytes = store.file_bytes;
  stats.kv.map_bytes = store.map_bytes;
  stats.kv.readers = store.readers;
  stats.kv.seq = store_->stamps().seq();
  stats.kv.off = store_->why_off();
}

}  // namespace tern::internal
