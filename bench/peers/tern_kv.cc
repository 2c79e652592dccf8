#include "bench/peers/tern_kv.h"

#include <algorithm>

namespace bench {

namespace {
constexpr uint64_t kBatch = 10'000;
}

TernKv::TernKv(const std::string& folder, uint64_t hot_bytes, tern::Source expected)
    : expected_(expected),
      db_(tern::open(folder + "/app.db", {.hot_bytes = hot_bytes, .store_bytes = 0})),
      kv_(db_.kv("bench")) {}

void TernKv::put_records(const Records& records, uint64_t first, uint64_t count, int64_t expires_at_ms) {
  std::vector<std::string> values;
  std::vector<tern::KvItem> items;
  for (uint64_t start = first; start < first + count; start += kBatch) {
    const uint64_t end = std::min(first + count, start + kBatch);
    values.clear();
    items.clear();
    for (uint64_t i = start; i < end; ++i) values.push_back(value_of(i));
    for (uint64_t i = start; i < end; ++i) {
      // Those that expire do so within one second.
      const int64_t at = expires_at_ms == 0 ? 0 : expires_at_ms + static_cast<int64_t>(i % 1000);
      items.push_back({records.key(i), values[i - start], {.expires_at_ms = at}});
    }
    kv_.put_many(items);
  }
}

void TernKv::load(const Records& records) {
  put_records(records, 0, records.size());
  for (uint64_t i = 0; i < records.size(); ++i) {
    if (!kv_.get(records.key(i))) throw std::runtime_error("tern: a record is missing");
  }
}

Work TernKv::read(const Records& records, Draws& draws, uint64_t operations, Take take) {
  return read_loop(records, draws, operations, take, [this](std::string_view key) {
    Found<std::optional<tern::Pinned>> found{.keeper = kv_.get(key), .value = {}};
    if (!found.keeper) return found;
    found.hit = found.keeper->source() == expected_;
    found.value = found.keeper->text();
    return found;
  });
}

bool TernKv::get(std::string_view key, std::string& value) {
  const auto found = kv_.get(key);
  if (found) value = found->text();
  return found.has_value();
}

uint64_t TernKv::scan(std::string_view from, uint64_t count) {
  const tern::KvPage page = kv_.list({.limit = count, .start = from});
  std::vector<std::string_view> names;
  names.reserve(page.keys.size());
  for (const tern::KvKey& key : page.keys) names.push_back(key.name);
  uint64_t seen = 0, sum = 0;
  for (const auto& value : kv_.get_many(names)) {
    if (!value) continue;
    ++seen;
    sum += static_cast<unsigned char>(value->text().front());
  }
  asm volatile("" : : "r"(sum));
  return seen;
}

}  // namespace bench
