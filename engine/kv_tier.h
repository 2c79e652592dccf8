// The KV tier of one engine: the durable store, the hot table in front of it, who writes, and who sweeps.
//
// What it joins: cache/kv_store.h (truth), cache/kv_stamps.h (the protocol, K1 to K3), the engine's hot table. This is
// where a KV read takes its linearization point:
//
//   get       kv_seq is loaded first. A hot entry that was validated at it, or whose slot and ALL are not above its
//             label, is what the store held at that load. Else the store's own snapshot, begun after it.
//   get_many  hot answers and answers from one snapshot, whose labels and stamps are looked at once more when all are
//             there: what passes then was true at the first load of the second look. Else all from one snapshot.
//
// Thread-safety: all functions, from any thread. Lifetime: the engine's; large values that are held keep the engine.
// Errors: tern::Error. Cost: a hit is the hot table's lookup, two loads, and the clock for a value that expires.
#pragma once

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/clock.h"
#include "cache/hot_table.h"
#include "cache/kv_keys.h"
#include "cache/kv_store.h"
#include "engine/counters.h"
#include "engine/dependencies.h"
#include "engine/kv_sweeper.h"
#include "engine/kv_writer.h"
#include "tern/kv.hpp"
#include "tern/options.hpp"
#include "tern/stats.hpp"

namespace tern::internal {

struct KvTierOptions {
  cache::KvStoreOptions store;
  cache::HotTable* hot = nullptr;  // null: the store answers everything
  Counters* counters = nullptr;
  int busy_timeout_ms = 0;
  bool grouped = true;
  const sql::ReadPool* of = nullptr;  // whose computed values may hang on what is read here (dependencies.h)
  bool sweeps = true;                 // by itself; else whoever calls sweep_once() does
  uint64_t max_entry_bytes = 0;       // of what goes into the hot table
  // Keeps the engine, for values that are held in the store's map.
  std::function<std::shared_ptr<const void>()> keep;
};

class KvTier {
 public:
  // A record of this size is shown where it lies in the store, and not kept in the hot table.
  static constexpr size_t kViewBytes = size_t{32} << 10;
  static constexpr size_t kPrefixBatch = 256;
  static constexpr size_t kListScan = 10'000;

  explicit KvTier(KvTierOptions options);

  uint64_t open_namespace(std::string_view name, bool make);
  std::vector<std::string> namespaces();

  // Keys are checked by the caller.
  std::optional<Pinned> get(uint64_t kv_namespace, std::string_view key);
  std::vector<std::optional<Pinned>> get_many(uint64_t kv_namespace, std::span<const std::string_view> keys);
  // A page of the keys that begin so, from the first that is not below `from`; its cursor is the last key, as it is.
  KvPage list(uint64_t kv_namespace, std::string_view prefix, std::string_view from, size_t limit);

  // One write, durable when it returns (kv_writer.h). Looks whether the files are in their place, before and after:
  // what was put into one that is no more is lost, and is not to be acknowledged.
  void write(KvWriter::Work work);
  cache::KvStore& store() noexcept { return *store_; }
  int64_t now_ms() noexcept { return store_->now_ms(); }

  // Whether what an entry was made from still stands: kv_seq at which it does, nothing if not.
  std::optional<uint64_t> holds(const cache::KvReadsView& reads) noexcept;

  // One batch of what has expired; how many were removed. 0: nothing is left. One thread at a time.
  size_t sweep_once();
  // A batch of the keys that begin so; adds how many of them were there. False: no key does.
  bool remove_batch(uint64_t kv_namespace, std::string_view prefix, uint64_t& removed);

  // Looks whether the files are still in their place; if not, every later call is an error.
  void look() noexcept;

  void add_to(Stats& stats) const;

 private:
  struct Found;  // kv_reader.cc

  void demand_in_place() const {
    // relaxed: a flag that orders nothing.
    if (lost_.load(std::memory_order_relaxed) != nullptr) [[unlikely]]
      refuse();
  }
  [[noreturn]] void refuse() const;
  // For what this thread is computing, if anything.
  void collect(uint64_t slot, uint64_t label, int64_t expires_at_ms) const {
    if (Dependencies* const on = Dependencies::current()) [[unlikely]]
      on->add_kv(options_.of, {.slot = slot, .label = label, .expires_at_ms = expires_at_ms});
  }
  void heal(uint64_t slot) noexcept;

  std::optional<Pinned> get_from_store(uint64_t kv_namespace, std::string_view key, const cache::KvHotKey& hot_key,
                                       int64_t expired_by_ms = std::numeric_limits<int64_t>::min());
  bool still_true(const cache::HotEntry& entry, const cache::KvHotKey& hot_key, uint64_t seq) noexcept;
  std::optional<Pinned> show(std::span<const std::byte> record, const cache::KvHotKey& hot_key, uint64_t label,
                             cache::KvStore::Read* read);
  void keep_absent(const cache::KvHotKey& hot_key, uint64_t label) noexcept;
  bool find_hot(uint64_t kv_namespace, std::span<const std::string_view> keys, uint64_t seq, std::vector<Found>& found);
  std::vector<std::optional<Pinned>> many_from_one_snapshot(uint64_t kv_namespace,
                                                            std::span<const std::string_view> keys);
  cache::KvStore::Read snapshot(uint64_t& label, int64_t& now);

  // Constant after construction.
  const KvTierOptions options_;
  Counters& counters_;
  std::unique_ptr<cache::KvStore> store_;
  KvWriter writer_;

  size_t sweep_batch_ = KvSweeper::kMaxBatch;  // the sweeping thread's own

  std::atomic<const char*> lost_{nullptr};  // the file that is not in its place any more
  std::atomic<uint32_t> pages_held_{0};     // relaxed: a bound
  std::unique_ptr<KvSweeper> sweeper_;      // last: uses all of the above
};

}  // namespace tern::internal
