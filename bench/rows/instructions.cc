// A loop for callgrind to count (scripts/instructions.sh): how many instructions a hot hit takes, which no noise moves.
// Not a row of the table.
//
// tern_bench --role instructions hot|answer|found|public|many|kv|absl READS
#include <cstdio>
#include <functional>

#include "bench/core/child.h"
#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_hot.h"
#include "bench/peers/tern_kv.h"
#include "bench/peers/tern_sql.h"

// The counting is switched on where this function begins, by its name.
extern "C" __attribute__((noinline)) void tern_bench_measured(const std::function<bench::Work(uint64_t)>& read,
                                                              uint64_t reads, bench::Work& work) {
  work = read(reads);
}

namespace bench {
namespace {

// Few enough to be loaded in a moment where every instruction takes fifty times as long.
constexpr uint64_t kRecords = 1000;

std::unique_ptr<Peer> make(const std::string& what, const Folder& folder, const Records& records) {
  constexpr uint64_t kHotBytes = uint64_t{64} << 20;
  if (what == "public" || what == "many") {
    const std::string database = folder.sub("db") + "/records.db";
    make_records_table(database, records);
    return std::make_unique<TernSql>(database, TernTiers{.hot_bytes = kHotBytes}, tern::Source::kHot);
  }
  if (what == "kv") return std::make_unique<TernKv>(folder.sub("kv"), kHotBytes, tern::Source::kHot);
  if (what == "absl") {
    const PeerKind kind = peer_kind(kAbslMap, {});
    if (kind.make == nullptr) throw std::runtime_error(kind.note.absent);
    return kind.make({});
  }
  return std::make_unique<TernHot>(Place{folder.sub("tern"), kRecords}, kHotBytes,
                                   what == "answer" ? Form::kAnswer : Form::kRecord);
}

int count(const std::vector<std::string>& arguments) {
  const std::string& what = arguments.at(0);
  const Folder folder;
  const Records records(kRecords);
  const std::unique_ptr<Peer> peer = make(what, folder, records);
  peer->load(records);
  Draws draws = Draws::zipf(kRecords, 1 << 12);
  const std::function<Work(uint64_t)> read = [&](uint64_t reads) {
    if (what == "found") return static_cast<TernHot&>(*peer).read_many(records, draws, reads);
    if (what == "many") return static_cast<TernSql&>(*peer).read_many(records, draws, reads);
    return peer->read(records, draws, reads, Take::kView);
  };
  // The first reads resolve symbols and validate every entry once.
  Work work = read(1 << 12);
  tern_bench_measured(read, std::stoull(arguments.at(1)), work);
  std::printf("%llu\n", static_cast<unsigned long long>(work.hits));
  return work.hits == work.operations ? 0 : 1;
}
const Role role("instructions", count);

}  // namespace
}  // namespace bench
