// What happened to the KV tier in a round of torture, in the words of its judge: operations on units that each hold a
// number, or nothing.
//
//   unit     a key, or two that are only written together
//   number   what a unit holds; puts have numbers that no other put has. kAbsent: nothing
//
// Plain data.
#pragma once

#include <cstdint>

namespace torture::kv {

inline constexpr int64_t kAbsent = 0;

struct Operation {
  enum class Kind : uint8_t {
    kGet,        // saw `result`
    kPut,        // left `argument`
    kRemove,     // left nothing; `result`: whether there was something
    kPutIf,      // left `argument` if it held `expected`; `result`: whether it did
    kRemoveIf,   // left nothing if it held `expected`; `result`: whether it did
    kIncrement,  // added `argument`; `result`: the sum
  };
  enum class Outcome : uint8_t {
    kRunning,
    kReturned,
    kUnknown,  // its process died: it took place before `ended_ns`, which is after the death, or never will
  };
  Kind kind = Kind::kGet;
  uint8_t actor = 0;
  Outcome outcome = Outcome::kRunning;
  uint32_t unit = 0;
  uint64_t invoked_ns = 0;  // CLOCK_MONOTONIC
  uint64_t ended_ns = 0;
  int64_t argument = 0;
  int64_t expected = 0;
  int64_t result = 0;
  uint64_t version = 0;  // of what was got or put; 0: not told
};

}  // namespace torture::kv
