// The engine of one database file in this process: the tiers, and what joins them. What Database, Statement and the C
// API stand on.
//
// Thread-safety: all public functions, from any thread. Lifetime: shared by every handle; the last one closes it, on
// its own thread: the store's queue is written out, the log is copied into the file, and the file is complete. In the
// child of a fork every call is kMisuse and nothing is closed. Errors: tern::Error.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/computer.h"
#include "engine/counters.h"
#include "engine/entry_time.h"
#include "engine/host_registry.h"
#include "engine/housekeeper.h"
#include "engine/kv_tier.h"
#include "engine/prepared.h"
#include "engine/reader.h"
#include "engine/writer.h"
#include "sql/file_watch.h"
#include "sql/fork_guard.h"
#include "tern/options.hpp"
#include "tern/stats.hpp"

namespace tern::internal {

class SessionImpl;

class Engine : public std::enable_shared_from_this<Engine> {
 public:
  // The engine of that file, opened if this process has none. (registry.cc)
  static std::shared_ptr<Engine> open(const std::string& path, const Options& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Null: the policy of Options, for a statement that reads.
  std::shared_ptr<Prepared> prepare(std::string_view sql, const Policy* policy = nullptr);
  Rows run(Prepared& prepared, const cache::KeyBuilder& key);
  // What the hot tier can answer at once; nothing where that takes more.
  std::optional<Rows> run_if_hot(Prepared& prepared, const cache::KeyBuilder& key);
  // By SQLite, without a look at the cache; leaves nothing there.
  Rows run_past_cache(Prepared& prepared, const cache::KeyBuilder& key);
  std::vector<Rows> read_many(Prepared& prepared, std::span<const Value> values);
  // Invalidation by hand (invalidation.cc).
  void invalidate(const Prepared& prepared);
  void invalidate_tag(std::string_view tag);
  void invalidate_table(std::string_view table);
  void invalidate_all();
  Explanation explain(Prepared& prepared, const cache::KeyBuilder& key);
  Computed get_or_compute(std::string_view key, const ComputeOptions& options, ComputeFunction function);
  Stats stats() const;

  // A session on the same file. (session.h)
  std::shared_ptr<SessionImpl> open_session();
  // Gives every connection, now and later, a function or collation of the host.
  void adopt(std::shared_ptr<const HostObject> object);

  // Opened with the first call. (engine_kv.cc)
  KvTier& kv();

  // For sessions. Null while the cache is off.
  Coherence* coherence() const noexcept { return coherence_.get(); }
  Counters& counters() noexcept { return counters_; }
  const HostRegistry& host() const noexcept { return host_; }
  // Error::kMisuse in the child of a fork.
  static void check_process();
  const Tiers& tiers() const noexcept { return reader_->tiers(); }
  // For tests.
  const Computer& computer() const noexcept { return *computer_; }
  // That, and that the database's files are still the ones that were opened.
  void check_usable() const {
    // Without a cache there is no housekeeper that looks.
    if (sql::forked() || coherence_ == nullptr || files_->lost()) [[unlikely]]
      check_closely();
  }

  Writer& writer();
  const std::string& path() const noexcept { return path_; }

 private:
  friend class EngineRegistry;
  Engine(std::string path, const Options& options);
  void open_cache(const sql::ConnectionOptions& connection, const Options& options);
  void open_store(const cache::StampsOptions& place, uint64_t store_bytes);
  std::shared_ptr<Prepared> make_prepared(std::string_view sql);
  void demand_writable() const;
  std::unique_ptr<KvTier> open_kv();
  void check_closely() const;
  void void_slots(std::span<const uint32_t> slots, Counter counted);

  // In order of construction: what stands below uses what stands above, and goes first. All constant after
  // construction.
  const std::string path_;
  std::string file_;  // the same from the root: the program may change its working folder
  const int busy_timeout_ms_;
  const Policy default_policy_;
  EntryTime time_;
  const KvDurability kv_durability_;
  const uint64_t kv_map_bytes_;
  const uint64_t max_entry_bytes_;
  cache::Clock* const kv_clock_;  // null: the machine's
  Counters counters_;
  HostRegistry host_;
  std::mutex adoption_;  // one adopt() at a time
  std::unique_ptr<sql::FileWatch> files_;
  std::string read_only_;  // why nothing can be written; empty if it can
  std::string cache_off_;
  std::string store_off_;
  std::unique_ptr<Coherence> coherence_;
  std::unique_ptr<cache::HotTable> hot_;
  std::unique_ptr<cache::Store> store_;
  std::unique_ptr<cache::StoreWriter> store_writer_;
  std::unique_ptr<sql::ReadPool> readers_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<Computer> computer_;
  StatementRegistry statements_;
  std::unique_ptr<Housekeeper> housekeeper_;
  mutable std::mutex kv_mutex_;
  std::unique_ptr<KvTier> kv_;              // guarded by kv_mutex_ until it is there
  std::atomic<KvTier*> kv_there_{nullptr};  // the same, for those who do not open it
};

}  // namespace tern::internal
