// P16: the reads above at 10^4 … 10^7 keys, drawn uniformly, so that every key counts: curves, and whether one of
// tern's has a cliff where its peer's has none.
#include <functional>

#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_hot.h"
#include "bench/peers/tern_sql.h"
#include "bench/peers/tern_tiers.h"

namespace bench {
namespace {

constexpr const char* kHot = "tern, hot tier";
constexpr const char* kStore = "tern, store";
constexpr const char* kPublic = "tern, C++, hot";
constexpr const char* kUpdates = "tern, UPDATE";
constexpr const char* kSqliteUpdates = "SQLite, UPDATE";

// Measures the contenders at one size and adds their points.
void add_points(Context& context, Curve& curve, uint64_t count, Clock clock, std::vector<Contender> contenders) {
  Row scratch;
  alternate(context, scratch, clock, std::move(contenders));
  for (const Series& series : scratch.series) {
    curve.line(series.name).points.emplace_back(static_cast<double>(count), series.best());
  }
}

void in_memory(Context& context, Curve& curve, const Folder& folder, const Records& records, const Draws& draws) {
  TernHot tern({folder.sub("hot"), records.size()}, roomy_hot(records.size()));
  tern.load(records);
  std::vector<Contender> contenders = {reading(kHot, tern, records, draws, Take::kView)};
  const std::unique_ptr<Peer> absl = make_peer(context, kAbslMap, {});
  if (absl != nullptr) {
    absl->load(records);
    contenders.push_back(reading(kAbslMap, *absl, records, draws, Take::kView));
  }
  add_points(context, curve, records.size(), Clock::kThread, std::move(contenders));
}

void on_disk(Context& context, Curve& curve, const Folder& folder, const Records& records, const Draws& draws) {
  TernStore store({folder.sub("store"), records.size()});
  store.load(records);
  std::vector<Contender> contenders = {reading(kStore, store, records, draws, Take::kView)};
  const std::unique_ptr<Peer> lmdb = make_peer(context, kLmdb, {folder.sub("lmdb"), records.size()});
  lmdb->load(records);
  contenders.push_back(reading(kLmdb, *lmdb, records, draws, Take::kView));
  const std::unique_ptr<Peer> rocks = make_peer(context, kRocksDb, {folder.sub("rocks"), records.size()});
  if (rocks != nullptr) {
    rocks->load(records);
    contenders.push_back(reading(kRocksDb, *rocks, records, draws, Take::kView));
  }
  add_points(context, curve, records.size(), Clock::kThread, std::move(contenders));
}

void in_tables(Context& context, Curve& reads, Curve& writes, const Folder& folder, const Records& records,
               const Draws& draws) {
  const std::string home = folder.sub("db");
  make_records_table(home + "/records.db", records);
  TernSql tern(home + "/records.db", {.hot_bytes = (uint64_t{64} << 20) + records.size() * 768}, tern::Source::kHot);
  tern.load(records);
  const std::unique_ptr<Peer> sqlite = make_peer(context, kSqlite, {home, records.size()});
  add_points(
      context, reads, records.size(), Clock::kThread,
      {reading(kPublic, tern, records, draws, Take::kView), reading(kSqlite, *sqlite, records, draws, Take::kView)});
  const auto updating = [&](const char* name, Peer& peer) {
    return Contender{.name = name,
                     .run =
                         [&peer, &records, own = Draws(draws)](uint64_t operations) mutable {
                           Work work;
                           for (; work.operations < operations; ++work.operations) {
                             const uint64_t number = own.next();
                             peer.update(records.key(number), value_of(number));
                           }
                           return work;
                         },
                     .note = ""};
  };
  add_points(context, writes, records.size(), Clock::kWall,
             {updating(kUpdates, tern), updating(kSqliteUpdates, *sqlite)});
}

// By how much tern grows from one size to the next, beyond what its peer does there: the worst step.
void judge(Context& context, Curve& curve, const char* ours, const char* peer) {
  Row& row = context.row("P16", std::string("growth, ") + ours + " beside " + peer,
                         "worst step from one size to the next: growth of tern's time ÷ growth of the peer's");
  row.target = at_most(2);
  const auto& mine = curve.line(ours).points;
  const auto& theirs = curve.line(peer).points;
  if (theirs.size() != mine.size() || mine.size() < 2) {
    row.state = State::kAbsent;
    row.reason = std::string(peer) + " is absent";
    return;
  }
  double worst = 0;
  for (size_t i = 1; i < mine.size(); ++i) {
    worst = std::max(worst, mine[i].second / mine[i - 1].second * theirs[i - 1].second / theirs[i].second);
  }
  row.notes.push_back("the curves are below the table");
  row.settle(worst);
}

Curve& growth_curve(Context& context, const std::string& title) {
  Curve& curve = context.curve("P16", title);
  curve.x = "keys";
  curve.y = "ns";
  curve.log_x = curve.log_y = true;
  return curve;
}

const Family family("P16", "growth", [](Context& context) {
  Curve& memory = growth_curve(context, "One read from memory, by the number of keys (uniform)");
  Curve& disk = growth_curve(context, "One read from key-value files, by the number of keys (uniform)");
  Curve& tables = growth_curve(context, "One SELECT by key, by the number of rows (uniform)");
  Curve& writes = growth_curve(context, "One UPDATE by key, synchronous NORMAL, by the number of rows (uniform)");
  const uint64_t first = context.pick<uint64_t>(500, 10'000, 10'000);
  const uint64_t last = context.pick<uint64_t>(5'000, 1'000'000, 10'000'000);
  for (uint64_t count = first; count <= last; count *= 10) {
    context.say("P16: " + count_text(count) + " keys");
    const Records records(count);
    const Draws draws = Draws::uniform(count, context.pick<uint64_t>(1 << 12, 1 << 20, 1 << 21));
    // A folder for each, gone before the next.
    in_memory(context, memory, Folder(), records, draws);
    on_disk(context, disk, Folder(), records, draws);
    in_tables(context, tables, writes, Folder(), records, draws);
  }
  judge(context, memory, kHot, kAbslMap);
  judge(context, disk, kStore, kLmdb);
  judge(context, tables, kPublic, kSqlite);
  judge(context, writes, kUpdates, kSqliteUpdates);
});

}  // namespace
}  // namespace bench
