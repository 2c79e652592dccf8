// The columns of a table as SQLite lists them (PRAGMA table_xinfo): for import, export and the shell.
//
// Contract. Uses `connection` and its thread. An unknown table is an empty list; a view counts as a table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/connection.h"

namespace tern::sql {

struct Column {
  std::string name;
  std::string declared_type;
  bool not_null = false;
  int primary_key_position = 0;  // 1-based, 0 = not part of it
  bool generated = false;        // cannot be written
};

std::vector<Column> table_columns(Connection& connection, std::string_view table);
bool table_exists(Connection& connection, std::string_view table);

// `name` in double quotes, doubled inside: how a name of any kind goes into SQL text.
std::string quote_name(std::string_view name);

}  // namespace tern::sql
