#include "tests/torture/story.h"

#include <algorithm>
#include <cstdio>

#include "tests/torture/board.h"
#include "tests/torture/schema.h"

namespace torture {
namespace {

std::string micros(uint64_t from, uint64_t to) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(to - from) / 1e3);
  return text;
}

std::string describe(const Told& told) {
  static constexpr const char* kSources[] = {"from whichever tier", "from hot", "from store", "from sql"};
  const Operation& operation = told.operation;
  if (operation.kind == Operation::Kind::kCommit) return "commit " + std::to_string(number_of(operation.value));
  std::string text = std::string("read, ") + query_name(operation.what) + ", " +
                     (operation.what == static_cast<uint8_t>(Query::kEverything) ? "past every cache"
                                                                                 : kSources[operation.source % 4]);
  if (told.position != 0) text += ", of a state with commit " + std::to_string(told.position);
  return text;
}

}  // namespace

const char* kind_name(Contradiction::Kind kind) {
  switch (kind) {
    case Contradiction::Kind::kStale:
      return "a stale read";
    case Contradiction::Kind::kTorn:
      return "a read of no one state";
    case Contradiction::Kind::kUnknown:
      return "a read of what no commit left there";
    case Contradiction::Kind::kReversed:
      return "a commit that was lost, or seen before it was made";
    case Contradiction::Kind::kTwice:
      return "two commits of one number";
  }
  return "";
}

std::string tell(const Contradiction& contradiction, uint64_t seed) {
  std::string text = "CONTRADICTION (seed " + std::to_string(seed) + "): " + kind_name(contradiction.kind) + "\n";
  if (contradiction.seen != 0) {
    const uint64_t value = value_in(contradiction.seen);
    text += "  the last operation saw " + unit_name(unit_of(contradiction.seen)) +
            (value == kAbsent ? " absent" : " as of commit " + std::to_string(number_of(value))) + "\n";
  }
  uint64_t begin = kNever;
  for (const Told& told : contradiction.history) begin = std::min(begin, told.operation.invoked_ns);
  for (const Told& told : contradiction.history) {
    const uint64_t returned = told.operation.returned_ns;
    text += "  " + actor_name(told.actor) + ": " + describe(told) + "; invoked at " +
            micros(begin, told.operation.invoked_ns) + " us, " +
            (returned == kNever ? "never acknowledged" : "returned at " + micros(begin, returned) + " us") + "\n";
  }
  return text;
}

}  // namespace torture
