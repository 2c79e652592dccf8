// The order in which the threads of one process write to the KV tier: concurrent writes share one synced commit.
//
// Whoever stands at the head of the queue (write_queue.h) leads: he begins a transaction, runs his own work and that of
// all who wait behind him, and commits; while he waits for the disk, the next ones gather. What fails in a unit before
// it changes anything fails alone; where LMDB refuses, the group is undone and each unit runs once more by itself.
//
// Thread-safety: run() from any thread. Lifetime: the store outlives it. Errors: Error::kBusy when the turn or the KV
// lock was not to be had in time, else what the work throws, or kv_error() of the commit. Cost: one sync for each
// group.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cache/function_ref.h"
#include "cache/kv_transaction.h"
#include "engine/counters.h"
#include "engine/write_queue.h"
#include "tern/error.hpp"

namespace tern::internal {

// What LMDB or the system said, as the caller's error.
Error kv_error(int code, const cache::KvStore& store);

class KvWriter {
 public:
  // Checks first, then changes; may be run more than once, and sets its outcome anew each time. `version` is of what it
  // puts.
  using Work = cache::FunctionRef<void(cache::KvTransaction& transaction, uint64_t version)>;

  KvWriter(cache::KvStore& store, Counters& counters, int busy_timeout_ms, bool grouped) noexcept
      : store_(store), counters_(counters), busy_timeout_ms_(busy_timeout_ms), grouped_(grouped) {}

  // Durable when it returns.
  void run(Work work);

 private:
  void lead(WriteUnit& own);
  void run_group(std::vector<WriteUnit*>& group);
  std::optional<cache::KvTransaction> begin(int& code);
  // An LMDB code that undid all of it, or 0.
  int run_together(const std::vector<WriteUnit*>& group);

  cache::KvStore& store_;
  Counters& counters_;
  const int busy_timeout_ms_;
  const bool grouped_;
  WriteQueue queue_;
  cache::KvTransaction* transaction_ = nullptr;  // the leader's
};

// For work: an error of LMDB's leaves it, and the group with it.
inline void demand(int code, const cache::KvStore& store) {
  if (code != 0) throw kv_error(code, store);
}

}  // namespace tern::internal
