#include "sql/table_pages.h"

#include "sql/error.h"
#include "tests/sql/support.h"

namespace tern::sql {
namespace {

struct TablePages : ::testing::Test {
  TablePages() {
    connection.execute(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE INDEX t_v ON t(v); CREATE VIEW w AS SELECT 1;"
        "CREATE TABLE k(a PRIMARY KEY) WITHOUT ROWID; CREATE VIRTUAL TABLE f USING fts5(x);"
        "INSERT INTO t VALUES (1, zeroblob(20000)), (2, 'small')");
  }

  test::TempFolder folder;
  Connection connection = test::open_at(folder.file("a.db"));
};

TEST_F(TablePages, AreItsOwnTreeWithOverflowAndWithoutIndexes) {
  const auto pages = table_pages(connection, "T", 1000);
  ASSERT_TRUE(pages);
  EXPECT_EQ(static_cast<int64_t>(pages->size()),
            connection.query_int64("SELECT count(*) FROM dbstat WHERE name = 't'"));
  EXPECT_GT(pages->size(), 4u) << "the blob overflows";
}

TEST_F(TablePages, AnEmptyTableHasItsRoot) {
  const auto pages = table_pages(connection, "k", 1000);
  ASSERT_TRUE(pages);
  EXPECT_EQ(pages->size(), 1u);
}

TEST_F(TablePages, AreNotToldPastTheirBoundNorOfVirtualTables) {
  const size_t all = table_pages(connection, "t", 1000)->size();
  EXPECT_TRUE(table_pages(connection, "t", all));
  EXPECT_FALSE(table_pages(connection, "t", all - 1));
  EXPECT_FALSE(table_pages(connection, "f", 1000));
}

TEST_F(TablePages, RefuseWhatIsNoTable) {
  EXPECT_THROW(table_pages(connection, "missing", 10), Error);
  EXPECT_THROW(table_pages(connection, "w", 10), Error);
}

}  // namespace
}  // namespace tern::sql
