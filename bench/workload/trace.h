// A trace of requests that a real cache has had: CSV lines `time,key,…` under a line of names, compressed by zstd. Keys
// become numbers from 0 in the order in which they first appear.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct Trace {
  std::vector<uint32_t> keys;
  uint32_t distinct = 0;
};

// Throws when the file cannot be read; `limit` requests at most, 0 for all.
Trace read_trace(const std::string& file, uint64_t limit);

}  // namespace bench
