// X6: the longest hit while the hot tier grows from a hundredth to all of its entries, and while it evicts; one thread
// reads, another inserts without a pause.
//
// Whose is a pause? The reader does by turns a hit and a control, which reads as many lines of a plain array of about
// that size and knows nothing of tern. Each is timed by the wall clock and by the thread's own processor time. What the
// scheduler takes, it takes from either, and only from the wall clock; a hit that waited would show as a voluntary
// switch of the thread. So the figure is the reader's longest hit by its own time; the rest is told.
#include <sys/resource.h>

#include <atomic>
#include <thread>

#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/tern_hot.h"
#include "docs/examples/demo/latency.h"

namespace bench {
namespace {

struct Timed {
  demo::Latency wall{};
  double longest_wall = 0;
  double longest_own = 0;

  template <typename F>
  void time(F&& f) {
    const double wall_before = now_ns(Clock::kWall);
    const double own_before = now_ns(Clock::kThread);
    f();
    const double own = now_ns(Clock::kThread) - own_before;
    const double all = now_ns(Clock::kWall) - wall_before;
    wall.add(static_cast<uint64_t>(all));
    longest_wall = std::max(longest_wall, all);
    longest_own = std::max(longest_own, own);
  }
};

long voluntary_switches() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

void add(Row& row, const std::string& what, const Timed& timed) {
  const auto series = [&](const char* which, double ns) {
    row.series.push_back({.name = what + which, .unit = "ns", .rounds = {ns}, .note = "", .absent = ""});
  };
  series(", p50", timed.wall.percentile_ns(0.5));
  series(", p99", timed.wall.percentile_ns(0.99));
  series(", p99.99", timed.wall.percentile_ns(0.9999));
  series(", longest by the wall clock", timed.longest_wall);
  series(", longest by the thread's own time", timed.longest_own);
}

void watch(Context& context, const std::string& name, uint64_t count, uint64_t hot_bytes) {
  const Folder folder;
  const Records records(count);
  TernHot tern({folder.sub("tern"), count}, hot_bytes);
  const uint64_t first = count / 100;
  for (uint64_t i = 0; i < first; ++i) tern.insert(records.key(i), value_of(i));

  std::atomic<bool> done{false};  // relaxed: it orders nothing
  Timed inserts;                  // the writer's until it has been joined
  std::thread writer([&] {
    for (uint64_t i = first; i < count; ++i) {
      const std::string value = value_of(i);
      inserts.time([&] { tern.insert(records.key(i), value); });
    }
    done.store(true, std::memory_order_relaxed);
  });
  Timed hits_timed, control;
  std::vector<char> array(count * kValueBytes / 4, 'c');
  uint64_t hits = 0, reads = 0, sum = 0, at = 0;
  Draws draws = Draws::zipf(first, 1 << 14);
  const long switches_before = voluntary_switches();
  for (; !done.load(std::memory_order_relaxed); ++reads) {
    hits_timed.time([&] { hits += tern.read(records, draws, 1, Take::kView).hits; });
    control.time([&] {
      for (int line = 0; line < 4; ++line) sum += static_cast<unsigned char>(array[(at = mixed(at)) % array.size()]);
    });
  }
  const long switches = voluntary_switches() - switches_before;
  writer.join();
  if (sum == 0) throw std::runtime_error("the control read nothing");

  Row& row = context.row("X6", "longest hit while " + name, "by the reading thread's own processor time");
  row.unit = "ns";
  row.target = at_most(1e6);
  add(row, "hit", hits_timed);
  add(row, "control", control);
  add(row, "insert", inserts);
  const tern::cache::HotStats stats = tern.table().stats();
  row.notes.push_back(count_text(reads) + " reads, " + count_text(hits) + " hits; " + count_text(stats.entries) +
                      " entries at the end, " + count_text(stats.evictions) + " evicted");
  row.notes.push_back("the reader gave way of its own accord " + std::to_string(switches) + " times");
  row.settle(hits_timed.longest_own);
}

const Family family("X6", "hits while the hot tier grows", [](Context& context) {
  const uint64_t count = context.pick<uint64_t>(5'000, 500'000, 10'000'000);
  watch(context, "the hot tier grows to " + count_text(count) + " entries", count, roomy_hot(count));
  watch(context, "it evicts, with room for a part of them", count, count * 110);
});

}  // namespace
}  // namespace bench
