// Detectors of what is told of computed values (engine/dependencies.h).
#include <atomic>
#include <string>
#include <thread>

#include "cache/clock.h"
#include "tests/mutation/world.h"
#include "tests/probes/probes.h"

namespace tern::mutation {
namespace {

using probes::Gate;
using probes::Mutant;
using probes::Trap;

int64_t number(const Computed& computed) { return std::stoll(std::string(computed.text())); }

// The two answers are of different states: whatever is kept of them must be void.
Found label_late() {
  World world;
  const auto compute = [&](bool with_commit) {
    return number(world.db.get_or_compute("sum", {}, [&] {
      const int64_t first = world.t(1);
      if (with_commit) {
        world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
        world.publish_elsewhere();
      }
      return std::to_string(first * 10 + world.u(1));
    }));
  };
  require(compute(true) == 11, "the first answer is from before the commit");
  return differs(compute(false), 21, "a value of two answers with a commit between them");
}

Found read_set_dropped() {
  World world;
  const auto compute = [&] {
    return number(world.db.get_or_compute("sum", {}, [&] { return std::to_string(world.t(1) * 10 + world.u(1)); }));
  };
  require(compute() == 11, "the rows are not there");
  world.foreign.exec("UPDATE u SET v = 2 WHERE id = 1");
  return differs(compute(), 12, "a value behind a commit to what it read last");
}

Found inner_dropped() {
  World world;
  const auto compute = [&](const char* key) {
    return number(world.db.get_or_compute(key, {}, [&] {
      return std::string(world.db.get_or_compute("inner", {}, [&] { return std::to_string(world.t(1)); }).text());
    }));
  };
  require(compute("computed with it") == 1 && compute("from its hit") == 1, "the rows are not there");
  world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
  if (auto found = differs(compute("computed with it"), 2, "a value around one that a commit voids")) return found;
  return differs(compute("from its hit"), 2, "a value around a hit that a commit voids");
}

// Two answers with a commit to both of them in between, which nobody has published yet. Who began before that commit,
// and finds the value, would take it for one of his own time.
Found kept_unproven() {
  World world;
  const auto compute = [&](const std::function<void()>& between) {
    return number(world.db.get_or_compute("sum", {}, [&] {
      const int64_t first = world.t(1);
      between();
      return std::to_string(first * 10 + world.u(1));
    }));
  };
  int64_t got = 0;
  Gate begun("read:expected-loaded");
  std::thread reader([&] { got = compute([] {}); });
  require(begun.wait_reached(kPatience), "nobody read");
  Gate publisher("publish:locked");
  std::thread publishes;
  compute([&] {
    world.foreign.exec("BEGIN; UPDATE t SET v = 2 WHERE id = 1; UPDATE u SET v = 2 WHERE id = 1; COMMIT");
    publishes = std::thread([&] { world.u(3); });
    publisher.wait_reached(kPatience);
  });
  begun.open();
  reader.join();
  publisher.open();
  publishes.join();
  if (got == 11 || got == 22) return std::nullopt;
  return differs(got, 22, "a value of two rows that are always written together");
}

// With a namespace, whose keys a = b = 1.
struct KvWorld : World {
  explicit KvWorld(const Options& options = without_store()) : World(create_tables, options), kv(db.kv("x")) {
    kv.put("a", "1");
    kv.put("b", "1");
  }
  int64_t of(const char* key) const {
    const auto value = kv.get(key);
    return value ? std::stoll(value->copy()) : 0;
  }
  template <typename F>
  int64_t compute(F&& what) {
    return number(db.get_or_compute("kv", {}, [&] { return std::to_string(what()); }));
  }

  KvNamespace kv;
};

Found kv_ignored() {
  KvWorld world;
  const auto compute = [&] { return world.compute([&] { return world.t(1) * 10 + world.of("a"); }); };
  require(compute() == 11, "the rows and keys are not there");
  world.kv.put("a", "2");
  return differs(compute(), 12, "a value behind a put of a key that it was made from");
}

Found kv_behind_a_commit() {
  KvWorld world;
  const auto compute = [&] {
    return world.compute([&] { return static_cast<int64_t>(world.kv.get("a")->version()); });
  };
  const int64_t before = compute();
  int64_t listed = before;
  int64_t got = before;
  const Trap trap("kv:committed", [&] {
    elsewhere([&] {
      listed = static_cast<int64_t>(world.kv.list({.prefix = "a"}).keys.at(0).version);
      got = compute();
    });
  });
  world.kv.put("a", "2");
  require(trap.sprung() && listed > before, "nobody committed");
  return differs(got, listed, "a value asked for by who has listed a newer version of its key");
}

struct SetClock final : cache::Clock {
  int64_t monotonic_ns() noexcept override { return ms * 1'000'000; }
  int64_t wall_ms() noexcept override { return ms; }
  std::atomic<int64_t> ms{1000};
};

Found kv_expiry_ignored() {
  SetClock clock;
  Options options = without_store();
  options.clock = &clock;
  KvWorld world(options);
  world.kv.put("a", "2", {.ttl = std::chrono::milliseconds(1000)});
  const auto compute = [&] { return world.compute([&] { return world.of("a"); }); };
  require(compute() == 2, "the key is not there");
  clock.ms += 1000;
  return differs(compute(), 0, "a value of a key that has expired");
}

Found kv_key_dropped() {
  KvWorld world;
  const auto compute = [&] { return world.compute([&] { return world.of("a") * 10 + world.of("b"); }); };
  require(compute() == 11, "the keys are not there");
  world.kv.put("b", "2");
  return differs(compute(), 12, "a value behind a put of the key that it read last");
}

Found kv_label_late() {
  KvWorld world;
  const auto compute = [&](bool with_put) {
    return world.compute([&] {
      const int64_t first = world.of("a");
      if (with_put) elsewhere([&] { world.kv.put("a", "2"); });
      return first * 10 + world.of("b");
    });
  };
  require(compute(true) == 11, "the first answer is from before the put");
  return differs(compute(false), 21, "a value of two keys with a put between them");
}

Found kv_namespace_not_marked() {
  KvWorld world;
  const auto compute = [&] { return world.compute([&] { return static_cast<int64_t>(world.kv.list().keys.size()); }); };
  require(compute() == 2, "the keys are not there");
  world.kv.put("c", "1");
  return differs(compute(), 3, "a value made from a listing, behind a put of a new key");
}

constexpr Detector kDetectors[] = {
    {Mutant::kComputeLabelLate, "a commit is published between two reads of a function", label_late},
    {Mutant::kComputeReadSetDropped, "what a function read second is changed", read_set_dropped},
    {Mutant::kComputeInnerDropped, "what an inner value was made from is changed", inner_dropped},
    {Mutant::kComputeKeptUnproven, "a commit between two reads of a function is not published yet", kept_unproven},
    {Mutant::kComputeKvIgnored, "a KV key that a function read is put", kv_ignored},
    {Mutant::kComputeKvPendingPasses, "a value of a key, between LMDB's commit and the stamps", kv_behind_a_commit},
    {Mutant::kComputeKvExpiryIgnored, "a KV key that a function read expires", kv_expiry_ignored},
    {Mutant::kComputeKvKeyDropped, "the KV key that a function read second is put", kv_key_dropped},
    {Mutant::kComputeKvLabelLate, "a put between two reads of a function", kv_label_late},
    {Mutant::kKvNamespaceNotMarked, "a key is put into a namespace that a function listed", kv_namespace_not_marked},
};

}  // namespace

std::span<const Detector> compute_detectors() { return kDetectors; }

}  // namespace tern::mutation
