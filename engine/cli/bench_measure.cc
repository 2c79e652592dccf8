#include "engine/cli/bench_measure.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "sql/connection.h"
#include "sql/statement.h"
#include "tern/tern.hpp"

namespace tern::cli {
namespace {

using Clock = std::chrono::steady_clock;

// Bounds memory; a phase that has as many ends early.
constexpr size_t kMaxSamples = size_t{4} << 20;
constexpr int kClockReadings = 10'001;

uint32_t nanoseconds_between(Clock::time_point start, Clock::time_point end) {
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count();
  return static_cast<uint32_t>(std::min<int64_t>(ns, std::numeric_limits<uint32_t>::max()));
}

uint64_t clock_cost_ns() {
  std::vector<uint32_t> gaps(kClockReadings);
  for (uint32_t& gap : gaps) {
    const auto start = Clock::now();
    gap = nanoseconds_between(start, Clock::now());
  }
  std::nth_element(gaps.begin(), gaps.begin() + kClockReadings / 2, gaps.end());
  return gaps[kClockReadings / 2];
}

// What a caller does with a row, as little as it may be; volatile, so that it is done.
volatile uint64_t looked_at = 0;

class PlainSqlite {
 public:
  explicit PlainSqlite(const Workload& workload)
      : connection_(sql::Connection::open(options(workload.path))), statement_(connection_, workload.sql, true) {}

  bool read(const Value& key) {
    bind(key);
    uint64_t bytes = 0;
    while (statement_.step()) {
      for (int i = 0; i < statement_.column_count(); ++i) bytes += look_at(i);
    }
    statement_.reset();
    looked_at = bytes;
    return true;
  }

 private:
  static sql::ConnectionOptions options(const std::string& path) {
    sql::ConnectionOptions options;
    options.path = path;
    options.mode = sql::OpenMode::kRead;
    options.page_cache_bytes = int64_t{Options().page_cache_kib} << 10;
    return options;
  }

  void bind(const Value& key) {
    switch (key.type) {
      case Type::kNull:
        return statement_.bind_null(1);
      case Type::kInteger:
        return statement_.bind_int64(1, key.integer);
      case Type::kReal:
        return statement_.bind_double(1, key.real);
      case Type::kText:
        return statement_.bind_text_borrowed(1, key.text());
      case Type::kBlob:
        return statement_.bind_blob_borrowed(1, key.blob());
    }
  }

  uint64_t look_at(int column) {
    switch (statement_.column_type(column)) {
      case sql::ColumnType::kInteger:
        return static_cast<uint64_t>(statement_.column_int64(column));
      case sql::ColumnType::kReal:
        return statement_.column_double(column) > 0 ? 1 : 0;
      case sql::ColumnType::kText:
        return statement_.column_text(column).size();
      case sql::ColumnType::kBlob:
        return statement_.column_blob(column).size();
      case sql::ColumnType::kNull:
        break;
    }
    return 0;
  }

  sql::Connection connection_;
  sql::Statement statement_;
};

class Tern {
 public:
  Tern(const Workload& workload, const std::string& sql)
      : database_(open(workload.path, Options{.mode = OpenMode::kExisting})), statement_(database_.prepare(sql)) {}

  Source read(const Value& key) {
    const Rows rows = statement_.bind(key).all();
    uint64_t bytes = 0;
    for (const Row row : rows) {
      for (size_t i = 0; i < rows.columns(); ++i) {
        const Value value = row.value(i);
        bytes += value.type >= Type::kText ? value.size : static_cast<uint64_t>(value.integer);
      }
    }
    looked_at = bytes;
    return rows.source();
  }

 private:
  Database database_;
  Statement statement_;
};

// Times read(key) for the keys of `order`, again and again until `seconds` have passed (0: once). Only reads for which
// it returns true count.
template <typename Read>
std::vector<uint32_t> time_reads(const std::vector<Value>& keys, const std::vector<uint32_t>& order, double seconds,
                                 Read&& read) {
  std::vector<uint32_t> samples;
  samples.reserve(seconds > 0 ? kMaxSamples : order.size());
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  auto now = Clock::now();
  do {
    for (const uint32_t at : order) {
      const auto start = Clock::now();
      const bool counts = read(keys[at]);
      now = Clock::now();
      if (counts) samples.push_back(nanoseconds_between(start, now));
      if (samples.size() == kMaxSamples || (seconds > 0 && now >= end)) return samples;
    }
  } while (seconds > 0);
  return samples;
}

// A text that was never asked before: all of its reads are misses at first.
std::string never_asked(const std::string& sql) {
  return sql + " /* bench " + std::to_string(::getpid()) + "." +
         std::to_string(std::chrono::system_clock::now().time_since_epoch().count()) + " */";
}

}  // namespace

Latency latency_of(std::vector<uint32_t>& nanoseconds, uint64_t clock_ns) {
  Latency latency;
  latency.reads = nanoseconds.size();
  if (nanoseconds.empty()) return latency;
  std::sort(nanoseconds.begin(), nanoseconds.end());
  const auto at = [&](size_t percent) {
    const uint64_t ns = nanoseconds[(nanoseconds.size() - 1) * percent / 100];
    return ns > clock_ns ? ns - clock_ns : 1;
  };
  latency.p50_ns = at(50);
  latency.p99_ns = at(99);
  return latency;
}

Measurements measure(const Workload& workload, double seconds) {
  const std::vector<Value> keys = values_of(workload.keys);
  const std::string sql = never_asked(workload.sql);
  Measurements out;
  out.clock_ns = clock_cost_ns();
  const auto latency = [&](std::vector<uint32_t> samples) { return latency_of(samples, out.clock_ns); };
  {
    // The system's file cache is warm for all that follows, and nobody's page cache.
    PlainSqlite warming(workload);
    time_reads(keys, workload.once, 0, [&](const Value& key) { return warming.read(key); });
  }
  {
    PlainSqlite sqlite(workload);
    const auto read = [&](const Value& key) { return sqlite.read(key); };
    out.sqlite_once = latency(time_reads(keys, workload.once, 0, read));
    out.sqlite_zipf = latency(time_reads(keys, workload.zipf, seconds / 2, read));
  }
  {
    Tern tern(workload, sql);
    out.miss =
        latency(time_reads(keys, workload.once, 0, [&](const Value& k) { return tern.read(k) == Source::kSql; }));
  }
  Tern again(workload, sql);
  out.store =
      latency(time_reads(keys, workload.once, 0, [&](const Value& k) { return again.read(k) == Source::kStore; }));
  out.hot = latency(
      time_reads(keys, workload.zipf, seconds / 2, [&](const Value& k) { return again.read(k) == Source::kHot; }));
  return out;
}

}  // namespace tern::cli
