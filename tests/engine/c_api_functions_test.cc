// tern.h: functions of the host, sessions and explain.
#include <cstring>

#include "tests/engine/c_api_support.h"

namespace tern::test {
namespace {

struct Counted {
  int calls = 0;
  int destroyed = 0;
};

void add_up(void* user_data, const tern_value* args, size_t count, tern_function_result* result) {
  ++static_cast<Counted*>(user_data)->calls;
  int64_t sum = 0;
  for (size_t i = 0; i < count; ++i) {
    if (args[i].type != TERN_INTEGER) return tern_function_fail(result, "integers only", std::strlen("integers only"));
    sum += args[i].as.integer;
  }
  const tern_value value = integer(sum);
  tern_function_return(result, &value);
}

void note_destroyed(void* user_data) { ++static_cast<Counted*>(user_data)->destroyed; }

using CFunctions = CApi;

TEST_F(CFunctions, AFunctionAnswersAndFailsThroughItsResult) {
  Counted counted;
  ASSERT_EQ(tern_create_function(db, "add_up", -1, TERN_DETERMINISTIC, add_up, &counted, note_destroyed), TERN_OK)
      << tern_last_error();
  EXPECT_EQ(value(query("SELECT add_up(1, 2, 39)")).as.integer, 42);
  const int calls = counted.calls;
  EXPECT_EQ(value(query("SELECT add_up(1, 2, 39)")).as.integer, 42);
  EXPECT_EQ(counted.calls, calls) << "the second answer was cached";
  tern_statement* const bad = prepare("SELECT add_up('x')");
  tern_result* result = nullptr;
  EXPECT_FAILURE(tern_query(bad, nullptr, 0, &result), TERN_SQL_ERROR, "integers only");
  Counted next;
  ASSERT_EQ(tern_create_function(db, "add_up", -1, 0, add_up, &next, note_destroyed), TERN_OK);
  EXPECT_EQ(counted.destroyed, 1);
  for (tern_statement* statement : statements) tern_statement_free(statement);
  statements.clear();
  ASSERT_EQ(tern_close(db), TERN_OK);
  EXPECT_EQ(next.destroyed, 1);
  ASSERT_EQ(tern_open(path.c_str(), nullptr, &db), TERN_OK);
}

TEST_F(CFunctions, ARefusedOneIsDestroyedAtOnce) {
  Counted counted;
  EXPECT_FAILURE(tern_create_function(db, "f", 100000, 0, add_up, &counted, note_destroyed), TERN_MISUSE, "100000");
  EXPECT_FAILURE(tern_create_function(db, "f", 0, 1 << 20, add_up, &counted, note_destroyed), TERN_UNSUPPORTED,
                 "1048576");
  EXPECT_FAILURE(tern_create_function(db, nullptr, 0, 0, add_up, &counted, note_destroyed), TERN_MISUSE, "name");
  EXPECT_FAILURE(tern_create_collation(nullptr, "c", nullptr, &counted, note_destroyed), TERN_MISUSE, "db");
  EXPECT_EQ(counted.destroyed, 4);
}

struct Sum {
  int64_t total;
};

TEST_F(CFunctions, AnAggregateHasAStateForEachGroup) {
  exec("INSERT INTO t VALUES ('a', 1), ('b', 2), ('c', 3)");
  tern_aggregate calls{};
  calls.size = sizeof calls;
  calls.begin = [](void*) -> void* { return new Sum{0}; };
  calls.step = [](void* state, const tern_value* args, size_t, tern_function_result* result) {
    static_cast<Sum*>(state)->total += args[0].as.integer;
    tern_function_return(result, args);  // a step has no result: this goes nowhere
  };
  calls.inverse = [](void* state, const tern_value* args, size_t, tern_function_result*) {
    static_cast<Sum*>(state)->total -= args[0].as.integer;
  };
  calls.value = [](void* state, tern_function_result* result) {
    const tern_value total = integer(static_cast<Sum*>(state)->total);
    tern_function_return(result, &total);
  };
  calls.end = [](void* state) { delete static_cast<Sum*>(state); };
  ASSERT_EQ(tern_create_aggregate(db, "total_of", 1, TERN_WINDOW, &calls, nullptr, nullptr), TERN_OK)
      << tern_last_error();
  EXPECT_EQ(value(query("SELECT total_of(n) FROM t")).as.integer, 6);
  const tern_result* sliding = query("SELECT total_of(n) OVER (ORDER BY id ROWS 1 PRECEDING) FROM t ORDER BY id");
  EXPECT_EQ(value(sliding, 2).as.integer, 5);
  calls.inverse = nullptr;
  EXPECT_FAILURE(tern_create_aggregate(db, "w", 1, TERN_WINDOW, &calls, nullptr, nullptr), TERN_MISUSE, "inverse");
}

TEST_F(CFunctions, ACollationSorts) {
  exec("INSERT INTO t VALUES ('a', 1), ('b', 2)");
  const auto backwards = [](void*, const void* a, size_t a_len, const void* b, size_t b_len) {
    return std::string_view(static_cast<const char*>(b), b_len)
        .compare(std::string_view(static_cast<const char*>(a), a_len));
  };
  ASSERT_EQ(tern_create_collation(db, "backwards", backwards, nullptr, nullptr), TERN_OK);
  EXPECT_EQ(view(value(query("SELECT id FROM t ORDER BY id COLLATE backwards"))), "b");
}

TEST_F(CFunctions, ExtensionsAreLoadedByOption) {
  const std::string extension = std::string(TERN_TEST_TOOLS_DIR) + "/tern_test_extension.so";
  const char* const paths[] = {extension.c_str()};
  tern_options options{};
  options.size = sizeof options;
  options.extensions = paths;
  options.extension_count = 1;
  tern_database* other = nullptr;
  ASSERT_EQ(tern_open(folder.file("other.db").c_str(), &options, &other), TERN_OK) << tern_last_error();
  tern_statement* statement = nullptr;
  const std::string_view sql = "SELECT ext_twice(4)";
  EXPECT_EQ(tern_prepare(other, sql.data(), sql.size(), &statement), TERN_OK) << tern_last_error();
  tern_statement_free(statement);
  EXPECT_EQ(tern_close(other), TERN_OK);
  options.extensions = nullptr;
  EXPECT_FAILURE(tern_open(path.c_str(), &options, &other), TERN_MISUSE, "extensions");
}

TEST_F(CFunctions, ASessionHasItsOwnTablesAndClosesLast) {
  tern_session* session = nullptr;
  ASSERT_EQ(tern_session_open(db, &session), TERN_OK) << tern_last_error();
  const std::string_view script =
      "CREATE TEMP TABLE own (v); INSERT INTO own VALUES (5); INSERT INTO t VALUES ('s', 1)";
  int64_t ran = 0;
  EXPECT_EQ(tern_session_exec(session, script.data(), script.size(), &ran), TERN_OK) << tern_last_error();
  EXPECT_EQ(ran, 3);
  EXPECT_EQ(count(), 1);
  const std::string_view sql = "SELECT v FROM own";
  tern_statement* statement = nullptr;
  ASSERT_EQ(tern_session_prepare(session, sql.data(), sql.size(), &statement), TERN_OK) << tern_last_error();
  EXPECT_EQ(value(query(statement)).as.integer, 5);
  char packed[256];
  size_t len = 0;
  EXPECT_EQ(tern_query_packed(statement, nullptr, 0, packed, sizeof packed, &len), TERN_OK) << tern_last_error();
  EXPECT_GT(len, 0u);
  tern_result* result = nullptr;
  const tern_call call = {statement, nullptr, 0};
  EXPECT_FAILURE(tern_batch(db, &call, 1, &result), TERN_MISUSE, "another database handle");
  EXPECT_FAILURE(tern_session_close(session), TERN_BUSY, "1 statement not freed");
  tern_statement_free(statement);
  for (tern_statement* other : statements) tern_statement_free(other);
  statements.clear();
  EXPECT_FAILURE(tern_close(db), TERN_BUSY, "1 session of");
  EXPECT_EQ(tern_session_close(session), TERN_OK);
  ASSERT_EQ(tern_session_open(nullptr, &session), TERN_OK) << "in memory";
  EXPECT_EQ(tern_session_exec(session, "CREATE TABLE m (v)", 18, nullptr), TERN_OK);
  EXPECT_EQ(tern_session_close(session), TERN_OK);
}

TEST_F(CFunctions, ASessionTellsWhetherATransactionIsOpen) {
  tern_session* session = nullptr;
  ASSERT_EQ(tern_session_open(db, &session), TERN_OK) << tern_last_error();
  const auto run = [&](std::string_view script) {
    return tern_session_exec(session, script.data(), script.size(), nullptr);
  };
  const auto is_open = [&] {
    int open = -1;
    EXPECT_EQ(tern_session_in_transaction(session, &open), TERN_OK) << tern_last_error();
    return open;
  };
  EXPECT_EQ(is_open(), 0);
  EXPECT_EQ(run("BEGIN; INSERT INTO t VALUES ('a', 1)"), TERN_OK);
  EXPECT_EQ(is_open(), 1);
  EXPECT_EQ(run("INSERT OR ROLLBACK INTO t VALUES ('a', 2)"), TERN_CONSTRAINT);
  EXPECT_EQ(is_open(), 0) << "a failure may end it";
  EXPECT_FAILURE(tern_session_in_transaction(session, nullptr), TERN_MISUSE, "out is NULL");
  int open = 0;
  EXPECT_FAILURE(tern_session_in_transaction(nullptr, &open), TERN_MISUSE, "session is NULL");
  EXPECT_EQ(tern_session_close(session), TERN_OK);
}

TEST_F(CFunctions, ExplainGivesJson) {
  exec("INSERT INTO t VALUES ('a', 1)");
  const std::string_view sql = "SELECT n FROM t WHERE id = ?";
  const tern_value id = text("a");
  size_t len = 0;
  EXPECT_FAILURE(tern_explain(db, sql.data(), sql.size(), &id, 1, nullptr, 0, &len), TERN_LIMIT, "bytes");
  std::string json(len + 100, '\0');
  ASSERT_EQ(tern_explain(db, sql.data(), sql.size(), &id, 1, json.data(), json.size(), &len), TERN_OK)
      << tern_last_error();
  json.resize(len);
  EXPECT_NE(json.find("\"cached\":true"), std::string::npos) << json;
  EXPECT_NE(json.find("\"name\":\"sqlite_autoindex_t_1\""), std::string::npos) << json;
}

}  // namespace
}  // namespace tern::test
