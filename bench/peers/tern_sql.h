// tern as its users have it: a prepared statement, bind, first(), one column. The records are a table.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bench/peers/peer.h"
#include <tern/tern.hpp>

namespace bench {

// Enough for a million records: what leaves for want of room would be measured as something else.
inline constexpr uint64_t kRoomy = uint64_t{1} << 30;

struct TernTiers {
  uint64_t hot_bytes = kRoomy;
  uint64_t store_bytes = 0;
  bool cache = true;
  bool every_sync = false;
};

tern::Options tern_options(const TernTiers& tiers);

class TernSql final : public Peer {
 public:
  // A hit is a read that `expected` answered. The database, a table of records, exists.
  TernSql(const std::string& database, const TernTiers& tiers, tern::Source expected);

  // Reads every record once, so that the tiers have them.
  void load(const Records& records) override;
  Work read(const Records& records, Draws& draws, uint64_t operations, Take take) override;
  // The same for kManyAtOnce records in one call.
  static constexpr size_t kManyAtOnce = 64;
  Work read_many(const Records& records, Draws& draws, uint64_t operations);
  bool get(std::string_view key, std::string& value) override;
  void update(std::string_view key, std::string_view value) override;
  void insert(std::string_view key, std::string_view value) override;
  bool can_scan() const override { return true; }
  uint64_t scan(std::string_view from, uint64_t count) override;

  tern::Database& db() { return db_; }
  const tern::Statement& select() const { return select_; }

 private:
  const tern::Source expected_;
  tern::Database db_;
  tern::Statement select_, update_, insert_, scan_;
};

// Fills the store of that database with all records and closes it: what is put into the store is written in the
// background, and dropped where that cannot keep up, so it is done until (nearly) all are there. Returns their share.
double fill_store(const std::string& database, const Records& records, uint64_t store_bytes);

}  // namespace bench
