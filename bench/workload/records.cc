#include "bench/workload/records.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "docs/examples/demo/zipf.h"

namespace bench {

// The keys are scattered by themselves, so that rank and number can be one.
Draws Draws::zipf(uint64_t count, uint64_t length, uint64_t seed) {
  Draws draws;
  std::mt19937_64 random(seed);
  const demo::Zipf zipf(count, kZipfExponent);
  draws.numbers_.reserve(length);
  for (uint64_t i = 0; i < length; ++i) draws.numbers_.push_back(static_cast<uint32_t>(zipf(random)));
  return draws;
}

Draws Draws::uniform(uint64_t count, uint64_t length, uint64_t seed) {
  Draws draws;
  std::mt19937_64 random(seed);
  draws.numbers_.reserve(length);
  for (uint64_t i = 0; i < length; ++i) draws.numbers_.push_back(static_cast<uint32_t>(random() % count));
  return draws;
}

Draws Draws::each_once(uint64_t count, uint64_t seed) {
  Draws draws;
  draws.numbers_.resize(count);
  std::iota(draws.numbers_.begin(), draws.numbers_.end(), 0);
  std::shuffle(draws.numbers_.begin(), draws.numbers_.end(), std::mt19937_64(seed));
  return draws;
}

std::string count_text(uint64_t count) {
  std::string text = std::to_string(count);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

}  // namespace bench
