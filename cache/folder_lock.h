// The lock of a store's folder: one thread of one process at a time opens, rebuilds or writes it.
//
// LMDB has a lock of its own for writers, but waits for it without bound: a process that is stopped
// in the middle of a write would stop all others. Whoever holds this lock first finds LMDB's free,
// and waiting for this one has a bound.
//
// Thread-safety: acquire() may be called by any thread.
// Lifetime: the kernel frees the lock when its holder dies.
// Errors: an empty optional when the lock was not to be had in time, or open() failed.
// Cost: two system calls.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cache/bounded_mutex.h"

namespace tern::cache {

class FolderLock {
 public:
  FolderLock() = default;
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  // The folder must exist. False, and the reason in `why`.
  bool open(const std::filesystem::path& folder, std::string& why);

  class Held {
   public:
    Held(Held&& other) noexcept;
    Held& operator=(Held&&) = delete;
    ~Held();

   private:
    friend class FolderLock;
    explicit Held(FolderLock* lock) noexcept : lock_(lock) {}
    FolderLock* lock_;
  };
  // Other processes are asked again and again: who waits is a background thread, who holds it does so for milliseconds.
  std::optional<Held> acquire(int timeout_ms) noexcept;

 private:
  static constexpr unsigned kAskAgainUs = 200;

  void release() noexcept;

  int descriptor_ = -1;
  BoundedMutex threads_;  // flock() knows processes only: threads come first
};

}  // namespace tern::cache
