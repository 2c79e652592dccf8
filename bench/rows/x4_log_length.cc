// X4: how long the log gets while a foreign program commits as fast as it can and tern reads: its snapshots are always
// open, and still the log must stay bounded.
#include <filesystem>
#include <thread>

#include "bench/core/scratch.h"
#include "bench/peers/foreign.h"
#include "bench/peers/peer.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_sql.h"

namespace bench {
namespace {

const Family family("X4", "length of the log", [](Context& context) {
  const Folder folder;
  const Records records(context.pick<uint64_t>(2'000, 50'000, 100'000));
  const std::string database = folder.sub("db") + "/records.db";
  make_records_table(database, records);
  TernSql tern(database, {}, tern::Source::kHot);
  tern.load(records);
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < records.size(); i += 7) keys.emplace_back(records.key(i));

  const double seconds = context.seconds(0.3, 5, 30);
  Curve& curve = context.curve("X4", "Length of the log with a foreign writer at full speed");
  curve.x = "seconds";
  curve.y = "MiB";
  Curve::Line& line = curve.line("app.db-wal");
  ForeignWriter writer(database, "UPDATE records SET v = v || 'x' WHERE k = ?");
  writer.start(0, keys);
  Draws draws = Draws::zipf(records.size(), 1 << 16);
  const double start = now_ns(Clock::kWall), step = std::max(seconds / 300, 0.01);
  double longest = 0, next = 0;
  uint64_t reads = 0, hits = 0;
  for (double now = 0; now < seconds; now = (now_ns(Clock::kWall) - start) / 1e9) {
    // Leaves the writer its core.
    const Work work = tern.read(records, draws, 100, Take::kView);
    reads += work.operations;
    hits += work.hits;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::error_code gone;
    const double mib = static_cast<double>(std::filesystem::file_size(database + "-wal", gone)) / (1 << 20);
    if (!gone) longest = std::max(longest, mib);
    if (gone || now < next) continue;
    line.points.emplace_back(now, mib);
    next = now + step;
  }
  const uint64_t commits = writer.stop();
  const tern::Stats stats = tern.db().stats();
  Row& row = context.row("X4", "longest the log got, a foreign writer at full speed", "size of app.db-wal");
  row.unit = "MiB";
  row.target = at_most(80);
  char text[160];
  std::snprintf(text, sizeof text,
                "%.0f s, %.0f foreign commits a second, %llu checkpoints, precision given up %llu times, %.3f of %llu "
                "reads hit",
                seconds, static_cast<double>(commits) / seconds, static_cast<unsigned long long>(stats.log.checkpoints),
                static_cast<unsigned long long>(stats.log.guardian_lost),
                static_cast<double>(hits) / static_cast<double>(reads), static_cast<unsigned long long>(reads));
  row.notes.push_back(text);
  row.notes.push_back(
      "the hard bound is 64 MiB, past which precision is given up; a file keeps its length until the log is restarted");
  row.settle(longest);
});

}  // namespace
}  // namespace bench
