// Threads that all do the same for a while.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace bench {

// Calls body(thread, stop) in each of `threads` threads; it works until `stop` is true and returns how much it did.
// The sum of that a second. What one of them throws is thrown on.
inline double per_second(int threads, double seconds,
                         const std::function<uint64_t(int, const std::atomic<bool>&)>& body) {
  std::atomic<bool> stop{false};  // relaxed: it orders nothing, and is seen soon enough
  std::atomic<uint64_t> done{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  std::vector<std::thread> running;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      try {
        done.fetch_add(body(i, stop), std::memory_order_relaxed);
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        failure = std::current_exception();
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop.store(true, std::memory_order_relaxed);
  for (std::thread& thread : running) thread.join();
  if (failure) std::rethrow_exception(failure);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return static_cast<double>(done.load(std::memory_order_relaxed)) / took.count();
}

// Something that goes on at a steady pace beside a measurement, until the object goes.
class Pacer {
 public:
  Pacer(double times_a_second, std::function<void()> work)
      : thread_([this, times_a_second, work = std::move(work)] {
          const std::chrono::duration<double> pause(1 / times_a_second);
          auto next = std::chrono::steady_clock::now();
          while (!stop_.load(std::memory_order_relaxed)) {
            work();
            next += std::chrono::duration_cast<std::chrono::steady_clock::duration>(pause);
            std::this_thread::sleep_until(next);
          }
        }) {}
  ~Pacer() {
    stop_.store(true, std::memory_order_relaxed);
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};  // relaxed: it orders nothing
  std::thread thread_;
};

}  // namespace bench
