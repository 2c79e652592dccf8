// S3-FIFO: a small queue of a tenth for newcomers, a main queue for what was asked for again, and a ghost queue that
// remembers keys, as many as the main queue holds. J. Yang et al., "FIFO queues are all you need for cache eviction",
// SOSP 2023, algorithm 1.
#include <algorithm>
#include <deque>
#include <vector>

#include "bench/policies/policy.h"

namespace bench {

namespace {

class S3Fifo final : public Policy {
 public:
  S3Fifo(uint64_t capacity, uint32_t keys)
      : capacity_(capacity), small_capacity_(std::max<uint64_t>(1, capacity / 10)), entries_(keys) {}

  bool request(uint32_t key) override {
    Entry& entry = entries_[key];
    if (entry.cached) {
      entry.uses = std::min(entry.uses + 1, 3);
      return true;
    }
    while (small_.size() + main_.size() >= capacity_) evict();
    if (entry.ghosts > 0) {
      main_.push_front(key);
    } else {
      small_.push_front(key);
    }
    entry.cached = true;
    entry.uses = 0;
    return false;
  }

 private:
  struct Entry {
    bool cached = false;
    int uses = 0;
    int ghosts = 0;  // how often it stands in the ghost queue
  };

  void evict() {
    if (small_.size() >= small_capacity_ || main_.empty()) {
      evict_small();
    } else {
      evict_main();
    }
  }
  void evict_small() {
    while (!small_.empty()) {
      const uint32_t key = small_.back();
      small_.pop_back();
      Entry& entry = entries_[key];
      if (entry.uses > 1) {
        main_.push_front(key);
        entry.uses = 0;
        if (main_.size() > capacity_ - small_capacity_) return evict_main();
        continue;
      }
      entry.cached = false;
      remember(key);
      return;
    }
    evict_main();
  }
  void evict_main() {
    while (!main_.empty()) {
      const uint32_t key = main_.back();
      main_.pop_back();
      Entry& entry = entries_[key];
      if (entry.uses > 0) {
        --entry.uses;
        main_.push_front(key);
        continue;
      }
      entry.cached = false;
      return;
    }
  }
  void remember(uint32_t key) {
    ghosts_.push_front(key);
    ++entries_[key].ghosts;
    if (ghosts_.size() <= capacity_ - small_capacity_) return;
    --entries_[ghosts_.back()].ghosts;
    ghosts_.pop_back();
  }

  const uint64_t capacity_;
  const uint64_t small_capacity_;
  std::vector<Entry> entries_;
  std::deque<uint32_t> small_, main_, ghosts_;  // the newest first
};

}  // namespace

std::unique_ptr<Policy> make_s3_fifo(uint64_t capacity, uint32_t keys) {
  return std::make_unique<S3Fifo>(capacity, keys);
}

}  // namespace bench
