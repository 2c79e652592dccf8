#include "engine/kv_sweeper.h"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <exception>

#include "engine/kv_tier.h"

namespace tern::internal {

KvSweeper::KvSweeper(KvTier& tier) : tier_(tier), thread_([this] { run(); }) {}

KvSweeper::~KvSweeper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

size_t KvSweeper::next_batch(size_t batch, std::chrono::nanoseconds took) noexcept {
  if (took > kTurn) return std::max(batch / 2, kMinBatch);
  return took < kTurn / 2 ? std::min(batch * 2, kMaxBatch) : batch;
}

void KvSweeper::run() noexcept {
  // The host's signals are the host's.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "tern-kv-sweep");

  auto wait = until_next();
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, wait, [this] { return stopping_; })) return;
    }
    // There may be more. Whoever waits to write goes first, since the queue is first come, first served.
    switch (round()) {
      case Round::kSwept:
        wait = std::chrono::milliseconds(0);
        break;
      case Round::kNothing:
        wait = until_next();
        break;
      case Round::kFailed:
        wait = kTick;
        break;
    }
  }
}

KvSweeper::Round KvSweeper::round() noexcept {
  try {
    tier_.look();
    busy_ = tier_.store().environment().rest();
    if (!busy_) tier_.store().environment().check_readers();
    return tier_.sweep_once() != 0 ? Round::kSwept : Round::kNothing;
  } catch (const std::exception&) {
    return Round::kFailed;
  }
}

// A value that is put meanwhile may expire earlier; it is swept a tick late at most.
std::chrono::milliseconds KvSweeper::until_next() noexcept {
  const auto longest = busy_ ? kBusyTick : kTick;
  const int64_t due = tier_.store().first_due_ms();
  if (due == 0) return longest;
  return std::clamp(std::chrono::milliseconds(due - tier_.now_ms()), std::chrono::milliseconds(1), longest);
}

}  // namespace tern::internal
