#include "sql/page_owners.h"

#include <algorithm>
#include <set>

#include "sql/statement.h"

namespace tern::sql {
namespace {

using Clock = std::chrono::steady_clock;

// The b-trees of a table whose root is wanted. A virtual table has none, but its module keeps what it has in tables
// named after it.
std::vector<PageOwner> trees_of(Connection& connection, const std::string& table, const std::set<uint32_t>& wanted) {
  Statement list(
      connection,
      "WITH virtual(prefix) AS (SELECT name || '_' FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE "
      "AND type = 'table' AND rootpage = 0) "
      "SELECT name, tbl_name, type, rootpage FROM sqlite_schema WHERE rootpage > 0 AND (tbl_name = ?1 "
      "COLLATE NOCASE OR EXISTS (SELECT 1 FROM virtual WHERE substr(tbl_name, 1, length(prefix)) = prefix))");
  list.bind_text(1, table);
  std::vector<PageOwner> trees;
  while (list.step()) {
    if (!wanted.contains(static_cast<uint32_t>(list.column_int64(3)))) continue;
    PageOwner tree;
    tree.name = list.column_text(0);
    tree.table = list.column_text(1);
    tree.index = list.column_text(2) == "index";
    trees.push_back(std::move(tree));
  }
  return trees;
}

class Walk {
 public:
  Walk(Connection& connection, std::set<uint32_t>& wanted, const PageOwnerLimits& limits)
      : pages_(connection, "SELECT pageno FROM dbstat WHERE name = ?1"), wanted_(wanted), limits_(limits) {}

  // False when a bound ended it.
  bool run(PageOwner& tree) {
    pages_.bind_text(1, tree.name);
    while (!wanted_.empty() && pages_.step()) {
      const auto page = static_cast<uint32_t>(pages_.column_int64(0));
      if (wanted_.erase(page) != 0) tree.pages.push_back(page);
      ++walked_;
      if (walked_ % 64 == 0 && (walked_ >= limits_.pages || Clock::now() >= deadline_)) {
        pages_.reset();
        return false;
      }
    }
    pages_.reset();
    return true;
  }

 private:
  Statement pages_;
  std::set<uint32_t>& wanted_;
  const PageOwnerLimits limits_;
  const Clock::time_point deadline_ = Clock::now() + limits_.time;
  uint64_t walked_ = 0;
};

}  // namespace

bool has_dbstat(Connection& connection) {
  return connection.query_int64("SELECT count(*) FROM pragma_module_list WHERE name = 'dbstat'") != 0;
}

PageOwners find_page_owners(Connection& connection, std::span<const std::string> tables,
                            std::span<const uint32_t> pages, const PageOwnerLimits& limits) {
  PageOwners found;
  std::set<uint32_t> wanted(pages.begin(), pages.end());
  if (wanted.empty()) return found;
  if (!has_dbstat(connection)) {
    found.left_over.assign(wanted.begin(), wanted.end());
    found.why_left_over = "this SQLite was built without dbstat";
    return found;
  }
  std::vector<PageOwner> trees;
  std::set<std::string> names;
  for (const std::string& table : tables) {
    for (PageOwner& tree : trees_of(connection, table, wanted)) {
      if (names.insert(tree.name).second) trees.push_back(std::move(tree));
    }
  }
  Walk walk(connection, wanted, limits);
  for (PageOwner& tree : trees) {
    const bool whole = walk.run(tree);
    std::sort(tree.pages.begin(), tree.pages.end());
    if (!tree.pages.empty()) found.owners.push_back(std::move(tree));
    if (whole) continue;
    found.why_left_over = "the tables are large, and looking for pages ends after a while";
    break;
  }
  found.left_over.assign(wanted.begin(), wanted.end());
  return found;
}

}  // namespace tern::sql
