#include "sql/error.h"

#include "tests/sql/support.h"

namespace tern::sql {
namespace {

TEST(SqlError, KeepsThePrimaryAndTheExtendedCode) {
  const Error error(SQLITE_BUSY_SNAPSHOT, "x");
  EXPECT_EQ(error.code, SQLITE_BUSY);
  EXPECT_EQ(error.extended, SQLITE_BUSY_SNAPSHOT);
  EXPECT_EQ(error.offset, -1);
}

TEST(SqlError, DescribesThingReasonAndRemedy) {
  EXPECT_EQ(describe("open x", "no such file", "check the path"), "cannot open x: no such file; check the path");
  EXPECT_EQ(describe("open x", "", ""), "cannot open x");
}

TEST(SqlError, ShortensSqlToOneLineAndNeverCutsACharacter) {
  EXPECT_EQ(shorten_sql("SELECT\n1"), "SELECT 1");
  const std::string letters(199, 'a');
  std::string text = letters;
  text += "éé";  // the cut at 200 bytes would fall into the first one
  std::string shortened = letters;
  shortened += "…";
  EXPECT_EQ(shorten_sql(text), shortened);
}

TEST(SqlError, OfBadSqlNamesThePlace) {
  const test::TempFolder folder;
  Connection connection = test::open_at(folder.file("a.db"));
  try {
    Statement statement(connection, "SELECT 1 FRM t");
    FAIL() << "bad SQL was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, SQLITE_ERROR);
    EXPECT_NE(std::string(error.what()).find("syntax error"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("SELECT 1 FRM t"), std::string::npos) << error.what();
#if SQLITE_VERSION_NUMBER >= 3038000
    EXPECT_EQ(error.offset, 13);
#endif
  }
}

TEST(SqlError, OfAConstraintCarriesTheExtendedCode) {
  const test::TempFolder folder;
  Connection connection = test::open_at(folder.file("a.db"));
  connection.execute("CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES(1)");
  try {
    connection.execute("INSERT INTO t VALUES(1)");
    FAIL() << "a duplicate was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, SQLITE_CONSTRAINT);
    EXPECT_EQ(error.extended, SQLITE_CONSTRAINT_UNIQUE);
  }
}

}  // namespace
}  // namespace tern::sql
