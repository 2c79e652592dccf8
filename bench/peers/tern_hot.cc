#include "bench/peers/tern_hot.h"

#include <array>
#include <vector>

#include "bench/peers/records_table.h"
#include "cache/validity.h"

namespace bench {

namespace {

using tern::cache::EntryRef;
using tern::cache::HotRef;
using tern::cache::KeyBuilder;

std::span<const std::byte> as_key(std::string_view key) { return std::as_bytes(std::span(key)); }

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Pages as scattered as those of a table of that size.
uint32_t first_page_of(std::string_view key) {
  return static_cast<uint32_t>(mixed(static_cast<uint64_t>(key[0]) * 251 + static_cast<uint64_t>(key[5])) % 60'000);
}

EntryRef make_record(std::string_view key, std::string_view value, uint64_t label) {
  const std::vector<uint32_t> slots = read_set(first_page_of(key), kPagesOfAPointRead);
  EntryRef entry = tern::cache::Entry::make({.hash = {}, .key = as_key(key), .label = label, .slots = slots},
                                            std::as_bytes(std::span(value)));
  if (!entry) throw std::runtime_error("no memory for an entry");
  return entry;
}

Found<HotRef> nothing() { return {.keeper = {}, .value = {}}; }

}  // namespace

TernHot::TernHot(const Place& place, uint64_t hot_bytes, Form form)
    : form_(form),
      statement_(tern::cache::fingerprint(kSelectRecord)),
      stamps_(open_stamps(place.folder, source_)),
      table_(hot_bytes) {}

void TernHot::load(const Records& records) {
  for (uint64_t i = 0; i < records.size(); ++i) insert(records.key(i), value_of(i));
}

void TernHot::insert(std::string_view key, std::string_view value) {
  table_.insert(form_ == Form::kRecord
                    ? make_record(key, value, stamps_->seq())
                    : make_entry(statement_, key, value, stamps_->seq(), first_page_of(key), kPagesOfAPointRead));
}

Work TernHot::read(const Records& records, Draws& draws, uint64_t operations, Take take) {
  if (form_ == Form::kRecord) {
    return read_loop(records, draws, operations, take, [this](std::string_view key) {
      const tern::cache::Moment moment = tern::cache::observe(source_, *stamps_);
      HotRef entry = table_.find(as_key(key));
      if (!entry || !moment.published || !tern::cache::still_true(*entry, *stamps_, moment)) return nothing();
      const std::string_view value = text_of(entry->body());
      return Found<HotRef>{.keeper = std::move(entry), .value = value};
    });
  }
  return read_loop(records, draws, operations, take, [this](std::string_view key) {
    KeyBuilder builder(statement_);
    builder.add_text(key);
    const tern::cache::Moment moment = tern::cache::observe(source_, *stamps_);
    HotRef entry = table_.find(builder.bytes());
    if (!entry || !moment.published || !tern::cache::still_true(*entry, *stamps_, moment)) return nothing();
    const std::string_view value = first_cell(entry->body());
    return Found<HotRef>{.keeper = std::move(entry), .value = value};
  });
}

Work TernHot::read_many(const Records& records, Draws& draws, uint64_t operations) {
  std::array<std::span<const std::byte>, kManyAtOnce> keys;
  std::array<HotRef, kManyAtOnce> found;
  Work work;
  uint64_t sum = 0;
  for (; work.operations < operations; work.operations += kManyAtOnce) {
    const tern::cache::Moment moment = tern::cache::observe(source_, *stamps_);
    for (auto& key : keys) key = as_key(records.key(draws.next()));
    table_.find_many(keys, found);
    for (HotRef& entry : found) {
      if (!entry || !moment.published || !tern::cache::still_true(*entry, *stamps_, moment)) continue;
      ++work.hits;
      sum += static_cast<unsigned char>(text_of(entry->body()).front());
      entry = {};
    }
  }
  asm volatile("" : : "r"(sum));
  return work;
}

Work TernHot::read_unchecked(const Records& records, Draws& draws, uint64_t operations) {
  return read_loop(records, draws, operations, Take::kView, [this](std::string_view key) {
    KeyBuilder builder(statement_);
    builder.add_text(key);
    HotRef entry = table_.find(builder.bytes());
    if (!entry) return nothing();
    const std::string_view value = first_cell(entry->body());
    return Found<HotRef>{.keeper = std::move(entry), .value = value};
  });
}

bool TernHot::get(std::string_view key, std::string& value) {
  KeyBuilder builder(statement_);
  builder.add_text(key);
  const HotRef entry = form_ == Form::kRecord ? table_.find(as_key(key)) : table_.find(builder.bytes());
  if (entry) value = form_ == Form::kRecord ? text_of(entry->body()) : first_cell(entry->body());
  return static_cast<bool>(entry);
}

}  // namespace bench
