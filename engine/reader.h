// Read-through: decides which tier answers a read, and fills upward on a miss.
//
//   observe ─► hot ─► store ─► single flight ─► SQLite ─► fill hot, queue for the store
//      │  w != expected: rule Slow (publish, or go past the cache)
//
// Every answer is true at some moment between the start of the read and its end (linearizable): a hit by rule Read
// (cache/validity.h), a miss because its snapshot began after the read did. The one exception is a statement whose
// policy asks for it, and then the answer says that it is stale (reader_policy.cc).
//
// Thread-safety: all of it. Errors: tern::Error for what SQLite refuses. Cost: a hot hit takes no lock, makes no
// system call and allocates nothing.
#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <vector>

#include "cache/hot_table.h"
#include "cache/store.h"
#include "cache/store_writer.h"
#include "engine/age_log.h"
#include "engine/coherence.h"
#include "engine/counters.h"
#include "engine/dependencies.h"
#include "engine/doorkeeper.h"
#include "engine/entry_time.h"
#include "engine/host_registry.h"
#include "engine/prepared.h"
#include "engine/refresher.h"
#include "engine/single_flight.h"
#include "sql/read_pool.h"
#include "tern/explain.hpp"
#include "tern/rows.hpp"

namespace tern::internal {

class KvTier;

// What a read may use. Null where a tier is off.
struct Tiers {
  Coherence* coherence = nullptr;
  cache::HotTable* hot = nullptr;
  cache::Store* store = nullptr;
  cache::StoreWriter* store_writer = nullptr;
  const EntryTime* time = nullptr;
  sql::ReadPool* readers = nullptr;
  Counters* counters = nullptr;
  const HostRegistry* host = nullptr;
  const std::atomic<KvTier*>* kv = nullptr;  // null within until it is opened
  uint64_t max_entry_bytes = 0;
  bool pages_recordable = false;
};

// Who invalidates a statement, or one of its tags, voids what was computed from its answers as well.
void collect_marks(Dependencies& on, const Prepared& prepared);

class Reader {
 public:
  explicit Reader(const Tiers& tiers)
      : tiers_(tiers),
        refresher_([this](Prepared& prepared, const cache::KeyBuilder& key) { refresh(prepared, key); }) {}
  // Before anything that a read uses goes: nothing is refreshed any more.
  void stop() noexcept { refresher_.stop(); }

  const Tiers& tiers() const noexcept { return tiers_; }

  Rows read(Prepared& prepared, const cache::KeyBuilder& key);
  // The hot tier's answer, if it has a fresh one: no lock, no call of the system but for the clock, and no waiting
  // (reader_hot.cc).
  std::optional<Rows> read_if_hot(Prepared& prepared, const cache::KeyBuilder& key);
  // For each value the statement with it as its only argument; all answers are from one committed state.
  std::vector<Rows> read_many(Prepared& prepared, std::span<const Value> values);
  Rows read_past_cache(Prepared& prepared, const cache::KeyBuilder& key) {
    return read_uncached(prepared, key, Counter::kBypassAsked);
  }
  // What seq is now, so that the age of what becomes void later is known (age_log.h).
  void note_time() noexcept;
  // Runs the statement, and says what became of it; its pages into `pages`. What they belong to: explainer.h.
  Explanation explain(const Prepared& prepared, const cache::KeyBuilder& key, std::vector<uint32_t>& pages);

 private:
  // Adds an answer, found true at that moment, to what this thread is computing, if anything.
  template <typename View>
  void collect(const View& entry, const cache::Moment& moment, const Prepared& prepared) const {
    if (Dependencies* const on = Dependencies::current()) [[unlikely]] {
      const bool sharable = prepared.sharable_in.load(std::memory_order_relaxed) == tiers_.host->generation();
      on->add(tiers_.readers, entry, moment.seq, sharable);
      collect_marks(*on, prepared);
    }
  }

  struct Filled {
    cache::EntryRef entry;
    bool cached = false;  // it has a key and a label, and may be shared
  };

  // What is loaded before a lease is taken: see Fill in docs/coherence.md, and host_registry.h.
  struct FillStart {
    int64_t began_ms = 0;  // where there is a policy
    uint64_t label = 0;
    uint64_t generation = 0;
  };
  FillStart fill_start(const Prepared& prepared) noexcept;

  // `voided`: the hot tier had an answer that is noted as voided already.
  cache::EntryRef find_in_store(Prepared& prepared, const cache::KeyBuilder& key, const cache::KeyHash& hash,
                                const cache::Moment& moment, bool voided);
  Rows read_below_hot(Prepared& prepared, const cache::KeyBuilder& key, const cache::Moment& moment, bool voided);
  Filled fill(Prepared& prepared, const cache::KeyBuilder& key, const cache::KeyHash& hash);
  // With an empty hash the answer is not kept.
  Filled fill_with(sql::ReadPool::Lease& lease, FillStart start, Prepared& prepared, const cache::KeyBuilder& key,
                   const cache::KeyHash& hash);
  Rows read_uncached(Prepared& prepared, const cache::KeyBuilder& key, Counter why);
  void read_together(Prepared& prepared, std::span<const Value> values, std::vector<Rows>& answers);
  std::vector<Rows> read_many_in_one_snapshot(Prepared& prepared, std::span<const Value> values);

  // reader_policy.cc
  Rows read_fresh(Prepared& prepared, const cache::KeyBuilder& key);
  enum class Serve { kStaleToo, kFreshOnly };
  Rows read_by_policy(Prepared& prepared, const cache::KeyBuilder& key, Serve serve);
  std::optional<int64_t> true_until(const cache::HotEntry& entry, bool only_expired) const noexcept;
  Rows stale(cache::HotRef entry, StaleReason reason, int64_t age_ms);
  bool is_due(const Policy& policy, const cache::HotEntry& entry, int64_t now_ms) const noexcept;
  void refresh(Prepared& prepared, const cache::KeyBuilder& key);
  bool expired(const cache::Entry& entry) const noexcept;
  bool admits(const Policy& policy, const cache::KeyBuilder& key, const cache::BodyBuilder& body, int64_t cost_ns);

  const Tiers tiers_;
  SingleFlight flights_;
  AgeLog ages_;
  Doorkeeper doorkeeper_;
  Refresher refresher_;  // last: its thread uses all of this
};

}  // namespace tern::internal
