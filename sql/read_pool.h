// Read connections, and their snapshots that stay open from one read to the next while nothing is committed.
//
//   ReadPool::Lease lease = pool.acquire();
//   ReadPool::Snapshot snapshot = lease.snapshot();       // now, or the one still open if it is just as new
//   auto use = lease.statements().get(sql); …
//   // the lease's end gives the connection back, its read transaction still open
//
// Why: beginning and ending a read transaction costs SQLite several lock calls, more than the point read itself. While
// the wal state (wal_index.h) is the one at which a snapshot began, that snapshot shows the newest committed state.
//
// However busy, a snapshot is begun anew after kMaxSnapshotAge: one that began before the log was copied back keeps it
// from restarting, and a program that waits for the restart bars all writers meanwhile.
//
// release_all() also speaks to snapshots that are in use: they end with their lease, and are not reused.
//
// Contract. acquire(), release_idle(), release_all() and stats() are thread-safe. A Lease belongs to one thread and
// must end before the pool; statements made on its connection, by its cache or by hand, must end or be reset before it.
// Last given back, first taken. acquire() opens connections up to `max_connections`, then waits up to `wait_ms`, then
// throws Error (SQLITE_BUSY). An idle snapshot is an open read transaction: it keeps the log from restarting, so the
// housekeeper must call release_idle() every few milliseconds. Nothing is read inside release: it only ends
// transactions.
//
// Invariants. (1) A snapshot counts as reusable at wal state w only if w was loaded both before BEGIN and after an
// executed read: then it shows exactly the state named w. (2) A reused snapshot was checked with sqlite3_txn_state
// to be a plain read. (3) A connection in the idle list has no statement that is running.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "sql/connection.h"
#include "sql/file_watch.h"
#include "sql/statement_cache.h"
#include "sql/wal_index.h"

namespace tern::sql {

struct ReadPoolOptions {
  ConnectionOptions connection;  // its mode is taken as kRead
  size_t max_connections = 16;
  size_t statements_per_connection = StatementCache::kDefaultCapacity;
  int wait_ms = 5'000;
  // Looked at before a new connection is used, since those are opened by their path. May be null; outlives the pool.
  FileWatch* files = nullptr;
  // Called with each new connection before its first use: register functions and collations here.
  std::function<void(Connection&)> on_open;
};

class ReadPool {
  struct Member;

 public:
  // `index` may be null or unavailable (then no snapshot is reused); it must outlive the pool.
  ReadPool(ReadPoolOptions options, const WalIndex* index);
  ~ReadPool();
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  static constexpr std::chrono::milliseconds kMaxSnapshotAge{50};

  struct Snapshot {
    bool reused = false;
    // The wal state that the snapshot shows, if known: a commit during BEGIN leaves it unknown, and the snapshot is
    // then good for reading, but not for filling.
    std::optional<uint64_t> wal_state;
  };

  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    Connection& connection() const noexcept;
    StatementCache& statements() const noexcept;

    // A read transaction that shows the state of now, or newer than the call. Throws Error if the database stays busy.
    // `wal_state_now`: what the caller has just loaded from the index.
    Snapshot snapshot(uint64_t wal_state_now) const;
    Snapshot snapshot() const;
    // Ends the transaction now: for a statement whose snapshot must not stay open.
    void end_snapshot() const noexcept;

   private:
    friend class ReadPool;
    Lease(ReadPool& pool, std::unique_ptr<Member> member) noexcept;
    ReadPool* pool_;
    std::unique_ptr<Member> member_;
  };

  // How its connections are opened.
  const ConnectionOptions& connection_options() const noexcept { return options_.connection; }

  Lease acquire();
  Lease acquire(std::chrono::milliseconds wait);

  // Ends the snapshots of idle connections that nobody used for `idle` (the engine's "few idle milliseconds"), or whose
  // wal state is no longer the current one. Returns how many.
  size_t release_idle(std::chrono::milliseconds idle);
  size_t release_all();

  // Until then acquire() waits, so that for a moment nobody reads from the log: the last means of bounding it.
  void hold_back(std::chrono::steady_clock::time_point until);
  void let_in();

  // After functions were registered or the schema's modules changed: every connection is opened anew before its next
  // use.
  void renew_connections();

  struct Stats {
    size_t open = 0, idle = 0, idle_snapshots = 0;
    uint64_t snapshots_reused = 0, snapshots_begun = 0;
  };
  Stats stats() const;

 private:
  std::unique_ptr<Member> open_member();
  std::optional<uint64_t> state_now() const noexcept;
  void give_back(std::unique_ptr<Member> member) noexcept;
  Snapshot take_snapshot(Member& member, std::optional<uint64_t> wal_state_now);

  const ReadPoolOptions options_;
  const WalIndex* const index_;

  mutable std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Member>> idle_;                // guarded by mutex_; the last is the most recently used
  size_t open_ = 0;                                          // guarded by mutex_; idle and leased
  uint64_t generation_ = 0;                                  // guarded by mutex_; renew_connections() raises it
  std::chrono::steady_clock::time_point held_back_until_{};  // guarded by mutex_
  // release_all() raises it. relaxed: a snapshot that misses it is one that the next call meets.
  std::atomic<uint64_t> snapshot_epoch_{0};
  // Counters of stats(): relaxed, nothing hangs on their order.
  std::atomic<uint64_t> snapshots_reused_{0};
  std::atomic<uint64_t> snapshots_begun_{0};
};

}  // namespace tern::sql
