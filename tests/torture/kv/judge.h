// Whether what happened to one unit is linearizable: whether all operations can be put in one order that agrees with
// real time, and in which each did and saw what it says.
//
// It goes through calls and returns in the order of time and keeps every state that the unit may be in: what it holds,
// and which of the running operations have taken place (G. Lowe, "Testing for linearizability", 2017, just-in-time
// linearization). An operation is put in its place only when it returns, and what merely looks at once where it fits;
// so the states are few, as those of one unit that run at a time are. What a dead process had begun ends with it.
//
// Pure functions. Cost: about linear in the operations; exponential in those that run at one time, at most
// kMostRunning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/torture/kv/operation.h"

namespace torture::kv {

inline constexpr size_t kMostRunning = 32;

struct Contradiction {
  std::string what;
  Operation operation;             // that has no place
  std::vector<Operation> history;  // what went before it, the last of it
};

// `first` is what the unit held at the beginning; the operations come in any order. Running ones are not allowed.
std::optional<Contradiction> judge(std::vector<Operation> operations, int64_t first);

std::string describe(const Operation& operation);

}  // namespace torture::kv
