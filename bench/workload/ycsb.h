// The core workloads of YCSB: B. Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010, table 2.
//
//   A  50 % read, 50 % update          zipfian, scattered over the keys
//   B  95 % read, 5 % update           the same
//   C  read                            the same
//   D  95 % read, 5 % insert           latest: zipfian by age, the newest record first
//   E  95 % scan, 5 % insert           zipfian start, 1 to 100 records, uniform
//   F  50 % read, 50 % read-modify-write  zipfian
//
// A generator gives the same operations for the same seed, so that every contender meets the same ones. One thread.
#pragma once

#include <cstdint>
#include <random>

#include "docs/examples/demo/zipf.h"

namespace bench {

enum class YcsbKind : uint8_t { kRead, kUpdate, kInsert, kScan, kReadModifyWrite };

struct YcsbOperation {
  YcsbKind kind;
  uint32_t length;  // of a scan
  uint64_t record;
};

class Ycsb {
 public:
  // `workload` is 'A' to 'F'; `records` are there at the start, numbered from 0.
  Ycsb(char workload, uint64_t records, uint64_t seed);
  YcsbOperation next();

  static constexpr double kExponent = 0.99;
  static constexpr uint32_t kLongestScan = 100;

 private:
  uint64_t drawn();

  const char workload_;
  const uint64_t loaded_;
  uint64_t inserted_;
  std::mt19937_64 random_;
  const demo::Zipf zipf_;
};

}  // namespace bench
