// A fence between two threads of which one pays for both: what runs on every read costs nothing, what runs once for
// many evictions costs a system call.
//
//   frequent side                      | rare side
//   -----------------------------------+----------------------------------
//   publish: x.store(…, kPublish)      | unlink: y.store(…, kPublish)
//   light_fence()                      | heavy_fence()
//   check:   y.load(kCheck)            | look:   x.load(kCheck)
//
// Guarantee: of the check and the look at least one sees the other side's store (Dekker's pattern).
//
// The argument. heavy_fence() is membarrier(2), MEMBARRIER_CMD_PRIVATE_EXPEDITED: before it returns, every running
// thread of the process has executed a full memory barrier (one that is not running executes one in being switched).
// Place that barrier in the frequent side's program order. Before its publishing store: then the check comes after it,
// and sees the unlinking store, which came before the system call. After the store: then the look, which comes after
// the system call, sees the store. The light fence keeps the compiler from moving the check above the store; what the
// processor does is covered by the barrier.
//
// Where the kernel refuses membarrier, light_fence() is a sequentially consistent fence, and so is heavy_fence(): the
// same guarantee by the C++ memory model. Readers start out that way until prepare_asymmetric_fence() has succeeded, so
// no order of initialization is unsafe. ThreadSanitizer knows neither fences nor membarrier: under it both sides' loads
// and stores are sequentially consistent, and the fences nothing.
//
// Thread-safety: all of it. Errors: heavy_fence() is false when membarrier has been forbidden after it was granted (a
// sandbox entered later); nothing may then be concluded, and nothing is ever reclaimed.
// Cost: light_fence() one load of a constant; heavy_fence() 1 to 10 microseconds.
#pragma once

#include <atomic>

namespace tern::cache {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool kUnderThreadSanitizer = true;
#else
inline constexpr bool kUnderThreadSanitizer = false;
#endif

// release, acquire: what else the two words carry (the bytes of an entry) is ordered by themselves.
inline constexpr std::memory_order kPublish =
    kUnderThreadSanitizer ? std::memory_order_seq_cst : std::memory_order_release;
inline constexpr std::memory_order kCheck =
    kUnderThreadSanitizer ? std::memory_order_seq_cst : std::memory_order_acquire;

namespace asymmetric_fence_detail {
extern std::atomic<bool> granted;
}

// Asks the kernel; once is enough, more is harmless. Called before the first reader can be.
void prepare_asymmetric_fence() noexcept;
// For tests: go without membarrier from now on. Only while nobody reads.
void forgo_asymmetric_fence() noexcept;

inline void light_fence() noexcept {
#if !defined(__SANITIZE_THREAD__)
  // relaxed: set before the first table exists, and constant while there is one.
  if (asymmetric_fence_detail::granted.load(std::memory_order_relaxed)) [[likely]] {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
#endif
}

[[nodiscard]] bool heavy_fence() noexcept;

}  // namespace tern::cache
