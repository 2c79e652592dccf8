// What the disturbers do to a database beside reading and writing.
#pragma once

#include <random>
#include <string>

namespace torture {

// A schema change that any connection may make at any time: the schema is another afterwards, mostly, and what the
// reads of a run return is not.
std::string schema_change(std::mt19937_64& random);

}  // namespace torture
