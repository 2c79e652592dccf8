// All pages of a table: what hangs on it as a whole is void when one of them changes.
//
// Its own b-tree, overflow pages included, its indexes not: whatever changes a row changes a page that the table has
// now, since a page that is new to it is linked from an older one.
//
// Contract. The connection's thread, within a read transaction. Throws Error: SQLITE_ERROR where there is no such
// table, or it is a view. Cost: reads every page of the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sql/connection.h"

namespace tern::sql {

// Nothing where they cannot be told: a virtual table, more than `max_pages`, a SQLite without dbstat.
std::optional<std::vector<uint32_t>> table_pages(Connection& connection, std::string_view table, size_t max_pages);

}  // namespace tern::sql
