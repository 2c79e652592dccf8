// What happened in a run, in the words of its judge: operations on units, and values that tell of the commit that wrote
// them.
//
//   unit     what is written as a whole: a group of rows, a row that comes and goes, a document of the full-text index
//   number   of a commit: 1, 2, 3 … in the order in which SQLite committed; the key of the table `journal`
//   nonce    of an attempt to commit; no two attempts of a run share one
//   value    number << 20 | nonce: what a commit stores in each unit that it touches. Unique. 0: the unit is absent
//   seen     unit << 48 | value: one unit as an operation saw it, or as a commit left it
//
// Plain data and pure functions.
#pragma once

#include <cstdint>

namespace torture {

inline constexpr uint64_t kNever = ~uint64_t{0};
inline constexpr uint32_t kNonceBits = 20;
inline constexpr uint32_t kValueBits = 48;
inline constexpr uint64_t kAbsent = 0;

constexpr uint64_t value_of(uint64_t number, uint64_t nonce) { return number << kNonceBits | nonce; }
constexpr uint32_t number_of(uint64_t value) { return static_cast<uint32_t>(value >> kNonceBits); }
constexpr uint32_t nonce_of(uint64_t value) { return static_cast<uint32_t>(value & ((1U << kNonceBits) - 1)); }

constexpr uint64_t seen_of(uint32_t unit, uint64_t value) { return uint64_t{unit} << kValueBits | value; }
constexpr uint32_t unit_of(uint64_t seen) { return static_cast<uint32_t>(seen >> kValueBits); }
constexpr uint64_t value_in(uint64_t seen) { return seen & ((uint64_t{1} << kValueBits) - 1); }

struct Operation {
  enum class Kind : uint8_t {
    kRows,    // saw each of the units listed, all in one state
    kSum,     // saw the count and the sum of the values of a range of units: {first << 32 | units, count, sum}
    kCommit,  // left each of the units listed as it says
  };
  Kind kind = Kind::kRows;
  uint8_t what = 0;          // which read (schema.h); for the story alone
  uint8_t source = 0;        // which tier answered; for the story alone
  uint32_t words = 0;        // how many words of seen units go with it
  uint64_t invoked_ns = 0;   // CLOCK_MONOTONIC
  uint64_t returned_ns = 0;  // kNever: a commit that took place, and that nobody acknowledged
  uint64_t value = 0;        // of a commit
};

}  // namespace torture
