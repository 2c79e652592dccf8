// How a contradiction is told to people: what cannot be, and the operations that it follows from.
#pragma once

#include <string>

#include "tests/torture/judge.h"

namespace torture {

const char* kind_name(Contradiction::Kind kind);
// `seed`: what the run was started with. Times are in microseconds, from the first of the operations.
std::string tell(const Contradiction& contradiction, uint64_t seed);

}  // namespace torture
