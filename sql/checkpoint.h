// The planned checkpoint: how the log stays bounded although somebody always reads.
//
// Snapshots that are always open starve checkpoints, and automatic ones are off. So, past a number of frames, the
// engine asks for a restart() (coherence document, "The log stays bounded"), a RESTART checkpoint of SQLite
// (sqlite3WalCheckpoint in wal.c) in which waiting means making the readers move on:
//
// | step of SQLite                                | waits for               | `on_wait` makes                        |
// |-----------------------------------------------|-------------------------|----------------------------------------|
// | takes the write lock                          | the writer of now       |                                        |
// | copies all frames, none can be added          | snapshots of before     | all guardians move, reused ones end    |
// | takes the read locks 1 … 4 for a moment       | whoever reads the log   | the same: now onto read lock 0         |
//
// Afterwards nobody reads from the log, and who begins to read takes lock 0: so the next writer restarts the log from
// its first frame, whatever comes in between. A checkpoint under the write lock also cannot meet the WAL-reset bug
// (library.h).
//
// begin() … run() … end() is the other form, for the last one to leave: BEGIN IMMEDIATE, PASSIVE checkpoints on another
// connection, ROLLBACK. What is looked at in between cannot be changed by anybody.
//
// Contract. One caller at a time. Both forms bar all writers: keep them to milliseconds. The destructor ends what is
// begun. Throws Error for failures other than busy.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "sql/connection.h"

namespace tern::sql {

struct CheckpointResult {
  bool ran = false;  // false: another checkpoint was under way all the time
  uint32_t log_frames = 0;
  uint32_t copied_frames = 0;

  bool complete() const noexcept { return ran && copied_frames == log_frames; }
};

class PlannedCheckpoint {
 public:
  static constexpr std::chrono::milliseconds kDefaultDeadline{15};

  // Opens both connections.
  explicit PlannedCheckpoint(const ConnectionOptions& options);
  ~PlannedCheckpoint();
  PlannedCheckpoint(const PlannedCheckpoint&) = delete;
  PlannedCheckpoint& operator=(const PlannedCheckpoint&) = delete;

  // True if all is copied and the next writer restarts the log. Waits `patience` at most; `on_wait` is called
  // meanwhile, the first time at once, and then every 50 µs or more. What it throws leaves here.
  bool restart(std::chrono::milliseconds patience, const std::function<void()>& on_wait);

  // Takes the write lock, waiting at most that long; false if someone else has it. It is asked for every 50 µs, since
  // a writer that begins anew after each commit leaves it free for a microsecond only.
  bool begin(std::chrono::milliseconds wait = std::chrono::milliseconds(1));
  CheckpointResult run(std::chrono::milliseconds deadline = kDefaultDeadline);
  void end() noexcept;
  // Cuts the log to nothing, if all of it has been copied and nobody anywhere reads from it or writes; does not wait.
  // For the last one to leave: a log that is kept is recovered from its start by whoever comes next.
  bool truncate_log();
  bool begun() const noexcept { return begun_; }

 private:
  bool try_begin();

  Connection writer_;
  Connection checkpointer_;
  bool begun_ = false;
};

// One checkpoint on `connection`, without any of the above: copies what readers allow (PASSIVE), again and again until
// all is copied or the deadline has passed. For closing, so that the database file alone is complete; the log stays.
CheckpointResult checkpoint_now(Connection& connection, std::chrono::milliseconds deadline);

}  // namespace tern::sql
