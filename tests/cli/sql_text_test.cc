#include "engine/cli/sql_text.h"

#include <gtest/gtest.h>

namespace tern::cli {
namespace {

TEST(SqlText, CommentsAndBlanksAreSkipped) {
  EXPECT_EQ(skip_blank_sql("  -- a; b\n /* c */;\tSELECT 1"), "SELECT 1");
  EXPECT_EQ(skip_blank_sql("-- only this"), "");
  EXPECT_EQ(skip_blank_sql("/* never closed"), "");
}

TEST(SqlText, CreateIsAWordOfItsOwn) {
  EXPECT_TRUE(begins_with_create("CREATE TABLE t (a)"));
  EXPECT_TRUE(begins_with_create("-- first\ncreate\ntable t (a)"));
  EXPECT_TRUE(begins_with_create("create/* */table t (a)"));
  EXPECT_FALSE(begins_with_create("CREATED"));
  EXPECT_FALSE(begins_with_create("CREATE"));
  EXPECT_FALSE(begins_with_create("SELECT 1; CREATE TABLE t (a)"));
}

TEST(SqlText, OneStatementIsNoScript) {
  for (const char* sql : {"", "SELECT 1", "SELECT 1;", " ; SELECT 1 ; -- end; not\n",
                          "SELECT 'a;b', \"c;d\", [e;f], `g;h`", "SELECT 1 /* ; */ + 1", "SELECT 'it''s; so'"}) {
    EXPECT_FALSE(may_be_script(sql)) << sql;
  }
}

TEST(SqlText, SeveralStatementsAreAScript) {
  EXPECT_TRUE(may_be_script("SELECT 1; SELECT 2"));
  EXPECT_TRUE(may_be_script("SELECT 'a';\n-- two\nSELECT 2;"));
}

}  // namespace
}  // namespace tern::cli
