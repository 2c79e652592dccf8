// A key that is given more time while somebody reads it was there all the while.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "cache/clock.h"
#include "tern/tern.hpp"
#include "tests/probes/probes.h"
#include "tests/support/temp_folder.h"

namespace tern::test {
namespace {

using namespace std::chrono_literals;

struct SettableClock final : cache::Clock {
  int64_t monotonic_ns() noexcept override { return now_ms * 1'000'000; }
  int64_t wall_ms() noexcept override { return now_ms + 1'800'000'000'000; }
  std::atomic<int64_t> now_ms{1000};
};

struct KvExpiry : testing::Test {
  static Options options(SettableClock& clock) {
    Options options;
    options.clock = &clock;
    return options;
  }
  // Somebody else gives it an hour, and then its first second is over.
  void prolong() {
    std::thread([&] { EXPECT_TRUE(kv.get_and_touch("k", 1h).has_value()); }).join();
    clock.now_ms += 1000;
  }
  test::TempFolder temp;
  SettableClock clock;
  Database db = open(temp.file("app.db"), options(clock));
  KvNamespace kv = db.kv("x");
};

TEST_F(KvExpiry, OfAHotKeyThatIsProlongedMeanwhileIsNotMet) {
  kv.put("k", "v", {.ttl = 1s});
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(kv.get("k").has_value());
  const probes::Trap trap("kv:seq-loaded", [&] { prolong(); });
  EXPECT_TRUE(kv.get("k").has_value());
  EXPECT_TRUE(trap.sprung());
}

TEST_F(KvExpiry, OfAKeyInTheStoreThatIsProlongedMeanwhileIsNotMet) {
  kv.put("k", "v", {.ttl = 1s});
  const probes::Trap trap("kv:snapshot-read", [&] { prolong(); });
  EXPECT_TRUE(kv.get("k").has_value());
  EXPECT_TRUE(trap.sprung());
}

}  // namespace
}  // namespace tern::test
