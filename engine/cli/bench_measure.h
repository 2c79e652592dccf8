// The measurements of `tern bench`: how long one point read takes, by SQLite alone and by each tier.
//
// Each read is timed by itself, and all values of its row are looked at. The time that reading the clock takes is
// measured first and taken off. SQLite is asked through the library that tern uses, on one connection with a prepared
// statement, each read a transaction of its own, with tern closed.
//
// Contract. Needs the database to itself in this process. Fills caches, writes to no table.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/cli/bench_workload.h"

namespace tern::cli {

struct Latency {
  uint64_t reads = 0;
  uint64_t p50_ns = 0;
  uint64_t p99_ns = 0;
};

struct Measurements {
  uint64_t clock_ns = 0;
  Latency sqlite_once;  // every key once
  Latency miss;         // every key once, nothing of it cached
  Latency store;        // every key once, the process being new
  Latency sqlite_zipf;
  Latency hot;  // zipf, everything in memory
};

// `seconds`: how long the reads at zipf go on, both together.
Measurements measure(const Workload& workload, double seconds);

// The middle and the 99th percentile of single times; sorts them.
Latency latency_of(std::vector<uint32_t>& nanoseconds, uint64_t clock_ns);

}  // namespace tern::cli
