// What the processes of a KV torture share: what each actor did, in memory that stays when its process is killed.
//
// An actor is a thread of a process, and writes its own journal: a call is noted before it is made, and what came of it
// afterwards. The conductor reads a journal once the process has been waited for.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "tests/torture/history.h"
#include "tests/torture/kv/operation.h"

namespace torture::kv {

inline constexpr uint32_t kProcesses = 3;
inline constexpr uint32_t kThreads = 4;
inline constexpr uint32_t kActors = kProcesses * kThreads;
inline constexpr uint32_t kConductor = kActors;

// Units by number: keys with put, remove and put-if; keys that are counted up; two keys that are one.
inline constexpr uint32_t kRegisters = 12;
inline constexpr uint32_t kCounters = 6;
inline constexpr uint32_t kPairs = 4;
inline constexpr uint32_t kUnits = kRegisters + kCounters + kPairs;

struct Journal {
  static constexpr uint64_t kRoom = uint64_t{1} << 17;
  std::atomic<uint64_t> size;  // release by the actor; the conductor has waited for the actor's end
  std::array<Operation, kRoom> operations;
};

struct Board {
  std::atomic<bool> stop;  // relaxed, as all figures here
  std::atomic<int64_t> next_number;
  std::atomic<uint64_t> torn;    // values that nobody put, halves of pairs
  std::atomic<uint64_t> errors;  // calls that failed and should not have
  std::atomic<uint64_t> started;
  std::atomic<uint64_t> hot;  // reads from the hot tier
  Journal journals[kActors];

  // Puts have numbers this far apart, so that what is counted up in between is told apart from them.
  static constexpr int64_t kStep = int64_t{1} << 20;
  int64_t new_number() { return next_number.fetch_add(kStep, std::memory_order_relaxed) + kStep; }
};

// The keys and values of units.
inline std::string key_of(uint32_t unit, uint32_t half = 0) {
  if (unit >= kRegisters + kCounters) return "pair/" + std::to_string(unit) + (half == 0 ? "/a" : "/b");
  if (unit >= kRegisters) return "counter/" + std::to_string(unit);
  // Some longer than LMDB's keys.
  return "register/" + std::to_string(unit) + std::string(unit % 4 == 3 ? 600 : 0, '/');
}
inline bool is_counter(uint32_t unit) { return unit >= kRegisters && unit < kRegisters + kCounters; }
inline bool is_pair(uint32_t unit) { return unit >= kRegisters + kCounters; }

// A value tells its number, and is as long as that says; some are so large that they are shown where they lie.
inline std::string value_of(uint32_t unit, int64_t number) {
  std::string text = std::to_string(number);
  if (is_counter(unit)) return text;
  const int64_t dice = number / Board::kStep % 16;
  return text + std::string(dice == 0 ? 40'000 : static_cast<size_t>(dice) * 10, '.');
}

}  // namespace torture::kv
