#include "engine/cli/interrupt.h"

#include <cerrno>

namespace tern::cli {

using std::chrono::steady_clock;

Interrupt::Interrupt() noexcept {
  ::sigemptyset(&awaited_);
  ::sigaddset(&awaited_, SIGINT);
  ::sigaddset(&awaited_, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &awaited_, &before_);
}

Interrupt::~Interrupt() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

// A signal that is not awaited (a resized terminal) interrupts the wait, which then goes on for what is left of it.
bool Interrupt::wait_for(std::chrono::milliseconds time) noexcept {
  const auto end = steady_clock::now() + time;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(end - steady_clock::now()).count();
    const int64_t wait_ns = left > 0 ? left : 0;
    const timespec timeout{.tv_sec = static_cast<time_t>(wait_ns / 1'000'000'000),
                           .tv_nsec = static_cast<long>(wait_ns % 1'000'000'000)};
    if (::sigtimedwait(&awaited_, nullptr, &timeout) > 0) return true;
    if (errno != EINTR) return false;
  }
}

}  // namespace tern::cli
