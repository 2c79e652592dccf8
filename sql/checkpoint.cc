#include "sql/checkpoint.h"

#include <sqlite3.h>

#include <exception>
#include <thread>

#include "sql/error.h"

namespace tern::sql {
namespace {

using Clock = std::chrono::steady_clock;

// Between tries: readers that stand in the way take some microseconds to some milliseconds to move on.
constexpr std::chrono::microseconds kPause{200};
constexpr std::chrono::microseconds kBeginPause{50};
constexpr int kAttempts = 20;

ConnectionOptions in_mode(ConnectionOptions options, OpenMode mode) {
  options.mode = mode;
  options.page_cache_bytes = 0;
  return options;
}

}  // namespace

CheckpointResult checkpoint_now(Connection& connection, std::chrono::milliseconds deadline) {
  const Clock::time_point end = Clock::now() + deadline;
  CheckpointResult result;
  for (;;) {
    int log_frames = -1;
    int copied_frames = -1;
    const int code =
        sqlite3_wal_checkpoint_v2(connection.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, &log_frames, &copied_frames);
    if (code == SQLITE_OK) {
      result = {.ran = log_frames >= 0,
                .log_frames = static_cast<uint32_t>(log_frames < 0 ? 0 : log_frames),
                .copied_frames = static_cast<uint32_t>(copied_frames < 0 ? 0 : copied_frames)};
      if (result.complete()) return result;
    } else if ((code & 0xff) != SQLITE_BUSY) {
      throw error_of(connection.handle(), "checkpoint " + connection.path());
    }
    if (Clock::now() + kPause >= end) return result;
    std::this_thread::sleep_for(kPause);
  }
}

PlannedCheckpoint::PlannedCheckpoint(const ConnectionOptions& options)
    : writer_(Connection::open(in_mode(options, OpenMode::kReadWrite))),
      checkpointer_(Connection::open(in_mode(options, OpenMode::kReadWrite))) {}

PlannedCheckpoint::~PlannedCheckpoint() { end(); }

bool PlannedCheckpoint::try_begin() {
  try {
    writer_.execute("BEGIN IMMEDIATE");
    begun_ = true;
  } catch (const Error& error) {
    if (error.code != SQLITE_BUSY && error.code != SQLITE_PROTOCOL) throw;
  }
  return begun_;
}

bool PlannedCheckpoint::begin(std::chrono::milliseconds wait) {
  if (begun_) return true;
  const Clock::time_point end = Clock::now() + wait;
  // SQLite's own handler waits longer from try to try, and would come between two commits by luck alone.
  writer_.set_busy_timeout_ms(0);
  while (!try_begin()) {
    if (Clock::now() + kBeginPause >= end) return false;
    std::this_thread::sleep_for(kBeginPause);
  }
  return true;
}

namespace {

struct Waiting {
  Clock::time_point end;
  const std::function<void()>& on_wait;
  std::exception_ptr failure;  // no exception may pass through SQLite
};

int wait_on(void* data, int) {
  Waiting& waiting = *static_cast<Waiting*>(data);
  try {
    waiting.on_wait();
  } catch (...) {
    waiting.failure = std::current_exception();
    return 0;
  }
  if (Clock::now() + kBeginPause >= waiting.end) return 0;
  std::this_thread::sleep_for(kBeginPause);
  return 1;
}

}  // namespace

bool PlannedCheckpoint::restart(std::chrono::milliseconds patience, const std::function<void()>& on_wait) {
  Waiting waiting{.end = Clock::now() + patience, .on_wait = on_wait, .failure = {}};
  sqlite3* const db = checkpointer_.handle();
  sqlite3_busy_handler(db, wait_on, &waiting);
  int code = SQLITE_OK;
  // While another checkpoint is under way, SQLite is busy at once, without a call of the handler. Then a few tries
  // more: a program that checkpoints after each of its commits leaves short gaps.
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    code = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
    if ((code & 0xff) != SQLITE_BUSY || waiting.failure || Clock::now() + kPause >= waiting.end) break;
    std::this_thread::sleep_for(kPause);
  }
  sqlite3_busy_handler(db, nullptr, nullptr);
  if (waiting.failure) std::rethrow_exception(waiting.failure);
  if (code == SQLITE_OK) return true;
  if ((code & 0xff) == SQLITE_BUSY) return false;
  throw error_of(db, "checkpoint " + checkpointer_.path());
}

CheckpointResult PlannedCheckpoint::run(std::chrono::milliseconds deadline) {
  checkpointer_.set_busy_timeout_ms(0);
  return checkpoint_now(checkpointer_, deadline);
}

bool PlannedCheckpoint::truncate_log() {
  checkpointer_.set_busy_timeout_ms(0);
  const int code =
      sqlite3_wal_checkpoint_v2(checkpointer_.handle(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code == SQLITE_OK) return true;
  if ((code & 0xff) == SQLITE_BUSY) return false;
  throw error_of(checkpointer_.handle(), "truncate the log of " + checkpointer_.path());
}

void PlannedCheckpoint::end() noexcept {
  if (!begun_) return;
  writer_.end_transaction();
  begun_ = false;
}

}  // namespace tern::sql
