// What the engine does with a Policy (tern/policy.hpp) beside obeying it: check it, tell it apart, say it.
//
// Pure functions. Errors: check_policy() and check_tag() throw Error::kMisuse that names the field, the value and what
// is allowed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cache/key.h"
#include "engine/prepared.h"
#include "tern/policy.hpp"

namespace tern::internal {

void check_policy(const Policy& policy);

void check_tag(std::string_view tag);

// Equal if and only if the policies are. For the registry of statements.
std::string encode(const Policy& policy);
// Of what shapes an entry alone: statements whose texts and shapes are equal share entries. Empty for the default.
std::string encode_shape(const Policy& policy);

// Makes it the policy of a statement that was just examined, and nobody else has.
void adopt_policy(Prepared& prepared, const Policy& policy);

// One line for each policy that is not the default, for people.
std::vector<std::string> describe(const Policy& policy);

// When an entry filled at `now_ms` expires; 0: never. Spread by the key and the time.
int64_t expiry_of(const Policy& policy, const cache::KeyHash& hash, int64_t now_ms) noexcept;

}  // namespace tern::internal
