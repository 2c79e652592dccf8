// tern_options and tern_policy as tern::Options and tern::Policy, and what all option structs share: versions told by
// size, and zero as the default.
//
// Contract: pure functions. They throw Error::kMisuse for a struct without a size or for a flag and a
// number that contradict each other, Error::kUnsupported for a flag or a tail that is not known
// here.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "tern/options.hpp"
#include "tern/tern.h"

namespace tern::internal {

// Of the `size` bytes that were given, all behind those that are known must be zero. `name` and `type` are for
// messages.
void check_option_bytes(const char* name, const char* type, const void* given, size_t size, size_t known_bytes);

tern_status fail_small_struct(const char* function, size_t size) noexcept;

// The caller's struct may be of an older version (shorter: the rest is zero) or of a newer one
// (longer: fine as long as it asks for nothing that is not known here).
template <typename Struct>
Struct known_part(const Struct& given, const char* name, const char* type) {
  check_option_bytes(name, type, &given, given.size, sizeof(Struct));
  Struct known{};
  std::memcpy(&known, &given, std::min(given.size, sizeof known));
  return known;
}

// What is filled in for the caller, who has set `size`: a longer struct, of a newer caller, gets zeros behind what is
// known here; a shorter one is TERN_MISUSE.
template <typename Struct>
tern_status clear_behind(const char* function, Struct* out) noexcept {
  if (out->size < sizeof(Struct)) return fail_small_struct(function, out->size);
  std::memset(reinterpret_cast<char*>(out) + sizeof(Struct), 0, out->size - sizeof(Struct));
  return TERN_OK;
}

// `given` may be null: the defaults. Only its first `size` bytes are read.
Options options_of(const tern_options* given);
Policy policy_of(const tern_policy& given);

}  // namespace tern::internal
