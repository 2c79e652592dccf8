#include "cache/asymmetric_fence.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cache/probes.h"

namespace tern::cache {

namespace asymmetric_fence_detail {
std::atomic<bool> granted{false};
}

void prepare_asymmetric_fence() noexcept {
#if !defined(__SANITIZE_THREAD__)
  const bool granted = ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  // relaxed: a reader that still sees false pays for a fence, which is right as well.
  if (granted) asymmetric_fence_detail::granted.store(true, std::memory_order_relaxed);
#endif
}

void forgo_asymmetric_fence() noexcept { asymmetric_fence_detail::granted.store(false, std::memory_order_relaxed); }

bool heavy_fence() noexcept {
#if defined(__SANITIZE_THREAD__)
  return true;
#else
  if (TERN_MUTANT(kHeavyFenceLeftOut)) return true;
  // The fence serves readers that still run with one of their own, and this thread.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!asymmetric_fence_detail::granted.load(std::memory_order_relaxed)) return true;
  return ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
#endif
}

}  // namespace tern::cache
