// P10: YCSB A to F. tern's SQL beside SQLite, its KV namespaces beside LMDB, RocksDB and Redis.
//
// What bounds the SQL rows is told beside them: the ratio were all reads free, since tern writes as SQLite does, and
// how many of its reads hit, beside a cache that voids the written row's answers alone.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <unordered_set>

#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_hot.h"
#include "bench/peers/tern_kv.h"
#include "bench/peers/tern_sql.h"
#include "bench/workload/ycsb.h"

namespace bench {
namespace {

constexpr const char* kTern = "tern, SQL";
constexpr const char* kWritesAlone = "tern, SQL, the writes alone";

enum class Parts { kAll, kWrites };

bool reads_only(YcsbKind kind) { return kind == YcsbKind::kRead || kind == YcsbKind::kScan; }

// Operations are drawn off the clock. Those that are left out count as done, in no time.
Work perform(Peer& peer, Ycsb& ycsb, uint64_t operations, Parts parts) {
  std::vector<YcsbOperation> drawn;
  for (uint64_t i = 0; i < operations; ++i) drawn.push_back(ycsb.next());
  Work work;
  char key_bytes[kKeyBytes];
  const std::string_view key(key_bytes, kKeyBytes);
  std::string value, written(kValueBytes, ' ');
  const double start = now_ns(Clock::kWall);
  for (const YcsbOperation& operation : drawn) {
    if (parts == Parts::kWrites && reads_only(operation.kind)) {
      ++work.operations;
      continue;
    }
    write_key(operation.record, key_bytes);
    if (operation.kind != YcsbKind::kRead && operation.kind != YcsbKind::kScan) {
      write_value(operation.record, ++work.operations, written.data());
      --work.operations;
    }
    switch (operation.kind) {
      case YcsbKind::kRead:
        work.hits += peer.get(key, value);
        break;
      case YcsbKind::kUpdate:
        peer.update(key, written);
        ++work.hits;
        break;
      case YcsbKind::kInsert:
        peer.insert(key, written);
        ++work.hits;
        break;
      case YcsbKind::kScan:
        work.hits += peer.scan(key, operation.length) > 0;
        break;
      case YcsbKind::kReadModifyWrite:
        work.hits += parts == Parts::kWrites || peer.get(key, value);
        peer.update(key, written);
        break;
    }
    ++work.operations;
  }
  work.ns = now_ns(Clock::kWall) - start;
  return work;
}

Contender performing(const std::string& name, Peer& peer, char workload, uint64_t records, Parts parts = Parts::kAll) {
  return {.name = name,
          .run = [&peer, parts,
                  ycsb = Ycsb(workload, records, 42)](uint64_t n) mutable { return perform(peer, ycsb, n, parts); },
          .note = ""};
}

// The share of so many point reads that a cache of all records would answer if a write voided nothing but the answer to
// its key.
double hits_by_row(char workload, uint64_t records, uint64_t so_many) {
  Ycsb ycsb(workload, records, 42);
  std::unordered_set<uint64_t> absent;
  uint64_t reads = 0, hits = 0;
  while (reads < so_many) {
    const YcsbOperation operation = ycsb.next();
    if (!reads_only(operation.kind) && operation.kind != YcsbKind::kReadModifyWrite) {
      absent.insert(operation.record);
      continue;
    }
    ++reads;
    hits += absent.erase(operation.record) == 0;
    if (operation.kind == YcsbKind::kReadModifyWrite) absent.insert(operation.record);
  }
  return reads == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(reads);
}

void tell_bounds(Row& row, const tern::Stats& stats, char workload, uint64_t records) {
  const auto share = [](uint64_t part, uint64_t of) {
    return of == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(of);
  };
  char text[200];
  const uint64_t reads = stats.hot.hits + stats.hot.misses - records;  // those that loaded the tier aside
  std::snprintf(text, sizeof text, "%.1f %% of tern's reads were hits, %.1f %% met an answer that a commit had voided",
                share(stats.hot.hits, reads), share(stats.hot.invalidations, reads));
  row.notes.push_back(text);
  if (workload != 'E') {
    std::snprintf(text, sizeof text, "%.1f %% would hit if a write voided the answers to its own key alone",
                  100 * hits_by_row(workload, records, std::min<uint64_t>(reads, 4'000'000)));
    row.notes.push_back(text);
  }
  const Series* const writes = row.find(kWritesAlone);
  const Series* const sqlite = row.find(kSqlite);
  if (writes == nullptr || sqlite == nullptr || writes->best() <= 0) return;
  std::snprintf(text, sizeof text, "the ratio were all of tern's reads free: %.2f", sqlite->best() / writes->best());
  row.notes.push_back(text);
}

struct Mix {
  char letter;
  const char* text;
  double target;
};
constexpr Mix kMixes[] = {{'A', "50 % read, 50 % update", 1},
                          {'B', "95 % read, 5 % update", 5},
                          {'C', "read", 10},
                          {'D', "95 % read of the latest, 5 % insert", 5},
                          {'E', "95 % scan, 5 % insert", 1},
                          {'F', "50 % read, 50 % read-modify-write", 1}};

void sql_rows(Context& context, const Records& records, const Folder& folder) {
  make_records_table(folder.sub("first") + "/records.db", records);
  for (const Mix& mix : kMixes) {
    // Fresh copies: inserts of one mix are not in the way of the next.
    const auto copy = [&](const std::string& name) {
      const std::string to = folder.sub(name + mix.letter);
      std::filesystem::copy_file(folder.file("first/records.db"), to + "/records.db");
      return to;
    };
    TernSql tern(copy("tern") + "/records.db", {}, tern::Source::kHot);
    tern.load(records);
    const std::unique_ptr<Peer> sqlite = make_peer(context, kSqlite, {copy("sqlite"), records.size()});
    Row& row = context.row("P10", std::string("YCSB ") + mix.letter + ", SQL: " + mix.text,
                           "SQLite's time ÷ tern's, both synchronous NORMAL");
    row.target = at_least(mix.target);
    std::vector<Contender> contenders{performing(kTern, tern, mix.letter, records.size()),
                                      performing(kSqlite, *sqlite, mix.letter, records.size())};
    std::optional<TernSql> writing;
    if (mix.letter != 'C') {
      writing.emplace(copy("writes") + "/records.db", TernTiers{}, tern::Source::kHot);
      contenders.push_back(performing(kWritesAlone, *writing, mix.letter, records.size(), Parts::kWrites));
    }
    alternate(context, row, Clock::kWall, std::move(contenders));
    row.settle_ratio(kSqlite, kTern);
    tell_bounds(row, tern.db().stats(), mix.letter, records.size());
  }
}

constexpr const char* kKv = "tern, KV";
constexpr const char* kKvPeers[] = {kLmdb, kRocksDb, kRedis};

// The figure: the time of the fastest of the others ÷ tern's.
void settle_kv(Row& row) {
  const Series* const tern = row.find(kKv);
  const Series* fastest = nullptr;
  for (const char* name : kKvPeers) {
    const Series* const series = row.find(name);
    if (series != nullptr && (fastest == nullptr || series->best() < fastest->best())) fastest = series;
  }
  if (fastest == nullptr) {
    row.state = State::kAbsent;
    row.reason = "no peer is here";
    return;
  }
  row.notes.push_back("the fastest of the others: " + fastest->name);
  row.settle(fastest->best() / tern->best());
}

void kv_rows(Context& context, const Records& records, const Folder& folder) {
  // Each is loaded once; what one mix inserts, another overwrites. tern's KV syncs every write: so do the others.
  TernKv tern(folder.sub("kv tern"), roomy_hot(records.size() * 2), tern::Source::kHot);
  tern.load(records);
  std::map<std::string, std::unique_ptr<Peer>> peers;
  for (const char* name : kKvPeers) {
    peers[name] = make_peer(context, name,
                            {folder.sub(std::string("kv ") + name), records.size() * 2, true, &context.settings()});
    if (peers[name] != nullptr) peers[name]->load(records);
  }
  for (const Mix& mix : kMixes) {
    Row& row =
        context.row("P10", std::string("YCSB ") + mix.letter + ", key-value: " + mix.text,
                    "the fastest of LMDB, RocksDB and Redis ÷ tern's KV; every write of each waits for the disk");
    row.target = at_least(1);
    std::vector<Contender> contenders{performing(kKv, tern, mix.letter, records.size())};
    if (mix.letter == 'E') contenders.back().note = "list() from a key on, and get_many() of what it names";
    for (const auto& [name, peer] : peers) {
      if (peer == nullptr) {
        add_absent(row, name, peer_kind(name, context.settings()).note.absent);
      } else if (mix.letter == 'E' && !peer->can_scan()) {
        add_absent(row, name, "its keys have no order to scan in");
      } else {
        contenders.push_back(performing(name, *peer, mix.letter, records.size()));
      }
    }
    const Pace synced{context.pick(1, 3, 5), context.pick<double>(1, 250, 1000)};
    if (mix.letter == 'C') {
      alternate(context, row, Clock::kWall, std::move(contenders));
    } else {
      alternate(synced, row, Clock::kWall, std::move(contenders));
    }
    settle_kv(row);
    if (mix.letter != 'C') continue;
    Row& redis = context.row("P10", "YCSB C, key-value, beside Redis", "Redis' time ÷ tern's");
    redis.target = at_least(10);
    redis.series = row.series;
    redis.settle_ratio(kRedis, kKv);
  }
}

const Family family("P10", "YCSB A to F", [](Context& context) {
  const Folder folder;
  const Records records(context.pick<uint64_t>(2'000, 50'000, 100'000));
  sql_rows(context, records, folder);
  kv_rows(context, records, folder);
});

}  // namespace
}  // namespace bench
