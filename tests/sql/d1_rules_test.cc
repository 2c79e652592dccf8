#include "sql/d1_rules.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

#include "sql/connection.h"
#include "sql/error.h"
#include "sql/statement_cache.h"

namespace tern::sql {
namespace {

class D1Rules : public testing::Test {
 protected:
  // What SQLite says to the statement of a user; empty if it takes it.
  std::string said(const std::string& sql) {
    try {
      cache_.get(sql).statement().step();
      return {};
    } catch (const Error& error) {
      return error.reason == nullptr ? error.what() : *error.reason;
    }
  }

  Connection connection_ = Connection::open_in_memory({.path = {}, .accept_wal_reset_bug = true, .d1_rules = true});
  StatementCache cache_{connection_};
};

TEST_F(D1Rules, WhatD1HasIsTaken) {
  for (const char* sql :
       {"CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)", "INSERT INTO t VALUES (1, 'x')", "UPDATE t SET b = 'y'",
        "SELECT upper(b), b LIKE 'Y', '[1]' ->> '$[0]', MAX(a) FROM t",
        "WITH RECURSIVE s(i) AS (SELECT 1) SELECT * FROM s", "CREATE INDEX i ON t (b)", "PRAGMA table_info(t)",
        "PRAGMA foreign_keys", "PRAGMA defer_foreign_keys = ON", "PRAGMA quick_check(1)", "PRAGMA optimize(0x10002)",
        "CREATE VIRTUAL TABLE f USING fts5(a)", "ALTER TABLE t RENAME COLUMN b TO c", "DROP TABLE t", "ANALYZE",
        "SELECT * FROM sqlite_master"}) {
    EXPECT_EQ(said(sql), "") << sql;
  }
}

TEST_F(D1Rules, WhatD1RefusesIsNotAuthorized) {
  for (const char* sql :
       {"ATTACH ':memory:' AS x", "CREATE TEMP TABLE t (a)", "CREATE TABLE temp.t (a)", "CREATE TABLE _cf_t (a)",
        "CREATE VIEW _CF_v AS SELECT 1", "PRAGMA user_version", "PRAGMA foreign_keys = 7", "PRAGMA table_info(_cf_t)",
        "PRAGMA data_version(1)", "CREATE VIRTUAL TABLE r USING rtree(a, b, c)"}) {
    EXPECT_EQ(said(sql), "not authorized") << sql;
  }
  EXPECT_EQ(said("SELECT sqlite_version()"), "not authorized to use function: sqlite_version");
}

TEST_F(D1Rules, StatementsOfTernsOwnAreHeldToNothing) {
  EXPECT_NO_THROW(connection_.execute("PRAGMA user_version"));
  EXPECT_NO_THROW(connection_.query_text("SELECT sqlite_version()"));
}

TEST_F(D1Rules, LimitsAreThoseOfD1) {
  sqlite3* const db = connection_.handle();
  EXPECT_EQ(sqlite3_limit(db, SQLITE_LIMIT_VARIABLE_NUMBER, -1), 100);
  EXPECT_EQ(sqlite3_limit(db, SQLITE_LIMIT_LENGTH, -1), 2'200'000);
  EXPECT_EQ(said("SELECT ?101"), "variable number must be between ?1 and ?100");
}

TEST_F(D1Rules, WithoutThemEverythingIsTaken) {
  Connection plain = Connection::open_in_memory({.path = {}, .accept_wal_reset_bug = true});
  StatementCache cache(plain);
  EXPECT_NO_THROW(cache.get("PRAGMA user_version"));
  EXPECT_NO_THROW(cache.get("SELECT sqlite_version()"));
}

// A script's statements are judged one by one, wherever in it they stand.
TEST_F(D1Rules, AStatementOfAScriptIsNotJudgedByWhatStandsBehindIt) {
  constexpr size_t kLimit = 100'000;
  const auto comment_of = [](size_t bytes) { return "/*" + std::string(bytes - 4, ';') + "*/"; };
  const std::string one = "SELECT ';' AS \"a;b\"; " + comment_of(4'000) + " -- ;\n";
  std::string behind;
  while (behind.size() <= 2 * kLimit) behind += one;
  const auto rest = static_cast<int64_t>(behind.size() / one.size());
  const std::string trigger =
      "CREATE TABLE t (a); CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; DELETE FROM t; END;";
  EXPECT_EQ(connection_.execute(behind), rest);
  EXPECT_EQ(connection_.execute(trigger + behind), rest + 2);
  EXPECT_EQ(connection_.query_int64("SELECT count(*) FROM sqlite_schema WHERE name = 'r'"), 1);
  EXPECT_EQ(connection_.execute(";" + behind), rest);

  const std::string_view select = "SELECT 1";
  const std::string fits = std::string(select) + comment_of(kLimit - select.size() - 1) + ";";
  ASSERT_EQ(fits.size(), kLimit);
  EXPECT_EQ(connection_.execute(fits), 1);
  EXPECT_EQ(connection_.execute(fits + behind), rest + 1);
  for (const std::string& too_long :
       {std::string(select) + comment_of(kLimit - select.size()) + ";", "SELECT '" + std::string(2 * kLimit, ';'),
        "SELECT 1" + std::string(kLimit, ' ') + "+ 1;", "SELECT " + std::string(kLimit, 'a')}) {
    for (const std::string& after : {std::string(), behind}) {
      try {
        connection_.execute(behind + too_long + after);
        ADD_FAILURE() << too_long.size();
      } catch (const Error& error) {
        EXPECT_EQ(error.code, SQLITE_TOOBIG) << error.what();
        EXPECT_NE(std::string_view(error.what()).find("100000 bytes"), std::string_view::npos) << error.what();
      }
    }
  }
}

TEST_F(D1Rules, ABadStatementOfALongScriptIsToldAsInAShortOne) {
  const std::string behind(200'000, ' ');
  const auto error_of = [&](const std::string& sql) {
    try {
      connection_.execute(sql);
      return std::string();
    } catch (const Error& error) {
      return std::to_string(error.offset) + *error.reason;
    }
  };
  for (const char* bad : {"SELECT nothing;", "SELEC 1;", "SELECT 'open;", "SELECT @ FROM;"}) {
    EXPECT_NE(error_of(bad), "");
    if (std::string_view(bad).find('\'') == std::string_view::npos) {
      EXPECT_EQ(error_of(bad + behind), error_of(bad));
    }
  }
}

}  // namespace
}  // namespace tern::sql
