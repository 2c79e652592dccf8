// The time by which entries of queries expire: milliseconds since 1970, more or less, that only go forward.
//
// The wall clock is set by people and programs, and an upper bound on the age of an answer must hold all the same. So
// this is the wall clock as it stood when the stamps file was made (there is one for each boot of the machine), carried
// on by the clock that nobody sets: the same in all processes that share entries. Thread-safe once the base is set;
// never fails.
#pragma once

#include <cstdint>

#include "cache/clock.h"

namespace tern::internal {

class EntryTime {
 public:
  explicit EntryTime(cache::Clock& clock) noexcept
      : clock_(clock), base_ms_(clock.wall_ms() - clock.monotonic_ns() / kNsPerMs) {}

  int64_t base_ms() const noexcept { return base_ms_; }
  void set_base(int64_t base_ms) noexcept { base_ms_ = base_ms; }
  int64_t now_ms() const noexcept { return base_ms_ + clock_.monotonic_ns() / kNsPerMs; }
  int64_t now_ns() const noexcept { return clock_.monotonic_ns(); }  // for durations

 private:
  static constexpr int64_t kNsPerMs = 1'000'000;

  cache::Clock& clock_;
  int64_t base_ms_;
};

}  // namespace tern::internal
