#include "engine/cli/bench_workload.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <optional>
#include <random>
#include <unordered_set>

#include "engine/cli/catalog.h"
#include "engine/cli/failure.h"
#include "engine/cli/text.h"
#include "tern/tern.hpp"

namespace tern::cli {
namespace {

constexpr size_t kMaxKeys = 10'000;
constexpr size_t kZipfReads = 1 << 17;  // repeated from the start when they are through
constexpr double kZipfExponent = 0.99;
constexpr uint64_t kSeed = 20'240'917;
constexpr int kTemporaryRows = 10'000;

std::optional<int64_t> max_rowid(Database& database, const std::string& table) {
  try {
    const auto row = database.query("SELECT max(rowid) FROM " + quote_name(table)).first();
    return row ? row->get<std::optional<int64_t>>(0) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // a WITHOUT ROWID table, or a view
  }
}

// Counting a large table takes a while; which one is the largest shows early.
int64_t rows_up_to(Database& database, const std::string& table, int64_t bound) {
  return database.query("SELECT count(*) FROM (SELECT 1 FROM " + quote_name(table) + " LIMIT ?)", bound)
      .first()
      ->get<int64_t>(0);
}

std::string largest_table(Database& database, const Query& query) {
  constexpr int64_t kBound = 1'000'000;
  std::string largest;
  int64_t most = 0;
  for (const std::string& table : table_names(query)) {
    if (primary_key(query, table).empty()) continue;
    const int64_t rows = rows_up_to(database, table, kBound);
    if (rows > most) {
      most = rows;
      largest = table;
    }
  }
  if (largest.empty()) {
    throw Failure("no table of " + database.path() + " has rows and a primary key of one column to read by");
  }
  return largest;
}

// Keys from all over the table where it has rowids to jump to; else the first ones.
std::vector<Argument> sample_keys(Database& database, const std::string& table, const std::string& key) {
  std::vector<Argument> keys;
  const std::string select = "SELECT " + quote_name(key) + " FROM " + quote_name(table);
  const std::string present = quote_name(key) + " IS NOT NULL ";
  const auto newest = max_rowid(database, table);
  if (!newest || rows_up_to(database, table, kMaxKeys + 1) <= static_cast<int64_t>(kMaxKeys)) {
    const std::string first = select + " WHERE " + present + "LIMIT ?";
    for (const Row row : database.query(first, static_cast<int64_t>(kMaxKeys))) {
      keys.push_back(Argument::copy_of(row.value(0)));
    }
    return keys;
  }
  std::mt19937_64 chance(kSeed);
  std::uniform_int_distribution<int64_t> rowid(1, std::max<int64_t>(*newest, 1));
  const Statement at = database.prepare(select + " WHERE rowid >= ? AND " + present + "ORDER BY rowid LIMIT 1");
  std::unordered_set<std::string> seen;
  for (size_t i = 0; i < kMaxKeys; ++i) {
    const auto row = at.bind(rowid(chance)).first();
    if (row && seen.insert(literal(row->value(0))).second) keys.push_back(Argument::copy_of(row->value(0)));
  }
  return keys;
}

}  // namespace

std::vector<uint32_t> zipf_sequence(uint32_t n, size_t count, uint64_t seed) {
  std::vector<double> until(n);
  double sum = 0;
  for (uint32_t i = 0; i < n; ++i) until[i] = sum += 1 / std::pow(i + 1, kZipfExponent);
  std::mt19937_64 chance(seed);
  std::uniform_real_distribution<double> anywhere(0, sum);
  std::vector<uint32_t> sequence(count);
  for (uint32_t& at : sequence) {
    const auto found = std::upper_bound(until.begin(), until.end(), anywhere(chance));
    at = static_cast<uint32_t>(std::min<std::ptrdiff_t>(found - until.begin(), n - 1));
  }
  return sequence;
}

Workload make_workload(const std::string& path, const std::string& table) {
  // Uncached: what is asked here must not be found in the cache later.
  Database database = open(path, Options{.mode = OpenMode::kExisting, .cache = false});
  const Query query = [&database](std::string_view sql, std::span<const Value> args) {
    return database.prepare(sql).bind_values(args).run();
  };
  Workload workload;
  workload.path = path;
  workload.table = table.empty() ? largest_table(database, query) : table;
  if (column_names(query, workload.table).empty()) {
    throw Failure("there is no table " + workload.table + "; the tables are " + list_names(table_names(query)));
  }
  const std::string key = primary_key(query, workload.table);
  if (key.empty()) throw Failure("table " + workload.table + " has no primary key of one column to read by");
  workload.sql = "SELECT * FROM " + quote_name(workload.table) + " WHERE " + quote_name(key) + " = ?";
  workload.keys = sample_keys(database, workload.table, key);
  if (workload.keys.empty()) throw Failure("table " + workload.table + " has no rows to read");

  workload.once.resize(workload.keys.size());
  std::iota(workload.once.begin(), workload.once.end(), 0);
  std::shuffle(workload.once.begin(), workload.once.end(), std::mt19937_64(kSeed));
  workload.zipf = zipf_sequence(static_cast<uint32_t>(workload.keys.size()), kZipfReads, kSeed);
  return workload;
}

TemporaryDatabase::TemporaryDatabase() {
  folder_ = (std::filesystem::temp_directory_path() / "tern-bench-XXXXXX").string();
  if (::mkdtemp(folder_.data()) == nullptr) throw Failure("cannot make " + folder_ + ": " + std::strerror(errno));
  path_ = folder_ + "/bench.db";
  Database database = open(path_);
  database.exec(
      "CREATE TABLE places (id TEXT PRIMARY KEY, region TEXT NOT NULL, info TEXT, updated_at INTEGER NOT NULL)");
  database.transaction([](Transaction& transaction) {
    const Statement insert = transaction.prepare("INSERT INTO places VALUES (?, ?, ?, ?)");
    for (int i = 0; i < kTemporaryRows; ++i) {
      const std::string number = std::to_string(i);
      const std::string info = R"({"name":"Place )" + number + R"(","population":)" + std::to_string(i * 37) +
                               R"(,"note":")" + std::string(200, 'x') + "\"}";
      transaction.run(insert.bind("p-" + number, "R" + std::to_string(i % 100), info, i));
    }
  });
}

TemporaryDatabase::~TemporaryDatabase() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace tern::cli
