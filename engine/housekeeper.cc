#include "engine/housekeeper.h"

#include <pthread.h>

#include <csignal>

#include "cache/probes.h"

namespace tern::internal {

Housekeeper::Housekeeper(Coherence& coherence, sql::ReadPool& readers, sql::FileWatch& files, cache::Store* store,
                         std::function<void()> note_time)
    : coherence_(coherence),
      readers_(readers),
      files_(files),
      store_(store),
      note_time_(std::move(note_time)),
      thread_([this] { run(); }) {}

Housekeeper::~Housekeeper() {
  stopping_.store(true, std::memory_order_relaxed);
  coherence_.stamps().request_move();  // wakes it; other processes move once more than they need to
  thread_.join();
}

void Housekeeper::run() noexcept {
  // The host's signals are the host's.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "tern-keeper");

  uint32_t seen = coherence_.stamps().request_count();
  while (!stopping_.load(std::memory_order_relaxed)) {
    const bool snapshots_open = readers_.stats().idle_snapshots > 0;
    const auto wait = snapshots_open ? kSnapshotIdle : kMoveInterval;
    const uint32_t count = coherence_.stamps().wait_for_request(seen, static_cast<int>(wait.count()));
    if (stopping_.load(std::memory_order_relaxed)) return;
    const bool requested = count != seen;
    seen = count;
    // A file that is no more is left as it is: every call on it is an error from here on.
    if (!files_.look_if_due()) continue;
    try {
      round(requested);
    } catch (const std::exception&) {
      // SQLite refused (no memory, an I/O error): the guardian stays where it is, and the next round tries again.
    }
  }
}

void Housekeeper::round(bool requested) {
  TERN_SYNC_POINT("keeper:round");
  note_time_();
  coherence_.let_go_if_asked(&readers_);
  if (requested) {
    readers_.release_all();
  } else {
    readers_.release_idle(kSnapshotIdle);
  }
  const auto now = std::chrono::steady_clock::now();
  if (requested || now >= next_move_) {
    if (store_ != nullptr) store_->rest();
    coherence_.move_guardian();
    next_move_ = now + kMoveInterval;
  }
  coherence_.checkpoint_if_due([this] { readers_.release_all(); });
  coherence_.bound_log(&readers_);
}

}  // namespace tern::internal
