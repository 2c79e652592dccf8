// Where a run took place: what a reader must know to judge its figures.
#pragma once

#include <nlohmann/json.hpp>

namespace bench {

nlohmann::json describe_machine();

}  // namespace bench
