// P14: a process that starts anew with a warm store: how soon its first hit comes, and how much it hits in its first
// second.
#include <cstdio>
#include <sstream>

#include "bench/core/child.h"
#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_sql.h"

namespace bench {
namespace {

uint64_t store_bytes(uint64_t count) { return (uint64_t{64} << 20) + count * 1536; }

// Prints "MILLISECONDS_TO_FIRST_HIT HIT_RATIO READS": from before open() to the first read that a tier answered, and of
// the reads of the second from open() on.
int restart(const std::vector<std::string>& arguments) {
  const uint64_t count = std::stoull(arguments.at(1));
  const double seconds = std::stod(arguments.at(2));
  const Records records(count);
  Draws draws = Draws::zipf(count, 1 << 18, std::stoull(arguments.at(3)));
  const double start = now_ns(Clock::kWall);
  TernSql tern(arguments.at(0), {.hot_bytes = kRoomy, .store_bytes = store_bytes(count)}, tern::Source::kHot);
  uint64_t reads = 0, hits = 0;
  double first_hit_ms = -1, now = start;
  while (now < start + seconds * 1e9) {
    for (int i = 0; i < 64; ++i, ++reads) {
      const auto row = tern.select().bind(records.key(draws.next())).first();
      if (!row || row->source() == tern::Source::kSql) continue;
      if (++hits == 1) first_hit_ms = (now_ns(Clock::kWall) - start) / 1e6;
    }
    now = now_ns(Clock::kWall);
  }
  std::printf("%.3f %.6f %llu\n", first_hit_ms, static_cast<double>(hits) / static_cast<double>(reads),
              static_cast<unsigned long long>(reads));
  std::fflush(stdout);
  return 0;
}
const Role role("restart", restart);

const Family family("P14", "warm restart", [](Context& context) {
  const Folder folder;
  const uint64_t count = context.pick<uint64_t>(2'000, 200'000, 1'000'000);
  const Records records(count);
  const std::string database = folder.sub("db") + "/records.db";
  make_records_table(database, records);
  const double kept = fill_store(database, records, store_bytes(count));

  Row& first = context.row("P14", "warm restart of " + count_text(count) + " cached rows: first hit",
                           "from before open() to the first read that a tier answered");
  Row& ratio = context.row("P14", "warm restart of " + count_text(count) + " cached rows: first second", "hit ratio");
  first.unit = "ms";
  first.target = at_most(50);
  ratio.target = at_least(0.95);
  const double seconds = context.pick(0.1, 1.0, 1.0);
  Series times{.name = "first hit", .unit = "ms", .rounds = {}, .note = "", .absent = ""};
  Series ratios{.name = "hits", .unit = "hit ratio", .rounds = {}, .higher_is_better = true, .note = "", .absent = ""};
  uint64_t reads = 0;
  for (int round = 0; round < context.pick(1, 3, 5); ++round) {
    Child child("restart", {database, std::to_string(count), std::to_string(seconds), std::to_string(round)});
    double ms = 0, hit_ratio = 0;
    std::istringstream(child.read_line()) >> ms >> hit_ratio >> reads;
    child.finish();
    if (ms < 0) throw std::runtime_error("no read was answered by a tier");
    times.rounds.push_back(ms);
    ratios.rounds.push_back(hit_ratio);
  }
  first.series.push_back(std::move(times));
  ratio.series.push_back(std::move(ratios));
  ratio.notes.push_back(count_text(reads) + " reads in the last round; the store held " + std::to_string(kept * 100) +
                        " % of the rows");
  first.settle(first.series[0].best());
  ratio.settle(ratio.series[0].best());
});

}  // namespace
}  // namespace bench
