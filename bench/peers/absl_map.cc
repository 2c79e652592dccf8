// The limit that tern is compared with: a bare hash map in the same process. No coherence, no bound, no persistence.
#include <absl/container/flat_hash_map.h>
#include <absl/strings/string_view.h>

#include "bench/peers/makers.h"

namespace bench {

namespace {

// Abseil's own view: whether it is the standard one depends on how the library was built.
absl::string_view view(std::string_view text) { return {text.data(), text.size()}; }

class AbslMap final : public Peer {
 public:
  void load(const Records& records) override {
    map_.reserve(records.size());
    for (uint64_t i = 0; i < records.size(); ++i) map_.emplace(view(records.key(i)), value_of(i));
  }
  Work read(const Records& records, Draws& draws, uint64_t operations, Take take) override {
    return read_loop(records, draws, operations, take, [this](std::string_view key) {
      const auto found = map_.find(view(key));
      return found == map_.end() ? std::string_view() : std::string_view(found->second);
    });
  }
  bool get(std::string_view key, std::string& value) override {
    const auto found = map_.find(view(key));
    if (found == map_.end()) return false;
    value = found->second;
    return true;
  }
  void update(std::string_view key, std::string_view value) override { map_[view(key)] = value; }
  void insert(std::string_view key, std::string_view value) override { map_.emplace(view(key), value); }

 private:
  absl::flat_hash_map<std::string, std::string> map_;
};

}  // namespace

std::unique_ptr<Peer> make_absl_map(const Place&) { return std::make_unique<AbslMap>(); }

}  // namespace bench
