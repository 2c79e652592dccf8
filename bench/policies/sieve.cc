// SIEVE: one queue in order of arrival, a mark for what was asked for again, and a hand that goes from the oldest to
// the newest, takes marks away, and evicts the first that has none. Y. Zhang et al., "SIEVE is Simpler than LRU", NSDI
// 2024.
#include <list>
#include <unordered_map>

#include "bench/policies/policy.h"

namespace bench {

namespace {

class Sieve final : public Policy {
 public:
  explicit Sieve(uint64_t capacity) : capacity_(capacity) {}

  bool request(uint32_t key) override {
    const auto known = where_.find(key);
    if (known != where_.end()) {
      known->second->visited = true;
      return true;
    }
    if (queue_.size() == capacity_) evict();
    queue_.push_front({key, false});
    where_[key] = queue_.begin();
    return false;
  }

 private:
  struct Node {
    uint32_t key;
    bool visited;
  };

  void evict() {
    auto at = hand_ == queue_.end() ? std::prev(queue_.end()) : hand_;
    while (at->visited) {
      at->visited = false;
      at = at == queue_.begin() ? std::prev(queue_.end()) : std::prev(at);
    }
    // Past the newest it begins with the oldest again.
    hand_ = at == queue_.begin() ? queue_.end() : std::prev(at);
    where_.erase(at->key);
    queue_.erase(at);
  }

  const uint64_t capacity_;
  std::list<Node> queue_;  // the newest first
  std::list<Node>::iterator hand_ = queue_.end();
  std::unordered_map<uint32_t, std::list<Node>::iterator> where_;
};

}  // namespace

std::unique_ptr<Policy> make_sieve(uint64_t capacity, uint32_t) { return std::make_unique<Sieve>(capacity); }

}  // namespace bench
