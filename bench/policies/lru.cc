// The least recently used one goes.
#include <list>
#include <unordered_map>

#include "bench/policies/policy.h"

namespace bench {

namespace {

class Lru final : public Policy {
 public:
  explicit Lru(uint64_t capacity) : capacity_(capacity) {}

  bool request(uint32_t key) override {
    const auto known = where_.find(key);
    if (known != where_.end()) {
      queue_.splice(queue_.begin(), queue_, known->second);
      return true;
    }
    if (queue_.size() == capacity_) {
      where_.erase(queue_.back());
      queue_.pop_back();
    }
    queue_.push_front(key);
    where_[key] = queue_.begin();
    return false;
  }

 private:
  const uint64_t capacity_;
  std::list<uint32_t> queue_;  // the latest first
  std::unordered_map<uint32_t, std::list<uint32_t>::iterator> where_;
};

}  // namespace

std::unique_ptr<Policy> make_lru(uint64_t capacity, uint32_t) { return std::make_unique<Lru>(capacity); }

}  // namespace bench
