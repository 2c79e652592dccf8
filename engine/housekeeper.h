// The housekeeper: one thread of each process that keeps guardian, snapshots and log in motion.
//
// It moves the guardian to the newest state every kMoveInterval, and at once when another process asks; it ends read
// snapshots that nobody has used for a few milliseconds, the store's with each move; it runs the planned checkpoint
// when the log has grown past its bound; and it looks every FileWatch::kInterval whether the database's files are still
// in their place. Nothing waits for it but the log's length.
//
// Thread-safety: start by construction, stop by destruction; both joins with the thread. What it refers to outlives it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "cache/store.h"
#include "engine/coherence.h"
#include "sql/read_pool.h"

namespace tern::internal {

class Housekeeper {
 public:
  static constexpr std::chrono::milliseconds kMoveInterval{50};
  static constexpr std::chrono::milliseconds kSnapshotIdle{5};

  // `store` may be null. `note_time` is called once a round.
  Housekeeper(Coherence& coherence, sql::ReadPool& readers, sql::FileWatch& files, cache::Store* store,
              std::function<void()> note_time);
  ~Housekeeper();
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

 private:
  void run() noexcept;
  void round(bool requested);

  Coherence& coherence_;
  sql::ReadPool& readers_;
  sql::FileWatch& files_;
  cache::Store* const store_;
  const std::function<void()> note_time_;
  std::chrono::steady_clock::time_point next_move_{};
  std::atomic<bool> stopping_{false};  // relaxed: a flag that is looked at again a few milliseconds later
  std::thread thread_;
};

}  // namespace tern::internal
