// What the KV tier must answer: two maps and a time that never goes back.
//
// What has expired stays in the map until it is swept, removed or put anew, as in the store; nobody is shown it.
// Versions are the tier's to choose: the model takes over those that a write gave, and demands that each is above all
// before.
//
// Belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tests/property/kv_action.h"

namespace tern::test {

class KvModel {
 public:
  // The answer that the tier should have given; `given` is the one that it gave, for its version and cursor.
  KvAnswer run(const KvAction& action, const KvAnswer& given);

  // Time goes on by that much, and the wall clock shows this when somebody next looks.
  void pass(int64_t ns) { now_ns_ += ns; }
  void see_wall(int64_t wall_ms) { now_ns_ = std::max(now_ns_, wall_ms * 1'000'000); }
  void boot(int64_t wall_ms) { now_ns_ = wall_ms * 1'000'000; }
  int64_t now_ms() const { return now_ns_ / 1'000'000; }

  // For the generator. The first expiry after now, 0 if there is none; the version of a key that is there, 0 if not.
  int64_t next_expiry_ms() const;
  uint64_t version_of(uint8_t space, const std::string& key) const;
  uint64_t last_version() const { return last_version_; }

 private:
  struct Item {
    std::string value;
    std::string metadata;
    int64_t expires_at_ms = 0;
    uint64_t version = 0;
  };
  using Map = std::map<std::string, Item>;  // in the order of bytes

  Map& map_of(uint8_t space) { return kKvSpaces[space].name == "one" ? one_ : two_; }
  const Map& map_of(uint8_t space) const { return kKvSpaces[space].name == "one" ? one_ : two_; }
  bool expired(const Item& item) const { return item.expires_at_ms != 0 && item.expires_at_ms <= now_ms(); }
  const Item* living(uint8_t space, const std::string& key) const;
  std::optional<std::string> fault(const KvAction& action) const;
  std::optional<std::string> fault_of_expiry(const KvAction& action) const;
  int64_t expiry(const KvAction& action) const;
  uint64_t take_version(uint64_t given);

  KvAnswer write(const KvAction& action, const KvAnswer& given);
  KvAnswer put(const KvAction& action, const KvAnswer& given);
  KvAnswer increment(const KvAction& action, const KvAnswer& given);
  KvAnswer touch(const KvAction& action, const KvAnswer& given);
  KvAnswer list(const KvAction& action);
  size_t remove(const KvAction& action);
  size_t remove_prefix(uint8_t space, const std::string& prefix);
  size_t sweep();

  Map one_;
  Map two_;
  int64_t now_ns_ = 0;
  uint64_t last_version_ = 0;
  std::string last_listed_;  // where the cursor of the last page leads
};

}  // namespace tern::test
