// A small number for each thread that is alive, so that what threads write all the time need not be shared.
//
// mine() is below kCount and this thread's alone until it ends, or kNone while that many threads are alive already; the
// number of an ended thread is given to a new one. Thread-safety: all of it. Cost: one load of a thread-local word.
//
// Who takes over a number continues what its last owner wrote under it: the end of a thread gives its number back with
// a release, and the taker's acquire pairs with it.
#pragma once

#include <cstddef>

namespace tern::internal {

class ThreadIndex {
 public:
  static constexpr size_t kCount = 64;
  static constexpr size_t kNone = kCount;

  static size_t mine() noexcept {
    if (current == kUnknown) [[unlikely]]
      take();
    return current;
  }

 private:
  struct GiveBack;
  static void take() noexcept;

  static constexpr size_t kUnknown = ~size_t{0};
  // initial-exec: no call to find it, in a shared library too.
  static constinit thread_local size_t current [[gnu::tls_model("initial-exec")]];
};

}  // namespace tern::internal
