// tern.h: what SQLite itself said of a failure, and SQL that is held to D1's rules.

#include <cstring>
#include <string>

#include "tests/engine/c_api_support.h"

namespace tern::test {
namespace {

class CApiSqliteError : public testing::Test {
 protected:
  void SetUp() override {
    tern_options options = {};
    options.size = sizeof options;
    options.flags = TERN_D1_RULES;
    ASSERT_EQ(tern_open(folder_.file("test.db").c_str(), &options, &db_), TERN_OK) << tern_last_error();
  }
  void TearDown() override { tern_close(db_); }

  tern_status prepare(const std::string& sql) {
    tern_statement* statement = nullptr;
    const tern_status status = tern_prepare(db_, sql.data(), sql.size(), &statement);
    tern_statement_free(statement);
    return status;
  }
  tern_status exec(const std::string& sql) { return tern_exec(db_, sql.data(), sql.size(), nullptr); }

  TempFolder folder_;
  tern_database* db_ = nullptr;
};

TEST_F(CApiSqliteError, HasSqlitesOwnWordsCodeAndPlace) {
  ASSERT_EQ(prepare("SELECT nope"), TERN_SQL_ERROR);
  int offset = 0;
  const char* message = nullptr;
  EXPECT_EQ(tern_last_sqlite_error(&offset, &message), 1);
  EXPECT_STREQ(message, "no such column: nope");
  EXPECT_EQ(offset, 7);
  EXPECT_NE(std::strstr(tern_last_error(), "no such column: nope"), nullptr);
}

TEST_F(CApiSqliteError, GivesTheExtendedCode) {
  ASSERT_EQ(exec("CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)"), TERN_OK);
  ASSERT_EQ(exec("INSERT INTO t VALUES (1)"), TERN_CONSTRAINT);
  const char* message = nullptr;
  EXPECT_EQ(tern_last_sqlite_error(nullptr, &message), 2067);  // SQLITE_CONSTRAINT_UNIQUE
  EXPECT_STREQ(message, "UNIQUE constraint failed: t.a");
}

TEST_F(CApiSqliteError, IsEmptyWhereTernRefused) {
  ASSERT_EQ(prepare("SELECT nope"), TERN_SQL_ERROR);
  ASSERT_EQ(exec("BEGIN"), TERN_UNSUPPORTED);
  int offset = 0;
  const char* message = nullptr;
  EXPECT_EQ(tern_last_sqlite_error(&offset, &message), 0);
  EXPECT_STREQ(message, "");
  EXPECT_EQ(offset, -1);
}

TEST_F(CApiSqliteError, RulesOfD1HoldForEveryConnection) {
  EXPECT_NE(prepare("SELECT sqlite_version()"), TERN_OK);
  EXPECT_NE(exec("PRAGMA user_version"), TERN_OK);
  ASSERT_EQ(exec("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE k (pid REFERENCES p(id))"), TERN_OK);
  EXPECT_EQ(exec("INSERT INTO k VALUES (9)"), TERN_CONSTRAINT);  // foreign keys are on
}

}  // namespace
}  // namespace tern::test
