#include "sql/cacheability.h"

#include "sql/library.h"
#include "tests/sql/support.h"

namespace tern::sql {
namespace {

using Kind = Cacheability::Kind;

class CacheabilityTest : public ::testing::Test {
 protected:
  CacheabilityTest() {
    connection_.execute(
        "CREATE TABLE t(id TEXT PRIMARY KEY, a INTEGER, b TEXT, c AS (upper(b)));"
        "CREATE TABLE u(id INTEGER PRIMARY KEY, t_id REFERENCES t(id)) WITHOUT ROWID;"
        "CREATE INDEX t_lower ON t(lower(b));"
        "CREATE VIEW pure AS SELECT t.id, u.id AS uid FROM t JOIN u ON u.t_id = t.id;"
        "CREATE VIEW lucky AS SELECT id FROM t ORDER BY random();"
        "CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);"
        "CREATE VIRTUAL TABLE \"full text\" /* notes */ USING FTS5(body);"
        "CREATE VIRTUAL TABLE words USING fts5vocab(\"full text\", 'row');");
  }

  Cacheability classify(std::string_view sql) { return Classifier(connection_).prepare(sql).cacheability; }

  test::TempFolder folder_;
  Connection connection_ = test::open_at(folder_.file("a.db"));
};

TEST_F(CacheabilityTest, QueriesOfTablesHangOnPages) {
  for (const char* sql : {
           "SELECT * FROM t WHERE id = ?",
           "SELECT count(*) FROM t",
           "SELECT t.* FROM t, u",
           "SELECT * FROM pure",
           "SELECT max(a), min(a), sum(a), avg(a), total(a), group_concat(b) FROM t GROUP BY b HAVING count(*) > 1",
           "SELECT row_number() OVER (ORDER BY a), lag(a) OVER w, ntile(4) OVER w FROM t WINDOW w AS (ORDER BY b)",
           "SELECT * FROM t WHERE b LIKE 'x%' AND b GLOB 'y*' ORDER BY a DESC LIMIT 10",
           "SELECT * FROM t WHERE id IN (SELECT t_id FROM u) OR EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)",
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n, t",
           "WITH x AS (SELECT a FROM t) SELECT count(*) FROM x",
           "SELECT a FROM t UNION SELECT id FROM u EXCEPT SELECT 3",
           "SELECT lower(b), substr(b, 2), length(b), coalesce(a, 0), abs(a), round(a, 2), typeof(a), hex(b) FROM t",
           "SELECT printf('%d', a), replace(b, 'x', 'y'), instr(b, 'z'), iif(a, 1, 2), sqrt(a), pi() FROM t",
           "SELECT json_extract(b, '$.x'), b ->> '$.y', json_group_array(a) FROM t",
           "SELECT value FROM t, json_each(t.b) WHERE value > 3",
           "SELECT count(*) FROM json_each('[1, 2]')",
           "SELECT fullkey FROM json_tree('{}')",
           "SELECT id FROM boxes WHERE x0 > 3 AND x1 < 9",
           "SELECT c FROM t",
           "SELECT * FROM t WHERE lower(b) = 'x'",
           "VALUES (1), (2)",
           "SELECT 1",
           "SELECT likely(a), unlikely(a), likelihood(a, 0.5) FROM t",
       }) {
    const Cacheability found = classify(sql);
    EXPECT_EQ(found.kind, Kind::kPages) << sql << ": " << found.reason;
    EXPECT_EQ(found.reason, "") << sql;
  }
}

TEST_F(CacheabilityTest, FullTextIsTrueUntilAnyCommit) {
  for (const char* sql : {
           "SELECT body FROM \"full text\" WHERE \"full text\" MATCH 'x' ORDER BY rank",
           "SELECT highlight(\"full text\", 0, '<', '>'), bm25(\"full text\") FROM \"full text\" WHERE body MATCH 'x'",
           "SELECT snippet(\"full text\", 0, '', '', '', 5) FROM \"full text\"('x')",
           "SELECT count(*) FROM \"FULL text\"",
           "SELECT term FROM words",
           "SELECT * FROM t JOIN \"full text\" ON t.b = body",
       }) {
    const Cacheability found = classify(sql);
    EXPECT_EQ(found.kind, Kind::kAnyCommit) << sql << ": " << found.reason;
    EXPECT_NE(found.reason.find("fts5"), std::string::npos) << found.reason;
  }
}

TEST_F(CacheabilityTest, WhatIsNotAFunctionOfTheDatabaseIsNeverCachedAndSaysWhy) {
  const struct {
    const char* sql;
    const char* reason;
  } cases[] = {
      {"SELECT random()", "uses random(), which is not deterministic"},
      {"SELECT * FROM t ORDER BY random()", "uses random()"},
      {"SELECT * FROM lucky", "uses random()"},
      {"SELECT randomblob(4)", "uses randomblob()"},
      {"SELECT changes()", "uses changes()"},
      {"SELECT total_changes()", "uses total_changes()"},
      {"SELECT last_insert_rowid()", "uses last_insert_rowid()"},
      {"SELECT current_timestamp", "uses current_timestamp()"},
      {"SELECT current_date, a FROM t", "uses current_date()"},
      {"SELECT CURRENT_TIME", "uses current_time()"},
      {"SELECT sqlite_version()", "uses sqlite_version()"},
      {"SELECT sqlite_source_id()", "uses sqlite_source_id()"},
      {"SELECT sqlite_compileoption_used('X')", "uses sqlite_compileoption_used()"},
      {"SELECT b MATCH 'x' FROM t", "uses match()"},
      {"PRAGMA user_version", "runs a PRAGMA"},
      {"PRAGMA table_info(t)", "runs a PRAGMA"},
      {"SELECT * FROM pragma_table_info('t')", "runs a PRAGMA (pragma_table_info)"},
      {"SELECT count(*) FROM pragma_user_version", "runs a PRAGMA (pragma_user_version)"},
      {"EXPLAIN SELECT * FROM t", "explains"},
      {"EXPLAIN QUERY PLAN SELECT * FROM t", "explains"},
      {"SELECT * FROM sqlite_schema", "reads the schema itself"},
      {"SELECT count(*) FROM sqlite_master", "reads the schema itself"},
      {"SELECT name FROM main.sqlite_master", "reads the schema itself"},
      {"SELECT * FROM sqlite_temp_master", "reads"},
      {"SELECT * FROM dbstat", "module dbstat"},
      {"SELECT count(*) FROM dbstat", "module dbstat"},
      {"INSERT INTO t(id) VALUES(1)", "changes the database"},
      {"INSERT INTO t(id) VALUES(1) RETURNING id", "changes the database"},
      {"UPDATE t SET a = 1", "changes the database"},
      {"DELETE FROM t", "changes the database"},
      {"REPLACE INTO u VALUES(1, 2)", "changes the database"},
      {"CREATE TABLE v(a)", "changes the database"},
      {"DROP TABLE t", "changes the database"},
      {"BEGIN", "begins or ends a transaction"},
      {"COMMIT", "begins or ends a transaction"},
      {"SAVEPOINT s", "begins or ends a transaction"},
      {"ATTACH ':memory:' AS other", "attaches or detaches"},
      {"VACUUM", "changes the database"},
      {"ANALYZE", "changes the database"},
  };
  for (const auto& [sql, reason] : cases) {
    const Cacheability found = classify(sql);
    EXPECT_EQ(found.kind, Kind::kNever) << sql;
    EXPECT_NE(found.reason.find(reason), std::string::npos) << sql << ": " << found.reason;
  }
}

TEST_F(CacheabilityTest, TablesOfOtherDatabasesAreNever) {
  connection_.execute(
      "CREATE TEMP TABLE t2(a); CREATE TEMP VIEW v2 AS SELECT * FROM t; ATTACH ':memory:' AS other;"
      "CREATE TABLE other.o(a)");
  for (const char* sql : {"SELECT * FROM t2", "SELECT count(*) FROM t2", "SELECT id FROM v2", "SELECT * FROM other.o",
                          "SELECT count(*) FROM o", "SELECT a FROM o"}) {
    const Cacheability found = classify(sql);
    EXPECT_EQ(found.kind, Kind::kNever) << sql;
    EXPECT_FALSE(found.reason.empty()) << sql;
  }
  EXPECT_EQ(classify("SELECT * FROM t").kind, Kind::kPages);
}

TEST_F(CacheabilityTest, ATempTableThatHidesATableIsNever) {
  connection_.execute("CREATE TEMP TABLE u(a)");
  EXPECT_EQ(classify("SELECT count(*) FROM u").kind, Kind::kNever);
  EXPECT_EQ(classify("SELECT a FROM u").kind, Kind::kNever);
  EXPECT_EQ(classify("SELECT count(*) FROM main.u").kind, Kind::kPages);
}

TEST_F(CacheabilityTest, NamesTheTablesBehindViewsAndQueries) {
  EXPECT_EQ(classify("SELECT count(*) FROM pure").tables, (std::vector<std::string>{"t", "u"}));
  EXPECT_EQ(classify("SELECT 1 FROM T").tables, (std::vector<std::string>{"t"}));
  EXPECT_EQ(classify("WITH x AS (SELECT a FROM t) SELECT count(*) FROM x").tables, (std::vector<std::string>{"t"}));
  EXPECT_EQ(classify("SELECT id FROM boxes").tables, (std::vector<std::string>{"boxes"}));
  EXPECT_TRUE(classify("SELECT 1").tables.empty());
}

TEST_F(CacheabilityTest, DateFunctionsAreLeftToTheRunIfLocalTimeIsNoted) {
  const bool noted = initialize({.accept_wal_reset_bug = true}).local_time_noted;
  for (const char* sql : {"SELECT date('now')", "SELECT datetime(a, 'unixepoch') FROM t", "SELECT unixepoch()"}) {
    EXPECT_EQ(classify(sql).kind, noted ? Kind::kPages : Kind::kNever) << sql;
  }
}

TEST_F(CacheabilityTest, FunctionsOfTheHostCountByHowTheyWereRegistered) {
  const auto one = [](sqlite3_context* context, int, sqlite3_value**) { sqlite3_result_int(context, 1); };
  sqlite3* const db = connection_.handle();
  Classifier classifier(connection_);
  EXPECT_EQ(classifier.prepare("SELECT upper(b) FROM t").cacheability.kind, Kind::kPages);
  sqlite3_create_function(db, "Pure", 0, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, one, nullptr, nullptr);
  sqlite3_create_function(db, "moody", 0, SQLITE_UTF8, nullptr, one, nullptr, nullptr);
  sqlite3_create_function(db, "mixed", 0, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, one, nullptr, nullptr);
  sqlite3_create_function(db, "mixed", 1, SQLITE_UTF8, nullptr, one, nullptr, nullptr);
  sqlite3_create_function(db, "upper", 1, SQLITE_UTF8, nullptr, one, nullptr, nullptr);
  classifier.forget_functions();
  EXPECT_EQ(classifier.prepare("SELECT pure()").cacheability.kind, Kind::kPages);
  EXPECT_EQ(classifier.prepare("SELECT moody()").cacheability.reason,
            "uses moody(), which was not registered as deterministic");
  EXPECT_EQ(classifier.prepare("SELECT mixed()").cacheability.kind, Kind::kNever);
  EXPECT_EQ(classifier.prepare("SELECT upper(b) FROM t").cacheability.kind, Kind::kNever);
}

TEST_F(CacheabilityTest, NamesWhatIsNotSqlitesOwnWhereverItStands) {
  sqlite3* const db = connection_.handle();
  const auto one = [](sqlite3_context* context, int, sqlite3_value**) { sqlite3_result_int(context, 1); };
  const auto same = [](void*, int, const void*, int, const void*) { return 0; };
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  sqlite3_create_function(db, "Tag", 1, flags, nullptr, one, nullptr, nullptr);
  sqlite3_create_collation(db, "de", SQLITE_UTF8, nullptr, same);
  connection_.note_foreign("tag");
  connection_.note_foreign("de");
  connection_.execute(
      "CREATE TABLE g(a, v AS (tag(a))); CREATE TABLE c(a COLLATE de); CREATE INDEX u_i ON u(t_id COLLATE \"DE\");"
      "CREATE VIEW by_view AS SELECT a FROM t ORDER BY b COLLATE de; CREATE TABLE del(ide);"
      "CREATE VIEW upon AS SELECT count(*) AS n FROM by_view");
  for (const char* sql :
       {"SELECT tag(a) FROM t", "SELECT v FROM g", "SELECT a FROM c", "SELECT count(*) FROM c", "SELECT id FROM u",
        "SELECT * FROM by_view", "SELECT count(*) FROM by_view", "SELECT n FROM upon",
        "SELECT a FROM t ORDER BY b COLLATE [De]", "SELECT a FROM t WHERE TAG (1)"}) {
    const Cacheability found = classify(sql);
    EXPECT_EQ(found.kind, Kind::kPages) << sql << ": " << found.reason;
    EXPECT_NE(found.foreign, "") << sql;
  }
  for (const char* sql : {"SELECT a FROM t", "SELECT ide FROM del", "SELECT upper(b) FROM t", "SELECT id FROM boxes"})
    EXPECT_EQ(classify(sql).foreign, "") << sql;
}

TEST_F(CacheabilityTest, AHostsFunctionUnderANameOfFullTextSearchIsNotTrusted) {
  const auto one = [](sqlite3_context* context, int, sqlite3_value**) { sqlite3_result_int(context, 1); };
  sqlite3_create_function(connection_.handle(), "offsets", 1, SQLITE_UTF8, nullptr, one, nullptr, nullptr);
  connection_.note_foreign("offsets");
  EXPECT_EQ(classify("SELECT offsets(body) FROM \"full text\"").kind, Kind::kNever);
}

TEST_F(CacheabilityTest, ClassifiesOnConnectionsForReadingAlike) {
  Connection reader = test::open_at(folder_.file("a.db"), OpenMode::kRead);
  Classifier classifier(reader);
  EXPECT_EQ(classifier.prepare("SELECT * FROM t").cacheability.kind, Kind::kPages);
  EXPECT_EQ(classifier.prepare("SELECT * FROM boxes").cacheability.kind, Kind::kPages);
  EXPECT_EQ(classifier.prepare("SELECT * FROM words").cacheability.kind, Kind::kAnyCommit);
  EXPECT_EQ(classifier.prepare("SELECT random()").cacheability.kind, Kind::kNever);
}

TEST_F(CacheabilityTest, BadSqlIsTheSameErrorAsEver) { EXPECT_THROW(classify("SELECT * FROM nowhere"), Error); }

}  // namespace
}  // namespace tern::sql
