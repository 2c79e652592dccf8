// P13, X2: what publishing adds to a commit, of one row and of a thousand, with a million entries cached: the log's new
// frames are read and their pages stamped; nothing looks at what is cached. Beside it the stamp lock by itself, taken
// and let go: two system calls, the part of it that is not tern's.
#include <algorithm>
#include <vector>

#include "bench/core/harness.h"
#include "bench/core/scratch.h"
#include "bench/workload/records.h"
#include "cache/body.h"
#include "cache/hot_table.h"
#include "engine/coherence.h"
#include "sql/connection.h"

namespace bench {
namespace {

using tern::internal::Coherence;
using tern::internal::Counters;

void fill(tern::cache::HotTable& table, uint64_t count) {
  const tern::cache::KeyHash statement{1, 2};
  const uint32_t slots[] = {3, 40, 500, 6'000, 7'000, 60'000};
  for (uint64_t i = 0; i < count; ++i) {
    tern::cache::KeyBuilder key(statement);
    key.add_integer(static_cast<int64_t>(i));
    tern::cache::BodyBuilder body;
    body.add_column("v");
    body.begin_row();
    body.add_integer(static_cast<int64_t>(i));
    table.insert(tern::cache::Entry::make({.hash = key.hash(), .key = key.bytes(), .label = 1, .slots = slots}, body));
  }
}

// A database, a connection that writes to it, and what publishes. Nobody checkpoints unless told.
class Publishing {
 public:
  explicit Publishing(const std::string& folder)
      : file_(folder + "/app.db"), writer_(tern::sql::Connection::open({.path = file_})) {
    writer_.execute("CREATE TABLE t(k INTEGER PRIMARY KEY, v TEXT)");
    writer_.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
        "INSERT INTO t SELECT i, printf('%0200d', i) FROM n");
    std::string why;
    coherence_ = Coherence::open(
        {.connection = {.path = file_, .mode = tern::sql::OpenMode::kRead},
         .stamps = {.folder = folder + "/app.db-tern", .device = 1, .inode = 1, .slots_wanted = 1 << 16}},
        counters_, why);
    if (coherence_ == nullptr) throw std::runtime_error("no coherence: " + why);
    publish();
  }

  // The median of so many rounds through the lock alone.
  Work locks(uint64_t count) {
    std::vector<double> took;
    while (took.size() < count) {
      const double start = now_ns(Clock::kWall);
      if (!coherence_->stamps().lock(1000)) throw std::runtime_error("the stamp lock was not to be had");
      took.push_back(now_ns(Clock::kWall) - start);
    }
    std::nth_element(took.begin(), took.begin() + static_cast<std::ptrdiff_t>(count / 2), took.end());
    Work work;
    work.operations = count;
    work.ns = took[count / 2] * static_cast<double>(count);
    return work;
  }

  // So many commits of `rows` rows all over the table, each published. What counts is the median of the publications,
  // by the wall clock, whose own cost of some 30 ns is within: the thread's clock would cost more than what it
  // measures.
  Work commits(uint64_t count, int rows) {
    std::vector<double> took;
    while (took.size() < count) {
      const std::string where = rows == 1 ? "k = " + std::to_string(++number_ * 7919 % 100'000)
                                          : "k % " + std::to_string(100'000 / rows) + " = 7";
      writer_.execute("UPDATE t SET v = printf('%0200d', " + std::to_string(++number_) + ") WHERE " + where);
      const double start = now_ns(Clock::kWall);
      publish();
      took.push_back(now_ns(Clock::kWall) - start);
      // The log must not grow without end; the guardian follows, so that it can begin anew.
      if (took.size() % 50 != 0) continue;
      coherence_->move_guardian();
      writer_.query_int64("PRAGMA wal_checkpoint(PASSIVE)");
    }
    std::nth_element(took.begin(), took.begin() + static_cast<std::ptrdiff_t>(count / 2), took.end());
    Work work;
    work.operations = count;
    work.ns = took[count / 2] * static_cast<double>(count);
    return work;
  }

 private:
  void publish() {
    if (!coherence_->try_publish(1000, true)) throw std::runtime_error("a commit was not published");
  }

  const std::string file_;
  Counters counters_;
  tern::sql::Connection writer_;
  std::unique_ptr<Coherence> coherence_;
  uint64_t number_ = 0;
};

const Family family("P13", "publishing a commit", [](Context& context) {
  const Folder folder;
  const uint64_t cached = context.pick<uint64_t>(1'000, 1'000'000, 1'000'000);
  tern::cache::HotTable table(uint64_t{4} << 30);
  fill(table, cached);
  Publishing publishing(folder.sub("db"));
  Row& row =
      context.row("P13", "publishing a commit of one row, " + count_text(table.stats().entries) + " entries cached",
                  "added to the commit");
  row.unit = "ns";
  row.target = at_most(1000);
  alternate(context, row, Clock::kWall,
            {{.name = "one row",
              .run = [&](uint64_t) { return publishing.commits(context.pick<uint64_t>(10, 300, 500), 1); },
              .note = "",
              .fixed_length = true},
             {.name = "the stamp lock alone",
              .run = [&](uint64_t) { return publishing.locks(context.pick<uint64_t>(10, 300, 500)); },
              .note = "fcntl, twice: the kernel frees it when its holder dies",
              .fixed_length = true}});
  row.settle(row.series[0].best());

  Row& many = context.row("X2", "publishing a commit of 1,000 rows in as many pages", "added to the commit");
  many.unit = "ns";
  alternate(context, many, Clock::kWall,
            {{.name = "1,000 rows",
              .run = [&](uint64_t) { return publishing.commits(context.pick<uint64_t>(2, 5, 10), 1000); },
              .note = "",
              .fixed_length = true}});
  many.settle(many.series[0].best());
});

}  // namespace
}  // namespace bench
