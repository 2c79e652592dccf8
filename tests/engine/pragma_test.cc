// Pragmas belong to one connection, and SQLite carries out many of them while it prepares them. Answers are shared, so
// none may come from a connection that a pragma has changed.
#include <gtest/gtest.h>

#include "tern/tern.hpp"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

struct Pragma : testing::Test {
  Pragma() { db.exec("CREATE TABLE t (name); INSERT INTO t VALUES ('Ada')"); }

  test::TempFolder temp;
  // One connection for reading: the one that a pragma would be prepared on.
  Database db = open(temp.file("app.db"), {.max_read_connections = 1});
};

TEST_F(Pragma, LeavesTheConnectionsThatReadAsTheyAre) {
  const Statement like = db.prepare("SELECT count(*) FROM t WHERE name LIKE 'ada'");
  ASSERT_EQ(like.first()->get<int64_t>(0), 1);
  db.query("PRAGMA case_sensitive_like = 1");
  db.exec("INSERT INTO t VALUES ('Grace')");
  EXPECT_EQ(like.first()->get<int64_t>(0), 1);
}

TEST_F(Pragma, IsRefusedUnderExplainWhichCarriesItOutAllTheSame) {
  for (const char* sql : {"EXPLAIN PRAGMA case_sensitive_like = 1", "explain query plan pragma mmap_size = 1000000"})
    EXPECT_THROW(db.prepare(sql), Error) << sql;
  EXPECT_EQ(db.query("SELECT count(*) FROM t WHERE name LIKE 'ada'")[0].get<int64_t>(0), 1);
}

TEST_F(Pragma, ThatDoesNotCompileIsAnErrorOfPrepare) { EXPECT_THROW(db.prepare("PRAGMA user_version = "), Error); }

}  // namespace
}  // namespace tern
