#include "bench/workload/ycsb.h"

#include <stdexcept>

#include "bench/workload/records.h"

namespace bench {

Ycsb::Ycsb(char workload, uint64_t records, uint64_t seed)
    : workload_(workload), loaded_(records), inserted_(records), random_(seed), zipf_(records, kExponent) {
  if (workload < 'A' || workload > 'F') throw std::invalid_argument("YCSB's workloads are A to F");
}

uint64_t Ycsb::drawn() {
  const uint64_t rank = zipf_(random_);
  // Latest: by age from the newest. The others scramble, so that neighbours in rank are none in the key space.
  return workload_ == 'D' ? inserted_ - 1 - rank : mixed(rank) % loaded_;
}

YcsbOperation Ycsb::next() {
  const uint64_t percent = random_() % 100;
  switch (workload_) {
    case 'A':
      return {percent < 50 ? YcsbKind::kRead : YcsbKind::kUpdate, 0, drawn()};
    case 'B':
      return {percent < 95 ? YcsbKind::kRead : YcsbKind::kUpdate, 0, drawn()};
    case 'C':
      return {YcsbKind::kRead, 0, drawn()};
    case 'D':
      if (percent < 95) return {YcsbKind::kRead, 0, drawn()};
      return {YcsbKind::kInsert, 0, inserted_++};
    case 'E':
      if (percent >= 95) return {YcsbKind::kInsert, 0, inserted_++};
      return {YcsbKind::kScan, static_cast<uint32_t>(1 + random_() % kLongestScan), drawn()};
    default:
      return {percent < 50 ? YcsbKind::kRead : YcsbKind::kReadModifyWrite, 0, drawn()};
  }
}

}  // namespace bench
