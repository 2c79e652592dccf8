#include "sql/page_recorder.h"

#include <algorithm>
#include <random>
#include <set>
#include <thread>

#include "sql/library.h"
#include "tests/sql/support.h"

namespace tern::sql {
namespace {

class PageRecorderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!initialize({.accept_wal_reset_bug = true}).pages_recordable) GTEST_SKIP() << "pages are not recordable here";
  }

  // Runs `sql` to its end under the recorder.
  std::vector<uint32_t> pages_of(std::string_view sql, int64_t parameter = 0) {
    recorder_.clear();
    Statement statement(connection_, sql);
    if (statement.parameter_count() > 0) statement.bind_int64(1, parameter);
    const PageRecorder::Scope on(recorder_);
    while (statement.step()) {
    }
    const auto pages = recorder_.pages();
    return {pages.begin(), pages.end()};
  }

  bool impure(std::string_view sql) {
    pages_of(sql);
    return recorder_.impure();
  }

  // The pages that belong to a table or index, from the b-trees themselves.
  std::set<uint32_t> pages_of_tree(const std::string& name) {
    std::set<uint32_t> pages;
    Statement list(connection_, "SELECT pageno FROM dbstat WHERE name = '" + name + "'");
    while (list.step()) pages.insert(static_cast<uint32_t>(list.column_int64(0)));
    return pages;
  }

  test::TempFolder folder_;
  Connection connection_ = test::open_at(folder_.file("a.db"));
  PageRecorder recorder_;
};

constexpr const char* kRows =
    "CREATE TABLE t(id TEXT PRIMARY KEY, a INTEGER, b TEXT);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
    " INSERT INTO t SELECT 'key-' || i, i, hex(zeroblob(50)) FROM n;"
    "CREATE INDEX t_a ON t(a);";

TEST_F(PageRecorderTest, APointReadHangsOnOnePathThroughIndexAndTable) {
  connection_.execute(kRows);
  const auto pages = pages_of("SELECT b FROM t WHERE id = 'key-' || ?", 777);
  EXPECT_GE(pages.size(), 4u);  // root and leaf of both
  EXPECT_LE(pages.size(), 6u);
  const auto table = pages_of_tree("t");
  const auto index = pages_of_tree("sqlite_autoindex_t_1");
  for (const uint32_t page : pages) EXPECT_TRUE(table.contains(page) || index.contains(page)) << page;
  EXPECT_TRUE(std::is_sorted(pages.begin(), pages.end()));
  EXPECT_EQ(std::adjacent_find(pages.begin(), pages.end()), pages.end());
  EXPECT_FALSE(recorder_.impure());
  EXPECT_FALSE(recorder_.overflowed());
}

TEST_F(PageRecorderTest, ARowThatIsNotThereHangsOnPagesToo) {
  connection_.execute(kRows);
  EXPECT_FALSE(pages_of("SELECT b FROM t WHERE id = 'no such'").empty());
}

TEST_F(PageRecorderTest, AScanHangsOnEveryPageOfTheTableButTheFirstOfTheFile) {
  connection_.execute(kRows);
  const auto pages = pages_of("SELECT sum(length(b)) FROM t");
  const auto tree = pages_of_tree("t");
  EXPECT_TRUE(std::includes(pages.begin(), pages.end(), tree.begin(), tree.end()));
  EXPECT_FALSE(std::binary_search(pages.begin(), pages.end(), 1u));
}

TEST_F(PageRecorderTest, OverflowPagesAreRecorded) {
  connection_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, a BLOB); INSERT INTO t VALUES(1, randomblob(100000))");
  const auto pages = pages_of("SELECT a FROM t WHERE id = 1");
  EXPECT_GT(pages.size(), 20u);
}

TEST_F(PageRecorderTest, PagesThatAreCachedAlreadyAreRecordedAgain) {
  connection_.execute(kRows);
  const auto cold = pages_of("SELECT b FROM t WHERE a = ?", 7);
  EXPECT_EQ(pages_of("SELECT b FROM t WHERE a = ?", 7), cold);
}

TEST_F(PageRecorderTest, EphemeralTablesLeaveNoPages) {
  connection_.execute(kRows);
  const auto plain = pages_of("SELECT a FROM t WHERE a = ?", 7);
  EXPECT_EQ(pages_of("SELECT DISTINCT a FROM t WHERE a = ? UNION SELECT 1", 7), plain);
  EXPECT_EQ(pages_of("SELECT a FROM t WHERE a IN (?, 7)", 7), plain);
}

TEST_F(PageRecorderTest, NothingIsRecordedOutsideAScopeOrInAnotherThread) {
  connection_.execute(kRows);
  pages_of("SELECT 1");
  connection_.query_int64("SELECT count(*) FROM t");
  EXPECT_TRUE(recorder_.pages().empty());
  Connection other = test::open_at(folder_.file("a.db"));
  const PageRecorder::Scope on(recorder_);
  std::thread([&] { other.query_int64("SELECT count(*) FROM t"); }).join();
  EXPECT_TRUE(recorder_.pages().empty());
}

TEST_F(PageRecorderTest, AnInnerRecorderTakesOverUntilItsScopeEnds) {
  connection_.execute(kRows);
  PageRecorder inner;
  const PageRecorder::Scope on(recorder_);
  {
    const PageRecorder::Scope inner_on(inner);
    connection_.query_int64("SELECT count(*) FROM t");
  }
  EXPECT_TRUE(recorder_.pages().empty());
  EXPECT_FALSE(inner.pages().empty());
  connection_.query_int64("SELECT a FROM t WHERE a = 1");
  EXPECT_FALSE(recorder_.pages().empty());
}

TEST_F(PageRecorderTest, PastItsBoundItSaysThatItOverflowed) {
  connection_.execute(kRows);
  PageRecorder small(10);
  {
    const PageRecorder::Scope on(small);
    connection_.query_int64("SELECT sum(length(b)) FROM t");
  }
  EXPECT_TRUE(small.overflowed());
  EXPECT_EQ(small.pages().size(), 10u);
  small.clear();
  EXPECT_FALSE(small.overflowed());
}

TEST_F(PageRecorderTest, ForgetsAllWhenCleared) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::set<uint32_t> expected;
    const int count = 1 << (round % 14);
    recorder_.clear();
    for (int i = 0; i < count; ++i) {
      const auto page = static_cast<uint32_t>(2 + random() % 10'000);
      recorder_.note_page(nullptr, page);
      expected.insert(page);
    }
    const auto pages = recorder_.pages();
    ASSERT_TRUE(std::equal(pages.begin(), pages.end(), expected.begin(), expected.end())) << "round " << round;
  }
}

TEST_F(PageRecorderTest, ACacheThatReplacesAnOlderOneMakesTheRecordingVoid) {
  int ephemeral = 0, older = 0;
  const PageRecorder::Scope on(recorder_);
  recorder_.note_cache_created(&ephemeral);
  recorder_.note_page(&ephemeral, 5);
  recorder_.note_cache_destroyed(&ephemeral);
  EXPECT_FALSE(recorder_.overflowed());
  recorder_.note_cache_created(&ephemeral);
  recorder_.note_cache_destroyed(&older);
  EXPECT_TRUE(recorder_.overflowed());
  EXPECT_TRUE(recorder_.pages().empty());
}

TEST_F(PageRecorderTest, AskingForTheCurrentTimeIsImpure) {
  for (const char* sql :
       {"SELECT datetime('now')", "SELECT date()", "SELECT julianday('now', '+1 day')", "SELECT unixepoch()",
        "SELECT current_timestamp", "SELECT strftime('%s', 'now')", "SELECT date('NOW')"}) {
    EXPECT_TRUE(impure(sql)) << sql;
  }
}

TEST_F(PageRecorderTest, FixedTimesArePure) {
  connection_.execute("CREATE TABLE t(at INTEGER); INSERT INTO t VALUES(1700000000)");
  for (const char* sql : {"SELECT date(at, 'unixepoch') FROM t", "SELECT datetime('2020-01-01', '+1 month')",
                          "SELECT strftime('%Y', at, 'unixepoch') FROM t", "SELECT 'now'",
                          "SELECT time('12:00'), unixepoch('2020-01-01')"}) {
    EXPECT_FALSE(impure(sql)) << sql;
  }
}

TEST_F(PageRecorderTest, LocalTimeIsImpure) {
  if (!initialize({.accept_wal_reset_bug = true}).local_time_noted) GTEST_SKIP() << "a system SQLite hides it";
  EXPECT_TRUE(impure("SELECT datetime(1700000000, 'unixepoch', 'localtime')"));
  EXPECT_TRUE(impure("SELECT datetime('2020-01-01', 'utc')"));
}

TEST_F(PageRecorderTest, TimeThatIsNotReachedIsPure) {
  EXPECT_FALSE(impure("SELECT CASE WHEN 1 THEN 2 ELSE datetime('now') END"));
}

// The property that all rests on: what a statement returns cannot change unless one of its recorded pages does. Here in
// the small: rows of each query are on pages that were recorded.
TEST_F(PageRecorderTest, EveryPageOfAReadTreeIsRecordedForRandomSchemas) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    const test::TempFolder folder;
    Connection connection = test::open_at(folder.file("r.db"));
    const bool without_rowid = random() % 2 == 0;
    const auto rows = 1 + random() % 400;
    const auto width = 1 + random() % 3'000;
    connection.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b, c)" +
                       std::string(without_rowid ? " WITHOUT ROWID" : ""));
    connection.execute("CREATE INDEX i ON t(b)");
    connection.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                       std::to_string(rows) + ") INSERT INTO t SELECT i, randomblob(" + std::to_string(width) +
                       "), 1 FROM n");
    for (const std::string sql : {"SELECT * FROM t", "SELECT b FROM t INDEXED BY i ORDER BY b"}) {
      PageRecorder recorder;
      {
        Statement statement(connection, sql);
        const PageRecorder::Scope on(recorder);
        while (statement.step()) statement.column_blob(0);
      }
      const auto pages = recorder.pages();
      Statement list(connection, "SELECT pageno FROM dbstat WHERE name = ?");
      list.bind_text(1, sql.find("INDEXED BY") != std::string::npos ? "i" : "t");
      while (list.step()) {
        const auto page = static_cast<uint32_t>(list.column_int64(0));
        EXPECT_TRUE(std::binary_search(pages.begin(), pages.end(), page)) << sql << " page " << page;
      }
    }
  }
}

}  // namespace
}  // namespace tern::sql
