#include "engine/statement_kind.h"

#include <gtest/gtest.h>

namespace tern::internal {
namespace {

TEST(StatementKind, TheFirstKeywordStandsAfterBlanksCommentsAndSemicolons) {
  EXPECT_EQ(first_keyword("SELECT 1"), "SELECT");
  EXPECT_EQ(first_keyword(" \n\t select 1"), "SELECT");
  EXPECT_EQ(first_keyword("-- a comment\nUPDATE t SET x = 1"), "UPDATE");
  EXPECT_EQ(first_keyword("/* one */ /* two\n */;;INSERT"), "INSERT");
  EXPECT_EQ(first_keyword("\xEF\xBB\xBF"
                          "VALUES (1)"),
            "VALUES");
  EXPECT_EQ(first_keyword("-- nothing"), "");
  EXPECT_EQ(first_keyword("/* never closed"), "");
  EXPECT_EQ(first_keyword(""), "");
}

TEST(StatementKind, ASchemaChangeIsOneWhateverTheSchemaIsNow) {
  for (const char* sql :
       {"DROP TRIGGER IF EXISTS t", "create table if not exists t (x)", "-- x\nDROP VIEW v", "ANALYZE"}) {
    EXPECT_TRUE(changes_schema(sql)) << sql;
  }
  for (const char* sql :
       {"SELECT 'DROP'", "INSERT INTO t VALUES (1)", "PRAGMA user_version", "EXPLAIN DROP TABLE t", ""}) {
    EXPECT_FALSE(changes_schema(sql)) << sql;
  }
}

TEST(StatementKind, BlankIsWhatHoldsNothingForSqliteToReadAtAll) {
  for (const char* sql : {"", " \n\t", ";;", "-- x", "/* x */ ; -- y\n"}) EXPECT_TRUE(is_blank(sql)) << sql;
  for (const char* sql : {"SELECT 1", ")", "?", "'x'", "-- x\n\"y\""}) EXPECT_FALSE(is_blank(sql)) << sql;
}

TEST(StatementKind, TransactionControlIsRefusedByNameWithTheRemedy) {
  for (const char* sql :
       {"BEGIN", "begin immediate", "COMMIT", "END", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "/* hidden */ BEGIN"}) {
    EXPECT_NE(refusal(sql).find("transaction()"), std::string::npos) << sql;
  }
}

TEST(StatementKind, WhatBelongsToOneConnectionIsRefused) {
  for (const char* sql :
       {"ATTACH 'x' AS y", "DETACH y", "CREATE TEMP TABLE t (x)", "create temporary view v AS SELECT 1",
        "CREATE TABLE temp.t (x)", "CREATE TABLE IF NOT EXISTS temp . t (x)", "CREATE UNIQUE INDEX \"temp\".i ON t (x)",
        "PRAGMA journal_mode = DELETE", "PRAGMA main.journal_mode(off)", "PRAGMA locking_mode=EXCLUSIVE",
        "PRAGMA wal_autocheckpoint = 5", "PRAGMA \"mmap_size\" = 5", "PRAGMA main.[query_only](0)",
        "EXPLAIN PRAGMA cache_size = 5", "EXPLAIN QUERY PLAN PRAGMA user_version"}) {
    EXPECT_FALSE(refusal(sql).empty()) << sql;
  }
}

TEST(StatementKind, EverythingElseRuns) {
  for (const char* sql : {"SELECT 1", "CREATE TABLE t (x)", "CREATE TABLE temp_readings (x)", "CREATE TABLE temp (x)",
                          "PRAGMA journal_mode", "PRAGMA table_info(t)", "PRAGMA foreign_keys = ON", "VACUUM",
                          "EXPLAIN SELECT 1", "WITH a AS (SELECT 1) SELECT * FROM a", ""}) {
    EXPECT_EQ(refusal(sql), "") << sql;
  }
  EXPECT_TRUE(is_pragma("-- x\npragma user_version"));
  EXPECT_FALSE(is_pragma("SELECT 'PRAGMA'"));
}

}  // namespace
}  // namespace tern::internal
