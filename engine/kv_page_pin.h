// What keeps a large value in its place, the map of the KV store: a snapshot that is held, with a count.
//
// Thread-safety: retain() by any holder, release() too; the last one ends the snapshot, and perhaps the engine with it.
// Bound: kMaxHeld of them at a time for each engine (KvTier); past that values are copied.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "cache/kv_store.h"

namespace tern::internal {

class KvPagePin {
 public:
  static constexpr uint32_t kMaxHeld = 64;

  // `held` is counted down at the end; `owner` keeps the store, and it.
  KvPagePin(std::shared_ptr<const void> owner, cache::KvStore::Read read, std::atomic<uint32_t>& held) noexcept
      : owner_(std::move(owner)), held_(held), read_(std::move(read)) {}

  // relaxed: who copies one holds it.
  void retain() noexcept { holders_.fetch_add(1, std::memory_order_relaxed); }
  // acq_rel: every holder's reads come before the end of the snapshot.
  void release() noexcept {
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  ~KvPagePin() { held_.fetch_sub(1, std::memory_order_relaxed); }  // relaxed: a bound, which orders nothing

  const std::shared_ptr<const void> owner_;  // first, so that it goes last
  std::atomic<uint32_t>& held_;
  const cache::KvStore::Read read_;
  std::atomic<uint32_t> holders_{1};
};

}  // namespace tern::internal
