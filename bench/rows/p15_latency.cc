// P15: how long single hot reads take while a foreign process commits a hundred times a second; SQLite's reads beside
// them, under the same commits.
#include "bench/core/scratch.h"
#include "bench/peers/foreign.h"
#include "bench/peers/peer.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_sql.h"
#include "docs/examples/demo/latency.h"

namespace bench {
namespace {

constexpr double kCommitsASecond = 100;

struct Latencies {
  demo::Latency histogram{};
  uint64_t longest_ns = 0;
  void add(double ns) {
    const auto whole = static_cast<uint64_t>(ns);
    histogram.add(whole);
    longest_ns = std::max(longest_ns, whole);
  }
};

// Calls `read` for so long, and files each by what it returns.
template <typename Read>
void watch(double seconds, const Records& records, Draws& draws, Read&& read) {
  double before = now_ns(Clock::kWall);
  const double end = before + seconds * 1e9;
  while (before < end) {
    Latencies& where = read(records.key(draws.next()));
    const double after = now_ns(Clock::kWall);
    where.add(after - before);
    before = now_ns(Clock::kWall);
  }
}

void report(Row& row, Curve& curve, const std::string& name, const Latencies& latencies) {
  const demo::Latency& histogram = latencies.histogram;
  if (histogram.count() == 0) return add_absent(row, name, "there were no such reads");
  const auto add = [&](const char* what, double ns) {
    row.series.push_back({.name = name + ", " + what, .unit = "ns", .rounds = {ns}, .note = "", .absent = ""});
  };
  add("p50", histogram.percentile_ns(0.5));
  add("p99", histogram.percentile_ns(0.99));
  add("p99.9", histogram.percentile_ns(0.999));
  add("max", static_cast<double>(latencies.longest_ns));
  row.notes.push_back(name + ": " + count_text(histogram.count()) + " reads");
  Curve::Line& line = curve.line(name);
  // One in 2, 4, 8 …: as far as there are a few reads that were slower.
  for (double one_in = 1; one_in * 4 < static_cast<double>(histogram.count()); one_in *= 2) {
    line.points.emplace_back(one_in, histogram.percentile_ns(1 - 1 / one_in));
  }
}

const Family family("P15", "latency under foreign commits", [](Context& context) {
  const Folder folder;
  const uint64_t count = context.pick<uint64_t>(2'000, 100'000, 100'000);
  const Records records(count);
  const std::string home = folder.sub("db");
  const std::string database = home + "/records.db";
  make_records_table(database, records);
  TernSql tern(database, {}, tern::Source::kHot);
  tern.load(records);
  const std::unique_ptr<Peer> sqlite = make_peer(context, kSqlite, {home, count});
  Draws draws = Draws::zipf(count, context.pick<uint64_t>(1 << 12, 1 << 20, 1 << 20));

  Latencies hot, below, plain;
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < 1000; ++i) keys.emplace_back(records.key(mixed(i) % count));
  ForeignWriter writer(database, "UPDATE records SET v = substr(v, 2) || substr(v, 1, 1) WHERE k = ?");
  writer.start(kCommitsASecond, keys);
  std::string value;
  const double seconds = context.seconds(0.1, 6, 30) / 6;
  for (int round = 0; round < 3; ++round) {
    watch(seconds, records, draws, [&](std::string_view key) -> Latencies& {
      const auto row = tern.select().bind(key).first();
      if (!row || row->get<std::string_view>(0).size() != kValueBytes) throw std::runtime_error("a record is missing");
      return row->source() == tern::Source::kHot ? hot : below;
    });
    watch(seconds, records, draws, [&](std::string_view key) -> Latencies& {
      if (!sqlite->get(key, value)) throw std::runtime_error("a record is missing");
      return plain;
    });
  }
  const uint64_t commits = writer.stop();

  Row& row = context.row("P15", "hot read while a foreign process commits 100 times a second",
                         "p99 of tern's hot reads ÷ p50 of SQLite's reads");
  row.target = at_most(1);
  Curve& curve = context.curve("P15", "Latency of single reads under 100 foreign commits a second");
  curve.x = "one read in so many is slower";
  curve.y = "ns";
  curve.log_x = curve.log_y = true;
  report(row, curve, "tern, hot", hot);
  report(row, curve, "tern, after a commit", below);
  report(row, curve, kSqlite, plain);
  row.notes.push_back(count_text(commits) + " foreign commits; the clock's own cost is within");
  row.settle_ratio("tern, hot, p99", std::string(kSqlite) + ", p50");
});

}  // namespace
}  // namespace bench
