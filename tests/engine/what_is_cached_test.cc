// Every kind of statement: cached or not, with its reason, and never stale after a change by tern or by plain SQLite.
#include <gtest/gtest.h>

#include <ostream>

#include "tern/tern.hpp"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

const std::string kExtension = std::string(TERN_TEST_TOOLS_DIR) + "/tern_test_extension.so";

enum class Kept { kPages, kAnyCommit, kNever };

struct Kind {
  const char* name;
  Kept kept;
  const char* reason;  // part of explain's reason
  const char* setup;
  const char* sql;
  const char* change;  // each run of it changes the answer of a cached statement
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.sql; }

constexpr const char* kTable =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, s TEXT); INSERT INTO t VALUES (1, 10, '2026-01-02'), "
    "(2, 20, '2026-02-03');";
constexpr const char* kAddRow = "INSERT INTO t(n, s) SELECT max(n) + 1, '2026-03-' || (10 + count(*)) FROM t";
constexpr const char* kPagesReason = "pages that it was read from";

const Kind kKinds[] = {
    {"Point", Kept::kPages, kPagesReason, "", "SELECT n FROM t WHERE id = 1", "UPDATE t SET n = n + 1 WHERE id = 1"},
    {"Absence", Kept::kPages, kPagesReason, "", "SELECT count(*) FROM t WHERE n BETWEEN 21 AND 99", kAddRow},
    {"View", Kept::kPages, kPagesReason, "CREATE VIEW v AS SELECT n FROM t WHERE n > 0", "SELECT sum(n) FROM v",
     kAddRow},
    {"ViewOfAView", Kept::kPages, kPagesReason,
     "CREATE VIEW v AS SELECT n FROM t; CREATE VIEW w AS SELECT count(*) AS c FROM v", "SELECT c FROM w", kAddRow},
    {"TableWrittenByATrigger", Kept::kPages, kPagesReason,
     "CREATE TABLE log (n); CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.n); END",
     "SELECT count(*), max(n) FROM log", kAddRow},
    {"ViewWrittenThroughInsteadOf", Kept::kPages, kPagesReason,
     "CREATE VIEW v AS SELECT n FROM t; CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN INSERT INTO t(n) VALUES "
     "(new.n); END",
     "SELECT sum(n) FROM v", "INSERT INTO v VALUES (1000)"},
    {"GeneratedColumns", Kept::kPages, kPagesReason,
     "CREATE TABLE g (a INTEGER, b AS (a * 2), c AS (a + 1) STORED); INSERT INTO g VALUES (1)", "SELECT b, c FROM g",
     "UPDATE g SET a = a + 1"},
    {"WithoutRowid", Kept::kPages, kPagesReason,
     "CREATE TABLE w (k TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO w VALUES ('a', 1)",
     "SELECT v FROM w WHERE k = 'a'", "UPDATE w SET v = v + 1"},
    {"Strict", Kept::kPages, kPagesReason, "CREATE TABLE st (k TEXT, v INTEGER) STRICT; INSERT INTO st VALUES ('a', 1)",
     "SELECT sum(v) FROM st", "INSERT INTO st VALUES ('b', 5)"},
    {"PartialIndex", Kept::kPages, kPagesReason, "CREATE INDEX few ON t(n) WHERE n > 15",
     "SELECT count(*) FROM t WHERE n > 15", kAddRow},
    {"ExpressionIndex", Kept::kPages, kPagesReason, "CREATE INDEX e ON t(n % 2)",
     "SELECT count(*) FROM t WHERE n % 2 IN (0, 1)", kAddRow},
    {"CoveringIndex", Kept::kPages, kPagesReason, "CREATE INDEX ns ON t(n, s)",
     "SELECT s FROM t ORDER BY n DESC LIMIT 1", kAddRow},
    {"Rtree", Kept::kPages, kPagesReason,
     "CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1); INSERT INTO boxes VALUES (1, 0, 1)",
     "SELECT count(*) FROM boxes WHERE x0 < 5", "INSERT INTO boxes SELECT max(id) + 1, 1, 2 FROM boxes"},
    {"JsonEach", Kept::kPages, kPagesReason, "CREATE TABLE j (doc); INSERT INTO j VALUES ('[1, 2]')",
     "SELECT sum(value) FROM j, json_each(doc)", "INSERT INTO j VALUES ('[5]')"},
    {"JsonTree", Kept::kPages, kPagesReason, "CREATE TABLE j (doc); INSERT INTO j VALUES ('{\"a\": {\"b\": 1}}')",
     "SELECT count(*) FROM j, json_tree(doc)", "INSERT INTO j VALUES ('[5, [6]]')"},
    {"RecursiveCte", Kept::kPages, kPagesReason, "",
     "WITH RECURSIVE up(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM up WHERE i < (SELECT count(*) FROM t)) "
     "SELECT sum(i) FROM up",
     kAddRow},
    {"WindowFunctions", Kept::kPages, kPagesReason, "",
     "SELECT n, sum(n) OVER (ORDER BY id), rank() OVER (ORDER BY n) FROM t", kAddRow},
    {"Aggregates", Kept::kPages, kPagesReason, "", "SELECT min(n), max(n), avg(n), group_concat(s) FROM t", kAddRow},
    {"JoinAndSubquery", Kept::kPages, kPagesReason, "CREATE TABLE u (t_id); INSERT INTO u VALUES (1), (2)",
     "SELECT count(*) FROM t JOIN u ON t_id = id WHERE EXISTS (SELECT 1 FROM u)", "INSERT INTO u VALUES (1)"},
    {"DatesOfAColumn", Kept::kPages, kPagesReason, "",
     "SELECT strftime('%d', s), date(s, '+1 month'), julianday(s) FROM t ORDER BY id DESC", kAddRow},
    {"Sequence", Kept::kPages, kPagesReason,
     "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, v); INSERT INTO a(v) VALUES (1)",
     "SELECT seq FROM sqlite_sequence", "INSERT INTO a(v) VALUES (2)"},
    {"Statistics", Kept::kPages, kPagesReason, "CREATE INDEX tn ON t(n); ANALYZE",
     "SELECT stat FROM sqlite_stat1 WHERE idx = 'tn'",
     "UPDATE sqlite_stat1 SET stat = (stat + 1) || ' 1' WHERE idx = 'tn'"},
    {"FullText", Kept::kAnyCommit, "fts5", "CREATE VIRTUAL TABLE x USING fts5(body); INSERT INTO x VALUES ('one word')",
     "SELECT highlight(x, 0, '<', '>'), rank FROM x WHERE x MATCH 'word' ORDER BY rank, rowid",
     "INSERT INTO x SELECT 'word ' || count(*) FROM x"},
    {"FullTextOfAnotherTable", Kept::kAnyCommit, "fts5",
     "CREATE VIRTUAL TABLE x USING fts5(s, content='t', content_rowid='id'); INSERT INTO x(x) VALUES ('rebuild')",
     "SELECT count(*) FROM x WHERE x MATCH '2026'",
     "INSERT INTO t(n, s) VALUES (1, '2026'); INSERT INTO x(x) VALUES ('rebuild')"},
    {"FullTextVocabulary", Kept::kAnyCommit, "fts5vocab",
     "CREATE VIRTUAL TABLE x USING fts5(body); INSERT INTO x VALUES ('one'); CREATE VIRTUAL TABLE words USING "
     "fts5vocab(x, 'row')",
     "SELECT term, cnt FROM words", "INSERT INTO x SELECT 'one w' || count(*) FROM x"},
    {"Random", Kept::kNever, "random()", "", "SELECT random()", nullptr},
    {"OrderByRandom", Kept::kNever, "random()", "", "SELECT n FROM t ORDER BY random()", nullptr},
    {"Now", Kept::kNever, "the current or the local time", "", "SELECT n, date('now') FROM t", nullptr},
    {"UnixEpochWithoutArguments", Kept::kNever, "the current or the local time", "", "SELECT unixepoch() > 5", nullptr},
    {"LocalTime", Kept::kNever, "the current or the local time", "", "SELECT datetime(s, 'localtime') FROM t", nullptr},
    {"CurrentTimestamp", Kept::kNever, "current_timestamp", "", "SELECT CURRENT_TIMESTAMP > ''", nullptr},
    {"Changes", Kept::kNever, "changes()", "", "SELECT changes()", nullptr},
    {"TotalChanges", Kept::kNever, "total_changes()", "", "SELECT total_changes()", nullptr},
    {"LastInsertRowid", Kept::kNever, "last_insert_rowid()", "", "SELECT last_insert_rowid()", nullptr},
    {"Version", Kept::kNever, "sqlite_version()", "", "SELECT sqlite_version()", nullptr},
    {"Schema", Kept::kNever, "reads the schema itself", "", "SELECT count(*) FROM sqlite_schema", nullptr},
    {"PragmaFunction", Kept::kNever, "runs a PRAGMA", "", "SELECT count(*) FROM pragma_table_info('t')", nullptr},
    {"Dbstat", Kept::kNever, "dbstat", "", "SELECT count(*) FROM dbstat", nullptr},
    {"ExplainQueryPlan", Kept::kNever, "explains a statement", "", "EXPLAIN QUERY PLAN SELECT n FROM t", nullptr},
};

struct WhatIsCached : testing::TestWithParam<Kind> {
  WhatIsCached() {
    db.exec(kTable);
    if (*GetParam().setup != '\0') db.exec(GetParam().setup);
  }

  static std::string text_of(const Rows& rows) {
    std::string text;
    for (const Row row : rows) {
      for (size_t i = 0; i < row.columns(); ++i) {
        const Value value = row.value(i);
        switch (value.type) {
          case Type::kInteger:
            text += std::to_string(value.integer);
            break;
          case Type::kReal:
            text += std::to_string(value.real);
            break;
          case Type::kNull:
            text += "NULL";
            break;
          default:
            text += value.text();
        }
        text += '|';
      }
      text += '\n';
    }
    return text;
  }
  std::string plainly() {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(plain.handle(), GetParam().sql, -1, &statement, nullptr), SQLITE_OK);
    std::string text;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        if (sqlite3_column_type(statement, i) == SQLITE_NULL) {
          text += "NULL";
        } else if (sqlite3_column_type(statement, i) == SQLITE_FLOAT) {
          text += std::to_string(sqlite3_column_double(statement, i));
        } else {
          text += reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        }
        text += '|';
      }
      text += '\n';
    }
    sqlite3_finalize(statement);
    return text;
  }
  // Asked again where it is not hot: the housekeeper publishes when it likes, and reads go past the cache meanwhile.
  bool becomes_hot() {
    for (int attempt = 0; attempt < 1000; ++attempt) {
      if (db.query(GetParam().sql).source() == Source::kHot) return true;
    }
    return false;
  }

  test::TempFolder temp;
  std::string path = temp.file("app.db");
  Database db = open(path);
  test::PlainSqlite plain{path};
};

TEST_P(WhatIsCached, AndWhy) {
  const Kind& kind = GetParam();
  const Explanation explanation = db.explain(kind.sql);
  EXPECT_EQ(explanation.cached, kind.kept != Kept::kNever) << explanation.reason;
  EXPECT_EQ(explanation.any_commit && explanation.cached, kind.kept == Kept::kAnyCommit);
  EXPECT_NE(explanation.reason.find(kind.reason), std::string::npos) << explanation.reason;
  if (kind.kept == Kept::kPages) {
    EXPECT_EQ(explanation.unmapped_pages, 0u) << explanation.to_json();
  }
  if (kind.kept != Kept::kNever) {
    EXPECT_TRUE(becomes_hot());
    return;
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(db.query(kind.sql).source(), Source::kSql);
}

TEST_P(WhatIsCached, IsNeverStale) {
  const Kind& kind = GetParam();
  if (kind.change == nullptr) GTEST_SKIP() << "not cached";
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(becomes_hot());
    const std::string before = text_of(db.query(kind.sql));
    db.exec(kind.change);
    const std::string after_own = text_of(db.query(kind.sql));
    EXPECT_NE(after_own, before);
    EXPECT_EQ(after_own, plainly());
    EXPECT_TRUE(becomes_hot());
    plain.exec(kind.change);
    const std::string after_foreign = text_of(db.query(kind.sql));
    EXPECT_NE(after_foreign, after_own);
    EXPECT_EQ(after_foreign, plainly());
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, WhatIsCached, testing::ValuesIn(kKinds),
                         [](const auto& kind) { return std::string(kind.param.name); });

struct Cascades : testing::Test {
  test::TempFolder temp;
  std::string path = temp.file("app.db");
  Database db = open(path);
};

TEST_F(Cascades, OfForeignKeysVoidTheReadsOfTheChild) {
  db.exec("PRAGMA foreign_keys=1");
  db.exec(
      "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);"
      "INSERT INTO p VALUES (1), (2), (3), (4); INSERT INTO c VALUES (1), (1), (2), (3), (4)");
  const Statement children = db.prepare("SELECT count(*), coalesce(max(p), 0) FROM c");
  children.all();
  db.query("DELETE FROM p WHERE id = 1");
  EXPECT_EQ(children.first()->get<int64_t>(0), 3);
  test::PlainSqlite plain(path);
  plain.exec("PRAGMA foreign_keys=1; DELETE FROM p WHERE id = 2");
  EXPECT_EQ(children.first()->get<int64_t>(0), 2);
  plain.exec("UPDATE p SET id = 40 WHERE id = 4");
  EXPECT_EQ(children.first()->get<int64_t>(1), 40);
}

TEST_F(Cascades, ReturningRunsEveryTime) {
  db.exec("CREATE TABLE t (n); INSERT INTO t VALUES (1)");
  const Statement grow = db.prepare("UPDATE t SET n = n + 1 RETURNING n");
  EXPECT_EQ(grow.first()->get<int64_t>(0), 2);
  EXPECT_EQ(grow.first()->get<int64_t>(0), 3);
  EXPECT_FALSE(db.explain("UPDATE t SET n = n + 1 RETURNING n").cached);
  EXPECT_EQ(db.query("SELECT n FROM t")[0].get<int64_t>(0), 3) << "explain did not run it";
}

TEST_F(Cascades, TemporaryAndAttachedTablesAreRefusedHereAndUncachedOnASession) {
  EXPECT_THROW(db.exec("CREATE TEMP TABLE x (v)"), Error);
  EXPECT_THROW(db.exec("ATTACH ':memory:' AS other"), Error);
  Session session = db.session();
  session.exec("CREATE TEMP TABLE x (v); INSERT INTO x VALUES (1)");
  const Statement select = session.prepare("SELECT v FROM x");
  select.all();
  EXPECT_EQ(select.all().source(), Source::kSql);
}

TEST(WhatIsCachedOfExtensions, GenerateSeriesHangsOnPagesAndStaysHere) {
  test::TempFolder temp;
  Database db = open(temp.file("app.db"), {.extensions = {kExtension}});
  db.exec("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (3)");
  const char* const sql = "SELECT sum(value) FROM generate_series(1, (SELECT max(n) FROM t))";
  EXPECT_EQ(db.query(sql)[0].get<int64_t>(0), 6);
  EXPECT_EQ(db.query(sql).source(), Source::kHot);
  EXPECT_FALSE(db.explain(sql).stored);
  db.query("INSERT INTO t VALUES (4)");
  EXPECT_EQ(db.query(sql)[0].get<int64_t>(0), 10);
  test::PlainSqlite(temp.file("app.db")).exec("INSERT INTO t VALUES (5)");
  EXPECT_EQ(db.query(sql)[0].get<int64_t>(0), 15);
}

}  // namespace
}  // namespace tern
