// tern's hot tier by itself, below the public interface: the key is hashed, the entry found, pinned and validated by
// rule Read, its value looked at in place. What the engine adds is not here.
#pragma once

#include <memory>

#include "bench/peers/peer.h"
#include "bench/peers/tern_tiers.h"
#include "cache/hot_table.h"
#include "cache/stamps.h"

namespace bench {

// Room for so many records, and half as much again, so that no entry leaves for want of it. Not simply a lot: what the
// table makes for its capacity is in its figures.
inline constexpr uint64_t roomy_hot(uint64_t records) { return (uint64_t{8} << 20) + records * 512; }

// What is kept.
enum class Form {
  kRecord,  // the record as it is: its key is the entry's key, its value the entry's body, as in a hash map
  kAnswer,  // the answer of a statement: a key is built from its fingerprint and the argument; a row of one text column
};

class TernHot final : public Peer {
 public:
  TernHot(const Place& place, uint64_t hot_bytes, Form form = Form::kAnswer);
  void load(const Records& records) override;
  Work read(const Records& records, Draws& draws, uint64_t operations, Take take) override;
  // The same for kManyAtOnce records in one call; of records as they are.
  static constexpr size_t kManyAtOnce = 64;
  Work read_many(const Records& records, Draws& draws, uint64_t operations);
  // Without the validity check: what the check costs is the difference. Of answers.
  Work read_unchecked(const Records& records, Draws& draws, uint64_t operations);
  bool get(std::string_view key, std::string& value) override;
  void update(std::string_view key, std::string_view value) override { insert(key, value); }
  void insert(std::string_view key, std::string_view value) override;

  tern::cache::HotTable& table() { return table_; }
  tern::cache::Stamps& stamps() { return *stamps_; }

 private:
  const Form form_;
  const tern::cache::KeyHash statement_;
  StillSource source_;
  std::unique_ptr<tern::cache::Stamps> stamps_;
  tern::cache::HotTable table_;
};

}  // namespace bench
