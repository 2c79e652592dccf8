// P6: a hit in the store beside LMDB itself: what the validation, the checksum and the copy into an entry cost.
#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_sql.h"
#include "bench/peers/tern_tiers.h"

namespace bench {
namespace {

constexpr const char* kStore = "tern, store";
constexpr const char* kPublic = "tern, C++, hot tier off";

const Family family("P6", "store hit ÷ LMDB", [](Context& context) {
  const Folder folder;
  const uint64_t count = context.pick<uint64_t>(2'000, 100'000, 100'000);
  const Records records(count);
  const Draws draws = Draws::zipf(count, context.pick<uint64_t>(1 << 12, 1 << 20, 1 << 20));
  const std::string database = folder.sub("db") + "/records.db";
  make_records_table(database, records);
  const uint64_t store_bytes = (uint64_t{64} << 20) + count * 1536;
  const double kept = fill_store(database, records, store_bytes);
  TernSql tern(database, {.hot_bytes = 0, .store_bytes = store_bytes}, tern::Source::kStore);
  TernStore store({folder.sub("store"), count});
  store.load(records);
  check_values(store, records, 1000, kStore);
  const std::unique_ptr<Peer> lmdb = make_peer(context, kLmdb, {folder.sub("lmdb"), count});
  const std::unique_ptr<Peer> held = make_peer(context, kLmdbHeld, {folder.sub("held"), count});
  lmdb->load(records);
  held->load(records);
  check_values(*lmdb, records, 1000, kLmdb);

  Row& row = context.row("P6", "store hit through cache/, " + count_text(count) + " keys, zipf 0.99",
                         "tern's store ÷ LMDB get in a renewed transaction");
  row.target = at_most(1.5);
  alternate(context, row, Clock::kThread,
            {reading(kStore, store, records, draws, Take::kView, "found, checksum checked, validated, copied out"),
             reading(kPublic, tern, records, draws, Take::kView), reading(kLmdb, *lmdb, records, draws, Take::kView),
             reading(kLmdb + std::string(", copied"), *lmdb, records, draws, Take::kCopy),
             reading(kLmdbHeld, *held, records, draws, Take::kView)});
  row.notes.push_back("the store held " + std::to_string(kept * 100) + " % of the records");
  row.settle_ratio(kStore, kLmdb);

  Row& whole = context.row("P6", "store hit through the public interface, the same keys",
                           "tern, C++, hot tier off ÷ LMDB get in a renewed transaction");
  whole.target = at_most(1.5);
  whole.series = row.series;
  whole.settle_ratio(kPublic, kLmdb);
});

}  // namespace
}  // namespace bench
