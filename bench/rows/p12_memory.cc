// P12: what an entry takes beyond its key and value: the resident memory of a process that holds so many and did
// nothing else.
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "bench/core/child.h"
#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/tern_hot.h"
#include "bench/peers/tern_kv.h"

namespace bench {
namespace {

uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// Without what files are mapped: the store's pages are its own, and the kernel's to take back.
uint64_t own_bytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t all = 0, resident = 0, mapped = 0;
  file >> all >> resident >> mapped;
  return (resident - mapped) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// Prints what a hot entry of the KV tier takes beyond key and value. All are in the store before; each is then read.
int measure_kv(const std::vector<std::string>& arguments) {
  const Folder folder;
  const Records records(std::stoull(arguments.at(0)));
  TernKv peer(folder.sub("kv"), roomy_hot(records.size()), tern::Source::kHot);
  peer.put_records(records, 0, records.size());
  const uint64_t before = own_bytes();
  std::string value;
  for (uint64_t i = 0; i < records.size(); ++i) {
    if (!peer.get(records.key(i), value)) return 1;
  }
  const double each = static_cast<double>(own_bytes() - before) / static_cast<double>(records.size());
  std::printf("%.2f\n", each - kKeyBytes - kValueBytes);
  std::fflush(stdout);
  return 0;
}
const Role kv_role("kv memory", measure_kv);

// Prints the bytes that each of so many records takes in a hot table, or in another peer, beyond key and value.
int measure(const std::vector<std::string>& arguments) {
  const Folder folder;
  const Records records(std::stoull(arguments.at(1)));
  Settings settings;
  std::unique_ptr<Peer> peer;
  // Before the first measurement: what the stamps map is not the entries'.
  if (arguments.at(0) == "tern") {
    peer = std::make_unique<TernHot>(Place{folder.sub("tern"), records.size()}, roomy_hot(records.size()));
  } else {
    peer = peer_kind(arguments.at(0), settings).make({});
  }
  const uint64_t before = resident_bytes();
  peer->load(records);
  const double each = static_cast<double>(resident_bytes() - before) / static_cast<double>(records.size());
  std::printf("%.2f\n", each - kKeyBytes - kValueBytes);
  std::fflush(stdout);
  return 0;
}
const Role role("memory", measure);

double overhead(const std::string& peer, uint64_t count) {
  Child child("memory", {peer, std::to_string(count)});
  const double bytes = std::stod(child.read_line());
  child.finish();
  return bytes;
}

const Family family("P12", "memory per entry", [](Context& context) {
  const uint64_t count = context.pick<uint64_t>(5'000, 300'000, 1'000'000);
  Row& row = context.row("P12", "memory per entry beyond key and value, " + count_text(count) + " entries",
                         "tern's hot tier, a row of one column and a read set of 6 pages");
  row.unit = "B";
  row.target = at_most(64);
  std::vector<Gauge> gauges = {
      {"tern, hot tier", "B", false, [count] { return overhead("tern", count); }, "resident memory of a process"}};
  for (const char* name : {kAbslMap, kStdMap}) {
    const PeerKind kind = peer_kind(name, context.settings());
    context.peer(kind.note);
    if (kind.make == nullptr) {
      add_absent(row, name, kind.note.absent);
    } else {
      gauges.push_back({name, "B", false, [name, count] { return overhead(name, count); }, "no read set"});
    }
  }
  alternate(context.pick(1, 1, 2), row, std::move(gauges));
  row.settle(row.find("tern, hot tier")->best());
  if (!context.quick()) {
    constexpr uint64_t kMany = 10'000'000;
    Row& many =
        context.row("P12", "memory per entry beyond key and value, " + count_text(kMany) + " entries", row.what);
    many.unit = "B";
    many.target = at_most(64);
    alternate(1, many, {{"tern, hot tier", "B", false, [] { return overhead("tern", kMany); }, ""}});
    many.settle(many.series[0].best());
  }
  Row& kv = context.row("P12", "memory per entry beyond key and value, key-value, " + count_text(count) + " entries",
                        "tern's hot tier, a value of the KV tier");
  kv.unit = "B";
  kv.target = at_most(40);
  const auto measure_one = [count] {
    Child child("kv memory", {std::to_string(count)});
    const double bytes = std::stod(child.read_line());
    child.finish();
    return bytes;
  };
  alternate(context.pick(1, 1, 2), kv,
            {{"tern, KV", "B", false, measure_one, "memory of a process without mapped files"}});
  kv.settle(kv.find("tern, KV")->best());
});

}  // namespace
}  // namespace bench
