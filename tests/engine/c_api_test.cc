// tern.h: what a caller in C can rely on.

#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>

#include "tests/engine/c_api_support.h"

namespace tern::test {
namespace {

TEST_F(CApi, ValuesOfAllTypesComeBackAsTheyWereBound) {
  const double half = 0.5;
  tern_result* result =
      query("SELECT ?, ?, ?, ?, ?, ?", {tern_value{}, integer(std::numeric_limits<int64_t>::min()), real(half),
                                        bytes(TERN_TEXT, "a\0b", 3), bytes(TERN_BLOB, "\0\xff", 2), text("ü")});
  EXPECT_EQ(value(result, 0, 0).type, static_cast<uint32_t>(TERN_NULL));
  EXPECT_EQ(value(result, 0, 1).as.integer, std::numeric_limits<int64_t>::min());
  EXPECT_EQ(value(result, 0, 2).as.real, half);
  EXPECT_EQ(view(value(result, 0, 3)), std::string_view("a\0b", 3));
  EXPECT_EQ(value(result, 0, 3).type, static_cast<uint32_t>(TERN_TEXT));
  EXPECT_EQ(view(value(result, 0, 4)), std::string_view("\0\xff", 2));
  EXPECT_EQ(value(result, 0, 4).type, static_cast<uint32_t>(TERN_BLOB));
  EXPECT_EQ(view(value(result, 0, 5)), "ü");
}

TEST_F(CApi, EmptyTextAndBlobMayBeNullPointersAndAreNotNull) {
  tern_result* result =
      query("SELECT typeof(?), typeof(?)", {bytes(TERN_TEXT, nullptr, 0), bytes(TERN_BLOB, nullptr, 0)});
  EXPECT_EQ(view(value(result, 0, 0)), "text");
  EXPECT_EQ(view(value(result, 0, 1)), "blob");
}

TEST_F(CApi, NanIsNull) {
  EXPECT_EQ(value(query("SELECT ?", {real(std::nan(""))})).type, static_cast<uint32_t>(TERN_NULL));
}

TEST_F(CApi, ManyParametersAreBoundInOrder) {
  std::string sql = "SELECT ?";
  std::vector<tern_value> params = {integer(0)};
  for (int i = 1; i < 100; ++i) {
    sql += ", ?";
    params.push_back(integer(i));
  }
  tern_result* result = query(sql, params);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(value(result, 0, i).as.integer, static_cast<int64_t>(i));
}

TEST_F(CApi, AValueThatIsNoneIsMisuseAndNamed) {
  tern_statement* ask = prepare("SELECT ?, ?");
  tern_result* result = nullptr;
  const auto with_second = [&](const tern_value& second) {
    const tern_value params[] = {integer(1), second};
    return tern_query(ask, params, 2, &result);
  };
  EXPECT_FAILURE(with_second(bytes(9, "", 0)), TERN_MISUSE, "params[1].type is 9");
  EXPECT_FAILURE(with_second(bytes(TERN_BLOB, nullptr, 5)), TERN_MISUSE, "params[1].as.data is NULL, but .len is 5");
  tern_value reserved = integer(1);
  reserved.reserved = 3;
  EXPECT_FAILURE(with_second(reserved), TERN_MISUSE, "params[1].reserved is 3");
  EXPECT_EQ(result, nullptr);
}

TEST_F(CApi, AWrongNumberOfParametersNamesBothNumbers) {
  tern_statement* ask = prepare("SELECT ?, ?");
  const tern_value params[] = {integer(1), integer(2), integer(3)};
  tern_result* result = nullptr;
  EXPECT_FAILURE(tern_query(ask, params, 3, &result), TERN_MISUSE, "takes 2 parameters, but 3 were");
  EXPECT_FAILURE(tern_query(ask, nullptr, 0, &result), TERN_MISUSE, "takes 2 parameters, but 0 were");
}

TEST_F(CApi, SqlThatDoesNotCompileNamesThePlace) {
  tern_statement* statement = nullptr;
  const std::string_view sql = "SELECT n FROM t WHER id = 1";
  EXPECT_FAILURE(tern_prepare(db, sql.data(), sql.size(), &statement), TERN_SQL_ERROR, "id");
  EXPECT_EQ(statement, nullptr);
}

TEST_F(CApi, TheTextOfAStatementEndsWhereItsLengthSays) {
  const char sql[] = "SELECT 1 AS one, this is not read";
  tern_statement* statement = nullptr;
  ASSERT_EQ(tern_prepare(db, sql, std::strlen("SELECT 1 AS one"), &statement), TERN_OK) << last_error();
  statements.push_back(statement);
  EXPECT_STREQ(tern_result_column(query(statement), 0), "one");
}

TEST_F(CApi, ASecondReadIsHotAndAWriteIsSeenAtOnce) {
  exec("INSERT INTO t VALUES ('a', 1)");
  tern_statement* by_id = prepare("SELECT n FROM t WHERE id = ?");
  EXPECT_EQ(tern_result_source(query(by_id, {text("a")})), TERN_SQL);
  EXPECT_EQ(tern_result_source(query(by_id, {text("a")})), TERN_HOT);
  tern_result* written = query("UPDATE t SET n = ? WHERE id = ?", {integer(2), text("a")});
  EXPECT_EQ(tern_result_changes(written), 1);
  EXPECT_EQ(tern_result_rows(written), 0u);
  EXPECT_EQ(value(query(by_id, {text("a")})).as.integer, 2);
}

TEST_F(CApi, AnInsertTellsItsRowId) {
  query("INSERT INTO t VALUES ('a', 1)");
  EXPECT_EQ(tern_result_last_row_id(query("INSERT INTO t VALUES ('b', 1)")), 2);
}

TEST_F(CApi, AConstraintIsToldAndNothingChanges) {
  query("INSERT INTO t VALUES ('a', 1)");
  tern_result* result = nullptr;
  EXPECT_FAILURE(tern_query(prepare("INSERT INTO t VALUES ('a', 2)"), nullptr, 0, &result), TERN_CONSTRAINT, "t.id");
  EXPECT_EQ(count(), 1);
}

TEST_F(CApi, ExecCountsItsStatementsAndDoesAllOrNothing) {
  int64_t ran = -1;
  const std::string_view good = "INSERT INTO t VALUES ('a', 1); INSERT INTO t VALUES ('b', 2);";
  EXPECT_EQ(tern_exec(db, good.data(), good.size(), &ran), TERN_OK) << last_error();
  EXPECT_EQ(ran, 2);
  ran = -1;
  const std::string_view bad = "INSERT INTO t VALUES ('c', 3); INSERT INTO t VALUES ('a', 4)";
  EXPECT_FAILURE(tern_exec(db, bad.data(), bad.size(), &ran), TERN_CONSTRAINT, "t.id");
  EXPECT_EQ(ran, -1);
  EXPECT_EQ(count(), 2);
}

TEST_F(CApi, ABatchGivesResultsInOrder) {
  const tern_value a = text("a");
  tern_statement* insert = prepare("INSERT INTO t VALUES (?, 1)");
  tern_statement* ask = prepare("SELECT count(*) FROM t");
  const tern_call calls[] = {{ask, nullptr, 0}, {insert, &a, 1}, {ask, nullptr, 0}};
  tern_result* outs[3];
  ASSERT_EQ(tern_batch(db, calls, 3, outs), TERN_OK) << last_error();
  results.insert(results.end(), outs, outs + 3);
  EXPECT_EQ(value(outs[0]).as.integer, 0);
  EXPECT_EQ(tern_result_changes(outs[1]), 1);
  EXPECT_EQ(value(outs[2]).as.integer, 1);
}

TEST_F(CApi, ABatchThatFailsHalfWayHasDoneNothing) {
  const tern_value a = text("a");
  tern_statement* insert = prepare("INSERT INTO t VALUES (?, 1)");
  const tern_call calls[] = {{insert, &a, 1}, {insert, &a, 1}};
  tern_result* outs[2] = {reinterpret_cast<tern_result*>(1), reinterpret_cast<tern_result*>(1)};
  EXPECT_FAILURE(tern_batch(db, calls, 2, outs), TERN_CONSTRAINT, "t.id");
  EXPECT_EQ(outs[0], nullptr);
  EXPECT_EQ(outs[1], nullptr);
  EXPECT_EQ(count(), 0);
}

TEST_F(CApi, ABatchNamesTheCallThatIsWrong) {
  tern_statement* ask = prepare("SELECT ?");
  const tern_value one = integer(1);
  const tern_value none = bytes(5, nullptr, 0);
  tern_result* outs[2];
  const tern_call without[] = {{ask, &one, 1}, {nullptr, nullptr, 0}};
  EXPECT_FAILURE(tern_batch(db, without, 2, outs), TERN_MISUSE, "calls[1].statement is NULL");
  const tern_call bad_value[] = {{ask, &one, 1}, {ask, &none, 1}};
  EXPECT_FAILURE(tern_batch(db, bad_value, 2, outs), TERN_MISUSE, "calls[1]: params[0].type is 5");
  const tern_call bad_params[] = {{ask, nullptr, 1}};
  EXPECT_FAILURE(tern_batch(db, bad_params, 1, outs), TERN_MISUSE, "calls[0]: params is NULL");
}

TEST_F(CApi, ABatchTakesStatementsOfItsOwnHandleOnly) {
  tern_database* other = nullptr;
  ASSERT_EQ(tern_open(path.c_str(), nullptr, &other), TERN_OK);
  const tern_call calls[] = {{prepare("SELECT 1"), nullptr, 0}};
  tern_result* outs[1];
  EXPECT_FAILURE(tern_batch(other, calls, 1, outs), TERN_MISUSE, "calls[0].statement was prepared on another");
  EXPECT_EQ(tern_close(other), TERN_OK);
}

TEST_F(CApi, ABatchOfNothingDoesNothing) { EXPECT_EQ(tern_batch(db, nullptr, 0, nullptr), TERN_OK); }

TEST_F(CApi, CloseIsBusyWhileStatementsAreOutAndTheHandleStaysGood) {
  tern_statement* statement = prepare("SELECT 1");
  EXPECT_FAILURE(tern_close(db), TERN_BUSY, "1 statement of " + path);
  EXPECT_EQ(value(query(statement)).as.integer, 1);
}

TEST_F(CApi, AResultOutlivesItsStatementAndItsDatabase) {
  tern_database* other = nullptr;
  const TempFolder elsewhere;
  ASSERT_EQ(tern_open(elsewhere.file("other.db").c_str(), nullptr, &other), TERN_OK);
  tern_statement* statement = nullptr;
  ASSERT_EQ(tern_prepare(other, "SELECT 'kept' AS word", 21, &statement), TERN_OK);
  tern_result* result = nullptr;
  ASSERT_EQ(tern_query(statement, nullptr, 0, &result), TERN_OK);
  results.push_back(result);
  tern_statement_free(statement);
  EXPECT_EQ(tern_close(other), TERN_OK) << last_error();
  EXPECT_EQ(view(value(result)), "kept");
  EXPECT_STREQ(tern_result_column(result, 0), "word");
}

TEST_F(CApi, PastTheEndOfAResultIsMisuse) {
  tern_result* result = query("SELECT 1 AS a, 2 AS b");
  tern_value out{};
  EXPECT_FAILURE(tern_result_value(result, 1, 0, &out), TERN_MISUSE, "row 1, but the result has 1");
  EXPECT_FAILURE(tern_result_value(result, 0, 2, &out), TERN_MISUSE, "column 2, but the result has 2");
  EXPECT_EQ(tern_result_column(result, 2), nullptr);
}

TEST_F(CApi, StatsAreJsonAndABufferTooSmallTellsWhatIsNeeded) {
  size_t len = 0;
  EXPECT_FAILURE(tern_stats(db, nullptr, 0, &len), TERN_LIMIT, "cap is 0");
  ASSERT_GT(len, 2u);
  std::string json(len + 64, '?');
  ASSERT_EQ(tern_stats(db, json.data(), json.size(), &len), TERN_OK) << last_error();
  EXPECT_EQ(json[0], '{');
  EXPECT_EQ(json[len - 1], '}');
  EXPECT_EQ(json[len], '\0');
  EXPECT_NE(json.find("\"hot\":{\"hits\":"), std::string::npos);
}

TEST_F(CApi, StatsFitABufferOfExactlyTheirLength) {
  size_t len = 0;
  tern_stats(db, nullptr, 0, &len);
  std::string json(len, '?');
  EXPECT_EQ(tern_stats(db, json.data(), len, &len), TERN_OK) << last_error();
  EXPECT_EQ(json.back(), '}');
}

TEST_F(CApi, NullArgumentsAreMisuseAndNamed) {
  tern_statement* statement = prepare("SELECT ?");
  tern_statement* prepared = nullptr;
  tern_database* opened = nullptr;
  tern_result* result = nullptr;
  tern_value value_out{};
  size_t len = 0;
  char buffer[8];
  EXPECT_FAILURE(tern_open(nullptr, nullptr, &opened), TERN_MISUSE, "tern_open: path is NULL");
  EXPECT_FAILURE(tern_open("x.db", nullptr, nullptr), TERN_MISUSE, "tern_open: out is NULL");
  EXPECT_FAILURE(tern_exec(nullptr, "", 0, nullptr), TERN_MISUSE, "tern_exec: db is NULL");
  EXPECT_FAILURE(tern_exec(db, nullptr, 0, nullptr), TERN_MISUSE, "tern_exec: sql is NULL");
  EXPECT_FAILURE(tern_prepare(nullptr, "", 0, &prepared), TERN_MISUSE, "tern_prepare: db is NULL");
  EXPECT_FAILURE(tern_prepare(db, nullptr, 0, &prepared), TERN_MISUSE, "tern_prepare: sql is NULL");
  EXPECT_FAILURE(tern_prepare(db, "", 0, nullptr), TERN_MISUSE, "tern_prepare: out is NULL");
  EXPECT_FAILURE(tern_query(nullptr, nullptr, 0, &result), TERN_MISUSE, "tern_query: statement is NULL");
  EXPECT_FAILURE(tern_query(statement, nullptr, 1, &result), TERN_MISUSE, "tern_query: params is NULL");
  EXPECT_FAILURE(tern_query(statement, nullptr, 0, nullptr), TERN_MISUSE, "tern_query: out is NULL");
  EXPECT_FAILURE(tern_batch(nullptr, nullptr, 0, nullptr), TERN_MISUSE, "tern_batch: db is NULL");
  EXPECT_FAILURE(tern_batch(db, nullptr, 1, &result), TERN_MISUSE, "tern_batch: calls is NULL");
  EXPECT_FAILURE(tern_batch(db, nullptr, 1, nullptr), TERN_MISUSE, "tern_batch: outs is NULL");
  EXPECT_FAILURE(tern_stats(nullptr, buffer, 8, &len), TERN_MISUSE, "tern_stats: db is NULL");
  EXPECT_FAILURE(tern_stats(db, nullptr, 8, &len), TERN_MISUSE, "tern_stats: json is NULL");
  EXPECT_FAILURE(tern_stats(db, buffer, 8, nullptr), TERN_MISUSE, "tern_stats: len is NULL");
  EXPECT_FAILURE(tern_result_value(nullptr, 0, 0, &value_out), TERN_MISUSE, "tern_result_value: result is NULL");
  EXPECT_FAILURE(tern_result_value(query("SELECT 1"), 0, 0, nullptr), TERN_MISUSE, "tern_result_value: out is NULL");
}

TEST(CApiNull, FunctionsWithoutAStatusGiveNothing) {
  EXPECT_EQ(tern_result_rows(nullptr), 0u);
  EXPECT_EQ(tern_result_columns(nullptr), 0u);
  EXPECT_EQ(tern_result_column(nullptr, 0), nullptr);
  EXPECT_EQ(tern_result_changes(nullptr), 0);
  EXPECT_EQ(tern_result_last_row_id(nullptr), 0);
  EXPECT_EQ(tern_result_source(nullptr), 0);
}

TEST(CApiNull, CanBeFreedAndClosed) {
  tern_statement_free(nullptr);
  tern_result_free(nullptr);
  EXPECT_EQ(tern_close(nullptr), TERN_OK);
}

TEST_F(CApi, TheLastErrorIsEachThreadsOwnAndOutlivesSuccess) {
  EXPECT_EQ(tern_exec(db, "nonsense", 8, nullptr), TERN_SQL_ERROR);
  const std::string mine = last_error();
  std::string of_a_new_thread = "?";
  std::thread([&] {
    of_a_new_thread = last_error();
    tern_exec(nullptr, "", 0, nullptr);
  }).join();
  query("SELECT 1");
  EXPECT_EQ(of_a_new_thread, "");
  EXPECT_EQ(last_error(), mine);
}

TEST_F(CApi, AMessageThatIsTooLongIsCutBetweenCharacters) {
  const TempFolder elsewhere;
  std::string name = elsewhere.file("no/");
  while (name.size() < 4000) name += "ü";
  tern_database* other = nullptr;
  ASSERT_NE(tern_open(name.c_str(), nullptr, &other), TERN_OK);
  const std::string message = last_error();
  EXPECT_LE(message.size(), 2047u);
  ASSERT_TRUE(message.ends_with("…")) << message;
  EXPECT_TRUE(message.substr(0, message.size() - 3).ends_with("ü")) << message;
}

TEST_F(CApi, OneStatementServesManyThreads) {
  exec("INSERT INTO t VALUES ('a', 1), ('b', 2), ('c', 3)");
  tern_statement* by_id = prepare("SELECT n FROM t WHERE id = ?");
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int64_t n = 1; n <= 3; ++n) {
    threads.emplace_back([&, n] {
      const std::string id(1, static_cast<char>('a' + n - 1));
      const tern_value param = text(id);
      for (int i = 0; i < 200; ++i) {
        tern_result* result = nullptr;
        tern_value got{};
        const bool good = tern_query(by_id, &param, 1, &result) == TERN_OK &&
                          tern_result_value(result, 0, 0, &got) == TERN_OK && got.as.integer == n;
        if (!good) ++wrong;
        tern_result_free(result);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace tern::test
