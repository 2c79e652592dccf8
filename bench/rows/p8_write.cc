// P8, P9: what a commit costs, and how many there are when many threads commit and each waits for the disk.
#include <filesystem>
#include <mutex>

#include "bench/core/scratch.h"
#include "bench/core/threads.h"
#include "bench/peers/peer.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_sql.h"

namespace bench {
namespace {

constexpr const char* kTern = "tern";

// The same records in folders of their own.
class Copies {
 public:
  explicit Copies(const Records& records) { make_records_table(folder_.sub("first") + "/records.db", records); }
  std::string folder(const std::string& name) const {
    const std::string to = folder_.sub(name);
    std::filesystem::copy_file(folder_.file("first/records.db"), to + "/records.db");
    return to;
  }

 private:
  Folder folder_;
};

Contender updating(const std::string& name, Peer& peer, const Records& records, Draws draws, const std::string& note) {
  return {.name = name,
          .run =
              [&peer, &records, draws = std::move(draws), version = uint64_t{0}](uint64_t operations) mutable {
                ++version;
                for (uint64_t i = 0; i < operations; ++i) {
                  const uint64_t number = draws.next();
                  peer.update(records.key(number), value_of(number, version));
                }
                Work work;
                work.operations = operations;
                return work;
              },
          .note = note};
}

const Family family("P8", "one writer ÷ SQLite", [](Context& context) {
  const uint64_t count = context.pick<uint64_t>(2'000, 100'000, 100'000);
  const Records records(count);
  const Copies copies(records);
  const Draws draws = Draws::uniform(count, 1 << 18);
  TernSql empty(copies.folder("empty") + "/records.db", {}, tern::Source::kHot);
  TernSql cached(copies.folder("cached") + "/records.db", {}, tern::Source::kHot);
  cached.load(records);
  const std::unique_ptr<Peer> sqlite = make_peer(context, kSqlite, {copies.folder("sqlite"), count});

  Row& row = context.row("P8", "one thread, autocommit UPDATE by key, synchronous NORMAL",
                         "tern, all records cached ÷ SQLite");
  row.target = at_most(1.2);
  const std::string all = "tern, " + count_text(count) + " records cached";
  alternate(context, row, Clock::kWall,
            {updating(all, cached, records, draws, "synchronous NORMAL, checkpoints in the background"),
             updating("tern, nothing cached", empty, records, draws, "the same"),
             updating(kSqlite, *sqlite, records, draws, "synchronous NORMAL, its own checkpoints (1,000 pages)")});
  row.settle_ratio(all, kSqlite);
});

// Commits a second of 16 threads that each update a record again and again.
double commits(double seconds, const Records& records,
               const std::function<void(std::string_view, std::string_view)>& update) {
  return per_second(16, seconds, [&](int thread, const std::atomic<bool>& stop) {
    Draws draws = Draws::uniform(records.size(), 1 << 12, static_cast<uint64_t>(thread));
    uint64_t done = 0;
    for (; !stop.load(std::memory_order_relaxed); ++done) {
      const uint64_t number = draws.next();
      update(records.key(number), value_of(number, done));
    }
    return done;
  });
}

const Family many_family("P9", "16 writers ÷ SQLite with a mutex", [](Context& context) {
  const uint64_t count = context.pick<uint64_t>(2'000, 50'000, 50'000);
  const Records records(count);
  const Copies copies(records);
  TernSql tern(copies.folder("tern") + "/records.db", {.every_sync = true}, tern::Source::kHot);
  const std::unique_ptr<Peer> sqlite =
      make_peer(context, kSqlite, {.folder = copies.folder("sqlite"), .records = count, .every_sync = true});
  std::mutex mutex;

  Row& row = context.row("P9", "16 threads, autocommit UPDATE by key, synchronous FULL",
                         "tern's commits a second ÷ SQLite's, one connection with a mutex");
  row.target = at_least(5);
  const double seconds = context.pick(0.05, 0.5, 1.5);
  const auto locked = [&](std::string_view key, std::string_view value) {
    const std::lock_guard lock(mutex);
    sqlite->update(key, value);
  };
  const auto free = [&](std::string_view key, std::string_view value) { tern.update(key, value); };
  alternate(context.pick(1, 3, 7), row,
            {{kTern, "commits/s", true, [&] { return commits(seconds, records, free); }, "synchronous FULL"},
             {kSqlite, "commits/s", true, [&] { return commits(seconds, records, locked); }, "synchronous FULL"}});
  row.settle_ratio(kTern, kSqlite);
});

}  // namespace
}  // namespace bench
