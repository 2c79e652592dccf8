// K5: what readers and writers notice when very many keys expire within one second, and what comes back of their room.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "bench/core/scratch.h"
#include "bench/peers/tern_hot.h"
#include "bench/peers/tern_kv.h"

namespace bench {
namespace {

using Ms = std::chrono::milliseconds;

int64_t wall_ms() {
  return std::chrono::duration_cast<Ms>(std::chrono::system_clock::now().time_since_epoch()).count();
}

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// Each call by itself, until told.
std::vector<double> latencies(const std::atomic<bool>& stop, Ms pause, const std::function<void(uint64_t)>& call) {
  std::vector<double> all;
  for (uint64_t i = 0; !stop.load(std::memory_order_relaxed); ++i) {
    const double start = now_ns(Clock::kWall);
    call(i);
    all.push_back(now_ns(Clock::kWall) - start);
    if (pause.count() != 0 || i % 64 == 63) std::this_thread::sleep_for(pause.count() != 0 ? pause : Ms(1));
  }
  return all;
}

struct Observed {
  std::vector<double> reads, puts;
};

constexpr uint64_t kStay = 1'000;
std::string stay_key(uint64_t i) { return "stays/" + std::to_string(i % kStay); }

// A reader of keys that stay, and a writer of others, until `done`.
Observed observe(TernKv& kv, const std::function<bool()>& done) {
  std::atomic<bool> stop{false};  // relaxed: it orders nothing
  Observed observed;
  std::thread reader([&] {
    observed.reads = latencies(stop, Ms(0), [&](uint64_t i) {
      if (!kv.kv().get(stay_key(mixed(i)))) std::abort();
    });
  });
  std::thread writer([&] {
    observed.puts = latencies(stop, Ms(5), [&](uint64_t i) { kv.kv().put("written/" + std::to_string(i % 10), "v"); });
  });
  while (!done()) std::this_thread::sleep_for(Ms(10));
  stop.store(true, std::memory_order_relaxed);
  reader.join();
  writer.join();
  return observed;
}

void add(Row& row, const std::string& name, const char* unit, double value, const std::string& note = "") {
  Series series;
  series.name = name;
  series.unit = unit;
  series.rounds = {value};
  series.note = note;
  row.series.push_back(std::move(series));
}

void add_observed(Row& row, const std::string& when, Observed& seen) {
  const auto note = [](std::vector<double>& all, double unit, const char* name) {
    char text[120];
    std::snprintf(text, sizeof text, "of %zu; p50 %.2f %s, the longest %.2f %s", all.size(),
                  percentile(all, 0.5) / unit, name, percentile(all, 1) / unit, name);
    return std::string(text);
  };
  add(row, "read p99, " + when, "µs", percentile(seen.reads, 0.99) / 1e3, note(seen.reads, 1e3, "µs"));
  add(row, "put p99, " + when, "ms", percentile(seen.puts, 0.99) / 1e6, note(seen.puts, 1e6, "ms"));
}

const Family family("K5", "KV keys that expire at once", [](Context& context) {
  const Folder folder;
  const uint64_t count = context.pick<uint64_t>(2'000, 100'000, 1'000'000);
  const Records records(count);
  TernKv kv(folder.sub("kv"), roomy_hot(kStay), tern::Source::kHot);
  std::vector<std::string> names;
  std::vector<tern::KvItem> items;
  for (uint64_t i = 0; i < kStay; ++i) names.push_back(stay_key(i));
  for (const std::string& name : names) items.push_back({name, "stays"});
  kv.kv().put_many(items);
  // Room for the puts, however slow the disk; fewer seconds ahead than they take is an error.
  const int64_t expires_at_ms = wall_ms() + context.pick<int64_t>(3'000, 20'000, 90'000);
  kv.put_records(records, 0, count, expires_at_ms);
  const tern::Stats full = kv.db().stats();
  const int64_t calm_until_ms = std::min(wall_ms() + context.pick<int64_t>(200, 2'000, 5'000), expires_at_ms);
  Observed before = observe(kv, [&] { return wall_ms() >= calm_until_ms; });
  std::this_thread::sleep_for(Ms(std::max<int64_t>(0, expires_at_ms - wall_ms())));
  const int64_t began_ms = wall_ms();
  Observed during = observe(kv, [&] { return kv.db().stats().kv.expiring == 0; });
  const int64_t took_ms = wall_ms() - began_ms;
  const tern::Stats swept = kv.db().stats();

  Row& row = context.row("K5", count_text(count) + " keys that expire within one second",
                         "p99 of a hot read while they expire and are swept");
  row.unit = "µs";
  row.settle(percentile(during.reads, 0.99) / 1e3);
  add_observed(row, "before", before);
  add_observed(row, "from the first expiry to the end of the sweep", during);
  add(row, "the sweep", "s", static_cast<double>(took_ms) / 1e3, "from the first expiry on");
  add(row, "bytes returned", "B", static_cast<double>(full.kv.bytes - swept.kv.bytes),
      "of " + std::to_string(full.kv.bytes) +
          ", in pages that are free to be used again; the file does not shrink, and has " +
          std::to_string(swept.kv.file_bytes));
  row.notes.push_back("wall clock; a read is of a hot key that stays, a put is synced");
});

}  // namespace
}  // namespace bench
