// How often somebody was sent to die at each named sync point (tests/probes/points.h), and did; kept over rounds.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace torture {

struct PointKills {
  uint64_t sent = 0;
  uint64_t died = 0;
};
using Points = std::map<std::string, PointKills>;

}  // namespace torture
