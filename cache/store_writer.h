// The background writer: carries entries to the store, so that no reader ever waits for it.
//
// One thread and one bounded queue. What is offered to a full queue is dropped and counted: the
// store is a cache, and the next miss offers again. In between it sweeps dead entries out of the
// store, one bounded slice at a time.
//
// Thread-safety: all functions may be called by any thread; destroy it when no call is running.
// Lifetime: the store, the clock and what the predicate refers to outlive the writer.
// Errors: nothing throws; when no thread can be started, every offer is dropped.
// Cost: offer() holds one lock for a few instructions, and does no I/O and no allocation.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "cache/clock.h"
#include "cache/entry.h"
#include "cache/store.h"

namespace tern::cache {

struct StoreWriterOptions {
  size_t queue_entries = 4096;
  uint64_t queue_bytes = uint64_t{16} << 20;
  size_t batch_entries = 256;
  int64_t linger_ms = 5;  // how long the first entry of a batch may wait for company
  int64_t sweep_interval_ms = 1000;
  int64_t sweep_interval_max_ms = 60000;  // it doubles up to this while nothing dead is found
  size_t sweep_entries = 256;
};

struct StoreWriterStats {
  uint64_t offered = 0;
  uint64_t dropped = 0;  // the queue was full, or the writer stopped
  uint64_t written = 0;
  uint64_t sweeps = 0;
  uint64_t queued_entries = 0;
  uint64_t queued_bytes = 0;
};

class StoreWriter {
 public:
  // Whether an entry is still true, and so worth writing and keeping. Called on the writer's
  // thread; must not throw.
  using StillValid = std::function<bool(const EntryView&)>;

  StoreWriter(Store& store, StillValid still_valid, Clock& clock, const StoreWriterOptions& options = {});
  ~StoreWriter();  // stop()
  StoreWriter(const StoreWriter&) = delete;
  StoreWriter& operator=(const StoreWriter&) = delete;

  // False when the entry was dropped.
  bool offer(EntryRef entry, std::shared_ptr<StoredStatement> statement) noexcept;

  // Waits until all that was offered before has been written or dropped; false when that takes
  // longer.
  bool flush(int64_t timeout_ms) noexcept;
  // Ends the thread after the batch under way; what is still queued is dropped. May be called
  // again.
  void stop() noexcept;

  StoreWriterStats stats() const noexcept;

 private:
  void run() noexcept;
  // Waits for entries, for a flush, or for the next sweep; false when it is time to end.
  bool wait_for_work(std::unique_lock<std::mutex>& lock);
  void take_batch();
  void sweep_if_due() noexcept;
  void drop_queue() noexcept;

  // Constant after construction.
  Store& store_;
  const StillValid still_valid_;
  Clock& clock_;
  const StoreWriterOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable progress_;
  // Guarded by mutex_.
  std::vector<StoreItem> ring_;  // queue_entries places; the queue starts at head_
  size_t head_ = 0;
  size_t count_ = 0;
  uint64_t queued_bytes_ = 0;
  uint64_t taken_in_ = 0;       // entries given to the queue so far
  uint64_t done_ = 0;           // of them, written or dropped
  uint64_t flush_entries_ = 0;  // what the latest flush waits for: until then no batch lingers
  uint64_t flushes_wanted_ = 0;
  uint64_t flushes_begun_ = 0;  // the round under way began after that flush was wanted
  uint64_t flushes_done_ = 0;
  bool running_ = false;
  bool stopping_ = false;
  StoreWriterStats stats_;

  // The writer thread's own.
  std::vector<StoreItem> batch_;
  int64_t sweep_interval_ms_ = 0;
  int64_t next_sweep_ns_ = 0;

  std::mutex stop_mutex_;
  std::thread thread_;  // guarded by stop_mutex_ after construction
};

}  // namespace tern::cache
