// The one whose next request is furthest away goes, or is not taken in at all.
#include <limits>
#include <set>

#include "bench/policies/policy.h"

namespace bench {

namespace {

constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

class Belady final : public Policy {
 public:
  Belady(uint64_t capacity, const std::vector<uint32_t>& trace) : capacity_(capacity), next_(trace.size(), kNever) {
    uint32_t keys = 0;
    for (const uint32_t key : trace) keys = std::max(keys, key + 1);
    std::vector<uint64_t> seen(keys, kNever);
    for (uint64_t i = trace.size(); i-- > 0;) {
      next_[i] = seen[trace[i]];
      seen[trace[i]] = i;
    }
    cached_until_.assign(keys, 0);
  }

  bool request(uint32_t key) override {
    const uint64_t now = now_++;
    const bool hit = cached_until_[key] == now && order_.erase({now, key}) > 0;
    const uint64_t next = next_[now];
    if (next == kNever) return hit;  // nobody asks for it again
    order_.insert({next, key});
    cached_until_[key] = next;
    if (order_.size() > capacity_) order_.erase(std::prev(order_.end()));
    return hit;
  }

 private:
  const uint64_t capacity_;
  std::vector<uint64_t> next_;          // of each request, the next one for the same key
  std::vector<uint64_t> cached_until_;  // of each key, the request that it was kept for
  std::set<std::pair<uint64_t, uint32_t>> order_;
  uint64_t now_ = 0;
};

}  // namespace

std::unique_ptr<Policy> make_belady(uint64_t capacity, const std::vector<uint32_t>& trace) {
  return std::make_unique<Belady>(capacity, trace);
}

}  // namespace bench
