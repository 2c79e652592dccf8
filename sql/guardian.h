// The guardian: an open read snapshot that keeps every commit since the last published one in the log.
//
// Why it works: a reader that holds WAL_READ_LOCK(i > 0) keeps the log from restarting, one that holds WAL_READ_LOCK(0)
// keeps frames from being copied back (https://www.sqlite.org/walformat.html, section 2.3.3). Either way no frame that
// was committed after the guardian's snapshot can leave the log, so changes_since() misses nothing.
//
// | state  | event                                   | next                                                     |
// |--------|-----------------------------------------|----------------------------------------------------------|
// | loose  | open(), the read began                  | holds                                                    |
// | loose  | open(), busy                            | loose                                                    |
// | holds  | move(): new read began, publish() true  | holds the new snapshot; the old one is let go last       |
// | holds  | move(): busy, or publish() false        | holds the old snapshot                                   |
// | holds  | let_go()                                | loose: from here on what cannot be proven is all         |
//
// Invariant: while holds(), a snapshot at or before the last successful publish() is open without a gap. The overlap in
// move() is what makes it one: the new read holds its lock before the old one goes.
//
// Contract. Not thread-safe: one caller at a time (the engine's housekeeper), except holds(). Guardians never write.
// The age of the snapshot is how long the log is kept from restarting: move() it regularly. Throws Error only from the
// constructor and for failures other than busy.
#pragma once

#include <atomic>
#include <utility>

#include "sql/connection.h"
#include "sql/probes.h"

namespace tern::sql {

class Guardian {
 public:
  // Opens the pair of connections (mode kRead), holds nothing yet.
  explicit Guardian(const ConnectionOptions& options);

  // Begins to hold, if it does not yet. False if the database is busy.
  bool open();

  // `publish` returns whether the state now visible has been published. It runs while both snapshots are open.
  template <typename Publish>
  bool move(Publish&& publish) {
    if (!holds()) return false;
    if (TERN_MUTANT(kGuardianReleasedFirst)) held_.end_transaction();
    TERN_SYNC_POINT("guardian:before-second");
    if (!begin(spare_)) return false;
    TERN_SYNC_POINT("guardian:second-begun");
    bool published = false;
    try {
      published = std::forward<Publish>(publish)();
    } catch (...) {
      spare_.end_transaction();
      throw;
    }
    if (!published && !TERN_MUTANT(kMovedUnpublished)) {
      spare_.end_transaction();
      return false;
    }
    TERN_SYNC_POINT("guardian:published");
    held_.end_transaction();
    std::swap(held_, spare_);
    TERN_SYNC_POINT("guardian:moved");
    return true;
  }

  void let_go() noexcept;

  // relaxed: tells what this process did; whoever relies on it synchronises by the stamp lock.
  bool holds() const noexcept { return holds_.load(std::memory_order_relaxed); }

 private:
  // Whether a read transaction is open now that holds its lock.
  static bool begin(Connection& connection) {
    if (TERN_MUTANT(kGuardianWithoutRead)) return connection.execute("BEGIN") == 1;
    return connection.begin_read();
  }

  Connection held_;
  Connection spare_;
  std::atomic<bool> holds_{false};
};

}  // namespace tern::sql
