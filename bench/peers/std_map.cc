// What programs use where threads share a map and nobody thought about it: std::unordered_map behind one mutex.
#include <mutex>
#include <unordered_map>

#include "bench/peers/makers.h"

namespace bench {

namespace {

// Found by a view, without making a string of it.
struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
};

class StdMap final : public Peer {
 public:
  void load(const Records& records) override {
    map_.reserve(records.size());
    for (uint64_t i = 0; i < records.size(); ++i) map_.emplace(records.key(i), value_of(i));
  }
  Work read(const Records& records, Draws& draws, uint64_t operations, Take take) override {
    return read_loop(records, draws, operations, take, [this](std::string_view key) {
      const std::lock_guard lock(mutex_);
      const auto found = map_.find(key);
      return found == map_.end() ? std::string_view() : std::string_view(found->second);
    });
  }
  bool get(std::string_view key, std::string& value) override {
    const std::lock_guard lock(mutex_);
    const auto found = map_.find(key);
    if (found == map_.end()) return false;
    value = found->second;
    return true;
  }
  void update(std::string_view key, std::string_view value) override {
    const std::lock_guard lock(mutex_);
    map_[std::string(key)] = value;
  }
  void insert(std::string_view key, std::string_view value) override { update(key, value); }

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> map_;
};

}  // namespace

std::unique_ptr<Peer> make_std_map(const Place&) { return std::make_unique<StdMap>(); }

}  // namespace bench
