// What tern.h tells of a statement before it runs.
#include "tests/engine/c_api_support.h"

namespace tern::test {
namespace {

struct CApiStatement : CApi {
  tern_statement_info describe(std::string_view sql) {
    tern_statement_info info{};
    info.size = sizeof info;
    EXPECT_EQ(tern_statement_describe(last = prepare(sql), &info), TERN_OK) << last_error();
    return info;
  }

  tern_statement* last = nullptr;
};

TEST_F(CApiStatement, AReadTellsItsColumnsAndParameters) {
  const tern_statement_info info =
      describe("SELECT id, n AS number, 1 + 1 FROM t WHERE id = :id AND n > ? AND n < @most");
  EXPECT_EQ(info.columns, 3u);
  EXPECT_EQ(info.parameters, 3u);
  EXPECT_EQ(info.reads_only, 1u);
  EXPECT_STREQ(tern_statement_column(last, 0), "id");
  EXPECT_STREQ(tern_statement_column(last, 1), "number");
  EXPECT_STREQ(tern_statement_column(last, 2), "1 + 1");
  EXPECT_EQ(tern_statement_column(last, 3), nullptr);
  EXPECT_STREQ(tern_statement_parameter(last, 0), ":id");
  EXPECT_EQ(tern_statement_parameter(last, 1), nullptr);
  EXPECT_STREQ(tern_statement_parameter(last, 2), "@most");
  EXPECT_EQ(tern_statement_parameter(last, 3), nullptr);
}

TEST_F(CApiStatement, NumberedParametersCountUpToTheLast) {
  EXPECT_EQ(describe("SELECT ?3, ?1").parameters, 3u);
  EXPECT_STREQ(tern_statement_parameter(last, 0), "?1");
  EXPECT_EQ(tern_statement_parameter(last, 1), nullptr);
  EXPECT_STREQ(tern_statement_parameter(last, 2), "?3");
}

TEST_F(CApiStatement, AWriteTellsWhetherItReturnsRows) {
  tern_statement_info info = describe("INSERT INTO t VALUES (?, ?)");
  EXPECT_EQ(info.reads_only, 0u);
  EXPECT_EQ(info.columns, 0u);
  info = describe("INSERT INTO t VALUES (?, ?) RETURNING n");
  EXPECT_EQ(info.reads_only, 0u);
  EXPECT_EQ(info.columns, 1u);
  EXPECT_STREQ(tern_statement_column(last, 0), "n");
  EXPECT_EQ(describe("CREATE TABLE IF NOT EXISTS t (x)").reads_only, 0u);
  EXPECT_EQ(describe("PRAGMA user_version").reads_only, 0u);
  EXPECT_EQ(count(), 0) << "it ran";
}

TEST_F(CApiStatement, ASessionsIsDescribedToo) {
  tern_session* session = nullptr;
  tern_statement* statement = nullptr;
  tern_statement_info info{};
  info.size = sizeof info;
  ASSERT_EQ(tern_session_open(db, &session), TERN_OK);
  ASSERT_EQ(tern_session_prepare(session, "SELECT $a AS x", 14, &statement), TERN_OK) << last_error();
  EXPECT_EQ(tern_statement_describe(statement, &info), TERN_OK);
  EXPECT_EQ(info.columns, 1u);
  EXPECT_STREQ(tern_statement_parameter(statement, 0), "$a");
  tern_statement_free(statement);
  EXPECT_EQ(tern_session_close(session), TERN_OK);
}

TEST_F(CApiStatement, ALongerStructGetsZerosAndAShorterOneIsRefused) {
  struct {
    tern_statement_info known;
    uint64_t later;
  } longer{};
  longer.known.size = sizeof longer;
  longer.later = 7;
  tern_statement* const one = prepare("SELECT 1");
  ASSERT_EQ(tern_statement_describe(one, &longer.known), TERN_OK) << last_error();
  EXPECT_EQ(longer.later, 0u);
  longer.known.size = 8;
  EXPECT_FAILURE(tern_statement_describe(one, &longer.known), TERN_MISUSE, "tern_statement_describe: the size");
}

TEST_F(CApiStatement, NullIsNamed) {
  tern_statement_info info{};
  info.size = sizeof info;
  EXPECT_FAILURE(tern_statement_describe(nullptr, &info), TERN_MISUSE, "statement is NULL");
  EXPECT_FAILURE(tern_statement_describe(prepare("SELECT 1"), nullptr), TERN_MISUSE, "out is NULL");
  EXPECT_EQ(tern_statement_column(nullptr, 0), nullptr);
  EXPECT_EQ(tern_statement_parameter(nullptr, 0), nullptr);
}

}  // namespace
}  // namespace tern::test
