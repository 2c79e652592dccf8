// What `tern bench` reads: one table of a database by its primary key, at keys that are really there.
//
// Contract: reads the user's tables and never writes to them. Errors: Failure if there is nothing to measure on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/cli/arguments.h"

namespace tern::cli {

struct Workload {
  std::string path;
  std::string table;
  std::string sql;  // SELECT * FROM table WHERE key = ?
  std::vector<Argument> keys;
  std::vector<uint32_t> once;  // every key once, in an order of chance
  std::vector<uint32_t> zipf;  // keys at zipf 0.99: a few very often, most seldom
};

// `table` may be empty: then the largest one that has a primary key of one column.
Workload make_workload(const std::string& path, const std::string& table);

// `count` numbers below `n`, the i-th most frequent in proportion to 1 / i^0.99. The same for the same seed.
std::vector<uint32_t> zipf_sequence(uint32_t n, size_t count, uint64_t seed);

// A database of 10,000 made-up places, removed with its folder when the object is.
class TemporaryDatabase {
 public:
  TemporaryDatabase();
  ~TemporaryDatabase();
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;

  const std::string& path() const noexcept { return path_; }

 private:
  std::string folder_;
  std::string path_;
};

}  // namespace tern::cli
