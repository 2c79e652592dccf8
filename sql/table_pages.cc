#include "sql/table_pages.h"

#include <sqlite3.h>

#include <string>

#include "sql/error.h"
#include "sql/page_owners.h"
#include "sql/statement.h"

namespace tern::sql {

std::optional<std::vector<uint32_t>> table_pages(Connection& connection, std::string_view table, size_t max_pages) {
  Statement find(connection,
                 "SELECT name, type, rootpage FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN ('table', "
                 "'view')");
  find.bind_text(1, table);
  if (!find.step()) throw Error(SQLITE_ERROR, describe("hang on " + std::string(table), "there is no such table"));
  const std::string name(find.column_text(0));
  if (find.column_text(1) == "view")
    throw Error(SQLITE_ERROR, describe("hang on " + name, "it is a view", "name the tables that it reads"));
  if (find.column_int64(2) == 0 || !has_dbstat(connection)) return std::nullopt;

  Statement list(connection, "SELECT pageno FROM dbstat WHERE name = ?1");
  list.bind_text(1, name);
  std::vector<uint32_t> pages;
  while (list.step()) {
    if (pages.size() == max_pages) return std::nullopt;
    pages.push_back(static_cast<uint32_t>(list.column_int64(0)));
  }
  return pages;
}

}  // namespace tern::sql
