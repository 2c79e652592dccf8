// One side of the model test: the KV tier as one process has it, with a clock that the test sets; and the same in
// another process, which a pipe leads to.
//
// The tier's verbs are those of tern::KvNamespace; only its clock, its boot and the moment of its sweeps are the
// test's. A side belongs to one thread. Errors of the tier are answers; all else throws.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "cache/clock.h"
#include "cache/hot_table.h"
#include "engine/counters.h"
#include "engine/kv_tier.h"
#include "tern/tern.hpp"
#include "tests/property/kv_action.h"
#include "tests/support/temp_folder.h"

namespace tern::test {

// What the test's clocks show, in memory that both processes have. relaxed: one of them waits while the other acts, and
// the pipe between them orders the rest.
struct KvTime {
  std::atomic<int64_t> wall_ms;
  std::atomic<int64_t> monotonic_ns;
};

class KvSide {
 public:
  virtual ~KvSide() = default;
  virtual KvAnswer run(const KvAction& action) = 0;
};

class OwnKvSide : public KvSide {
 public:
  explicit OwnKvSide(const KvTime& time);
  KvAnswer run(const KvAction& action) override;

 private:
  struct SharedClock : cache::Clock {
    explicit SharedClock(const KvTime& shown) : time(shown) {}
    int64_t monotonic_ns() noexcept override { return time.monotonic_ns.load(std::memory_order_relaxed); }
    int64_t wall_ms() noexcept override { return time.wall_ms.load(std::memory_order_relaxed); }
    const KvTime& time;
  };

  void open(const std::string& folder, const std::string& boot);
  void close();
  KvAnswer run_verb(const KvAction& action);
  KvAnswer run_read(KvNamespace& space, const KvAction& action);
  KvAnswer run_write(KvNamespace& space, const KvAction& action);

  SharedClock clock_;
  TempFolder folder_;  // of the database whose engine the handles need; it has no KV tier
  Database database_;
  internal::Counters counters_;
  std::unique_ptr<cache::HotTable> hot_;
  std::unique_ptr<internal::KvTier> tier_;
  std::vector<KvNamespace> spaces_;
};

// A child of fork(), to be made before anything of tern is open in this process.
class OtherKvSide : public KvSide {
 public:
  explicit OtherKvSide(const KvTime& time);
  ~OtherKvSide() override;
  KvAnswer run(const KvAction& action) override;

 private:
  [[noreturn]] void serve(const KvTime& time);
  void send(int to, std::string_view bytes);
  std::optional<std::string> receive(int from);

  int to_child_[2];
  int to_parent_[2];
  pid_t child_ = -1;
};

}  // namespace tern::test
