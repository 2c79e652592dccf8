// tern's KV namespaces as their users have them. Every put waits for the disk: there is no other way.
#pragma once

#include <memory>
#include <string>

#include "bench/peers/peer.h"
#include <tern/tern.hpp>

namespace bench {

class TernKv final : public Peer {
 public:
  // A hit is a read that `expected` answered. With hot_bytes of 0 the store answers all.
  TernKv(const std::string& folder, uint64_t hot_bytes, tern::Source expected);

  // All records in large atomic puts, then each is read once, so that those that have room are hot.
  void load(const Records& records) override;
  Work read(const Records& records, Draws& draws, uint64_t operations, Take take) override;
  bool get(std::string_view key, std::string& value) override;
  void update(std::string_view key, std::string_view value) override { kv_.put(key, value); }
  void insert(std::string_view key, std::string_view value) override { kv_.put(key, value); }
  bool can_scan() const override { return true; }
  // The keys by list(), from that one on, and their values by get_many().
  uint64_t scan(std::string_view from, uint64_t count) override;

  // The records from `first` on, `count` of them, in large atomic puts.
  void put_records(const Records& records, uint64_t first, uint64_t count, int64_t expires_at_ms = 0);
  tern::Database& db() { return db_; }
  tern::KvNamespace& kv() { return kv_; }

 private:
  const tern::Source expected_;
  tern::Database db_;
  tern::KvNamespace kv_;
};

}  // namespace bench
