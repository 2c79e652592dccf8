// Detectors of what is told of computed values (engine/dependencies.h).
#include "tests/mutation/world.h"

namespace tern::mutation {
namespace {

using probes::Mutant;

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

constexpr Detector kDetectors[] = {
    {Mutant::kComputeLabelLate, "a commit is published between two reads of a function", label_late},
    {Mutant::kComputeReadSetDropped, "what a function read second is changed", read_set_dropped},
    {Mutant::kComputeInnerDropped, "what an inner value was made from is changed", inner_dropped},
};

}  // namespace

std::span<const Detector> compute_detectors() { return kDetectors; }

}  // namespace tern::mutation
