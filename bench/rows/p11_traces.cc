// P11: what the hot tier keeps when it is too small, on requests that real caches have had, beside policies computed in
// the same run; then the same requests through the public interface, with sizes as in the medians that were published
// for Twitter's clusters (J. Yang et al., OSDI 2020: keys of 36 bytes here, values of 224).
#include <atomic>
#include <chrono>
#include <filesystem>
#include <unordered_map>

#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_hot.h"
#include "bench/peers/tern_sql.h"
#include "bench/policies/policy.h"
#include "bench/workload/trace.h"
#include "cache/clock.h"

namespace bench {
namespace {

constexpr size_t kTraceKeyBytes = 36;
constexpr size_t kTraceValueBytes = 224;
constexpr const char* kTern = "tern, hot tier";
constexpr const char* kS3Fifo = "S3-FIFO";
constexpr const char* kBelady = "Belady (knows the future)";

std::string key_text(uint32_t key) {
  char text[kTraceKeyBytes + 1];
  std::snprintf(text, sizeof text, "%016llx-%019u", static_cast<unsigned long long>(mixed(key)), key);
  return text;
}

// The hot table as a policy. It is bounded in bytes, so it is given as many as make it hold `capacity` entries; where
// those are few they are large, since the table has a least size.
class HotTablePolicy final : public Policy {
 public:
  HotTablePolicy(uint64_t capacity, uint32_t keys)
      : value_(std::max<uint64_t>(kTraceValueBytes, kLeastBytes / capacity), 'v'), table_(bytes_for(capacity)) {
    for (uint32_t key = 0; key < keys; ++key) keys_.push_back(key_text(key));
  }
  bool request(uint32_t key) override {
    tern::cache::KeyBuilder builder(kStatement);
    builder.add_text(keys_[key]);
    if (table_.find(builder.bytes())) return true;
    table_.insert(entry(keys_[key]));
    most_ = std::max(most_, table_.stats().entries);
    return false;
  }
  uint64_t most() const { return most_; }

 private:
  static constexpr tern::cache::KeyHash kStatement{1, 2};
  static constexpr uint64_t kLeastBytes = uint64_t{4} << 20;

  tern::cache::EntryRef entry(std::string_view key) const { return make_entry(kStatement, key, value_, 1, 100, 6); }
  // The most entries that there are at a time when many come and there are so many bytes.
  uint64_t entries_in(uint64_t bytes, uint64_t capacity) const {
    tern::cache::HotTable table(bytes);
    uint64_t most = 0;
    for (uint32_t key = 0; key < capacity * 3; ++key) {
      table.insert(entry(key_text(key)));
      if (key % 16 == 0) most = std::max(most, table.stats().entries);
    }
    return most;
  }
  // The largest number of bytes in which there are never more than `capacity`.
  uint64_t bytes_for(uint64_t capacity) const {
    uint64_t low = 0, high = capacity * (value_.size() + 1000) * 2 + kLeastBytes;
    while (high - low > kLeastBytes / 2048) {
      const uint64_t middle = low + (high - low) / 2;
      (entries_in(middle, capacity) <= capacity ? low : high) = middle;
    }
    return low;
  }

  const std::string value_;
  tern::cache::HotTable table_;
  std::vector<std::string> keys_;
  uint64_t most_ = 0;
};

Series once(const std::string& name, double value, const std::string& note = "") {
  return {.name = name, .unit = "hit ratio", .rounds = {value}, .higher_is_better = true, .note = note, .absent = ""};
}

void policies(Context& context, const std::string& name, const Trace& trace, uint64_t percent) {
  const uint64_t capacity = std::max<uint64_t>(10, trace.distinct * percent / 100);
  Row& row = context.row("P11", name + ", " + std::to_string(percent) + " % of " + count_text(trace.distinct) + " keys",
                         "hit ratio of tern's hot tier ÷ S3-FIFO's");
  row.target = at_least(1);
  HotTablePolicy tern(capacity, trace.distinct);
  const double ours = hit_ratio(tern, trace.keys);
  row.series.push_back(
      once(kTern, ours, "held " + count_text(tern.most()) + " entries at most, of " + count_text(capacity)));
  const auto add = [&](const char* policy_name, std::unique_ptr<Policy> policy) {
    row.series.push_back(once(policy_name, hit_ratio(*policy, trace.keys)));
  };
  add("LRU", make_lru(capacity, trace.distinct));
  add("LFU", make_lfu(capacity, trace.distinct));
  add("SIEVE", make_sieve(capacity, trace.distinct));
  add(kS3Fifo, make_s3_fifo(capacity, trace.distinct));
  add(kBelady, make_belady(capacity, trace.keys));
  char text[96];
  std::snprintf(text, sizeof text, "%s requests; Belady hits %.4f more", count_text(trace.keys.size()).c_str(),
                row.find(kBelady)->best() - ours);
  row.notes.push_back(text);
  row.settle_ratio(kTern, kS3Fifo);
}

// Requests through prepared statements: every miss is SQLite's to answer.
void end_to_end(Context& context, const std::string& name, const Trace& trace) {
  const Folder folder;
  const std::string database = folder.sub("db") + "/trace.db";
  {
    tern::Database made = tern::open(database);
    made.exec("CREATE TABLE records(k TEXT PRIMARY KEY, v TEXT NOT NULL)");
    made.transaction([&](tern::Transaction& transaction) {
      const tern::Statement insert = transaction.prepare("INSERT INTO records(v, k) VALUES (?, ?)");
      for (uint32_t key = 0; key < trace.distinct; ++key) {
        transaction.run(insert.bind(value_of(key, 0, kTraceValueBytes), key_text(key)));
      }
    });
  }
  std::filesystem::copy_file(database, folder.sub("plain") + "/records.db");
  std::vector<std::string> keys;
  for (uint32_t key = 0; key < trace.distinct; ++key) keys.push_back(key_text(key));

  // A tenth of what all entries take, so that eviction has its say.
  const uint64_t hot_bytes = std::max<uint64_t>(uint64_t{1} << 20, trace.distinct * uint64_t{45});
  TernSql tern(database, {.hot_bytes = hot_bytes}, tern::Source::kHot);
  const std::unique_ptr<Peer> sqlite = make_peer(context, kSqlite, {folder.file("plain"), trace.distinct});
  size_t at = 0;
  Row& row = context.row("P11", name + ", end to end: keys of 36 B, values of 224 B, hot tier of a tenth",
                         "SQLite's time ÷ tern's");
  size_t plain_at = 0;
  std::string value;
  alternate(context, row, Clock::kThread,
            {{.name = "tern, C++",
              .run =
                  [&](uint64_t operations) {
                    Work work;
                    for (; work.operations < operations; ++work.operations) {
                      const uint32_t key = trace.keys[at++ % trace.keys.size()];
                      const auto found = tern.select().bind(keys[key]).first();
                      work.hits += found && found->source() == tern::Source::kHot;
                      if (!found || found->get<std::string_view>(0).size() != kTraceValueBytes) ++work.wrong;
                    }
                    return work;
                  },
              .note = "found in the hot tier"},
             {.name = kSqlite,
              .run =
                  [&](uint64_t operations) {
                    Work work;
                    for (; work.operations < operations; ++work.operations) {
                      const uint32_t key = trace.keys[plain_at++ % trace.keys.size()];
                      work.hits += sqlite->get(keys[key], value);
                      if (value.size() != kTraceValueBytes) ++work.wrong;
                    }
                    return work;
                  },
              .note = ""}});
  row.settle_ratio(kSqlite, "tern, C++");
}

// A clock that goes on by a millisecond with each request.
struct RequestClock final : tern::cache::Clock {
  int64_t monotonic_ns() noexcept override { return now_ms.load(std::memory_order_relaxed) * 1'000'000; }
  int64_t wall_ms() noexcept override { return 1'800'000'000'000 + now_ms.load(std::memory_order_relaxed); }
  std::atomic<int64_t> now_ms{1};  // relaxed: one number by itself; the sweeping thread looks at it too
};

// A program that keeps what it has fetched in the KV tier: what is not there is put, for so many requests from then on.
// Whether a key is there is known beforehand, to the request: so is the hit ratio.
void with_ttl(Context& context, const std::string& name, const Trace& trace) {
  const size_t requests = std::min<size_t>(trace.keys.size(), context.pick<size_t>(200, 2'000, 20'000));
  const auto ttl = static_cast<int64_t>(requests / 10);
  const Folder folder;
  RequestClock clock;
  tern::Options options;
  options.clock = &clock;
  tern::Database db = tern::open(folder.file("trace.db"), options);
  tern::KvNamespace kv = db.kv("trace");
  Row& row =
      context.row("P11", name + ", key-value with times to live", "hits of tern's KV ÷ those that there must be");
  row.target = at_least(1);
  std::unordered_map<uint32_t, int64_t> expires_at;
  std::vector<double> hits_ns, misses_ns;
  uint64_t expected = 0, differences = 0;
  const std::string value = value_of(0, 0, kTraceValueBytes);
  for (size_t i = 0; i < requests; ++i, clock.now_ms.fetch_add(1, std::memory_order_relaxed)) {
    const uint32_t key = trace.keys[i];
    const int64_t now = clock.now_ms.load(std::memory_order_relaxed);
    const auto known = expires_at.find(key);
    const bool there = known != expires_at.end() && known->second > now;
    expected += there;
    const std::string text = key_text(key);
    const double start = now_ns(Clock::kWall);
    const bool found = kv.get(text).has_value();
    if (!found) kv.put(text, value, {.ttl = std::chrono::milliseconds(ttl)});
    (found ? hits_ns : misses_ns).push_back(now_ns(Clock::kWall) - start);
    if (!found) expires_at[key] = now + ttl;
    differences += found != there;
  }
  const auto total = static_cast<double>(requests);
  row.series.push_back(once("tern, KV", static_cast<double>(hits_ns.size()) / total,
                            count_text(differences) + " of " + count_text(requests) + " requests answered otherwise"));
  row.series.push_back(once("what has not expired", static_cast<double>(expected) / total,
                            "a time to live of " + count_text(static_cast<uint64_t>(ttl)) + " requests"));
  const auto time = [&](const char* what, const std::vector<double>& all) {
    double sum = 0;
    for (const double ns : all) sum += ns;
    Series series;
    series.name = what;
    series.unit = "ns";
    series.rounds = {all.empty() ? 0 : sum / static_cast<double>(all.size())};
    series.note = "mean, by the wall clock";
    row.series.push_back(std::move(series));
  };
  time("a hit", hits_ns);
  time("a miss and its put, synced", misses_ns);
  row.settle_ratio("tern, KV", "what has not expired");
  if (differences != 0) row.state = State::kShort;
}

const Family family("P11", "real traces", [](Context& context) {
  const std::string folder = context.settings().shared + "/traces";
  for (const char* name : {"web12", "orm-busy-1m"}) {
    const std::string file = folder + "/" + name + ".csv.zst";
    if (context.settings().shared.empty() || !std::filesystem::exists(file)) {
      Row& row = context.row("P11", std::string("trace ") + name, "hit ratio of tern's hot tier ÷ S3-FIFO's");
      row.state = State::kAbsent;
      row.reason = "no trace " + std::string(name) + " in the folder of outside data (--shared)";
      continue;
    }
    const Trace trace = read_trace(file, context.pick<uint64_t>(5'000, 0, 0));
    for (const uint64_t percent : {1, 10}) policies(context, std::string("trace ") + name, trace, percent);
    end_to_end(context, std::string("trace ") + name, trace);
    with_ttl(context, std::string("trace ") + name, trace);
  }
});

}  // namespace
}  // namespace bench
