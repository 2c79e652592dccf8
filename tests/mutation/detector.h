// Detectors: each shows, by a wrong answer, that one rule of the protocol is broken.
//
// A detector makes the interleaving that its rule is about, by sync points wherever time would play a part, and returns
// what was wrong, or nothing. It runs in a process of its own, twice: with the sources as they are it must find
// nothing, with its mutant on it must find something (tests/mutation/main.cc). What only hinders it is a SetupFailed,
// which is neither.
#pragma once

#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include "tests/probes/mutants.h"

namespace tern::mutation {

// What was wrong; nothing if all was right.
using Found = std::optional<std::string>;

struct Detector {
  probes::Mutant mutant;
  const char* claim;  // what it does and expects
  Found (*run)();
};

struct SetupFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};
inline void require(bool condition, const char* what) {
  if (!condition) throw SetupFailed(what);
}

std::span<const Detector> read_detectors();
std::span<const Detector> fill_detectors();
std::span<const Detector> compute_detectors();
std::span<const Detector> publish_detectors();
std::span<const Detector> guardian_detectors();
std::span<const Detector> hot_detectors();
std::span<const Detector> kv_detectors();

}  // namespace tern::mutation
