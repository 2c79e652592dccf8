// Sessions: one connection with all of SQLite, uncached, whose commits are published.
#include <gtest/gtest.h>

#include <future>

#include "tern/tern.hpp"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

struct Sessions : testing::Test {
  Sessions() { db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n); INSERT INTO t VALUES (1, 10), (2, 20)"); }
  int64_t cached(int64_t id) { return db.query("SELECT n FROM t WHERE id = ?", id)[0].get<int64_t>(0); }

  test::TempFolder temp;
  std::string path = temp.file("app.db");
  Database db = open(path);
  Session session = db.session();
};

TEST_F(Sessions, TemporaryTablesWorkAndAreItsOwn) {
  session.exec("CREATE TEMP TABLE picked (id); INSERT INTO picked VALUES (2)");
  const Rows rows = session.query("SELECT n FROM t WHERE id IN picked");
  EXPECT_EQ(rows[0].get<int64_t>(0), 20);
  EXPECT_EQ(rows.source(), Source::kSql);
  EXPECT_THROW(db.query("SELECT * FROM picked"), Error);
  EXPECT_THROW(db.session().query("SELECT * FROM picked"), Error);
}

TEST_F(Sessions, AttachWorksForFilesAndForMemory) {
  test::PlainSqlite(temp.file("other.db")).exec("CREATE TABLE o (v); INSERT INTO o VALUES (7)");
  session.query("ATTACH ? AS other", temp.file("other.db"));
  session.exec("ATTACH ':memory:' AS scratch; CREATE TABLE scratch.s AS SELECT v + 1 AS v FROM other.o");
  EXPECT_EQ(session.query("SELECT v FROM s")[0].get<int64_t>(0), 8);
  session.query("INSERT INTO other.o VALUES (?)", 9);
  EXPECT_EQ(test::PlainSqlite(temp.file("other.db")).number("SELECT max(v) FROM o"), 9);
  session.exec("DETACH other");
}

TEST_F(Sessions, WhatIsAttachedMayBeAnotherDatabaseOfTern) {
  const std::string other_path = temp.file("other.db");
  Database other = open(other_path);
  other.exec("CREATE TABLE o (v); INSERT INTO o VALUES (1)");
  const Statement select = other.prepare("SELECT v FROM o");
  EXPECT_EQ(select.first()->get<int64_t>(0), 1);
  session.query("ATTACH ? AS other", other_path);
  session.exec("UPDATE other.o SET v = 2");
  EXPECT_EQ(select.first()->get<int64_t>(0), 2);
}

TEST_F(Sessions, ACommitIsPublishedBeforeTheCallReturns) {
  for (int n = 100; n < 120; ++n) {
    cached(1);
    session.query("UPDATE t SET n = ? WHERE id = 1", n);
    EXPECT_EQ(cached(1), n);
  }
  session.exec("BEGIN; UPDATE t SET n = 5 WHERE id = 1");
  EXPECT_TRUE(session.in_transaction());
  EXPECT_EQ(session.query("SELECT n FROM t WHERE id = 1")[0].get<int64_t>(0), 5);
  EXPECT_EQ(cached(1), 119);
  session.exec("COMMIT");
  EXPECT_EQ(cached(1), 5);
}

TEST_F(Sessions, SavepointsAndTheStateOfAConnectionWork) {
  session.exec("SAVEPOINT s; INSERT INTO t VALUES (3, 30); ROLLBACK TO s; RELEASE s; INSERT INTO t VALUES (4, 40)");
  EXPECT_EQ(session.query("SELECT last_insert_rowid()")[0].get<int64_t>(0), 4);
  EXPECT_EQ(session.query("SELECT count(*) FROM t")[0].get<int64_t>(0), 3);
  const Rows changed = session.query("UPDATE t SET n = 0");
  EXPECT_EQ(changed.changes(), 3);
  session.exec("PRAGMA foreign_keys=1");
  EXPECT_EQ(session.query("PRAGMA foreign_keys")[0].get<int64_t>(0), 1);
}

TEST_F(Sessions, ATransactionIsKeptWholeOrRolledBack) {
  session.transaction([](Session& s) {
    s.query("UPDATE t SET n = 1 WHERE id = 1");
    s.query("UPDATE t SET n = 2 WHERE id = 2");
  });
  EXPECT_EQ(cached(2), 2);
  EXPECT_THROW(session.transaction([](Session& s) {
    s.query("UPDATE t SET n = 77");
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_FALSE(session.in_transaction());
  EXPECT_EQ(cached(1), 1);
  session.transaction([](Session& s) { EXPECT_THROW(s.transaction([](Session&) {}), Error); });
}

TEST_F(Sessions, ASnapshotShowsOneStateAndWritesNothing) {
  session.snapshot([&](Session& s) {
    const int64_t before = s.query("SELECT sum(n) FROM t")[0].get<int64_t>(0);
    db.query("UPDATE t SET n = n + 1");
    EXPECT_EQ(s.query("SELECT sum(n) FROM t")[0].get<int64_t>(0), before);
    try {
      s.query("DELETE FROM t");
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kReadOnly);
    }
  });
  EXPECT_EQ(session.query("SELECT sum(n) FROM t")[0].get<int64_t>(0), 32);
  session.query("DELETE FROM t WHERE id = 1");
}

TEST_F(Sessions, ManyAnswersAreFromOneState) {
  const Statement by_id = session.prepare("SELECT n FROM t WHERE id = ?");
  const std::vector<int64_t> ids = {1, 2, 3};
  const auto rows = by_id.first_many(std::span(ids));
  EXPECT_EQ(rows[1]->get<int64_t>(0), 20);
  EXPECT_FALSE(rows[2]);
}

TEST_F(Sessions, RefusesWhatTheEngineStandsOnAndStrangersStatements) {
  EXPECT_THROW(session.exec("PRAGMA journal_mode=DELETE"), Error);
  EXPECT_THROW(session.query("PRAGMA locking_mode=EXCLUSIVE"), Error);
  const BoundStatement of_session = session.prepare("DELETE FROM t").bind();
  EXPECT_THROW(db.batch({&of_session, 1}), Error);
  db.transaction([&](Transaction& tx) { EXPECT_THROW(tx.run(of_session), Error); });
  EXPECT_EQ(cached(1), 10);
}

TEST_F(Sessions, UseByTwoThreadsAtOnceIsRefused) {
  std::promise<void> inside;
  std::promise<void> leave;
  db.create_function("wait_here", 0, {}, [&](Arguments) {
    inside.set_value();
    leave.get_future().wait();
    return 1;
  });
  std::thread other([&] { session.query("SELECT wait_here()"); });
  inside.get_future().wait();
  EXPECT_THROW(session.query("SELECT 1"), Error);
  leave.set_value();
  other.join();
  EXPECT_EQ(session.query("SELECT 1")[0].get<int64_t>(0), 1) << "handed over, it works";
}

TEST_F(Sessions, FunctionsRegisteredLaterReachItToo) {
  EXPECT_THROW(session.query("SELECT late()"), Error);
  db.create_function("late", 0, {}, [](Arguments) { return 3; });
  EXPECT_EQ(session.query("SELECT late()")[0].get<int64_t>(0), 3);
}

TEST_F(Sessions, KeepsTheDatabaseOpen) {
  const Statement select = session.prepare("SELECT n FROM t WHERE id = 2");
  db = open(temp.file("elsewhere.db"));
  session = db.session();
  EXPECT_EQ(select.first()->get<int64_t>(0), 20);
}

TEST(SessionsWithoutACache, WriteAndRead) {
  test::TempFolder temp;
  Database db = open(temp.file("app.db"), {.cache = false});
  Session session = db.session();
  session.exec("CREATE TABLE t (v); INSERT INTO t VALUES (1)");
  EXPECT_EQ(db.query("SELECT v FROM t")[0].get<int64_t>(0), 1);
}

TEST(SessionsInMemory, AreWholeDatabasesOfTheirOwn) {
  Session one = Session::in_memory();
  Session other = Session::in_memory();
  one.exec("CREATE TABLE t (v); INSERT INTO t VALUES (1), (2)");
  EXPECT_EQ(one.query("SELECT sum(v) FROM t")[0].get<int64_t>(0), 3);
  EXPECT_THROW(other.query("SELECT * FROM t"), Error);
  one.transaction([](Session& s) { s.query("DELETE FROM t"); });
  EXPECT_EQ(one.query("SELECT count(*) FROM t")[0].get<int64_t>(0), 0);
  one.snapshot([](Session& s) { EXPECT_EQ(s.query("SELECT count(*) FROM t").size(), 1u); });
}

}  // namespace
}  // namespace tern
