// The one that was asked for least often since it came goes; of several, the one that was asked for longest ago.
#include <set>
#include <vector>

#include "bench/policies/policy.h"

namespace bench {

namespace {

class Lfu final : public Policy {
 public:
  Lfu(uint64_t capacity, uint32_t keys) : capacity_(capacity), known_(keys) {}

  bool request(uint32_t key) override {
    Known& entry = known_[key];
    const bool hit = entry.uses > 0;
    if (hit) {
      order_.erase({entry.uses, entry.last, key});
    } else if (order_.size() == capacity_) {
      known_[std::get<2>(*order_.begin())] = {};
      order_.erase(order_.begin());
    }
    ++entry.uses;
    entry.last = ++now_;
    order_.insert({entry.uses, entry.last, key});
    return hit;
  }

 private:
  struct Known {
    uint64_t uses = 0;  // 0: not in the cache
    uint64_t last = 0;
  };
  const uint64_t capacity_;
  uint64_t now_ = 0;
  std::vector<Known> known_;
  std::set<std::tuple<uint64_t, uint64_t, uint32_t>> order_;  // uses, last use, key
};

}  // namespace

std::unique_ptr<Policy> make_lfu(uint64_t capacity, uint32_t keys) { return std::make_unique<Lfu>(capacity, keys); }

}  // namespace bench
