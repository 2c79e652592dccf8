// Coherence: joins what SQLite says of its commits with what the cache knows of its slots. It holds the stamps, the
// window on the log and this process's guardian, and is the only one to publish.
//
// Thread-safety: observe(), catch_up() and try_publish() from any thread; all else from the housekeeper alone:
// move_guardian(), bound_log(), let_go_if_asked() and the checkpoints (coherence_log.cc). Errors: open() returns null
// with a reason, and the engine then runs without a cache; the rest reports by its result. Nothing here waits for
// SQLite while it holds the stamp lock.
//
// Invariants (docs/coherence.md):
//   C1  While the guardian holds, its snapshot is at or before the saved state in the stamps: every commit that is not
//       published yet is still in the log.
//   C2  The saved state only moves forward in the order of commits, since it is written under the stamp lock from a
//   header
//       that was read under it.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "cache/stamps.h"
#include "cache/validity.h"
#include "engine/counters.h"
#include "sql/checkpoint.h"
#include "sql/guardian.h"
#include "sql/read_pool.h"
#include "sql/wal_follower.h"
#include "sql/wal_index.h"

namespace tern::internal {

struct CoherenceOptions {
  sql::ConnectionOptions connection;
  cache::StampsOptions stamps;
  uint32_t checkpoint_frames = 2000;
  uint64_t max_log_bytes = uint64_t{64} << 20;
  // A publication of more pages voids everything instead: one store, where stamping them would hold the stamp lock for
  // longer than the cache is worth after such a commit.
  size_t max_pages_stamped = size_t{1} << 16;
  std::chrono::milliseconds checkpoint_patience{20};  // of a planned checkpoint; up to 100 ms for a log that is long
  std::chrono::milliseconds let_go_window{50};        // at most Stamps::kMaxLetGo
};

class Coherence {
 public:
  // The database must exist and be in WAL mode. Null, with a reason, when there can be no coherent cache here.
  static std::unique_ptr<Coherence> open(const CoherenceOptions& options, Counters& counters, std::string& why);
  ~Coherence();
  Coherence(const Coherence&) = delete;
  Coherence& operator=(const Coherence&) = delete;

  // What a read begins with (rule Read). One line of shared memory and three loads.
  cache::Moment observe() const noexcept { return cache::observe(*wal_, *stamps_); }

  // Rule Slow: publishes what is not published yet, or looks a few hundred nanoseconds long for the one who does.
  // False: go past the cache. A reader never blocks here.
  bool catch_up(cache::Moment& moment) noexcept;

  // Rules Slow and Publish: takes the stamp lock if it can be had within `patience_ms` (0: at once), and publishes what
  // has been committed since the last publication. True when the state at the time of the call has been published, by
  // whomever. `own_commit`: this process has just committed, so that what is met is not counted as foreign.
  bool try_publish(int patience_ms, bool own_commit) noexcept;

  // Voids every entry that hangs on one of the slots, marks included, of every process, if it was filled before. False
  // as below.
  bool void_slots(std::span<const uint32_t> slots, int patience_ms) noexcept {
    return void_by_hand(slots, false, patience_ms);
  }
  // Voids every entry of every process that was filled before: what answers hang on has changed outside the database.
  // False if the stamp lock was not to be had within `patience_ms`.
  bool void_everything(int patience_ms) noexcept { return void_by_hand({}, true, patience_ms); }

  // Moves the guardian to the newest state, publishing up to it. False: it stays where it is; try again later.
  bool move_guardian();
  // Past the log's bound, and when checkpoints did not help: asks all processes to let guardians and snapshots go
  // together for at most let_go_window, so that the log can be copied and restarted by us or by whoever writes, and
  // takes up a new guardian. What the log cannot prove then counts as everything. `readers`: this process's; may be
  // null.
  void bound_log(sql::ReadPool* readers = nullptr);
  // The other processes' part in that.
  void let_go_if_asked(sql::ReadPool* readers = nullptr);

  // The planned checkpoint, if the log is longer than it should be and one could help now. `release_snapshots` closes
  // the read snapshots of this process that nobody is using. Returns whether one ran to its end.
  template <typename ReleaseSnapshots>
  bool checkpoint_if_due(ReleaseSnapshots&& release_snapshots) {
    if (!checkpoint_due()) return false;
    return run_checkpoint([&] { release_snapshots(); });
  }
  // Before closing: the database file alone is to be complete.
  void final_checkpoint() noexcept;

  uint64_t log_frames() const noexcept;

  cache::Stamps& stamps() noexcept { return *stamps_; }
  const cache::Stamps& stamps() const noexcept { return *stamps_; }
  const sql::WalIndex& wal() const noexcept { return *wal_; }

 private:
  Coherence(const CoherenceOptions& options, Counters& counters);
  enum class Hold { kFirst, kAgain };
  bool hold(Hold hold, std::string& why);
  enum class Trust { kGuarded, kJoining, kAfterRestart, kNothing };
  bool publish_locked(const cache::Stamps::Lock& lock, Trust trust, bool own_commit);
  bool void_by_hand(std::span<const uint32_t> slots, bool everything, int patience_ms) noexcept;
  bool let_go();
  void let_all_go(std::chrono::steady_clock::time_point until, sql::ReadPool* readers,
                  const std::function<void()>& meanwhile);
  bool checkpoint_due();
  bool run_checkpoint(const std::function<void()>& release_snapshots);
  bool restart_log(std::chrono::milliseconds patience, const std::function<void()>& release_snapshots);
  void leave_clean(const std::optional<sql::WalHeader>& header, const std::optional<sql::FileState>& file);
  bool untouched_since_clean(const cache::Stamps::Lock& lock, const sql::WalHeader& now) const;

  // Constant after open().
  const CoherenceOptions options_;
  Counters& counters_;
  std::unique_ptr<cache::Stamps> stamps_;
  std::unique_ptr<sql::WalIndex> wal_;

  // Guarded by the stamp lock.
  sql::Changes changes_;
  // C1 is true: not before the first publication that follows the guardian's snapshot. The housekeeper alone changes
  // it, and so reads it without the lock.
  bool guarded_ = false;

  // The housekeeper's own.
  std::unique_ptr<sql::Guardian> guardian_;
  std::unique_ptr<sql::PlannedCheckpoint> checkpoint_;
  std::array<uint32_t, 2> checkpointed_salt_{};
  uint32_t checkpointed_frames_ = 0;
  uint32_t checkpoints_failed_ = 0;  // in a row
  std::chrono::steady_clock::time_point next_checkpoint_{};
  std::chrono::steady_clock::time_point next_let_go_{};
  uint32_t let_go_failed_ = 0;  // in a row
  uint32_t let_go_seen_ = 0;    // the last request that was followed
};

}  // namespace tern::internal
