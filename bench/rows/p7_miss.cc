// P7: a read that no tier can answer beside SQLite's own: what recording pages and making an entry cost, and what the
// reused read snapshot saves. Every key is asked for once.
#include <filesystem>
#include <optional>

#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_sql.h"

namespace bench {
namespace {

constexpr const char* kBoth = "tern, a miss, kept in both tiers";
constexpr const char* kHot = "tern, a miss, kept in the hot tier";
constexpr const char* kOff = "tern, cache off";

// tern with nothing cached; once every key has been asked for it is closed, emptied and opened again, off the clock.
class Cold {
 public:
  Cold(std::string database, const TernTiers& tiers, const Records& records)
      : database_(std::move(database)), tiers_(tiers), records_(records), draws_(Draws::each_once(records.size())) {
    open();
  }

  Work read(uint64_t operations) {
    Work all;
    all.ns = 0;
    while (all.operations < operations) {
      if (left_ == 0) open();
      const uint64_t now = std::min(left_, operations - all.operations);
      const double start = now_ns(Clock::kThread);
      const Work part = tern_->read(records_, draws_, now, Take::kView);
      *all.ns += now_ns(Clock::kThread) - start;
      all.operations += part.operations;
      all.hits += part.hits;
      left_ -= now;
    }
    return all;
  }

 private:
  void open() {
    tern_.reset();
    std::filesystem::remove_all(database_ + "-tern");
    tern_.emplace(database_, tiers_, tern::Source::kSql);
    left_ = records_.size();
  }

  const std::string database_;
  const TernTiers tiers_;
  const Records& records_;
  Draws draws_;
  std::optional<TernSql> tern_;
  uint64_t left_ = 0;
};

const Family family("P7", "miss ÷ SQLite", [](Context& context) {
  const Folder folder;
  const uint64_t count = context.pick<uint64_t>(2'000, 100'000, 100'000);
  const Records records(count);
  // Copies, since one process has one engine for a file.
  const std::string plain = folder.sub("plain");
  make_records_table(plain + "/records.db", records);
  const auto copy = [&](const std::string& name) {
    const std::string to = folder.sub(name) + "/records.db";
    std::filesystem::copy_file(plain + "/records.db", to);
    return to;
  };
  Cold both(copy("both"), {.hot_bytes = kRoomy, .store_bytes = uint64_t{1} << 30}, records);
  Cold hot(copy("hot"), {.hot_bytes = kRoomy}, records);
  TernSql off(copy("off"), {.cache = false}, tern::Source::kSql);
  const std::unique_ptr<Peer> sqlite = make_peer(context, kSqlite, {plain, count});
  const std::unique_ptr<Peer> held = make_peer(context, kSqliteHeld, {plain, count});
  const Draws once = Draws::each_once(count);

  Row& row = context.row("P7", "miss: every one of " + count_text(count) + " keys once, all tiers cold",
                         "tern's miss, entry made and kept ÷ SQLite, autocommit");
  row.target = at_most(0.6);
  alternate(context, row, Clock::kThread,
            {{.name = kBoth, .run = [&](uint64_t n) { return both.read(n); }, .note = "pages recorded"},
             {.name = kHot, .run = [&](uint64_t n) { return hot.read(n); }, .note = "pages recorded"},
             reading(kOff, off, records, once, Take::kView, "nothing recorded"),
             reading(kSqlite, *sqlite, records, once, Take::kView),
             reading(kSqliteHeld, *held, records, once, Take::kView)});
  row.settle_ratio(kBoth, kSqlite);

  Row& recording =
      context.row("X3", "miss with recording and keeping, over one without", "tern's miss, hot tier ÷ cache off");
  recording.series = row.series;
  recording.settle_ratio(kHot, kOff);
  Row& without = context.row("X3", "miss without recording, beside SQLite", "tern, cache off ÷ SQLite, autocommit");
  without.series = row.series;
  without.settle_ratio(kOff, kSqlite);
});

}  // namespace
}  // namespace bench
