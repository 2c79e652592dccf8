// tern's store by itself, below the public interface, and what it shares with the hot tier's peer (tern_hot.h): the key
// is built and hashed, the entry found and validated by rule Read, its first column read in place. What the engine adds
// is not here.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/peer.h"
#include "cache/stamps.h"
#include "cache/store.h"

namespace bench {

// A source whose state never changes: nothing is committed while hits are measured.
class StillSource {
 public:
  uint64_t state() const noexcept { return state_.load(std::memory_order_acquire); }  // as the real one loads it
  void set(uint64_t state) { state_.store(state, std::memory_order_release); }        // pairs with state()

 private:
  std::atomic<uint64_t> state_{1};
};

std::unique_ptr<tern::cache::Stamps> open_stamps(const std::string& folder, StillSource& source);

std::vector<uint32_t> read_set(uint32_t first_page, uint32_t pages);

// An entry for that record, a row of one text column, hanging on `pages` slots; the label is the seq of now.
tern::cache::EntryRef make_entry(const tern::cache::KeyHash& statement, std::string_view key, std::string_view value,
                                 uint64_t label, uint32_t first_page, uint32_t pages);

inline constexpr uint32_t kPagesOfAPointRead = 6;
// Of a row of one text column.
std::string_view first_cell(std::span<const std::byte> body);

class TernStore final : public Peer {
 public:
  explicit TernStore(const Place& place);
  void load(const Records& records) override;
  Work read(const Records& records, Draws& draws, uint64_t operations, Take take) override;
  bool get(std::string_view key, std::string& value) override;
  void update(std::string_view key, std::string_view value) override { insert(key, value); }
  void insert(std::string_view key, std::string_view value) override;

 private:
  std::shared_ptr<tern::cache::StoredStatement> statement_;
  StillSource source_;
  std::unique_ptr<tern::cache::Stamps> stamps_;
  std::unique_ptr<tern::cache::Store> store_;
};

}  // namespace bench
