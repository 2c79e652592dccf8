#include "sql/table_columns.h"

#include "tests/sql/support.h"

namespace tern::sql {
namespace {

TEST(TableColumns, ListsNamesTypesAndKeysInOrder) {
  const test::TempFolder folder;
  Connection connection = test::open_at(folder.file("a.db"));
  connection.execute("CREATE TABLE \"a \"\"table\"(id TEXT NOT NULL, n INTEGER, g AS (n + 1), PRIMARY KEY(n, id))");
  const auto columns = table_columns(connection, "a \"table");
  ASSERT_EQ(columns.size(), 3u);
  EXPECT_EQ(columns[0].name, "id");
  EXPECT_EQ(columns[0].declared_type, "TEXT");
  EXPECT_TRUE(columns[0].not_null);
  EXPECT_EQ(columns[0].primary_key_position, 2);
  EXPECT_EQ(columns[1].primary_key_position, 1);
  EXPECT_FALSE(columns[1].generated);
  EXPECT_TRUE(columns[2].generated);
}

TEST(TableColumns, AnUnknownTableHasNone) {
  const test::TempFolder folder;
  Connection connection = test::open_at(folder.file("a.db"));
  connection.execute("CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t");
  EXPECT_FALSE(table_exists(connection, "nowhere"));
  EXPECT_TRUE(table_exists(connection, "T"));
  EXPECT_TRUE(table_exists(connection, "v"));
}

TEST(TableColumns, QuotedNamesSurviveAnything) {
  const test::TempFolder folder;
  Connection connection = test::open_at(folder.file("a.db"));
  const std::string name = "a\"b; DROP TABLE x --";
  connection.execute("CREATE TABLE " + quote_name(name) + "(" + quote_name("c]d") + ")");
  EXPECT_EQ(table_columns(connection, name).at(0).name, "c]d");
}

}  // namespace
}  // namespace tern::sql
