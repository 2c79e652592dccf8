#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "tern/tern.hpp"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

// Whether the answer comes to be hot. Asked again where it is not: a read that meets a publication under way goes past
// the cache, and the housekeeper publishes when it likes.
template <typename Read>
bool becomes_hot(Read&& read) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (read() == Source::kHot) return true;
  }
  return false;
}

struct Opened : testing::Test {
  Opened() : db(open(path)) {
    db.exec("CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER, x); INSERT INTO t VALUES ('a', 1, NULL), ('b', 2, 2.5)");
  }
  int64_t count() { return db.query("SELECT count(*) FROM t")[0].get<int64_t>(0); }

  void foreign(const std::string& sql) { test::PlainSqlite(path).exec(sql); }

  test::TempFolder temp;
  std::string path = temp.file("app.db");
  Database db;
};

TEST_F(Opened, TheFirstReadAsksSqliteAndTheSecondIsHot) {
  const Statement by_id = db.prepare("SELECT n FROM t WHERE id = ?");
  const auto cold = by_id.bind("a").first();
  ASSERT_TRUE(cold);
  EXPECT_EQ(cold->source(), Source::kSql);
  EXPECT_EQ(cold->get<int64_t>("n"), 1);
  const auto hot = by_id.bind("a").first();
  EXPECT_EQ(hot->source(), Source::kHot);
  EXPECT_EQ(hot->get<int64_t>(0), 1);
  EXPECT_TRUE(hot->freshness().fresh);
}

TEST_F(Opened, AnOwnWriteIsSeenByTheNextRead) {
  const Statement by_id = db.prepare("SELECT n FROM t WHERE id = ?");
  by_id.bind("a").first();
  by_id.bind("a").first();
  const Rows written = db.prepare("UPDATE t SET n = ? WHERE id = ?").bind(10, "a").run();
  EXPECT_EQ(written.changes(), 1);
  EXPECT_EQ(by_id.bind("a").first()->get<int64_t>(0), 10);
}

TEST_F(Opened, AStatementThatHadNothingToDropDropsWhatIsThereLater) {
  const Statement drop = db.prepare("DROP VIEW IF EXISTS v");
  drop.run();
  db.exec("CREATE VIEW v AS SELECT 1");
  drop.run();
  EXPECT_THROW(db.query("SELECT * FROM v"), Error);
}

TEST_F(Opened, AForeignWriteIsSeenByTheNextRead) {
  const Statement by_id = db.prepare("SELECT n FROM t WHERE id = ?");
  for (int n = 100; n < 120; ++n) {
    EXPECT_TRUE(becomes_hot([&] { return by_id.bind("a").first()->source(); })) << db.stats().to_json();
    foreign("UPDATE t SET n = " + std::to_string(n) + " WHERE id = 'a'");
    EXPECT_EQ(by_id.bind("a").first()->get<int64_t>(0), n);
  }
  EXPECT_GE(db.stats().commits.foreign, 20u);
}

TEST_F(Opened, AnAnswerOfNothingIsCachedAndGoesWhenTheRowComes) {
  const Statement by_id = db.prepare("SELECT n FROM t WHERE id = ?");
  EXPECT_FALSE(by_id.bind("z").first());
  const Rows again = by_id.bind("z").all();
  EXPECT_TRUE(again.empty());
  EXPECT_EQ(again.source(), Source::kHot);
  db.query("INSERT INTO t VALUES ('z', 26, NULL)");
  EXPECT_EQ(by_id.bind("z").first()->get<int64_t>(0), 26);
}

TEST_F(Opened, ACommitToAnotherTableLeavesTheEntry) {
  db.exec("CREATE TABLE u (v); INSERT INTO u VALUES (1)");
  const Statement by_id = db.prepare("SELECT n FROM t WHERE id = ?");
  by_id.bind("a").first();
  db.query("UPDATE u SET v = 2");
  EXPECT_EQ(by_id.bind("a").first()->source(), Source::kHot);
}

TEST_F(Opened, ASchemaChangeVoidsEverything) {
  const Statement all = db.prepare("SELECT * FROM t WHERE id = ?");
  all.bind("a").first();
  db.exec("ALTER TABLE t ADD COLUMN y DEFAULT 'new'");
  const auto row = all.bind("a").first();
  EXPECT_EQ(row->columns(), 4u);
  EXPECT_EQ(row->get<std::string>("y"), "new");
}

TEST_F(Opened, AViewThatComesToUseRandomIsNoLongerCached) {
  db.exec("CREATE VIEW v AS SELECT n FROM t WHERE id = 'a'");
  const Statement from_view = db.prepare("SELECT * FROM v");
  from_view.first();
  EXPECT_EQ(from_view.first()->source(), Source::kHot);
  db.exec("DROP VIEW v; CREATE VIEW v AS SELECT random() AS n");
  const int64_t one = from_view.first()->get<int64_t>(0);
  const auto other = from_view.first();
  EXPECT_EQ(other->source(), Source::kSql);
  EXPECT_NE(other->get<int64_t>(0), one);
}

TEST_F(Opened, AllFiveTypesComeBackWithoutLoss) {
  db.exec("CREATE TABLE five (v)");
  const Statement insert = db.prepare("INSERT INTO five VALUES (?) RETURNING v");
  const Statement select = db.prepare("SELECT v, typeof(v) FROM five WHERE rowid = ?");
  const std::string with_nul("a\0b", 3);
  const std::vector<std::byte> blob = {std::byte{0}, std::byte{255}, std::byte{0}};
  const std::vector<std::byte> no_bytes;
  const std::vector<Value> values = {nullptr,
                                     std::numeric_limits<int64_t>::min(),
                                     std::numeric_limits<int64_t>::max(),
                                     -0.0,
                                     std::numeric_limits<double>::infinity(),
                                     with_nul,
                                     "",
                                     blob,
                                     no_bytes};
  for (const Value& value : values) {
    const Rows inserted = insert.bind_values({&value, 1}).run();
    ASSERT_EQ(inserted.size(), 1u);
    for (int pass = 0; pass < 2; ++pass) {  // from SQLite, then hot
      const auto row = select.bind(inserted.last_row_id()).first();
      const Value back = row->value(0);
      ASSERT_EQ(back.type, value.type) << row->get<std::string>(1);
      if (value.type == Type::kInteger) {
        EXPECT_EQ(back.integer, value.integer);
      } else if (value.type == Type::kReal) {
        EXPECT_EQ(back.real, value.real);
        EXPECT_EQ(std::signbit(back.real), std::signbit(value.real));
      } else if (value.type == Type::kText) {
        EXPECT_EQ(back.text(), value.text());
      } else if (value.type == Type::kBlob) {
        EXPECT_TRUE(std::equal(back.blob().begin(), back.blob().end(), value.blob().begin(), value.blob().end()));
      }
    }
  }
}

TEST_F(Opened, NotANumberBecomesNull) {
  db.exec("CREATE TABLE five (v)");
  db.query("INSERT INTO five VALUES (?)", std::nan(""));
  EXPECT_TRUE(db.query("SELECT v FROM five")[0].is_null(0));
}

TEST_F(Opened, IntegerAndRealArgumentsAreDifferentQuestions) {
  const Statement type = db.prepare("SELECT typeof(?)");
  EXPECT_EQ(type.bind(1).first()->get<std::string>(0), "integer");
  EXPECT_EQ(type.bind(1.0).first()->get<std::string>(0), "real");
  EXPECT_EQ(type.bind("1").first()->get<std::string>(0), "text");
  EXPECT_EQ(type.bind(nullptr).first()->get<std::string>(0), "null");
}

TEST_F(Opened, ATransactionIsSeenWholeOrNotAtAll) {
  EXPECT_THROW(db.transaction([&](Transaction& tx) {
    tx.query("INSERT INTO t VALUES ('c', 3, NULL)");
    EXPECT_EQ(tx.query("SELECT count(*) FROM t")[0].get<int64_t>(0), 3) << "it sees its own writes";
    EXPECT_EQ(count(), 2) << "and nobody else does";
    throw std::runtime_error("changed my mind");
  }),
               std::runtime_error);
  EXPECT_EQ(count(), 2);
  db.transaction([&](Transaction& tx) { tx.query("INSERT INTO t VALUES ('c', 3, NULL)"); });
  EXPECT_EQ(count(), 3);
}

TEST_F(Opened, ATransactionCanUseATableThatItMade) {
  db.transaction([&](Transaction& tx) {
    tx.exec("CREATE TABLE made (v)");
    tx.query("INSERT INTO made VALUES (?)", 5);
  });
  EXPECT_EQ(db.query("SELECT v FROM made")[0].get<int64_t>(0), 5);
}

TEST_F(Opened, WritingPastTheTransactionFromWithinItIsRefused) {
  db.transaction([&](Transaction& tx) {
    try {
      db.query("DELETE FROM t");
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kMisuse);
    }
    tx.query("UPDATE t SET n = 5 WHERE id = 'a'");
  });
  EXPECT_EQ(db.query("SELECT n FROM t WHERE id = 'a'")[0].get<int64_t>(0), 5);
}

TEST_F(Opened, ABatchIsAllOrNothing) {
  const Statement insert = db.prepare("INSERT INTO t VALUES (?, ?, NULL)");
  const std::vector<BoundStatement> bad = {insert.bind("c", 3), insert.bind("a", 4)};
  try {
    db.batch(bad);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConstraint);
  }
  EXPECT_EQ(count(), 2);
  const std::vector<BoundStatement> good = {insert.bind("c", 3), insert.bind("d", 4),
                                            db.prepare("SELECT count(*) FROM t").bind()};
  const auto results = db.batch(good);
  EXPECT_EQ(results[1].changes(), 1);
  EXPECT_EQ(results[2][0].get<int64_t>(0), 4);
}

TEST_F(Opened, AScriptThatFailsInTheMiddleLeavesNothing) {
  EXPECT_THROW(db.exec("INSERT INTO t VALUES ('c', 3, NULL); INSERT INTO nowhere VALUES (1)"), Error);
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(db.exec("-- only a comment\n ; "), 0);
  EXPECT_EQ(db.exec("VACUUM"), 1);
}

TEST_F(Opened, AllManyAnswersFromOneState) {
  const Statement by_id = db.prepare("SELECT n FROM t WHERE id = ?");
  const std::vector<std::string> ids = {"a", "missing", "b"};
  const auto rows = by_id.first_many(std::span(ids));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0]->get<int64_t>(0), 1);
  EXPECT_FALSE(rows[1]);
  EXPECT_EQ(rows[2]->get<int64_t>(0), 2);
}

TEST_F(Opened, ManyMoreKeysThanAreFoundTogetherKeepTheirOrderHotOrNot) {
  db.exec(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
      "INSERT INTO t SELECT 'k' || i, i, NULL FROM n");
  const Statement by_id = db.prepare("SELECT n FROM t WHERE id = ?");
  std::vector<std::string> ids;
  for (int i = 1; i <= 300; ++i) ids.push_back("k" + std::to_string(i));
  for (int i = 1; i <= 300; i += 2) by_id.bind(ids[static_cast<size_t>(i - 1)]).first();  // every other one is cached
  for (int64_t added = 0; added < 3; ++added) {
    const auto rows = by_id.first_many(std::span(ids));
    ASSERT_EQ(rows.size(), 300u);
    for (int64_t i = 0; i < 300; ++i) EXPECT_EQ(rows[static_cast<size_t>(i)]->get<int64_t>(0), i + 1 + added) << i;
    db.query("UPDATE t SET n = n + 1 WHERE id LIKE 'k%'");
  }
}

TEST_F(Opened, ManyOfAStatementOfTwoParametersIsRefusedNamingBothNumbers) {
  const Statement two = db.prepare("SELECT n FROM t WHERE id = ? AND n = ?");
  try {
    two.all_many(std::vector<Value>{Value("a")});
    FAIL() << "it has two parameters";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("takes 2 parameters, but 1 was bound"), std::string::npos) << error.what();
  }
}

TEST_F(Opened, WhatIsNotDeterministicIsNotCached) {
  const Statement chance = db.prepare("SELECT random()");
  EXPECT_NE(chance.first()->get<int64_t>(0), chance.first()->get<int64_t>(0));
  const Statement now = db.prepare("SELECT datetime('now')");
  now.first();
  EXPECT_EQ(now.first()->source(), Source::kSql);
  EXPECT_FALSE(db.explain("SELECT random()").cached);
  EXPECT_NE(db.explain("SELECT random()").reason.find("random"), std::string::npos);
  EXPECT_FALSE(db.explain("SELECT datetime('now')").cached);
  EXPECT_TRUE(db.explain("SELECT datetime(0, 'unixepoch')").cached);
}

TEST_F(Opened, ExplainNamesTablesAndPages) {
  const std::vector<Value> args = {"a"};
  const Explanation why = db.explain("SELECT n FROM t WHERE id = ?", args);
  EXPECT_TRUE(why.cached) << why.reason;
  EXPECT_EQ(why.tables, std::vector<std::string>{"t"});
  EXPECT_GE(why.pages, 1u);
}

TEST_F(Opened, OpeningTwiceGivesOneEngine) {
  Database again = open(path);
  const Statement by_id = db.prepare("SELECT n FROM t WHERE id = 'a'");
  by_id.first();
  EXPECT_EQ(again.prepare("SELECT n FROM t WHERE id = 'a'").first()->source(), Source::kHot);
}

TEST_F(Opened, ResultsOutliveTheDatabase) {
  Rows rows = db.query("SELECT id FROM t ORDER BY id");
  db = open(temp.file("other.db"));
  EXPECT_EQ(rows[0].get<std::string>(0), "a");
}

TEST_F(Opened, TheStoreIsWarmAfterAReopen) {
  const std::string sql = "SELECT n FROM t WHERE id = ?";
  db.query(sql, "a");
  db = open(temp.file("other.db"));  // the last handle: closes app.db
  db = open(path);
  const Rows rows = db.query(sql, "a");
  EXPECT_EQ(rows.source(), Source::kStore) << db.stats().to_json();
  EXPECT_EQ(rows[0].get<int64_t>(0), 1);
  EXPECT_EQ(db.query(sql, "a").source(), Source::kHot);
}

TEST_F(Opened, AWriteWhileNoTernRanIsSeenAfterAReopen) {
  const std::string sql = "SELECT n FROM t WHERE id = ?";
  db.query(sql, "a");
  db = open(temp.file("other.db"));
  foreign("UPDATE t SET n = 77 WHERE id = 'a'");
  db = open(path);
  EXPECT_EQ(db.query(sql, "a")[0].get<int64_t>(0), 77);
}

TEST_F(Opened, WithTheCacheOffEveryAnswerIsSqls) {
  const std::string off = temp.file("off.db");
  Database plain = open(off, {.cache = false});
  plain.exec("CREATE TABLE t (v); INSERT INTO t VALUES (1)");
  plain.query("SELECT v FROM t");
  EXPECT_EQ(plain.query("SELECT v FROM t").source(), Source::kSql);
  EXPECT_EQ(plain.stats().bypassed.at("cache off"), 2u);
  EXPECT_FALSE(plain.stats().cache_off.empty());
}

TEST_F(Opened, AResultLargerThanAnEntryMayBeIsReturnedUncached) {
  const std::string small = temp.file("small.db");
  Database bounded = open(small, {.max_entry_bytes = 4096});
  bounded.exec("CREATE TABLE t (v)");
  const std::string just_large(4096, 'x');
  bounded.query("INSERT INTO t VALUES (?)", just_large);
  for (int i = 0; i < 2; ++i) {
    const Rows rows = bounded.query("SELECT v FROM t");
    EXPECT_EQ(rows[0].get<std::string>(0), just_large);
    EXPECT_EQ(rows.source(), Source::kSql);
  }
  EXPECT_EQ(bounded.stats().bypassed.at("result too large"), 2u);
}

TEST_F(Opened, AnArgumentLargerThanAKeyIsUsedAllTheSame) {
  const std::string large(3 << 20, 'q');
  db.query("INSERT INTO t VALUES ('large', 1, ?)", large);
  for (int i = 0; i < 2; ++i) {
    const Rows rows = db.query("SELECT id FROM t WHERE x = ?", large);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows.source(), Source::kSql);
  }
}

TEST_F(Opened, ManyThreadsReadAndWriteAndEachSeesItsOwnWrite) {
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const std::string id = "thread-" + std::to_string(t);
      db.query("INSERT INTO t VALUES (?, 0, NULL)", id);
      const Statement read = db.prepare("SELECT n FROM t WHERE id = ?");
      const Statement write = db.prepare("UPDATE t SET n = n + 1 WHERE id = ?");
      for (int i = 1; i <= 100; ++i) {
        write.bind(id).run();
        for (int again = 0; again < 5; ++again) ASSERT_EQ(read.bind(id).first()->get<int64_t>(0), i);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_F(Opened, StatsCountWhatHappened) {
  const Stats before = db.stats();
  db.query("SELECT n FROM t WHERE id = 'b'");
  db.query("SELECT n FROM t WHERE id = 'b'");
  db.query("UPDATE t SET n = 3 WHERE id = 'b'");
  db.query("SELECT n FROM t WHERE id = 'b'");
  const Stats after = db.stats();
  EXPECT_EQ(after.hot.hits - before.hot.hits, 1u);
  EXPECT_EQ(after.hot.misses - before.hot.misses, 2u);
  EXPECT_EQ(after.hot.invalidations - before.hot.invalidations, 1u);
  EXPECT_EQ(after.commits.own - before.commits.own, 1u);
  EXPECT_EQ(after.sql.reads - before.sql.reads, 2u);
}

}  // namespace
}  // namespace tern
