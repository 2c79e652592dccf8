#include "sql/table_columns.h"

#include "sql/statement.h"

namespace tern::sql {

std::vector<Column> table_columns(Connection& connection, std::string_view table) {
  Statement list(connection, R"(SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?, 'main'))");
  list.bind_text(1, table);
  std::vector<Column> columns;
  while (list.step()) {
    // hidden: 1 a hidden column of a virtual table, 2 and 3 generated ones (https://www.sqlite.org/pragma.html).
    const int64_t hidden = list.column_int64(4);
    if (hidden == 1) continue;
    columns.push_back({.name = std::string(list.column_text(0)),
                       .declared_type = std::string(list.column_text(1)),
                       .not_null = list.column_int64(2) != 0,
                       .primary_key_position = static_cast<int>(list.column_int64(3)),
                       .generated = hidden != 0});
  }
  return columns;
}

bool table_exists(Connection& connection, std::string_view table) { return !table_columns(connection, table).empty(); }

std::string quote_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted += '"';
}

}  // namespace tern::sql
