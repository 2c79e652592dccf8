#include "sql/page_owners.h"

#include "tests/sql/support.h"

namespace tern::sql {
namespace {

struct PageOwnersTest : ::testing::Test {
  PageOwnersTest() {
    connection.execute(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE INDEX t_v ON t(v); CREATE TABLE u(v);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        "INSERT INTO t SELECT i, 'value ' || i FROM n");
  }
  std::vector<uint32_t> pages_of(const std::string& tree) {
    std::vector<uint32_t> pages;
    Statement list(connection, "SELECT pageno FROM dbstat WHERE name = ?1 ORDER BY pageno");
    list.bind_text(1, tree);
    while (list.step()) pages.push_back(static_cast<uint32_t>(list.column_int64(0)));
    return pages;
  }

  test::TempFolder folder;
  Connection connection = test::open_at(folder.file("a.db"));
  const std::vector<std::string> tables = {"T"};
};

TEST_F(PageOwnersTest, TellsATableFromItsIndex) {
  const auto table = pages_of("t");
  const auto index = pages_of("t_v");
  const uint32_t foreign = pages_of("u").front();
  std::vector<uint32_t> asked = {foreign, table.front(), table.back(), index.front(), index.back()};
  std::sort(asked.begin(), asked.end());
  const PageOwners found = find_page_owners(connection, tables, asked);
  ASSERT_EQ(found.owners.size(), 2u);
  for (const PageOwner& owner : found.owners) {
    EXPECT_EQ(owner.pages.size(), 2u) << owner.name;
    EXPECT_EQ(owner.index, owner.name == "t_v");
    EXPECT_EQ(owner.table, "t");
  }
  EXPECT_EQ(found.left_over, (std::vector<uint32_t>{foreign}));
  EXPECT_EQ(found.why_left_over, "");
}

TEST_F(PageOwnersTest, LeavesOverWhatTheBoundDoesNotReach) {
  const auto table = pages_of("t");
  ASSERT_GT(table.size(), 64u);
  const PageOwners found =
      find_page_owners(connection, tables, std::vector<uint32_t>{table.front(), table.back()}, {.pages = 64});
  ASSERT_EQ(found.owners.size(), 1u);
  EXPECT_EQ(found.owners[0].pages, (std::vector<uint32_t>{table.front()}));
  EXPECT_EQ(found.left_over, (std::vector<uint32_t>{table.back()}));
  EXPECT_NE(found.why_left_over, "");
}

TEST_F(PageOwnersTest, AsksNothingWhenNothingIsAsked) {
  EXPECT_TRUE(find_page_owners(connection, tables, {}).owners.empty());
}

}  // namespace
}  // namespace tern::sql
