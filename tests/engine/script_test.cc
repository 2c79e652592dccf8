// A script is all or nothing: what SQLite cannot read at its end is no less an error than at its beginning.
#include <gtest/gtest.h>

#include "tern/tern.hpp"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

TEST(Script, ThatEndsInGarbageIsRefusedWhole) {
  const test::TempFolder temp;
  Database db = open(temp.file("app.db"));
  db.exec("CREATE TABLE t (n)");
  for (const char* garbage : {") x", "'text'", "\"name\"", "?", "= 1"}) {
    EXPECT_THROW(db.exec(garbage), Error) << garbage;
    EXPECT_THROW(db.exec(std::string("INSERT INTO t VALUES (1); ") + garbage), Error) << garbage;
    EXPECT_THROW(db.transaction([&](Transaction& transaction) { transaction.exec(garbage); }), Error) << garbage;
  }
  EXPECT_EQ(db.query("SELECT count(*) FROM t")[0].get<int64_t>(0), 0);
}

TEST(Script, MayEndInBlanksCommentsAndSemicolons) {
  const test::TempFolder temp;
  Database db = open(temp.file("app.db"));
  EXPECT_EQ(db.exec(";; CREATE TABLE t (n); ; -- the end\n /* really */ ;"), 1);
  EXPECT_EQ(db.exec(" -- nothing\n;"), 0);
}

}  // namespace
}  // namespace tern
