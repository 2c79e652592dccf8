// X8: the hot tier with 10^7 small entries, in a process of its own: what they take, how fast they are found, and what
// happens when twice as many come as there is room for.
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "bench/core/child.h"
#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/tern_hot.h"
#include "docs/examples/demo/latency.h"

namespace bench {
namespace {

constexpr size_t kSmallValueBytes = 16;
constexpr double kPayloadBytes = kKeyBytes + kSmallValueBytes;

uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

void say(double figure) {
  std::printf("%.6f\n", figure);
  std::fflush(stdout);
}

void insert(TernHot& tern, const Records& records, uint64_t number) {
  char value[kSmallValueBytes];
  write_value(number, 0, value, sizeof value);
  tern.insert(records.key(number), {value, sizeof value});
}

// Says, in this order: resident and counted bytes of an entry, p50 and p99 of a hit, and the hits of all reads.
int fill(const std::vector<std::string>& arguments) {
  const Folder folder;
  const Records records(std::stoull(arguments.at(0)));
  TernHot tern({folder.sub("tern"), records.size()}, (uint64_t{8} << 20) + records.size() * 160);
  const uint64_t before = resident_bytes();
  for (uint64_t i = 0; i < records.size(); ++i) insert(tern, records, i);
  const auto count = static_cast<double>(records.size());
  say(static_cast<double>(resident_bytes() - before) / count);
  const tern::cache::HotStats stats = tern.table().stats();
  if (stats.entries != records.size()) throw std::runtime_error("not all entries were kept");
  say(static_cast<double>(stats.bytes) / count);
  Draws draws = Draws::uniform(records.size(), 1 << 20);
  demo::Latency latency{};
  uint64_t hits = 0;
  constexpr uint64_t kReads = 1 << 20;
  for (uint64_t i = 0; i < kReads; ++i) {
    const double begun = now_ns(Clock::kWall);
    hits += tern.read(records, draws, 1, Take::kView).hits;
    latency.add(static_cast<uint64_t>(now_ns(Clock::kWall) - begun));
  }
  say(latency.percentile_ns(0.5));
  say(latency.percentile_ns(0.99));
  say(static_cast<double>(hits) / static_cast<double>(kReads));
  return 0;
}
const Role fill_role("fill", fill);

// Room for half of them. Says: inserts a second past the bound, the most bytes that were held ÷ the bound (counted, and
// resident), and how much of the bound keys and values took at the end.
int overfill(const std::vector<std::string>& arguments) {
  const Folder folder;
  const Records records(std::stoull(arguments.at(0)));
  const uint64_t bound = records.size() * 50;
  TernHot tern({folder.sub("tern"), records.size()}, bound);
  const uint64_t before = resident_bytes();
  uint64_t at = 0, most = 0;
  for (; tern.table().stats().evictions == 0 && at < records.size(); at += 1) insert(tern, records, at);
  const uint64_t first = at;
  const double begun = now_ns(Clock::kThread);
  for (; at < records.size(); ++at) {
    insert(tern, records, at);
    if (at % 1024 == 0) most = std::max(most, tern.table().stats().bytes);
  }
  const double seconds = (now_ns(Clock::kThread) - begun) / 1e9;
  const uint64_t resident = resident_bytes() - before;
  say(static_cast<double>(at - first) / seconds);
  say(static_cast<double>(most) / static_cast<double>(bound));
  say(static_cast<double>(resident) / static_cast<double>(bound));
  say(static_cast<double>(tern.table().stats().entries) * kPayloadBytes / static_cast<double>(bound));
  return 0;
}
const Role overfill_role("overfill", overfill);

std::vector<double> figures(const char* role, uint64_t count, size_t wanted) {
  Child child(role, {std::to_string(count)});
  std::vector<double> all;
  for (size_t i = 0; i < wanted; ++i) all.push_back(std::stod(child.read_line()));
  child.finish();
  return all;
}

Series one(const std::string& name, const std::string& unit, double value) {
  return {.name = name, .unit = unit, .rounds = {value}, .note = "", .absent = ""};
}

const Family family("X8", "many small entries", [](Context& context) {
  const uint64_t count = context.pick<uint64_t>(5'000, 1'000'000, 10'000'000);
  const std::string small = count_text(count) + " entries of 16 bytes of key and 16 of value";
  const std::vector<double> filled = figures("fill", count, 5);
  Row& memory = context.row("X8", "memory of " + small, "resident bytes an entry beyond key and value");
  memory.unit = "B";
  memory.target = at_most(64);
  memory.series = {one("resident", "B", filled[0] - kPayloadBytes), one("counted", "B", filled[1] - kPayloadBytes)};
  memory.settle(filled[0] - kPayloadBytes);
  Row& latency =
      context.row("X8", "hit among " + small, "p50, uniform, one read at a time with its two clock readings");
  latency.unit = "ns";
  latency.series = {one("p50", "ns", filled[2]), one("p99", "ns", filled[3])};
  latency.notes.push_back("hit ratio " + std::to_string(filled[4]));
  latency.settle(filled[2]);

  const std::vector<double> over = figures("overfill", count, 4);
  Row& bound = context.row("X8", "fills past the bound, " + small, "most bytes held ÷ the bound");
  bound.target = at_most(1);
  bound.series = {one("counted", "", over[1]), one("resident at the end", "", over[2])};
  bound.notes.push_back(std::to_string(static_cast<uint64_t>(over[0])) +
                        " fills a second of processor time; keys and " + "values took " + std::to_string(over[3]) +
                        " of the bound");
  bound.settle(over[1]);
});

}  // namespace
}  // namespace bench
