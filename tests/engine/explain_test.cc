// explain(): whose the pages are that an answer hangs on, and what voided it.
#include <gtest/gtest.h>

#include "tern/tern.hpp"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

struct Explained : testing::Test {
  Explained() {
    db.exec(
        "CREATE TABLE places (id INTEGER PRIMARY KEY, region TEXT, name TEXT); CREATE INDEX by_region ON "
        "places(region);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
        "INSERT INTO places SELECT i, 'r' || (i % 50), 'name ' || i FROM n;"
        "CREATE TABLE other (v); INSERT INTO other VALUES (1)");
  }
  static const Explanation::Part* part(const Explanation& explanation, std::string_view name) {
    for (const auto& one : explanation.parts) {
      if (one.name == name) return &one;
    }
    return nullptr;
  }

  test::TempFolder temp;
  std::string path = temp.file("app.db");
  Database db = open(path);
  const char* const by_region_sql = "SELECT name FROM places WHERE region = ?";
  const std::vector<Value> r7 = {Value("r7")};
};

TEST_F(Explained, EveryPageBelongsToAPart) {
  const Explanation explanation = db.explain(by_region_sql, r7);
  ASSERT_NE(part(explanation, "by_region"), nullptr);
  ASSERT_NE(part(explanation, "places"), nullptr);
  EXPECT_TRUE(part(explanation, "by_region")->index);
  EXPECT_EQ(part(explanation, "by_region")->table, "places");
  EXPECT_EQ(part(explanation, "other"), nullptr);
  uint64_t sum = 0;
  for (const auto& one : explanation.parts) sum += one.pages;
  EXPECT_EQ(sum, explanation.pages);
  EXPECT_EQ(explanation.unmapped_pages, 0u);
  EXPECT_TRUE(explanation.stored);
  // A search through the index reads its leaf, and most leaves of the table.
  EXPECT_GT(part(explanation, "places")->pages, part(explanation, "by_region")->pages);
  EXPECT_EQ(explanation.parts.front().name, "places");
}

TEST_F(Explained, APointReadReadsNoIndex) {
  const std::vector<Value> id = {Value(17)};
  const Explanation explanation = db.explain("SELECT name FROM places WHERE id = ?", id);
  ASSERT_EQ(explanation.parts.size(), 1u);
  EXPECT_EQ(explanation.parts[0].name, "places");
}

TEST_F(Explained, TellsHowLongAgoAPartChanged) {
  db.query("UPDATE places SET name = 'new' WHERE id = 7");
  const Explanation now = db.explain(by_region_sql, r7);
  EXPECT_EQ(part(now, "places")->changed_commits_ago, 0u);
  for (int i = 0; i < 3; ++i) db.query("UPDATE other SET v = v + 1");
  EXPECT_EQ(part(db.explain(by_region_sql, r7), "places")->changed_commits_ago, 3u);
}

TEST_F(Explained, NamesWhatVoidedTheAnswers) {
  const Statement select = db.prepare(by_region_sql);
  EXPECT_EQ(db.explain(by_region_sql, r7).voided.times, 0u);
  for (int i = 0; i < 5; ++i) {
    select.bind("r7").all();
    test::PlainSqlite(path).exec("UPDATE places SET name = name || '.' WHERE id = 2507");
  }
  select.bind("r7").all();
  const Explanation explanation = db.explain(by_region_sql, r7);
  EXPECT_EQ(explanation.voided.times, 5u);
  EXPECT_EQ(explanation.voided.latest, 5u);
  EXPECT_EQ(part(explanation, "places")->voided, 5u);
  EXPECT_EQ(part(explanation, "by_region")->voided, 0u);
  EXPECT_TRUE(explanation.voided.last_seconds_ago);
}

TEST_F(Explained, TellsAChangeOfTheSchemaFromOneOfAPage) {
  const Statement select = db.prepare(by_region_sql);
  select.bind("r7").all();
  db.exec("CREATE TABLE one_more (v)");
  select.bind("r7").all();
  const Explanation explanation = db.explain(by_region_sql, r7);
  EXPECT_EQ(explanation.voided.times, 1u);
  EXPECT_EQ(explanation.voided.by_everything, 1u);
}

TEST_F(Explained, KeepsTheLatestOfManyAndCountsAll) {
  const Statement select = db.prepare("SELECT v FROM other");
  for (int i = 0; i < 50; ++i) {
    select.all();
    db.query("UPDATE other SET v = v + 1");
  }
  select.all();
  const Explanation explanation = db.explain("SELECT v FROM other");
  EXPECT_EQ(explanation.voided.times, 50u);
  EXPECT_EQ(explanation.voided.latest, 32u);
  EXPECT_EQ(part(explanation, "other")->voided, 32u);
}

TEST_F(Explained, VirtualTablesAreMappedToTheTablesBehindThem) {
  db.exec(
      "CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1); INSERT INTO boxes VALUES (1, 0, 1);"
      "CREATE VIRTUAL TABLE texts USING fts5(body); INSERT INTO texts VALUES ('hello')");
  EXPECT_NE(part(db.explain("SELECT id FROM boxes WHERE x0 < 1"), "boxes_node"), nullptr);
  const Explanation search = db.explain("SELECT body FROM texts WHERE texts MATCH 'hello'");
  EXPECT_TRUE(search.any_commit);
  EXPECT_NE(part(search, "texts_data"), nullptr);
  EXPECT_EQ(search.unmapped_pages, 0u);
}

TEST_F(Explained, FullTextIsVoidedByAnyCommitAndSaysSo) {
  db.exec("CREATE VIRTUAL TABLE texts USING fts5(body); INSERT INTO texts VALUES ('hello')");
  const char* const sql = "SELECT body FROM texts WHERE texts MATCH 'hello'";
  db.query(sql);
  db.query("UPDATE other SET v = 9");
  db.query(sql);
  const Explanation explanation = db.explain(sql);
  EXPECT_EQ(explanation.voided.times, 1u);
  EXPECT_EQ(explanation.voided.by_any_commit, 1u);
}

TEST_F(Explained, AsJson) {
  const std::string json = db.explain(by_region_sql, r7).to_json();
  for (const char* const part : {"\"cached\":true", "\"stored\":true", "\"parts\":[{\"name\":\"places\"",
                                 "\"unmapped_pages\":0", "\"voided\":{\"times\":0", "\"last_seconds_ago\":null"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
  }
}

}  // namespace
}  // namespace tern
