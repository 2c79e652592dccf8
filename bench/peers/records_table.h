// The records as a table in an SQLite database: what tern and SQLite are both given.
//
//   CREATE TABLE records(k TEXT PRIMARY KEY, v TEXT NOT NULL)
#pragma once

#include <string>

#include "bench/workload/records.h"

namespace bench {

inline constexpr const char* kSelectRecord = "SELECT v FROM records WHERE k = ?";
inline constexpr const char* kUpdateRecord = "UPDATE records SET v = ? WHERE k = ?";
inline constexpr const char* kInsertRecord = "INSERT INTO records(v, k) VALUES (?, ?)";
inline constexpr const char* kScanRecords = "SELECT k, v FROM records WHERE k >= ? ORDER BY k LIMIT ?";

// Made by plain SQLite, in WAL mode, its log empty.
void make_records_table(const std::string& database, const Records& records);

}  // namespace bench
