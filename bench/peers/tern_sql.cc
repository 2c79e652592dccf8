#include "bench/peers/tern_sql.h"

#include <array>
#include <thread>

namespace bench {

tern::Options tern_options(const TernTiers& tiers) {
  return {.mode = tern::OpenMode::kExisting,
          .synchronous = tiers.every_sync ? tern::Synchronous::kFull : tern::Synchronous::kNormal,
          .hot_bytes = tiers.hot_bytes,
          .store_bytes = tiers.store_bytes,
          .cache = tiers.cache};
}

TernSql::TernSql(const std::string& database, const TernTiers& tiers, tern::Source expected)
    : expected_(expected),
      db_(tern::open(database, tern_options(tiers))),
      select_(db_.prepare("SELECT v FROM records WHERE k = ?")),
      update_(db_.prepare("UPDATE records SET v = ? WHERE k = ?")),
      insert_(db_.prepare("INSERT INTO records(v, k) VALUES (?, ?)")),
      scan_(db_.prepare("SELECT k, v FROM records WHERE k >= ? ORDER BY k LIMIT ?")) {}

void TernSql::load(const Records& records) {
  for (uint64_t i = 0; i < records.size(); ++i) {
    if (!select_.bind(records.key(i)).first()) throw std::runtime_error("tern: a record is missing");
  }
}

Work TernSql::read(const Records& records, Draws& draws, uint64_t operations, Take take) {
  return read_loop(records, draws, operations, take, [this](std::string_view key) {
    Found<std::optional<tern::PinnedRow>> found{.keeper = select_.bind(key).first(), .value = {}};
    if (!found.keeper) return found;
    found.hit = found.keeper->source() == expected_;
    found.value = found.keeper->get<std::string_view>(0);
    return found;
  });
}

Work TernSql::read_many(const Records& records, Draws& draws, uint64_t operations) {
  Work work;
  uint64_t sum = 0;
  std::array<tern::Value, kManyAtOnce> keys;
  for (; work.operations < operations; work.operations += kManyAtOnce) {
    for (tern::Value& key : keys) key = tern::Value(records.key(draws.next()));
    for (const tern::Rows& rows : select_.all_many(keys)) {
      if (rows.source() == expected_) ++work.hits;
      sum += static_cast<unsigned char>(rows[0].get<std::string_view>(0).front());
    }
  }
  asm volatile("" : : "r"(sum));
  return work;
}

bool TernSql::get(std::string_view key, std::string& value) {
  const auto row = select_.bind(key).first();
  if (row) value = row->get<std::string_view>(0);
  return row.has_value();
}

void TernSql::update(std::string_view key, std::string_view value) { update_.bind(value, key).run(); }
void TernSql::insert(std::string_view key, std::string_view value) { insert_.bind(value, key).run(); }

uint64_t TernSql::scan(std::string_view from, uint64_t count) {
  uint64_t seen = 0, sum = 0;
  for (const tern::Row row : scan_.bind(from, static_cast<int64_t>(count)).all()) {
    ++seen;
    sum += static_cast<unsigned char>(row.get<std::string_view>(1).front());
  }
  asm volatile("" : : "r"(sum));
  return seen;
}

double fill_store(const std::string& database, const Records& records, uint64_t store_bytes) {
  double share = 0;
  for (int pass = 0; pass < 5 && share < 0.995; ++pass) {
    TernSql tern(database, {.hot_bytes = 0, .store_bytes = store_bytes}, tern::Source::kStore);
    // A database that is in use has a log; an empty one would not tell after a restart that nothing has changed.
    if (pass == 0) tern.update(records.key(0), value_of(0));
    uint64_t from_store = 0, misses = 0;
    for (uint64_t i = 0; i < records.size(); ++i) {
      const auto row = tern.select().bind(records.key(i)).first();
      if (row && row->source() == tern::Source::kStore) {
        ++from_store;
      } else if (++misses % 2000 == 0) {
        // The queue holds some four thousand: the writer is waited for.
        for (int j = 0; j < 2000; ++j) {
          const tern::Stats stats = tern.db().stats();
          if (stats.store.fills + stats.store.dropped + 1000 >= misses) break;
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      }
    }
    share = static_cast<double>(from_store) / static_cast<double>(records.size());
  }
  return share;
}

}  // namespace bench
