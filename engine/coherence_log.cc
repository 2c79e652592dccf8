// The log's length: planned checkpoints, the hard bound, and how the last one to leave leaves it.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <thread>

#include "cache/probes.h"
#include "engine/coherence.h"

namespace tern::internal {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// How long a planned checkpoint waits at most for the write lock and for readers to move on: longer for a longer log.
constexpr milliseconds kLongestPatience{100};
// How often others are asked to move on meanwhile: at once, and then less and less often, since the write lock may be
// what is waited for, and each request costs every process a few system calls.
constexpr std::chrono::microseconds kMovePause{500};
constexpr std::chrono::microseconds kLongestMovePause{4000};
// Between two planned checkpoints of one log. Doubled up to the longest each time that a snapshot of somebody else was
// in the way: then each would bar the writers for nothing.
constexpr milliseconds kCheckpointPause{100};
constexpr milliseconds kLongestPause{1600};
// The same for letting go, which makes misses of all processes wait.
constexpr milliseconds kLetGoPause{500};
constexpr milliseconds kLongestLetGoPause{8000};
constexpr std::chrono::microseconds kPoll{500};
constexpr int kMarkPatienceMs = 20;
// Writers of all processes wait meanwhile; what is left in the log then, SQLite reads from there.
constexpr milliseconds kFinalBeginPatience{50};
constexpr milliseconds kFinalCheckpoint{100};
// What each commit's frame adds to a page in the log file.
constexpr uint64_t kFrameHeaderBytes = 24;
// Longer than a tick of the kernel's coarse clock, by which it dates changes of files: 1 to 10 ms.
constexpr int64_t kTickNs = 20'000'000;
constexpr int64_t kSecondNs = 1'000'000'000;

int64_t coarse_now_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return int64_t{now.tv_sec} * kSecondNs + now.tv_nsec;
}

// Waits until a change of the file would be dated later than `changed_ns`. False if that cannot be had: a file system
// that dates by the second, or a clock that was set back.
bool outlast(int64_t changed_ns) {
  if (changed_ns % kSecondNs == 0) return false;
  const int64_t wait_ns = changed_ns + kTickNs - coarse_now_ns();
  if (wait_ns > 2 * kTickNs) return false;
  if (wait_ns > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(wait_ns));
  return coarse_now_ns() >= changed_ns + kTickNs / 2;
}

cache::Stamps::CleanMark to_mark(const sql::FileState& file) {
  cache::Stamps::CleanMark mark{};
  const auto bytes = file.encode();
  static_assert(sql::FileState::kBytes <= cache::Stamps::kCleanMarkBytes);
  std::memcpy(mark.data(), bytes.data(), bytes.size());
  return mark;
}

}  // namespace

bool Coherence::checkpoint_due() {
  const auto header = wal_->read_header();
  if (!header || header->last_frame <= options_.checkpoint_frames) return false;
  if (Clock::now() < next_checkpoint_ && (checkpoints_failed_ > 0 || header->salt == checkpointed_salt_)) return false;
  // All copied already, and no commit since: the next writer restarts the log by itself.
  return header->salt != checkpointed_salt_ || header->last_frame != checkpointed_frames_;
}

bool Coherence::run_checkpoint(const std::function<void()>& release_snapshots) {
  const uint64_t excess = log_frames() / std::max<uint32_t>(options_.checkpoint_frames, 1);
  const auto patience =
      std::min(options_.checkpoint_patience * static_cast<int64_t>(std::clamp<uint64_t>(excess, 1, 100)),
               std::max(options_.checkpoint_patience, kLongestPatience));
  const bool restarts = restart_log(patience, release_snapshots);
  checkpoints_failed_ = restarts ? 0 : std::min(checkpoints_failed_ + 1, 5u);
  next_checkpoint_ = Clock::now() + std::min(kCheckpointPause * (1 << checkpoints_failed_) / 2, kLongestPause);
  return restarts;
}

// True if the next writer restarts the log (sql/checkpoint.h).
bool Coherence::restart_log(milliseconds patience, const std::function<void()>& release_snapshots) {
  TERN_SYNC_POINT("checkpoint:begun");
  Clock::time_point next_move{};
  auto pause = kMovePause;
  const bool restarts = checkpoint_->restart(patience, [&] {
    if (Clock::now() < next_move) return;
    stamps_->request_move();
    release_snapshots();
    if (guarded_) move_guardian();
    TERN_SYNC_POINT("checkpoint:moved");
    next_move = Clock::now() + pause;
    pause = std::min(pause * 2, kLongestMovePause);
  });
  TERN_SYNC_POINT("checkpoint:ended");
  if (!restarts) return false;
  const auto header = wal_->read_header();
  if (!header) return true;
  checkpointed_salt_ = header->salt;
  checkpointed_frames_ = header->last_frame;
  counters_.add(Counter::kCheckpoints);
  return true;
}

void Coherence::bound_log(sql::ReadPool* readers) {
  const auto header = wal_->read_header();
  if (!header || header->last_frame * (header->page_size + kFrameHeaderBytes) <= options_.max_log_bytes) return;
  // All copied: the next writer restarts the log.
  if (header->salt == checkpointed_salt_ && header->last_frame == checkpointed_frames_) return;
  const auto now = Clock::now();
  if (now < next_let_go_) return;
  const auto until = now + options_.let_go_window;
  let_go_seen_ = stamps_->request_let_go(until);
  const auto restarted = [&] {
    const auto current = wal_->read_header();
    return current && current->salt != header->salt;
  };
  let_all_go(until, readers, [&] {
    while (stamps_->guarded_by_others() && Clock::now() < until) std::this_thread::sleep_for(kPoll);
    // Nobody of ours reads from the log now. Whoever comes first restarts it: we, if the write lock can be had, or a
    // writer whose own checkpoints have been in vain for as long as our snapshots stood in their way.
    bool done = false;
    while (!done && !restarted() && Clock::now() < until) {
      done = restart_log(std::chrono::duration_cast<milliseconds>(until - Clock::now()), [] {});
    }
    stamps_->end_let_go();
  });
}

void Coherence::let_go_if_asked(sql::ReadPool* readers) {
  const uint32_t asked = stamps_->let_go_count();
  if (asked == let_go_seen_) return;
  let_go_seen_ = asked;
  const auto until = stamps_->let_go_until();
  if (Clock::now() >= until) return;
  let_all_go(until, readers, [&] {
    while (Clock::now() < until && Clock::now() < stamps_->let_go_until()) std::this_thread::sleep_for(kPoll);
  });
}

void Coherence::let_all_go(Clock::time_point until, sql::ReadPool* readers, const std::function<void()>& meanwhile) {
  if (!let_go()) {
    next_let_go_ = Clock::now() + kLetGoPause;
    return;
  }
  TERN_SYNC_POINT("renew:let-go");
  counters_.add(Counter::kGuardianLost);
  struct LetReadersIn {
    sql::ReadPool* readers;
    ~LetReadersIn() {
      if (readers != nullptr) readers->let_in();
    }
  } const let_readers_in{readers};
  if (readers != nullptr) {
    readers->hold_back(until);
    readers->release_all();
  }
  meanwhile();
  // It ends before its time when the log can be restarted; all processes see it in the same way.
  const auto now = Clock::now();
  let_go_failed_ = now < until ? 0 : std::min(let_go_failed_ + 1, 5u);
  next_let_go_ = now + std::min(kLetGoPause * (1 << let_go_failed_) / 2, kLongestLetGoPause);
  std::string ignored;  // the next round tries again
  hold(Hold::kAgain, ignored);
}

void Coherence::final_checkpoint() noexcept {
  try {
    TERN_SYNC_POINT("close:begun");
    move_guardian();
    TERN_SYNC_POINT("close:moved");
    if (!checkpoint_->begin(kFinalBeginPatience)) return;
    TERN_SYNC_POINT("close:barred");
    move_guardian();
    const bool complete = checkpoint_->run(kFinalCheckpoint).complete();
    const auto header = wal_->read_header();
    const auto file = wal_->file_state();  // no commit, and so no change of the file, can come before end()
    TERN_SYNC_POINT("close:copied");
    checkpoint_->end();
    // A short log is kept: it proves to the next process what has happened since, so that the store stays warm. A long
    // one would be recovered whole at every open, and nobody would be there to restart it.
    const uint64_t frames = header ? header->last_frame : 0;
    if (!complete || !header || (frames > 0 && frames <= options_.checkpoint_frames)) return;
    if (stamps_->guarded_by_others()) return;
    leave_clean(header, file);
    TERN_SYNC_POINT("close:let-go");
    if (frames > 0) checkpoint_->truncate_log();
    TERN_SYNC_POINT("close:truncated");
  } catch (const std::exception&) {
    checkpoint_->end();  // the log holds what the file does not; SQLite reads both
  }
}

// The argument for the mark (docs/coherence.md, Restart). `file` is the state of the file at `header`, all of which is
// published. The guardian holds until the mark stands, so that a commit in between shows in the header. What is
// committed later can only leave an empty log behind by being copied into the file, which dates the file's change after
// outlast(), and so otherwise than `file`.
void Coherence::leave_clean(const std::optional<sql::WalHeader>& header, const std::optional<sql::FileState>& file) {
  const bool datable = file && outlast(file->changed_ns);
  const auto lock = stamps_->lock(kMarkPatienceMs);
  if (!lock) return;
  const bool published = guarded_ && stamps_->expected() == header->state() && wal_->read_header() == header;
  if (datable && published) stamps_->leave_clean_mark(*lock, to_mark(*file));
  TERN_SYNC_POINT("close:marked");
  guarded_ = false;
  stamps_->set_guarded(false);
  guardian_->let_go();
}

// Our snapshot is open: while it shows an empty log, nothing is copied into the file (read lock 0), so that the state
// of the file is that of `now`.
bool Coherence::untouched_since_clean(const cache::Stamps::Lock& lock, const sql::WalHeader& now) const {
  if (now.last_frame != 0) return false;
  const auto mark = stamps_->clean_mark(lock);
  const auto file = mark ? wal_->file_state() : std::nullopt;
  return file && to_mark(*file) == *mark;
}

}  // namespace tern::internal
