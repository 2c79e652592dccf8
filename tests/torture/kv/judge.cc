#include "tests/torture/kv/judge.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace torture::kv {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

// What the operation leaves where it finds that; nothing if it cannot have been there. Of one whose outcome is unknown
// any will do.
std::optional<int64_t> apply(const Operation& operation, int64_t holds) {
  const bool known = operation.outcome == Outcome::kReturned;
  const auto when = [&](bool fits, int64_t leaves) { return !known || fits ? std::optional(leaves) : std::nullopt; };
  switch (operation.kind) {
    case Kind::kGet:
      return when(operation.result == holds, holds);
    case Kind::kPut:
      return operation.argument;
    case Kind::kRemove:
      return when((operation.result != 0) == (holds != kAbsent), kAbsent);
    case Kind::kPutIf:
    case Kind::kRemoveIf: {
      const bool does = holds == operation.expected;
      const int64_t leaves = operation.kind == Kind::kPutIf ? operation.argument : kAbsent;
      return when((operation.result != 0) == does, does ? leaves : holds);
    }
    case Kind::kIncrement:
      return when(operation.result == holds + operation.argument, holds + operation.argument);
  }
  throw std::logic_error("no such kind");
}

// Changes nothing, wherever it fits: it may take its place as soon as it fits, since nobody can tell.
bool only_looks(const Operation& operation) {
  if (operation.outcome != Outcome::kReturned) return false;
  const bool conditional = operation.kind == Kind::kPutIf || operation.kind == Kind::kRemoveIf;
  return operation.kind == Kind::kGet || (conditional && operation.result == 0) ||
         (operation.kind == Kind::kRemove && operation.result == 0);
}

struct State {
  int64_t holds = kAbsent;
  uint32_t done = 0;  // of the running ones, by slot
  auto operator<=>(const State&) const = default;
};

class Search {
 public:
  explicit Search(int64_t first) : states_{State{.holds = first}} {}

  void call(const Operation& operation) {
    for (size_t slot = 0; slot < kMostRunning; ++slot) {
      if (running_[slot] != nullptr) continue;
      running_[slot] = &operation;
      return;
    }
    throw std::runtime_error("more operations ran on one key at a time than the judge has room for");
  }

  // Whether there is a place for it.
  bool end(const Operation& operation) {
    const auto slot = static_cast<size_t>(std::ranges::find(running_, &operation) - running_.begin());
    const uint32_t bit = uint32_t{1} << slot;
    std::set<State> after;
    std::set<State> met;
    std::vector<State> open;
    const auto meet = [&](State state) {
      look_around(state);
      if (met.insert(state).second) open.push_back(state);
    };
    for (const State& state : states_) {
      if (operation.outcome == Outcome::kUnknown && (state.done & bit) == 0) after.insert(state);
      meet(state);
    }
    while (!open.empty()) {
      const State state = open.back();
      open.pop_back();
      if ((state.done & bit) != 0) {
        after.insert({state.holds, state.done & ~bit});
        continue;
      }
      for (size_t other = 0; other < kMostRunning; ++other) {
        if (running_[other] == nullptr || (state.done >> other & 1) != 0) continue;
        if (const auto leaves = apply(*running_[other], state.holds))
          meet({*leaves, state.done | uint32_t{1} << other});
      }
    }
    running_[slot] = nullptr;
    states_ = std::move(after);
    return !states_.empty();
  }

 private:
  void look_around(State& state) const {
    for (size_t slot = 0; slot < kMostRunning; ++slot) {
      const Operation* const other = running_[slot];
      if (other != nullptr && only_looks(*other) && apply(*other, state.holds)) state.done |= uint32_t{1} << slot;
    }
  }

  std::array<const Operation*, kMostRunning> running_{};
  std::set<State> states_;
};

// A number has one version, and a version one number.
std::optional<Contradiction> judge_versions(const std::vector<Operation>& operations) {
  std::map<int64_t, uint64_t> versions;
  std::map<uint64_t, int64_t> numbers;
  for (const Operation& operation : operations) {
    if (operation.version == 0) continue;
    const int64_t number = operation.kind == Kind::kGet ? operation.result : operation.argument;
    const uint64_t version = versions.try_emplace(number, operation.version).first->second;
    const int64_t of_version = numbers.try_emplace(operation.version, number).first->second;
    if (version != operation.version || of_version != number)
      return Contradiction{"one value had two versions, or one version two values", operation, {}};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Contradiction> judge(std::vector<Operation> operations, int64_t first) {
  std::ranges::sort(operations, {}, &Operation::invoked_ns);
  struct Event {
    uint64_t ns;
    bool ends;  // at one time, calls come first: they overlap
    size_t operation;
  };
  std::vector<Event> events;
  events.reserve(2 * operations.size());
  for (size_t i = 0; i < operations.size(); ++i) {
    events.push_back({operations[i].invoked_ns, false, i});
    events.push_back({operations[i].ended_ns, true, i});
  }
  std::ranges::sort(events, [](const Event& a, const Event& b) {
    return std::tie(a.ns, a.ends, a.operation) < std::tie(b.ns, b.ends, b.operation);
  });
  Search search(first);
  for (const Event& event : events) {
    const Operation& operation = operations[event.operation];
    if (!event.ends) {
      search.call(operation);
    } else if (!search.end(operation)) {
      constexpr size_t kTold = 24;
      const size_t told = std::min(kTold, event.operation);
      const auto at = operations.begin() + static_cast<std::ptrdiff_t>(event.operation);
      return Contradiction{
          "no order of the operations explains this one", operation, {at - static_cast<std::ptrdiff_t>(told), at}};
    }
  }
  return judge_versions(operations);
}

std::string describe(const Operation& operation) {
  static constexpr const char* kNames[] = {"get", "put", "remove", "put_if_version", "remove_if_version", "increment"};
  std::string text = "actor " + std::to_string(operation.actor) + " " + kNames[static_cast<size_t>(operation.kind)] +
                     " unit " + std::to_string(operation.unit) + " from " + std::to_string(operation.invoked_ns) +
                     " to " + std::to_string(operation.ended_ns) + " argument " + std::to_string(operation.argument) +
                     " expected " + std::to_string(operation.expected);
  if (operation.outcome == Outcome::kUnknown) return text + " died";
  return text + " result " + std::to_string(operation.result) + " version " + std::to_string(operation.version);
}

}  // namespace torture::kv
