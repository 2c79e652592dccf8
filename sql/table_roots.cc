#include "sql/table_roots.h"

#include <sqlite3.h>

#include <string>

#include "sql/error.h"
#include "sql/statement.h"

namespace tern::sql {
namespace {

std::string kind_of(Connection& connection, std::string_view table) {
  Statement kind(connection,
                 "SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE LIMIT 1");
  kind.bind_text(1, table);
  return kind.step() ? std::string(kind.column_text(0)) : std::string();
}

}  // namespace

std::vector<uint32_t> table_roots(Connection& connection, std::string_view table) {
  const std::string kind = kind_of(connection, table);
  if (kind.empty()) throw Error(SQLITE_NOTFOUND, "no table \"" + std::string(table) + "\" in this database");
  if (kind == "view")
    throw Error(SQLITE_MISUSE, "\"" + std::string(table) + "\" is a view: name the tables that it reads");
  // Shadow tables (https://www.sqlite.org/vtab.html#xshadowname) are named after the virtual table that owns them.
  Statement roots(connection,
                  "WITH own(name) AS (SELECT name FROM pragma_table_list WHERE schema = 'main' AND (name = ?1 COLLATE "
                  "NOCASE OR (type = 'shadow' AND substr(name, 1, length(?1) + 1) = ?1 || '_' COLLATE NOCASE))) "
                  "SELECT DISTINCT rootpage FROM main.sqlite_schema WHERE rootpage > 0 AND tbl_name COLLATE NOCASE IN "
                  "(SELECT name FROM own) ORDER BY rootpage");
  roots.bind_text(1, table);
  std::vector<uint32_t> pages;
  while (roots.step()) pages.push_back(static_cast<uint32_t>(roots.column_int64(0)));
  return pages;
}

}  // namespace tern::sql
