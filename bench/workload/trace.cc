#include "bench/workload/trace.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace bench {

Trace read_trace(const std::string& file, uint64_t limit) {
  const std::string command = "exec zstd -dcq -- '" + file + "'";
  FILE* const pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) throw std::runtime_error("cannot start zstd");
  Trace trace;
  std::unordered_map<uint64_t, uint32_t> numbers;
  char line[256];
  bool names = true;
  while ((limit == 0 || trace.keys.size() < limit) && std::fgets(line, sizeof line, pipe) != nullptr) {
    const char* const comma = std::strchr(line, ',');
    if (std::exchange(names, false) || comma == nullptr) continue;
    const uint64_t key = std::strtoull(comma + 1, nullptr, 10);
    trace.keys.push_back(numbers.emplace(key, static_cast<uint32_t>(numbers.size())).first->second);
  }
  pclose(pipe);
  if (trace.keys.empty()) throw std::runtime_error("no requests in " + file + " (is zstd installed?)");
  trace.distinct = static_cast<uint32_t>(numbers.size());
  return trace;
}

}  // namespace bench
