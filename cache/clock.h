// The one source of time, handed to whatever depends on it, so that tests own the time.
//
// Thread-safety: both functions may be called by any thread. Neither fails or blocks.
#pragma once

#include <cstdint>

namespace tern::cache {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t monotonic_ns() noexcept = 0;  // never goes back, and goes on while the machine sleeps; for durations
  virtual int64_t wall_ms() noexcept = 0;       // since 1970 UTC; for expiry, which outlives processes
};

// The machine's own clocks. Lives until the process ends.
Clock& system_clock() noexcept;

}  // namespace tern::cache
