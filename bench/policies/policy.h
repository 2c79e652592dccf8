// Which entries a cache of so many keeps: replayed over a trace of keys, each policy says of every request whether it
// would have been a hit. Entries are counted, not bytes, as in the papers.
//
// One policy a file. A policy is used once, by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bench {

class Policy {
 public:
  virtual ~Policy() = default;
  // A request for that key: true when it was there; it is afterwards, unless the policy refuses it.
  virtual bool request(uint32_t key) = 0;
};

// Keys of the trace are numbers below `keys`.
std::unique_ptr<Policy> make_lru(uint64_t capacity, uint32_t keys);
std::unique_ptr<Policy> make_lfu(uint64_t capacity, uint32_t keys);
std::unique_ptr<Policy> make_sieve(uint64_t capacity, uint32_t keys);
std::unique_ptr<Policy> make_s3_fifo(uint64_t capacity, uint32_t keys);
// Knows the future: no policy hits more often (L. Belady, 1966). It must be given exactly `trace`.
std::unique_ptr<Policy> make_belady(uint64_t capacity, const std::vector<uint32_t>& trace);

double hit_ratio(Policy& policy, const std::vector<uint32_t>& trace);

}  // namespace bench
