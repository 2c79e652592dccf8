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

}  // namespace
}  // namespace tern::sql
