#include "engine/thread_index.h"

#include <atomic>
#include <bit>
#include <cstdint>

namespace tern::internal {
namespace {

static_assert(ThreadIndex::kCount == 64, "one bit each in one word");
constinit std::atomic<uint64_t> taken{0};

}  // namespace

constinit thread_local size_t ThreadIndex::current [[gnu::tls_model("initial-exec")]] = ThreadIndex::kUnknown;

struct ThreadIndex::GiveBack {
  ~GiveBack() {
    const size_t index = current;
    current = kNone;  // destructors that run later count without a number
    // release: pairs with the acquire in take().
    if (index < kCount) taken.fetch_and(~(uint64_t{1} << index), std::memory_order_release);
  }
};

void ThreadIndex::take() noexcept {
  uint64_t seen = taken.load(std::memory_order_relaxed);  // relaxed: a guess that the exchange checks
  size_t index = kNone;
  while (seen != ~uint64_t{0}) {
    index = static_cast<size_t>(std::countr_one(seen));
    // acquire: pairs with the release of the thread that had the number before.
    if (taken.compare_exchange_weak(seen, seen | uint64_t{1} << index, std::memory_order_acquire,
                                    std::memory_order_relaxed))
      break;
    index = kNone;
  }
  current = index;
  thread_local GiveBack give_back;
}

}  // namespace tern::internal
