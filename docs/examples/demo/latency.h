// A histogram of durations: 32 steps for each power of two, so that a percentile is right within 3 %.
//
// It is plain memory that starts as zeros, so that it can lie in memory shared between processes. One thread adds;
// others may read once that thread is done.
#pragma once

#include <bit>
#include <cstdint>

namespace demo {

struct Latency {
  static constexpr int kStepBits = 5;
  static constexpr int kSteps = 1 << kStepBits;
  static constexpr int kBuckets = (40 - kStepBits) * kSteps;  // up to 2^39 ns, nine minutes

  uint64_t buckets[kBuckets];

  void add(uint64_t ns) { ++buckets[bucket_of(ns)]; }

  void merge(const Latency& other) {
    for (int i = 0; i < kBuckets; ++i) buckets[i] += other.buckets[i];
  }

  uint64_t count() const {
    uint64_t sum = 0;
    for (const uint64_t n : buckets) sum += n;
    return sum;
  }

  // The duration that a share of 0 … 1 of all durations does not exceed; 0 when there are none.
  double percentile_ns(double share) const {
    const uint64_t total = count();
    if (total == 0) return 0;
    const auto wanted = static_cast<uint64_t>(share * static_cast<double>(total - 1)) + 1;
    uint64_t seen = 0;
    for (int i = 0; i < kBuckets; ++i) {
      seen += buckets[i];
      if (seen >= wanted) return middle_of(i);
    }
    return middle_of(kBuckets - 1);
  }

 private:
  // Below 2 * kSteps each nanosecond has its bucket; above, the leading kStepBits + 1 bits of the number choose it.
  static int bucket_of(uint64_t ns) {
    if (ns < 2 * kSteps) return static_cast<int>(ns);
    const int shift = static_cast<int>(std::bit_width(ns)) - kStepBits - 1;
    const int bucket = shift * kSteps + static_cast<int>(ns >> shift);
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }
  static double middle_of(int bucket) {
    if (bucket < 2 * kSteps) return bucket;
    const int shift = bucket / kSteps - 1;
    const uint64_t low = static_cast<uint64_t>(bucket - shift * kSteps) << shift;
    return static_cast<double>(low) + static_cast<double>((uint64_t{1} << shift) - 1) / 2;
  }
};

}  // namespace demo
