#include "cache/clock.h"

#include <ctime>

namespace tern::cache {
namespace {

class SystemClock final : public Clock {
 public:
  int64_t monotonic_ns() noexcept override {
    const timespec now = read(CLOCK_BOOTTIME);
    return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  }

  int64_t wall_ms() noexcept override {
    const timespec now = read(CLOCK_REALTIME);
    return int64_t{now.tv_sec} * 1'000 + now.tv_nsec / 1'000'000;
  }

 private:
  static timespec read(clockid_t id) noexcept {
    timespec now{};
    ::clock_gettime(id, &now);
    return now;
  }
};

}  // namespace

Clock& system_clock() noexcept {
  static SystemClock clock;
  return clock;
}

}  // namespace tern::cache
