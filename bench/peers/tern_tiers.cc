#include "bench/peers/tern_tiers.h"

#include <numeric>

#include "bench/peers/records_table.h"
#include "cache/body.h"
#include "cache/validity.h"

namespace bench {

namespace {

using tern::cache::BodyView;
using tern::cache::EntryRef;
using tern::cache::EntryView;
using tern::cache::KeyBuilder;
using tern::cache::KeyHash;

}  // namespace

std::string_view first_cell(std::span<const std::byte> body) { return BodyView::trusted(body).cell(0, 0).text(); }

std::unique_ptr<tern::cache::Stamps> open_stamps(const std::string& folder, StillSource& source) {
  std::string why;
  auto stamps = tern::cache::Stamps::open({.folder = folder, .device = 1, .inode = 1}, why);
  if (stamps == nullptr) throw std::runtime_error("stamps: " + why);
  const auto lock = stamps->lock(1000);
  if (!lock) throw std::runtime_error("stamps: the lock is held");
  stamps->publish(*lock, {}, true, {}, source.state());
  return stamps;
}

// What a read hangs on in a file of some 60,000 pages. A read by a key that is text: the roots of table and index, made
// with the schema and so at the beginning, and of each an inner page and a leaf, anywhere. Else pages side by side.
std::vector<uint32_t> read_set(uint32_t first_page, uint32_t pages) {
  std::vector<uint32_t> slots(pages);
  if (pages != kPagesOfAPointRead) {
    std::iota(slots.begin(), slots.end(), first_page);
    return slots;
  }
  constexpr uint32_t kQuarter = 15'000;
  slots = {2, 3};
  for (uint32_t i = 0; i < 4; ++i)
    slots.push_back(4 + i * kQuarter + static_cast<uint32_t>(mixed(first_page + i) % kQuarter));
  return slots;
}

EntryRef make_entry(const KeyHash& statement, std::string_view key, std::string_view value, uint64_t label,
                    uint32_t first_page, uint32_t pages) {
  KeyBuilder builder(statement);
  builder.add_text(key);
  tern::cache::BodyBuilder body;
  body.add_column("v");
  body.begin_row();
  body.add_text(value);
  const std::vector<uint32_t> slots = read_set(first_page, pages);
  EntryRef entry =
      tern::cache::Entry::make({.hash = builder.hash(), .key = builder.bytes(), .label = label, .slots = slots}, body);
  if (!entry) throw std::runtime_error("no memory for an entry");
  return entry;
}

TernStore::TernStore(const Place& place)
    : statement_(std::make_shared<tern::cache::StoredStatement>(kSelectRecord)),
      stamps_(open_stamps(place.folder, source_)) {
  std::string why;
  store_ = tern::cache::Store::open(
      {.folder = place.folder + "/cache", .map_bytes = (uint64_t{64} << 20) + place.records * 1536}, why);
  if (store_ == nullptr) throw std::runtime_error("store: " + why);
}

void TernStore::load(const Records& records) {
  std::vector<tern::cache::StoreItem> batch;
  const auto keep = [](const EntryView&) { return true; };
  for (uint64_t i = 0; i < records.size(); ++i) {
    batch.push_back({make_entry(statement_->fingerprint(), records.key(i), value_of(i), stamps_->seq(),
                                static_cast<uint32_t>(mixed(i) % 60'000), kPagesOfAPointRead),
                     statement_});
    if (batch.size() < 1000 && i + 1 < records.size()) continue;
    if (store_->put_batch(batch, keep) != batch.size()) throw std::runtime_error("store: an entry was not kept");
    batch.clear();
  }
}

void TernStore::insert(std::string_view key, std::string_view value) {
  const tern::cache::StoreItem item{
      make_entry(statement_->fingerprint(), key, value, stamps_->seq(), 1, kPagesOfAPointRead), statement_};
  store_->put_batch({&item, 1}, [](const EntryView&) { return true; });
}

Work TernStore::read(const Records& records, Draws& draws, uint64_t operations, Take take) {
  return read_loop(records, draws, operations, take, [&](std::string_view key) {
    KeyBuilder builder(statement_->fingerprint());
    builder.add_text(key);
    const tern::cache::Moment moment = tern::cache::observe(source_, *stamps_);
    EntryRef entry = store_->find(*statement_, builder.hash(), builder.bytes(), [&](const EntryView& image) {
      return tern::cache::still_true(image, *stamps_, moment);
    });
    const std::string_view value = entry ? first_cell(entry->body()) : std::string_view();
    return Found<EntryRef>{.keeper = std::move(entry), .value = value};
  });
}

bool TernStore::get(std::string_view key, std::string& value) {
  KeyBuilder builder(statement_->fingerprint());
  builder.add_text(key);
  const EntryRef entry =
      store_->find(*statement_, builder.hash(), builder.bytes(), [](const EntryView&) { return true; });
  if (entry) value = first_cell(entry->body());
  return static_cast<bool>(entry);
}

}  // namespace bench
