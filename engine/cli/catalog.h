// What the commands need to know of a database's tables and KV namespaces.
//
// Contract: reads only; the KV store of a database that has none is not made. `query` runs a statement, on the database
// or inside a transaction, whose uncommitted tables are then seen too.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tern/database.hpp"
#include "tern/rows.hpp"

namespace tern::cli {

using Query = std::function<Rows(std::string_view sql, std::span<const Value> args)>;

// Tables and views that a user made, by name.
std::vector<std::string> table_names(const Query& query);
// The columns that a row can be given, in their order; empty if there is no such table.
std::vector<std::string> column_names(const Query& query, const std::string& table);
// The one column that makes up the primary key; empty if there is none, or if it is of several columns.
std::string primary_key(const Query& query, const std::string& table);

// The KV namespaces, by name.
std::vector<std::string> kv_namespace_names(Database& database);

// A name as SQL takes it: "na""me".
std::string quote_name(std::string_view name);
// "a, b and 7 more": at most eight names.
std::string list_names(const std::vector<std::string>& names);

}  // namespace tern::cli
