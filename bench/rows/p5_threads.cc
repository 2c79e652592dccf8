// P5: whether two threads read twice as much as one, while a third commits a hundred times a second.
#include "bench/core/scratch.h"
#include "bench/core/threads.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_sql.h"

namespace bench {
namespace {

const Family family("P5", "two threads ÷ one", [](Context& context) {
  const Folder folder;
  const uint64_t count = context.pick<uint64_t>(2'000, 100'000, 100'000);
  const Records records(count);
  const std::string database = folder.sub("db") + "/records.db";
  make_records_table(database, records);
  TernSql tern(database, {}, tern::Source::kHot);
  tern.load(records);
  const double seconds = context.pick(0.02, 0.3, 1.0);
  std::vector<Draws> draws;
  for (uint64_t i = 0; i < 2; ++i) {
    draws.push_back(Draws::zipf(count, context.pick<uint64_t>(1 << 12, 1 << 20, 1 << 20), 42 + i));
  }

  Row& row = context.row("P5", "hot hits while one more thread commits 100 times a second",
                         "reads a second of two threads ÷ of one");
  row.target = at_least(1.9);
  Draws written = Draws::uniform(count, 1 << 16, 7);
  uint64_t version = 0;
  const Pacer writer(100, [&] {
    const uint64_t number = written.next();
    tern.update(records.key(number), value_of(number, ++version % 2));
  });
  const auto measure = [&](int threads) {
    return per_second(threads, seconds, [&](int thread, const std::atomic<bool>& stop) {
      uint64_t done = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        done += tern.read(records, draws[static_cast<size_t>(thread)], 256, Take::kView).operations;
      }
      return done;
    });
  };
  alternate(context.rounds(), row,
            {{"one thread", "reads/s", true, [&] { return measure(1); }, ""},
             {"two threads", "reads/s", true, [&] { return measure(2); }, ""}});
  row.notes.push_back("three threads on " + std::to_string(std::thread::hardware_concurrency()) + " cores");
  row.settle_ratio("two threads", "one thread");
});

}  // namespace
}  // namespace bench
