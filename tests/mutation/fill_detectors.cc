// Detectors of the rule Fill: labels, snapshots, read sets, and what may be cached at all.
#include "tests/mutation/world.h"

namespace tern::mutation {
namespace {

using probes::Mutant;
using probes::Trap;

// A commit, and its publication, at one point of a fill; then the key is read again.
Found commit_within_fill_at(probes::Point point) {
  World world;
  const Trap trap(point, [&] {
    world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
    world.publish_elsewhere();
  });
  world.t(1);
  require(trap.sprung(), "the fill did not come by");
  return differs(world.t(1), 2, "a read behind a fill that missed a commit");
}

Found label_after_reading() { return commit_within_fill_at("fill:read"); }
Found fill_on_old_snapshot() { return commit_within_fill_at("fill:snapshot-taken"); }

Found reused_snapshot_unchecked() {
  World world;
  world.t(2);                     // leaves its snapshot open
  for (int v = 2; v < 30; ++v) {  // one that took the machine more than 50 ms is not used again
    world.foreign.exec("UPDATE t SET v = " + std::to_string(v) + " WHERE id = 2");
    if (auto found = differs(world.t(2), v, "a miss behind a commit, with a snapshot open from before it,"))
      return found;
  }
  return std::nullopt;
}

Found read_set_page_dropped() {
  World world;
  world.t(1);
  world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
  return differs(world.t(1), 2, "a read of a page that a commit changed");
}

// SQLite overwrites in place, page by page: only the last overflow page changes.
Found overflow_pages_not_recorded() {
  World world([](Foreign& foreign) {
    create_tables(foreign);
    foreign.exec(
        "CREATE TABLE big (id INTEGER PRIMARY KEY, head, tail); INSERT INTO big VALUES (1, zeroblob(50000), 1111)");
  });
  const std::string sql = "SELECT tail FROM big WHERE id = 1";
  world.db.explain(sql);  // the pages are in the connection's cache from here on
  const Statement read = world.db.prepare(sql);
  require(read.bind().first()->get<int64_t>(0) == 1111, "the row is not there");
  world.foreign.exec("UPDATE big SET tail = 2222 WHERE id = 1");
  return differs(read.bind().first()->get<int64_t>(0), 2222, "a read of a row whose last overflow page changed");
}

// What FTS5 remembers of its structure is in no read set.
Found fts5_plain() {
  World world([](Foreign& foreign) {
    foreign.exec("PRAGMA page_size = 512");
    create_tables(foreign);
    foreign.exec(
        "CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f(f, rank) VALUES ('pgsz', 64);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
        "INSERT INTO f SELECT 'word' || i || ' beta' FROM n;"
        "INSERT INTO f(f) VALUES ('optimize')");
  });
  const Statement read = world.db.prepare("SELECT count(*) FROM f WHERE f MATCH ?");
  const auto count = [&](const char* word) { return read.bind(word).first()->get<int64_t>(0); };
  count("word1");
  require(count("word1500") == 1, "the index does not find a word");
  world.foreign.exec("INSERT INTO f VALUES ('word1500')");
  return differs(count("word1500"), 2, "a full-text search behind an insert");
}

Found nondeterministic_plain() {
  World world;
  const Statement read = world.db.prepare("SELECT random()");
  const int64_t first = read.bind().first()->get<int64_t>(0);
  if (read.bind().first()->get<int64_t>(0) != first) return std::nullopt;
  return "random() was answered from the cache";
}

Found reprepared_cached() {
  World world([](Foreign& foreign) {
    create_tables(foreign);
    foreign.exec("CREATE VIEW w AS SELECT v FROM t WHERE id = 1");
  });
  const Statement read = world.db.prepare("SELECT v FROM w");
  read.bind().first();
  world.foreign.exec("BEGIN; DROP VIEW w; CREATE VIEW w AS SELECT random() AS v; COMMIT");
  const int64_t first = read.bind().first()->get<int64_t>(0);
  if (read.bind().first()->get<int64_t>(0) != first) return std::nullopt;
  return "random() behind a view that was made anew was answered from the cache";
}

Found clock_ignored() {
  World world;
  const Statement read = world.db.prepare("SELECT julianday('now')");
  const double first = read.bind().first()->get<double>(0);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));  // SQLite's clock has milliseconds
  if (read.bind().first()->get<double>(0) != first) return std::nullopt;
  return "the time was answered from the cache";
}

constexpr Detector kDetectors[] = {
    {Mutant::kLabelAfterReading, "a commit is published after the statement has run", label_after_reading},
    {Mutant::kFillOnOldSnapshot, "a commit is published after the snapshot began", fill_on_old_snapshot},
    {Mutant::kReusedSnapshotUnchecked, "a miss while a snapshot from before a commit is open",
     reused_snapshot_unchecked},
    {Mutant::kReadSetPageDropped, "the one page of a table is changed", read_set_page_dropped},
    {Mutant::kOverflowPagesNotRecorded, "the last overflow page of a row is overwritten", overflow_pages_not_recorded},
    {Mutant::kFts5Plain, "a word is added to a full-text index", fts5_plain},
    {Mutant::kNondeterministicPlain, "random() twice", nondeterministic_plain},
    {Mutant::kRepreparedCached, "a view becomes one that is not deterministic", reprepared_cached},
    {Mutant::kClockIgnored, "the time twice", clock_ignored},
};

}  // namespace

std::span<const Detector> fill_detectors() { return kDetectors; }

}  // namespace tern::mutation
