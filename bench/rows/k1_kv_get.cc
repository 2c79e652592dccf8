// K1, K2: a get of the KV tier, hot beside the hot table's own lookup, and from the store beside LMDB itself.
#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/tern_hot.h"
#include "bench/peers/tern_kv.h"

namespace bench {
namespace {

constexpr const char* kKv = "tern, KV";
constexpr const char* kTable = "tern's hot table";

const Family hot("K1", "KV get, hot", [](Context& context) {
  const Folder folder;
  const uint64_t count = context.pick<uint64_t>(2'000, 100'000, 100'000);
  const Records records(count);
  const Draws draws = Draws::zipf(count, context.pick<uint64_t>(1 << 12, 1 << 20, 1 << 20));
  TernKv kv(folder.sub("kv"), roomy_hot(count), tern::Source::kHot);
  TernHot table({folder.sub("hot"), count}, roomy_hot(count), Form::kRecord);
  kv.load(records);
  table.load(records);
  check_values(kv, records, 1000, kKv);
  Row& row = context.row("K1", "KV get, hot, " + count_text(count) + " keys, zipf 0.99",
                         "tern's KV through the C++ interface ÷ the hot table's own lookup, validated");
  row.target = at_most(1.3);
  alternate(context, row, Clock::kThread,
            {reading(kKv, kv, records, draws, Take::kView), reading(kTable, table, records, draws, Take::kView)});
  row.settle_ratio(kKv, kTable);
});

const Family store("K2", "KV get from the store", [](Context& context) {
  const Folder folder;
  const uint64_t count = context.pick<uint64_t>(2'000, 100'000, 100'000);
  const Records records(count);
  const Draws draws = Draws::zipf(count, context.pick<uint64_t>(1 << 12, 1 << 20, 1 << 20));
  TernKv kv(folder.sub("kv"), 0, tern::Source::kStore);
  kv.load(records);
  check_values(kv, records, 1000, kKv);
  const std::unique_ptr<Peer> lmdb = make_peer(context, kLmdb, {folder.sub("lmdb"), count});
  lmdb->load(records);
  Row& row = context.row("K2", "KV get from the store, " + count_text(count) + " keys, zipf 0.99",
                         "tern's KV, hot tier off ÷ LMDB get in a renewed transaction");
  row.target = at_most(1.5);
  alternate(context, row, Clock::kThread,
            {reading(kKv, kv, records, draws, Take::kView, "copied out of the map"),
             reading(kLmdb, *lmdb, records, draws, Take::kView),
             reading(kLmdb + std::string(", copied"), *lmdb, records, draws, Take::kCopy)});
  row.settle_ratio(kKv, kLmdb);
});

}  // namespace
}  // namespace bench
