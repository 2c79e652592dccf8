// X7: everything at once, over time: two threads read, four write, a foreign program commits too. What matters is that
// nothing grows, nothing slows down and nothing is stale; --seconds 600 for ten minutes. The curve has 60 steps.
//
// Stale: each writer counts in a row of its own, and says how far when the commit has been acknowledged; a reader that
// looks at what was said, and then finds less in the row, has been given the past.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "bench/core/scratch.h"
#include "bench/peers/foreign.h"
#include "bench/peers/peer.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_sql.h"

namespace bench {
namespace {

constexpr int kReaders = 2, kWriters = 4;
constexpr double kForeignCommitsASecond = 100;

double resident_mib() {
  std::ifstream file("/proc/self/statm");
  double all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double log_mib(const std::string& database) {
  std::error_code gone;
  const auto bytes = std::filesystem::file_size(database + "-wal", gone);
  return gone ? 0 : static_cast<double>(bytes) / (1 << 20);
}

// Threads that go on until the object goes. Counters are relaxed: they order nothing.
class Load {
 public:
  Load(TernSql& tern, const Records& records)
      : tern_(tern),
        records_(records),
        count_(tern.db().prepare("UPDATE counted SET n = ? WHERE writer = ?")),
        counted_(tern.db().prepare("SELECT n FROM counted WHERE writer = ?")) {
    for (int i = 0; i < kReaders + kWriters; ++i) {
      threads_.emplace_back([this, i] {
        Draws draws = Draws::zipf(records_.size(), 1 << 16, static_cast<uint64_t>(i));
        if (i < kReaders) {
          read(draws);
        } else {
          write(static_cast<size_t>(i - kReaders), draws);
        }
      });
    }
  }
  ~Load() {
    stop_.store(true, std::memory_order_relaxed);
    for (std::thread& thread : threads_) thread.join();
  }

  std::atomic<uint64_t> reads{0}, commits{0}, looks{0}, stale{0};

 private:
  void read(Draws& draws) {
    for (size_t writer = 0; !stop_.load(std::memory_order_relaxed); writer = (writer + 1) % kWriters) {
      reads.fetch_add(tern_.read(records_, draws, 64, Take::kView).operations, std::memory_order_relaxed);
      // acquire: pairs with the release below; what is read next begins after the commit was acknowledged.
      const int64_t said = said_[writer].load(std::memory_order_acquire);
      const auto row = counted_.bind(static_cast<int64_t>(writer)).first();
      looks.fetch_add(1, std::memory_order_relaxed);
      if (!row || row->get<int64_t>(0) < said) stale.fetch_add(1, std::memory_order_relaxed);
    }
  }
  void write(size_t writer, Draws& draws) {
    for (int64_t n = 1; !stop_.load(std::memory_order_relaxed); ++n) {
      const uint64_t number = draws.next();
      tern_.update(records_.key(number), value_of(number, static_cast<uint64_t>(n)));
      commits.fetch_add(1, std::memory_order_relaxed);
      if (n % 8 != 0) continue;
      count_.bind(n, static_cast<int64_t>(writer)).run();
      commits.fetch_add(1, std::memory_order_relaxed);
      said_[writer].store(n, std::memory_order_release);
    }
  }

  TernSql& tern_;
  const Records& records_;
  const tern::Statement count_, counted_;
  std::array<std::atomic<int64_t>, kWriters> said_{};
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

const Family family("X7", "mixed load over time", [](Context& context) {
  const Folder folder;
  const Records records(context.pick<uint64_t>(2'000, 50'000, 100'000));
  const std::string database = folder.sub("db") + "/records.db";
  make_records_table(database, records);
  TernSql tern(database, {.hot_bytes = uint64_t{256} << 20, .store_bytes = uint64_t{256} << 20}, tern::Source::kHot);
  tern.load(records);
  tern.db().exec("CREATE TABLE counted(writer INTEGER PRIMARY KEY, n INTEGER NOT NULL)");
  for (int writer = 0; writer < kWriters; ++writer)
    tern.db().exec("INSERT INTO counted VALUES (" + std::to_string(writer) + ", 0)");
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < records.size(); i += 11) keys.emplace_back(records.key(i));
  ForeignWriter foreign(database, "UPDATE records SET v = substr(v, 2) || substr(v, 1, 1) WHERE k = ?");
  foreign.start(kForeignCommitsASecond, keys);

  constexpr int kSteps = 60;
  const double seconds = context.seconds(0.3, 6, 30);
  Curve& curve = context.curve("X7", "Mixed load: reads and commits a second, MiB of log and memory");
  curve.x = "seconds";
  curve.log_y = true;
  double longest_log = 0;
  uint64_t looks = 0, stale = 0;
  std::array<double, kSteps> reads{}, memory{};
  {
    Load load(tern, records);
    double before = now_ns(Clock::kWall);
    const double start = before;
    uint64_t reads_before = 0, commits_before = 0;
    for (int step = 0; step < kSteps; ++step) {
      std::this_thread::sleep_for(std::chrono::duration<double>(seconds / kSteps));
      const double now = now_ns(Clock::kWall), took = (now - before) / 1e9, at = (now - start) / 1e9;
      const uint64_t all_reads = load.reads.load(std::memory_order_relaxed);
      const uint64_t all_commits = load.commits.load(std::memory_order_relaxed);
      reads[static_cast<size_t>(step)] = static_cast<double>(all_reads - reads_before) / took;
      const double log = log_mib(database);
      longest_log = std::max(longest_log, log);
      // A log axis has no zero.
      const auto add = [&](const char* name, double value) {
        if (value > 0) curve.line(name).points.emplace_back(at, value);
      };
      add("tern, reads a second", reads[static_cast<size_t>(step)]);
      add("tern, commits a second", static_cast<double>(all_commits - commits_before) / took);
      add("log, MiB", log);
      memory[static_cast<size_t>(step)] = resident_mib();
      add("memory, MiB", memory[static_cast<size_t>(step)]);
      reads_before = all_reads;
      commits_before = all_commits;
      before = now;
    }
    looks = load.looks.load(std::memory_order_relaxed);
    stale = load.stale.load(std::memory_order_relaxed);
  }
  const uint64_t foreign_commits = foreign.stop();
  // The first sixth warms up; of the rest the second half beside the first.
  const auto mean = [&](int from, int to) {
    double sum = 0;
    for (int i = from; i < to; ++i) sum += reads[static_cast<size_t>(i)];
    return sum / (to - from);
  };
  Row& row = context.row("X7", "reads a second under mixed load, later ÷ earlier",
                         "2 readers, 4 writers, a foreign writer: second half of the run ÷ first");
  row.target = at_least(0.9);
  row.notes.push_back(count_text(foreign_commits) + " foreign commits in " + std::to_string(static_cast<int>(seconds)) +
                      " s");
  // They have no point on the curve.
  row.notes.push_back(std::to_string(std::count(reads.begin(), reads.end(), 0.0)) + " of " + std::to_string(kSteps) +
                      " steps without a read");
  row.settle(mean(35, kSteps) / mean(10, 35));
  Row& log = context.row("X7", "longest the log got under mixed load", "size of app.db-wal");
  log.unit = "MiB";
  log.target = at_most(80);
  log.settle(longest_log);
  Row& past = context.row("X7", "reads under mixed load that lacked an acknowledged commit",
                          "of " + count_text(looks) + " that knew how far a writer had got");
  past.unit = "reads";
  past.target = at_most(0);
  past.settle(static_cast<double>(stale));
  Row& held = context.row("X7", "memory of the process under mixed load, at the end", "resident");
  held.unit = "MiB";
  held.notes.push_back(
      std::to_string(static_cast<int>(memory[kSteps / 2])) +
      " MiB in the middle; the hot tier may have 256, and what is voided stays in it until its room is "
      "needed");
  held.settle(memory[kSteps - 1]);
});

}  // namespace
}  // namespace bench
