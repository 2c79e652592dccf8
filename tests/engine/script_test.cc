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

TEST(Script, UnderTheRulesOfD1MayBeLongerThanAStatementOfItMay) {
  const test::TempFolder temp;
  Database db = open(temp.file("app.db"), {.sql_rules = SqlRules::kD1});
  std::string script = "CREATE TABLE t (n, s DEFAULT 'a;b');";
  for (int i = 0; i < 5'000; ++i) script += "INSERT INTO t (n) VALUES (" + std::to_string(i) + "); -- one; of many\n";
  ASSERT_GT(script.size(), 200'000u);
  EXPECT_EQ(db.exec(script), 5'001);
  script.erase(0, script.find(';', script.find(';') + 1) + 1);
  const auto rows = [&] { return db.query("SELECT count(*) FROM t")[0].get<int64_t>(0); };
  ASSERT_EQ(rows(), 5'000);
  db.transaction([&](Transaction& transaction) { EXPECT_EQ(transaction.exec(script), 5'000); });
  EXPECT_EQ(db.session().exec(script), 5'000);
  EXPECT_EQ(rows(), 15'000);
  EXPECT_THROW(db.exec(script + "SELECT '" + std::string(100'000, ';') + "';" + script), Error);
  EXPECT_EQ(rows(), 15'000);
}

}  // namespace
}  // namespace tern
