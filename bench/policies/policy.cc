#include "bench/policies/policy.h"

namespace bench {

double hit_ratio(Policy& policy, const std::vector<uint32_t>& trace) {
  uint64_t hits = 0;
  for (const uint32_t key : trace) hits += policy.request(key);
  return static_cast<double>(hits) / static_cast<double>(trace.size());
}

}  // namespace bench
