#include "engine/refresher.h"

#include <pthread.h>

#include <csignal>
#include <exception>

#include "cache/probes.h"

namespace tern::internal {

bool Refresher::offer(Prepared& prepared, const cache::KeyBuilder& key) noexcept try {
  const cache::KeyHash hash = key.hash();
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  if (known_.contains(hash)) return true;
  if (waiting_.size() >= kMaxWaiting) return false;
  waiting_.push_back({&prepared, key, hash});
  // A copy without memory for a long key; and whatever throws below leaves nothing behind.
  if (!waiting_.back().key.complete()) {
    waiting_.pop_back();
    return false;
  }
  try {
    known_.insert(hash);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  } catch (...) {
    known_.erase(hash);
    waiting_.pop_back();
    return false;
  }
  wake_.notify_one();
  return true;
} catch (const std::exception&) {
  return false;
}

void Refresher::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Refresher::run() noexcept {
  // The host's signals are the host's.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "tern-refresher");

  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const Task task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    TERN_SYNC_POINT("refresh:begun");
    try {
      refresh_(*task.prepared, task.key);
    } catch (const std::exception&) {
      // Told by a count (Reader::refresh); readers go on with the old answer for as long as their policy lets them.
    }
    TERN_SYNC_POINT("refresh:done");
    lock.lock();
    known_.erase(task.hash);
  }
}

}  // namespace tern::internal
