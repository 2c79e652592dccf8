// P4: many keys at once, at a size where the memory is the limit: fetched ahead in stages, they need not wait for one
// another.
#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_hot.h"
#include "bench/peers/tern_sql.h"

namespace bench {
namespace {

constexpr uint64_t kBatch = 64;
constexpr const char* kBatched = "tern, all_many() of 64";
constexpr const char* kFound = "tern, hot tier, find_many() of 64";

const Family family("P4", "batches of 64", [](Context& context) {
  const Folder folder;
  const uint64_t count = context.pick<uint64_t>(5'000, 300'000, 1'000'000);
  const Records records(count);
  const Draws draws = Draws::uniform(count, context.pick<uint64_t>(1 << 12, 1 << 20, 1 << 21));
  const std::string database = folder.sub("db") + "/records.db";
  make_records_table(database, records);
  TernSql tern(database, {}, tern::Source::kHot);
  tern.load(records);
  TernHot hot({folder.sub("hot"), count}, roomy_hot(count), Form::kRecord);
  hot.load(records);
  static_assert(TernHot::kManyAtOnce == kBatch && TernSql::kManyAtOnce == kBatch);

  Row& row = context.row("P4", "batched get of 64 keys, " + count_text(count) + " keys, uniform",
                         "tern, 64 keys in one call ÷ 64 absl::flat_hash_map finds");
  row.target = at_most(0.25);
  std::vector<Contender> contenders = {
      {.name = kBatched,
       .run = [&, draws =
                      Draws(draws)](uint64_t operations) mutable { return tern.read_many(records, draws, operations); },
       .note = "through the public interface: one consistent snapshot, a result each"},
      {.name = kFound,
       .run = [&,
               draws = Draws(draws)](uint64_t operations) mutable { return hot.read_many(records, draws, operations); },
       .note = "through cache/ alone: entries found, pinned and validated"},
      reading("tern, first() one by one", tern, records, draws, Take::kView)};
  const std::unique_ptr<Peer> absl = make_peer(context, kAbslMap, {});
  if (absl != nullptr) {
    absl->load(records);
    contenders.push_back(reading(kAbslMap, *absl, records, draws, Take::kView));
  } else {
    add_absent(row, kAbslMap, peer_kind(kAbslMap, context.settings()).note.absent);
  }
  alternate(context, row, Clock::kThread, std::move(contenders));
  row.settle_ratio(kBatched, kAbslMap);

  Row& found = context.row("P4", row.name + ", through cache/", "tern's hot tier, find_many() ÷ 64 absl finds");
  found.target = row.target;
  found.series = row.series;
  found.settle_ratio(kFound, kAbslMap);
});

}  // namespace
}  // namespace bench
