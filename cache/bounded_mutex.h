// A mutex that can be waited for with a time limit: std::timed_mutex's contract, made of a mutex and a condition
// variable.
//
// Why not std::timed_mutex: it waits by pthread_mutex_clocklock(), which the thread sanitizer of GCC 12 does not know,
// so that everything it guards would be reported as a race. Thread-safety: as std::timed_mutex; unlock() by the thread
// that locked. Cost: two short locks of an inner mutex for each lock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace tern::cache {

class BoundedMutex {
 public:
  void lock() {
    std::unique_lock inner(mutex_);
    free_.wait(inner, [&] { return !locked_; });
    locked_ = true;
  }
  bool try_lock() {
    const std::lock_guard inner(mutex_);
    if (locked_) return false;
    locked_ = true;
    return true;
  }
  template <typename Clock, typename Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& deadline) {
    std::unique_lock inner(mutex_);
    if (!free_.wait_until(inner, deadline, [&] { return !locked_; })) return false;
    locked_ = true;
    return true;
  }
  template <typename Rep, typename Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& patience) {
    return try_lock_until(std::chrono::steady_clock::now() + patience);
  }
  void unlock() {
    {
      const std::lock_guard inner(mutex_);
      locked_ = false;
    }
    free_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable free_;
  bool locked_ = false;  // guarded by mutex_
};

}  // namespace tern::cache
