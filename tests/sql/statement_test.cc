#include "sql/statement.h"

#include <cmath>
#include <limits>

#include "tests/sql/support.h"

namespace tern::sql {
namespace {

using test::message_of;

class StatementTest : public ::testing::Test {
 protected:
  Statement prepare(std::string_view sql) { return Statement(connection_, sql); }

  test::TempFolder folder_;
  Connection connection_ = test::open_at(folder_.file("a.db"));
};

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST_F(StatementTest, IntegersKeepAll64Bits) {
  Statement echo = prepare("SELECT ?");
  for (const int64_t value : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0}, int64_t{1} << 53,
                              (int64_t{1} << 53) + 1, std::numeric_limits<int64_t>::max()}) {
    echo.bind_int64(1, value);
    ASSERT_TRUE(echo.step());
    EXPECT_EQ(echo.column_type(0), ColumnType::kInteger);
    EXPECT_EQ(echo.column_int64(0), value);
    echo.reset();
  }
}

TEST_F(StatementTest, RealsKeepTheirBitsAndNanBecomesNull) {
  Statement echo = prepare("SELECT ?");
  for (const double value : {0.1, -0.0, 5e-324, 1.7976931348623157e308, std::numeric_limits<double>::infinity()}) {
    echo.bind_double(1, value);
    ASSERT_TRUE(echo.step());
    EXPECT_EQ(echo.column_type(0), ColumnType::kReal);
    EXPECT_EQ(std::signbit(echo.column_double(0)), std::signbit(value));
    EXPECT_EQ(echo.column_double(0), value);
    echo.reset();
  }
  echo.bind_double(1, std::nan(""));
  ASSERT_TRUE(echo.step());
  EXPECT_EQ(echo.column_type(0), ColumnType::kNull);
}

TEST_F(StatementTest, TextKeepsNulBytesAndItsSize) {
  using namespace std::string_view_literals;
  Statement echo = prepare("SELECT ?");
  const std::string_view value = "a\0b\0"sv;
  echo.bind_text(1, value);
  ASSERT_TRUE(echo.step());
  EXPECT_EQ(echo.column_type(0), ColumnType::kText);
  EXPECT_EQ(echo.column_text(0), value);
}

TEST_F(StatementTest, EmptyTextEmptyBlobAndNullAreThreeValues) {
  Statement echo = prepare("SELECT ?, ?, ?");
  echo.bind_text(1, std::string_view());
  echo.bind_blob(2, std::span<const std::byte>());
  echo.bind_null(3);
  ASSERT_TRUE(echo.step());
  EXPECT_EQ(echo.column_type(0), ColumnType::kText);
  EXPECT_EQ(echo.column_type(1), ColumnType::kBlob);
  EXPECT_EQ(echo.column_type(2), ColumnType::kNull);
  EXPECT_TRUE(echo.column_blob(1).empty());
}

TEST_F(StatementTest, BlobsComeBackByteForByte) {
  Statement echo = prepare("SELECT ?");
  std::string value;
  for (int i = 0; i < 256; ++i) value += static_cast<char>(i);
  echo.bind_blob_borrowed(1, bytes_of(value));
  ASSERT_TRUE(echo.step());
  const auto back = echo.column_blob(0);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(back.data()), back.size()), value);
}

TEST_F(StatementTest, BoundValuesAreCopiedUnlessBorrowed) {
  Statement echo = prepare("SELECT ?");
  std::string value = "before";
  echo.bind_text(1, value);
  value = "after!";
  ASSERT_TRUE(echo.step());
  EXPECT_EQ(echo.column_text(0), "before");
}

TEST_F(StatementTest, TheWrongNumberOfParametersNamesBothCountsAndTheSql) {
  const Statement statement = prepare("SELECT ? + ?");
  EXPECT_NO_THROW(statement.check_parameter_count(2));
  for (const size_t given : {size_t{0}, size_t{1}, size_t{3}}) {
    const std::string message = message_of([&] { statement.check_parameter_count(given); });
    EXPECT_NE(message.find(std::to_string(given) + " given, the statement takes 2: SELECT ? + ?"), std::string::npos)
        << message;
  }
}

TEST_F(StatementTest, BindingPastTheLastParameterNamesIt) {
  Statement statement = prepare("SELECT ?");
  const std::string message = message_of([&] { statement.bind_int64(2, 0); });
  EXPECT_NE(message.find("parameter 2: the statement takes 1"), std::string::npos) << message;
}

TEST_F(StatementTest, NamedParametersAreFoundByTheirName) {
  const Statement statement = prepare("SELECT :id, $other, @third, ?");
  EXPECT_EQ(statement.parameter_count(), 4);
  EXPECT_EQ(statement.parameter_index(":id"), 1);
  EXPECT_EQ(statement.parameter_index("$other"), 2);
  EXPECT_EQ(statement.parameter_index("id"), 0);
  EXPECT_EQ(statement.parameter_name(3), "@third");
  EXPECT_EQ(statement.parameter_name(4), "");
}

TEST_F(StatementTest, ASecondStatementIsRefusedCommentsAreNot) {
  const std::string message = message_of([&] { prepare("SELECT 1; SELECT 2"); });
  EXPECT_NE(message.find("a second one begins at byte 9"), std::string::npos) << message;
  EXPECT_NO_THROW(prepare("SELECT 1; -- that is all\n ;; /* really */"));
  EXPECT_NE(message_of([&] { prepare("  -- nothing\n"); }).find("there is none"), std::string::npos);
  EXPECT_THROW(prepare("SELECT 1; nonsense"), Error);
}

TEST_F(StatementTest, ANulByteInTheSqlIsRefusedInsteadOfCuttingIt) {
  using namespace std::string_view_literals;
  EXPECT_NE(message_of([&] { prepare("SELECT 1\0; DROP TABLE t"sv); }).find("NUL byte"), std::string::npos);
}

TEST_F(StatementTest, TheFirstOfManySaysHowFarItReached) {
  const std::string_view sql = "/* a */ SELECT 1; SELECT 2";
  size_t consumed = 0;
  const auto first = Statement::prepare_first(connection_, sql, consumed);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(sql.substr(consumed), " SELECT 2");
  EXPECT_FALSE(Statement::prepare_first(connection_, " ; -- x", consumed).has_value());
  EXPECT_EQ(consumed, 7u);
}

TEST_F(StatementTest, ColumnsTellNamesAndDeclaredTypes) {
  connection_.execute("CREATE TABLE t(a INTEGER, b VARCHAR(10))");
  const Statement statement = prepare("SELECT a, b AS name, 1 + 1 FROM t");
  EXPECT_EQ(statement.column_count(), 3);
  EXPECT_EQ(statement.column_name(1), "name");
  EXPECT_EQ(statement.column_declared_type(1), "VARCHAR(10)");
  EXPECT_EQ(statement.column_declared_type(2), "");
}

TEST_F(StatementTest, TellsReadersFromWritersAndExplanations) {
  connection_.execute("CREATE TABLE t(a)");
  EXPECT_TRUE(prepare("SELECT * FROM t").readonly());
  EXPECT_FALSE(prepare("INSERT INTO t VALUES(1)").readonly());
  EXPECT_TRUE(prepare("EXPLAIN SELECT * FROM t").is_explain());
  EXPECT_TRUE(prepare("EXPLAIN QUERY PLAN SELECT * FROM t").is_explain());
}

TEST_F(StatementTest, AFailedStepLeavesItReadyToRunAgain) {
  connection_.execute("CREATE TABLE t(a UNIQUE)");
  Statement insert = prepare("INSERT INTO t VALUES(?)");
  insert.bind_int64(1, 1);
  EXPECT_FALSE(insert.step());
  EXPECT_THROW(insert.step(), Error);
  EXPECT_FALSE(insert.busy());
  insert.bind_int64(1, 2);
  EXPECT_FALSE(insert.step());
}

TEST_F(StatementTest, RepreparationsAreCounted) {
  connection_.execute("CREATE TABLE t(a)");
  Statement statement = prepare("SELECT * FROM t");
  EXPECT_FALSE(statement.step());
  EXPECT_EQ(statement.reprepared(), 0);
  connection_.execute("CREATE TABLE other(a)");
  EXPECT_FALSE(statement.step());
  EXPECT_EQ(statement.reprepared(), 1);
}

TEST_F(StatementTest, AValueBeyondSqlitesLimitIsNamed) {
  sqlite3_limit(connection_.handle(), SQLITE_LIMIT_LENGTH, 1'000);
  Statement echo = prepare("SELECT ?");
  const std::string message = message_of([&] { echo.bind_text(1, std::string(2'000, 'x')); });
  EXPECT_NE(message.find("limit of 1000 bytes"), std::string::npos) << message;
}

}  // namespace
}  // namespace tern::sql
