#include <gtest/gtest.h>

#include "tern/tern.hpp"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

// SQLite prepares it anew in the first run; that one cannot be kept, since it was classified by the old schema.
TEST(SchemaChange, AStatementIsCachedAgainByItsSecondRun) {
  const test::TempFolder temp;
  Database db = open(temp.file("app.db"));
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'one')");
  const Statement by_id = db.prepare("SELECT * FROM t WHERE id = ?");
  by_id.bind(1).all();
  ASSERT_EQ(by_id.bind(1).all().source(), Source::kHot);
  db.exec("CREATE INDEX t_v ON t (v)");
  EXPECT_EQ(by_id.bind(1).all().source(), Source::kSql);
  EXPECT_EQ(by_id.bind(1).all().source(), Source::kSql);
  EXPECT_EQ(by_id.bind(1).all().source(), Source::kHot);
}

}  // namespace
}  // namespace tern
