// The sweeper: one thread of each process that has the KV tier open, which removes what has expired, in batches.
//
// Reads never wait for it: an expired value is refused by its own time. Each batch is a write like any other, of at
// most kMaxBatch keys, and takes its turn in the queue of writers; so a million keys that expire at once cost each of
// them no more than one batch. On a slow disk a batch is as small as it must be for a turn to end within kTurn or so:
// keys that expire together lie far apart, and each may have a page of its own written. It sleeps until the next
// expiry, for kTick at most, and looks then whether readers of the store have died.
//
// Thread-safety: starts by construction, stops by destruction, which joins. The tier outlives it. Errors: a batch that
// fails is tried again at the next tick.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

namespace tern::internal {

class KvTier;

class KvSweeper {
 public:
  static constexpr std::chrono::milliseconds kTick{1000};
  static constexpr std::chrono::milliseconds kBusyTick{50};
  static constexpr std::chrono::milliseconds kTurn{10};
  static constexpr size_t kMinBatch = 16;
  static constexpr size_t kMaxBatch = 256;

  explicit KvSweeper(KvTier& tier);
  ~KvSweeper();
  KvSweeper(const KvSweeper&) = delete;
  KvSweeper& operator=(const KvSweeper&) = delete;

  // How many keys to remove at once after a batch of so many had the store to itself for `took`.
  static size_t next_batch(size_t batch, std::chrono::nanoseconds took) noexcept;

 private:
  void run() noexcept;
  enum class Round { kSwept, kNothing, kFailed };
  Round round() noexcept;
  std::chrono::milliseconds until_next() noexcept;

  KvTier& tier_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  bool busy_ = true;       // the thread's own: snapshots lay open at the last tick
  std::thread thread_;
};

}  // namespace tern::internal
