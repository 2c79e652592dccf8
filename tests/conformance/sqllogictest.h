// SQLite's logic test files (https://www.sqlite.org/sqllogictest/doc/trunk/about.wiki): parsed, and results put into
// their form.
//
// A file is a sequence of records, parted by blank lines:
//
//   statement ok|error            SQL, which must succeed or fail
//   query TYPES [SORT [LABEL]]    SQL, then "----" and the values, one a line, or "N values hashing to MD5"
//   hash-threshold N | halt
//
// each after any number of "skipif ENGINE" and "onlyif ENGINE". TYPES has a letter for each column: T text, I integer,
// R with three decimals. SORT: nosort, rowsort, valuesort. Queries of one label have one result.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tern/rows.hpp"

namespace tern::test {

struct LogicRecord {
  enum class Kind { kStatement, kFailingStatement, kQuery, kHalt };

  Kind kind = Kind::kStatement;
  size_t line = 0;
  bool skipped = false;  // by its conditions, for SQLite
  std::string sql;
  std::string types, sort, label;  // of a query
  std::vector<std::string> wanted;
};

// Throws std::runtime_error naming the line of a record that it does not know.
std::vector<LogicRecord> parse_logic_file(std::string_view text);

using LogicLabels = std::map<std::string, std::string>;
// Why these rows are not what the record wants; empty if they are.
std::string logic_difference(const LogicRecord& query, const Rows& rows, LogicLabels& labels);

}  // namespace tern::test
