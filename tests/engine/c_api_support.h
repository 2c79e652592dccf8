// What the tests of tern.h share: values by one word, and a database that is closed at the end.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tern/tern.h"
#include "tests/support/temp_folder.h"

namespace tern::test {

inline tern_value integer(int64_t number) {
  tern_value value{};
  value.type = TERN_INTEGER;
  value.as.integer = number;
  return value;
}

inline tern_value real(double number) {
  tern_value value{};
  value.type = TERN_REAL;
  value.as.real = number;
  return value;
}

inline tern_value bytes(uint32_t type, const void* data, uint64_t len) {
  tern_value value{};
  value.type = type;
  value.as.data = data;
  value.len = len;
  return value;
}

inline tern_value text(std::string_view of) { return bytes(TERN_TEXT, of.data(), of.size()); }

inline std::string_view view(const tern_value& value) { return {static_cast<const char*>(value.as.data), value.len}; }

struct CApi : testing::Test {
  void SetUp() override {
    ASSERT_EQ(tern_open(path.c_str(), nullptr, &db), TERN_OK) << tern_last_error();
    exec("CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER)");
  }
  void TearDown() override {
    for (tern_statement* statement : statements) tern_statement_free(statement);
    for (tern_result* result : results) tern_result_free(result);
    EXPECT_EQ(tern_close(db), TERN_OK) << tern_last_error();
  }

  void exec(std::string_view sql) {
    ASSERT_EQ(tern_exec(db, sql.data(), sql.size(), nullptr), TERN_OK) << tern_last_error();
  }
  // Freed with the test.
  tern_statement* prepare(std::string_view sql) {
    tern_statement* statement = nullptr;
    EXPECT_EQ(tern_prepare(db, sql.data(), sql.size(), &statement), TERN_OK) << tern_last_error();
    if (statement != nullptr) statements.push_back(statement);
    return statement;
  }
  tern_result* query(tern_statement* statement, const std::vector<tern_value>& params = {}) {
    tern_result* result = nullptr;
    EXPECT_EQ(tern_query(statement, params.data(), params.size(), &result), TERN_OK) << tern_last_error();
    if (result != nullptr) results.push_back(result);
    return result;
  }
  tern_result* query(std::string_view sql, const std::vector<tern_value>& params = {}) {
    return query(prepare(sql), params);
  }
  tern_value value(const tern_result* result, size_t row = 0, size_t column = 0) {
    tern_value out{};
    EXPECT_EQ(tern_result_value(result, row, column, &out), TERN_OK) << tern_last_error();
    return out;
  }
  int64_t count() { return value(query("SELECT count(*) FROM t")).as.integer; }

  TempFolder folder;
  std::string path = folder.file("app.db");
  tern_database* db = nullptr;
  std::vector<tern_statement*> statements;
  std::vector<tern_result*> results;
};

inline std::string last_error() { return tern_last_error(); }

#define EXPECT_FAILURE(call, status, part)                                                  \
  do {                                                                                      \
    EXPECT_EQ(call, status);                                                                \
    EXPECT_NE(last_error().find(part), std::string::npos) << "  message: " << last_error(); \
  } while (false)

}  // namespace tern::test
