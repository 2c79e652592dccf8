// tern_transaction.h: several statements, all or nothing, with the caller's own decisions in between.
#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/engine/c_api_packed_support.h"

namespace tern::test {
namespace {

struct CApiTransaction : CApi {
  void TearDown() override {
    tern_transaction_free(tx);
    CApi::TearDown();
  }
  void begin(uint32_t flags = 0) { ASSERT_EQ(tern_begin_with(db, flags, &tx), TERN_OK) << last_error(); }
  tern_status run(std::string_view sql) { return tern_transaction_exec(tx, sql.data(), sql.size(), nullptr); }
  tern_result* ask(tern_statement* statement, const std::vector<tern_value>& params = {}) {
    tern_result* result = nullptr;
    EXPECT_EQ(tern_transaction_query(tx, statement, params.data(), params.size(), &result), TERN_OK) << last_error();
    if (result != nullptr) results.push_back(result);
    return result;
  }
  int64_t count_within() { return value(ask(prepare("SELECT count(*) FROM t"))).as.integer; }
  // With a busy timeout that a test can wait for.
  void reopen_impatient() {
    ASSERT_EQ(tern_close(db), TERN_OK) << last_error();
    tern_options options{};
    options.size = sizeof options;
    options.busy_timeout_ms = 50;
    options.flags = TERN_NO_BUSY_RETRIES;
    ASSERT_EQ(tern_open(path.c_str(), &options, &db), TERN_OK) << last_error();
  }
  template <typename Call>
  static tern_status on_another_thread(Call&& call, std::string* message = nullptr) {
    tern_status status = TERN_OK;
    std::thread([&] {
      status = call();
      if (message != nullptr) *message = last_error();
    }).join();
    return status;
  }

  tern_transaction* tx = nullptr;
};

TEST_F(CApiTransaction, ACommitMakesAllOfItVisibleAtOnce) {
  tern_statement* const insert = prepare("INSERT INTO t VALUES (?, ?)");
  begin();
  EXPECT_EQ(tern_result_changes(ask(insert, {text("a"), integer(1)})), 1);
  ask(insert, {text("b"), integer(2)});
  EXPECT_EQ(count_within(), 2);
  EXPECT_EQ(count(), 0) << "seen outside before it was committed";
  ASSERT_EQ(tern_transaction_commit(tx), TERN_OK) << last_error();
  EXPECT_EQ(count(), 2);
}

TEST_F(CApiTransaction, ARollbackAndAFreeUndoAllOfIt) {
  begin();
  ASSERT_EQ(run("INSERT INTO t VALUES ('a', 1)"), TERN_OK);
  ASSERT_EQ(tern_transaction_rollback(tx), TERN_OK);
  EXPECT_EQ(count(), 0);
  tern_transaction_free(tx);
  begin();
  ASSERT_EQ(run("INSERT INTO t VALUES ('a', 1)"), TERN_OK);
  tern_transaction_free(tx);
  tx = nullptr;
  EXPECT_EQ(count(), 0);
  exec("INSERT INTO t VALUES ('b', 2)");  // the turn was given back
  EXPECT_EQ(count(), 1);
}

TEST_F(CApiTransaction, CachedAnswersAreNewAfterTheCommit) {
  exec("INSERT INTO t VALUES ('a', 1)");
  tern_statement* const n = prepare("SELECT n FROM t WHERE id = 'a'");
  for (int i = 0; i < 3; ++i) query(n);
  begin();
  ASSERT_EQ(run("UPDATE t SET n = 2"), TERN_OK);
  EXPECT_EQ(value(query(n)).as.integer, 1);
  EXPECT_EQ(value(ask(n)).as.integer, 2);
  ASSERT_EQ(tern_transaction_commit(tx), TERN_OK);
  EXPECT_EQ(value(query(n)).as.integer, 2);
}

TEST_F(CApiTransaction, AStatementThatFailsIsUndoneAloneAndTheRestStays) {
  begin();
  ASSERT_EQ(run("INSERT INTO t VALUES ('a', 1)"), TERN_OK);
  EXPECT_EQ(run("INSERT INTO t VALUES ('b', 1), ('a', 2)"), TERN_CONSTRAINT);
  EXPECT_EQ(count_within(), 1);
  ASSERT_EQ(tern_transaction_commit(tx), TERN_OK) << last_error();
  EXPECT_EQ(count(), 1);
}

TEST_F(CApiTransaction, OneThatAFailureUndidSaysSoAndCommitsNothing) {
  exec("INSERT INTO t VALUES ('a', 1)");
  begin();
  ASSERT_EQ(run("INSERT INTO t VALUES ('b', 1)"), TERN_OK);
  EXPECT_EQ(run("INSERT OR ROLLBACK INTO t VALUES ('a', 2)"), TERN_CONSTRAINT);
  EXPECT_FAILURE(run("INSERT INTO t VALUES ('c', 1)"), TERN_MISUSE, "rolled back by a statement that failed");
  EXPECT_FAILURE(tern_transaction_commit(tx), TERN_MISUSE, "rolled back by a statement that failed");
  EXPECT_FAILURE(tern_transaction_commit(tx), TERN_MISUSE, "has ended");
  EXPECT_EQ(count(), 1);
  exec("INSERT INTO t VALUES ('d', 1)");
}

TEST_F(CApiTransaction, ACommitThatFailsUndoesAllAndEndsIt) {
  exec(
      "CREATE TABLE parent (id INTEGER PRIMARY KEY);"
      "CREATE TABLE child (p REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)");
  tern_statement* const pragma = prepare("PRAGMA foreign_keys = ON");
  query(pragma);
  begin();
  ASSERT_EQ(run("INSERT INTO child VALUES (7)"), TERN_OK) << last_error();
  EXPECT_EQ(tern_transaction_commit(tx), TERN_CONSTRAINT);
  EXPECT_FAILURE(tern_transaction_rollback(tx), TERN_MISUSE, "has ended");
  EXPECT_EQ(value(query("SELECT count(*) FROM child")).as.integer, 0);
  exec("INSERT INTO parent VALUES (1)");
}

TEST_F(CApiTransaction, AnEndedOneTakesNothingMore) {
  tern_statement* const one = prepare("SELECT 1");
  tern_result* result = nullptr;
  tern_statement* made = nullptr;
  begin();
  ASSERT_EQ(tern_transaction_commit(tx), TERN_OK);
  EXPECT_FAILURE(tern_transaction_query(tx, one, nullptr, 0, &result), TERN_MISUSE, "has ended");
  EXPECT_FAILURE(tern_transaction_query_pinned(tx, one, nullptr, 0, &result), TERN_MISUSE, "has ended");
  EXPECT_FAILURE(run("SELECT 1"), TERN_MISUSE, "has ended");
  EXPECT_FAILURE(tern_transaction_prepare(tx, "SELECT 1", 8, &made), TERN_MISUSE, "has ended");
  EXPECT_FAILURE(tern_transaction_commit(tx), TERN_MISUSE, "has ended");
  EXPECT_FAILURE(tern_transaction_rollback(tx), TERN_MISUSE, "has ended");
  EXPECT_EQ(result, nullptr);
  EXPECT_EQ(made, nullptr);
}

TEST_F(CApiTransaction, ASecondOneOfItsThreadIsRefusedAtOnce) {
  begin();
  tern_transaction* second = nullptr;
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FAILURE(tern_begin(db, &second), TERN_MISUSE, "inside a transaction of this database");
  EXPECT_EQ(second, nullptr);
  EXPECT_FAILURE(tern_exec(db, "DELETE FROM t", 13, nullptr), TERN_MISUSE, "inside a transaction");
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
  ASSERT_EQ(tern_transaction_commit(tx), TERN_OK);
  ASSERT_EQ(tern_begin(db, &second), TERN_OK) << last_error();
  tern_transaction_free(second);
}

TEST_F(CApiTransaction, AnotherThreadsWaitsForItsTurnAndForNoLongerThanTheTimeout) {
  reopen_impatient();
  begin();
  std::string message;
  tern_transaction* second = nullptr;
  EXPECT_EQ(on_another_thread([&] { return tern_begin(db, &second); }, &message), TERN_BUSY);
  EXPECT_NE(message.find("busy timeout of 50 ms"), std::string::npos) << message;
  EXPECT_EQ(second, nullptr);
  ASSERT_EQ(tern_transaction_commit(tx), TERN_OK);
  EXPECT_EQ(on_another_thread([&] {
              const tern_status begun = tern_begin(db, &second);
              tern_transaction_free(second);
              return begun;
            }),
            TERN_OK);
}

TEST_F(CApiTransaction, AnotherThreadsCallIsRefusedUnlessItWasAskedFor) {
  tern_statement* const insert = prepare("INSERT INTO t VALUES ('a', 1)");
  tern_result* result = nullptr;
  std::string message;
  begin();
  const auto elsewhere = [&] { return tern_transaction_query(tx, insert, nullptr, 0, &result); };
  EXPECT_EQ(on_another_thread(elsewhere, &message), TERN_MISUSE);
  EXPECT_NE(message.find("TERN_ANY_THREAD"), std::string::npos) << message;
  ASSERT_EQ(tern_transaction_commit(tx), TERN_OK) << last_error();
  EXPECT_EQ(count(), 0);
}

TEST_F(CApiTransaction, OneForAnyThreadGoesFromThreadToThread) {
  tern_statement* const insert = prepare("INSERT INTO t VALUES (?, ?)");
  begin(TERN_ANY_THREAD);
  for (int64_t i = 0; i < 8; ++i) {
    const std::string id = std::to_string(i);
    const tern_value params[] = {text(id), integer(i)};
    tern_result* result = nullptr;
    EXPECT_EQ(on_another_thread([&] { return tern_transaction_query(tx, insert, params, 2, &result); }), TERN_OK);
    tern_result_free(result);
  }
  EXPECT_EQ(count_within(), 8);
  EXPECT_EQ(on_another_thread([&] { return tern_transaction_commit(tx); }), TERN_OK);
  EXPECT_EQ(count(), 8);
}

TEST_F(CApiTransaction, AWriteBesideOneForAnyThreadWaitsAndIsNotTakenForPartOfIt) {
  reopen_impatient();
  begin(TERN_ANY_THREAD);
  ASSERT_EQ(run("INSERT INTO t VALUES ('a', 1)"), TERN_OK);
  EXPECT_FAILURE(tern_exec(db, "INSERT INTO t VALUES ('b', 1)", 29, nullptr), TERN_BUSY, "busy timeout");
  ASSERT_EQ(tern_transaction_rollback(tx), TERN_OK);
  EXPECT_EQ(count(), 0);
}

TEST_F(CApiTransaction, AnyThreadMayFreeIt) {
  begin();
  ASSERT_EQ(run("INSERT INTO t VALUES ('a', 1)"), TERN_OK);
  on_another_thread([&] {
    tern_transaction_free(std::exchange(tx, nullptr));
    return TERN_OK;
  });
  EXPECT_EQ(count(), 0);
  exec("INSERT INTO t VALUES ('b', 1)");
}

TEST_F(CApiTransaction, ADatabaseDoesNotCloseUnderIt) {
  begin();
  EXPECT_FAILURE(tern_close(db), TERN_BUSY, "1 transaction of");
  ASSERT_EQ(tern_transaction_rollback(tx), TERN_OK);
  EXPECT_FAILURE(tern_close(db), TERN_BUSY, "tern_transaction_free");
}

TEST_F(CApiTransaction, ItSeesATableOfItsOwn) {
  begin();
  ASSERT_EQ(run("CREATE TABLE made (x); INSERT INTO made VALUES (5)"), TERN_OK) << last_error();
  tern_statement* x = nullptr;
  ASSERT_EQ(tern_transaction_prepare(tx, "SELECT x FROM made", 18, &x), TERN_OK) << last_error();
  statements.push_back(x);
  EXPECT_EQ(value(ask(x)).as.integer, 5);
  ASSERT_EQ(tern_transaction_commit(tx), TERN_OK);
  EXPECT_EQ(value(query(x)).as.integer, 5);
}

TEST_F(CApiTransaction, AStatementOfAnotherDatabaseIsRefused) {
  const TempFolder elsewhere;
  tern_database* other = nullptr;
  tern_statement* of_other = nullptr;
  tern_session* session = nullptr;
  tern_statement* of_session = nullptr;
  tern_result* result = nullptr;
  ASSERT_EQ(tern_open(elsewhere.file("other.db").c_str(), nullptr, &other), TERN_OK);
  ASSERT_EQ(tern_prepare(other, "SELECT 1", 8, &of_other), TERN_OK);
  ASSERT_EQ(tern_session_open(db, &session), TERN_OK);
  ASSERT_EQ(tern_session_prepare(session, "SELECT 1", 8, &of_session), TERN_OK);
  begin();
  EXPECT_FAILURE(tern_transaction_query(tx, of_other, nullptr, 0, &result), TERN_MISUSE, "another database");
  EXPECT_FAILURE(tern_transaction_query(tx, of_session, nullptr, 0, &result), TERN_MISUSE, "on a session");
  tern_statement_free(of_other);
  tern_statement_free(of_session);
  EXPECT_EQ(tern_session_close(session), TERN_OK);
  EXPECT_EQ(tern_close(other), TERN_OK);
}

TEST_F(CApiTransaction, PackedParametersAndRowsThatAWriteReturns) {
  tern_statement* const insert = prepare("INSERT INTO t VALUES (?, ?) RETURNING id, n");
  const Params params = Params().text("a").integer(7);
  tern_result* result = nullptr;
  begin();
  ASSERT_EQ(tern_transaction_query_pinned(tx, insert, params.bytes.data(), params.bytes.size(), &result), TERN_OK)
      << last_error();
  results.push_back(result);
  EXPECT_EQ(value(result, 0, 1).as.integer, 7);
  EXPECT_EQ(tern_result_changes(result), 1);
  EXPECT_FAILURE(tern_transaction_query_pinned(tx, insert, "\7", 1, &result), TERN_MISUSE,
                 "tern_transaction_query_pinned: params are no packed values at byte 0");
  ASSERT_EQ(tern_transaction_commit(tx), TERN_OK);
  EXPECT_EQ(count(), 1);
}

TEST_F(CApiTransaction, NullAndUnknownFlagsAreNamed) {
  tern_result* result = nullptr;
  tern_statement* made = nullptr;
  EXPECT_FAILURE(tern_begin(nullptr, &tx), TERN_MISUSE, "db is NULL");
  EXPECT_FAILURE(tern_begin(db, nullptr), TERN_MISUSE, "out is NULL");
  EXPECT_FAILURE(tern_begin_with(db, 2, &tx), TERN_UNSUPPORTED, "tern_begin: flags");
  EXPECT_FAILURE(tern_transaction_query(nullptr, nullptr, nullptr, 0, &result), TERN_MISUSE, "transaction is NULL");
  EXPECT_FAILURE(tern_transaction_query_pinned(nullptr, nullptr, nullptr, 0, &result), TERN_MISUSE, "transaction is");
  EXPECT_FAILURE(tern_transaction_exec(nullptr, "", 0, nullptr), TERN_MISUSE, "transaction is NULL");
  EXPECT_FAILURE(tern_transaction_prepare(nullptr, "", 0, &made), TERN_MISUSE, "transaction is NULL");
  EXPECT_FAILURE(tern_transaction_commit(nullptr), TERN_MISUSE, "transaction is NULL");
  EXPECT_FAILURE(tern_transaction_rollback(nullptr), TERN_MISUSE, "transaction is NULL");
  begin();
  EXPECT_FAILURE(tern_transaction_query(tx, nullptr, nullptr, 0, &result), TERN_MISUSE, "statement is NULL");
  EXPECT_FAILURE(tern_transaction_query(tx, nullptr, nullptr, 0, nullptr), TERN_MISUSE, "out is NULL");
  EXPECT_FAILURE(tern_transaction_exec(tx, nullptr, 0, nullptr), TERN_MISUSE, "sql is NULL");
}

TEST_F(CApiTransaction, HasEndedThoughTheFilesWereReplacedMeanwhile) {
  for (const auto ending : {tern_transaction_commit, tern_transaction_rollback}) {
    tern_statement* const counting = prepare("SELECT count(*) FROM t");
    begin();
    ASSERT_EQ(run("INSERT INTO t VALUES ('a', 1)"), TERN_OK);
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
    // Until somebody has noticed.
    for (tern_result* result = nullptr; tern_query(counting, nullptr, 0, &result) == TERN_OK;) {
      tern_result_free(result);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_FAILURE(run("INSERT INTO t VALUES ('b', 1)"), TERN_IO, "open it again");
    EXPECT_FAILURE(ending(tx), TERN_IO, "open it again");
    EXPECT_FAILURE(ending(tx), TERN_MISUSE, "has ended");
    tern_transaction* next = nullptr;
    EXPECT_EQ(tern_begin(db, &next), TERN_IO) << "the turn is still this thread's";

    tern_transaction_free(std::exchange(tx, nullptr));
    for (tern_statement* statement : std::exchange(statements, {})) tern_statement_free(statement);
    ASSERT_EQ(tern_close(std::exchange(db, nullptr)), TERN_OK) << last_error();
    ASSERT_EQ(tern_open(path.c_str(), nullptr, &db), TERN_OK) << last_error();
    exec("CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER)");
  }
}

}  // namespace
}  // namespace tern::test
