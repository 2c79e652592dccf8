#include "sql/virtual_table.h"

#include <gtest/gtest.h>

namespace tern::sql {
namespace {

TEST(VirtualTable, ItsModuleIsFoundHoweverTheNameIsWritten) {
  for (const char* sql : {
           "CREATE VIRTUAL TABLE t USING fts5(a)",
           "create virtual table t using FTS5(a)",
           "CREATE VIRTUAL TABLE \"a \"\" using x\" USING fts5(a)",
           "CREATE VIRTUAL TABLE [using rtree] USING fts5",
           "CREATE VIRTUAL TABLE `using` USING \"fts5\"(a)",
           "CREATE VIRTUAL TABLE 'it''s' USING 'fts5'(a)",
           "CREATE VIRTUAL TABLE t -- USING rtree\n USING/* rtree */fts5(a, b)",
           "CREATE VIRTUAL TABLE main.t USING fts5(a)",
           "CREATE VIRTUAL TABLE größe USING fts5(a)",
       }) {
    EXPECT_EQ(module_of_virtual_table(sql), "fts5") << sql;
  }
}

TEST(VirtualTable, OtherTextsHaveNoModule) {
  for (const char* sql : {"", "CREATE TABLE t(a)", "CREATE VIRTUAL TABLE", "CREATE VIRTUAL TABLE t", "SELECT 1",
                          "CREATE VIRTUAL TABLE \"t", "CREATE VIRTUAL TABLE t /* USING fts5(a)"}) {
    EXPECT_EQ(module_of_virtual_table(sql), "") << sql;
  }
}

}  // namespace
}  // namespace tern::sql
