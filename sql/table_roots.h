// Where the b-trees of a table begin: the page that every search in one of them reads first.
//
// Contract. Uses `connection` and its thread, in whatever snapshot that has. The roots of the table and its indexes; of
// a virtual table, those of the tables that it keeps its data in. Names are compared as SQLite does, without case.
// Ascending, each once. Throws Error: SQLITE_NOTFOUND when there is no such table, SQLITE_MISUSE for a view.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sql/connection.h"

namespace tern::sql {

std::vector<uint32_t> table_roots(Connection& connection, std::string_view table);

}  // namespace tern::sql
