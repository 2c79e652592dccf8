// A statement may end the transaction that it runs in. What follows must not become a commit of its own.

#include <gtest/gtest.h>

#include "tern/tern.hpp"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

TEST(RolledBackTransaction, TakesNoMoreStatementsThoughTheErrorWasSwallowed) {
  const test::TempFolder folder;
  Database db = open(folder.file("app.db"));
  db.exec("CREATE TABLE t (a INTEGER PRIMARY KEY ON CONFLICT ROLLBACK)");
  const auto swallow_and_go_on = [](Transaction& transaction) {
    transaction.query("INSERT INTO t VALUES (1)");
    EXPECT_THROW(transaction.query("INSERT INTO t VALUES (1)"), Error);
    transaction.query("INSERT INTO t VALUES (2)");
  };
  EXPECT_THROW(db.transaction(swallow_and_go_on), Error);
  EXPECT_EQ(db.query("SELECT count(*) FROM t")[0].get<int64_t>(0), 0);
}

}  // namespace
}  // namespace tern
