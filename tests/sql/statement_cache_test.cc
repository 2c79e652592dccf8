#include "sql/statement_cache.h"

#include "tests/sql/support.h"

namespace tern::sql {
namespace {

class StatementCacheTest : public ::testing::Test {
 protected:
  StatementCacheTest() { connection_.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1), (2)"); }

  test::TempFolder folder_;
  Connection connection_ = test::open_at(folder_.file("a.db"));
  StatementCache cache_{connection_, 3};
};

TEST_F(StatementCacheTest, TheSameTextGivesTheSameStatement) {
  const sqlite3_stmt* const first = cache_.get("SELECT a FROM t").statement().handle();
  EXPECT_EQ(cache_.get(std::string("SELECT a FROM t")).statement().handle(), first);
  EXPECT_EQ(cache_.size(), 1u);
}

TEST_F(StatementCacheTest, AUseLeavesNothingBehind) {
  {
    auto use = cache_.get("SELECT a + ? FROM t");
    use.statement().bind_int64(1, 5);
    ASSERT_TRUE(use.statement().step());
    EXPECT_EQ(cache_.uses(), 1u);
  }
  EXPECT_EQ(cache_.uses(), 0u);
  auto use = cache_.get("SELECT a + ? FROM t");
  EXPECT_FALSE(use.statement().busy());
  ASSERT_TRUE(use.statement().step());
  EXPECT_EQ(use.statement().column_type(0), ColumnType::kNull);
}

TEST_F(StatementCacheTest, ATextInUseIsPreparedASecondTime) {
  auto outer = cache_.get("SELECT a FROM t");
  ASSERT_TRUE(outer.statement().step());
  {
    auto inner = cache_.get("SELECT a FROM t");
    EXPECT_NE(inner.statement().handle(), outer.statement().handle());
    ASSERT_TRUE(inner.statement().step());
    EXPECT_EQ(inner.statement().column_int64(0), 1);
  }
  ASSERT_TRUE(outer.statement().step());
  EXPECT_EQ(outer.statement().column_int64(0), 2);
  EXPECT_EQ(cache_.size(), 1u);
}

TEST_F(StatementCacheTest, KeepsAsManyAsItMayAndDropsTheLongestUnused) {
  cache_.get("SELECT 1");
  cache_.get("SELECT 2");
  cache_.get("SELECT 3");
  const sqlite3_stmt* const one = cache_.get("SELECT 1").statement().handle();
  cache_.get("SELECT 4");  // drops 2
  EXPECT_EQ(cache_.size(), 3u);
  EXPECT_EQ(cache_.get("SELECT 1").statement().handle(), one);
  int left = 0;
  bool two_is_left = false;
  for (sqlite3_stmt* s = sqlite3_next_stmt(connection_.handle(), nullptr); s != nullptr;
       s = sqlite3_next_stmt(connection_.handle(), s)) {
    two_is_left = two_is_left || std::string(sqlite3_sql(s)) == "SELECT 2";
    ++left;
  }
  EXPECT_FALSE(two_is_left);
  EXPECT_LE(left, 8);
}

TEST_F(StatementCacheTest, MoreUsesThanItKeepsAllWork) {
  std::vector<StatementCache::Use> uses;
  for (int i = 0; i < 6; ++i) {
    uses.push_back(cache_.get("SELECT " + std::to_string(i)));
    ASSERT_TRUE(uses.back().statement().step());
  }
  for (int i = 0; i < 6; ++i) EXPECT_EQ(uses[static_cast<size_t>(i)].statement().column_int64(0), i);
  uses.clear();
  EXPECT_LE(cache_.size(), 3u);
}

TEST_F(StatementCacheTest, CarriesTheClassification) {
  EXPECT_EQ(cache_.get("SELECT a FROM t").cacheability().kind, Cacheability::Kind::kPages);
  EXPECT_EQ(cache_.get("SELECT random()").cacheability().kind, Cacheability::Kind::kNever);
}

TEST_F(StatementCacheTest, AStatementThatSqlitePreparedAnewSaysSoAndIsDropped) {
  Connection other = test::open_at(folder_.file("a.db"));
  {
    auto use = cache_.get("SELECT * FROM t");
    EXPECT_FALSE(use.reprepared());
    other.execute("DROP TABLE t; CREATE VIEW t AS SELECT random() AS a");
    ASSERT_TRUE(use.statement().step());
    EXPECT_TRUE(use.reprepared());
    EXPECT_EQ(use.cacheability().kind, Cacheability::Kind::kPages) << "known of the statement as it was";
  }
  EXPECT_EQ(cache_.size(), 0u);
  EXPECT_EQ(cache_.get("SELECT * FROM t").cacheability().kind, Cacheability::Kind::kNever);
}

TEST_F(StatementCacheTest, ClearedWhileInUseItForgetsTheStatementAfterwards) {
  {
    auto use = cache_.get("SELECT a FROM t");
    cache_.clear();
    ASSERT_TRUE(use.statement().step());
    EXPECT_EQ(cache_.size(), 0u);
  }
  EXPECT_EQ(cache_.size(), 0u);
  EXPECT_TRUE(cache_.get("SELECT a FROM t").statement().step());
}

TEST_F(StatementCacheTest, BadSqlLeavesItAsItWas) {
  EXPECT_THROW(cache_.get("SELECT nonsense FROM nowhere"), Error);
  EXPECT_EQ(cache_.size(), 0u);
}

// SQLite looks at the bound value of LIMIT and LIKE when it plans, and so prepares anew for each; the schema is the
// same.
TEST_F(StatementCacheTest, ANewPlanForANewValueIsNoNewStatement) {
  connection_.execute("BEGIN");
  const std::string sql = "SELECT a FROM t WHERE a LIKE ? LIMIT ?";
  const auto run = [&](std::string_view pattern, int64_t limit) {
    auto use = cache_.get(sql);
    use.statement().bind_text(1, pattern);
    use.statement().bind_int64(2, limit);
    int64_t rows = 0;
    while (use.statement().step()) ++rows;
    EXPECT_FALSE(use.reprepared());
    return rows;
  };
  EXPECT_EQ(run("%", 5), 2);
  const sqlite3_stmt* const first = cache_.get(sql).statement().handle();
  EXPECT_EQ(run("1%", 5), 1);
  EXPECT_EQ(run("%", 1), 1);
  EXPECT_EQ(cache_.get(sql).statement().handle(), first);
  EXPECT_GT(cache_.get(sql).statement().reprepared(), 0);
}

TEST_F(StatementCacheTest, ASchemaChangedElsewhereMakesItNewEvenIfItsPlanIsNewForAValueToo) {
  const std::string sql = "SELECT a FROM t LIMIT ?";
  const auto run = [&] {
    auto use = cache_.get(sql);
    use.statement().bind_int64(1, 1);
    while (use.statement().step()) {
    }
    return use.reprepared();
  };
  connection_.execute("BEGIN");
  EXPECT_FALSE(run());
  EXPECT_FALSE(run());
  connection_.execute("COMMIT");

  Connection other = test::open_at(folder_.file("a.db"));
  other.execute("ALTER TABLE t RENAME TO was_t; CREATE VIEW t AS SELECT random() AS a FROM was_t");
  connection_.execute("BEGIN");
  EXPECT_TRUE(run());
  EXPECT_EQ(cache_.get(sql).cacheability().kind, Cacheability::Kind::kNever);
  EXPECT_FALSE(run());
  connection_.execute("COMMIT");
}

// What is new to this connection is prepared by the schema of the file, not by the one it remembers.
TEST_F(StatementCacheTest, AFirstUseIsClassifiedByTheSchemaOfTheTransaction) {
  connection_.execute("SELECT count(*) FROM t");
  Connection other = test::open_at(folder_.file("a.db"));
  other.execute("ALTER TABLE t RENAME TO was_t; CREATE VIEW t AS SELECT random() AS a FROM was_t");
  connection_.execute("BEGIN");
  auto use = cache_.get("SELECT a FROM t LIMIT ?");
  use.statement().bind_int64(1, 1);
  EXPECT_TRUE(use.statement().step());
  EXPECT_EQ(use.cacheability().kind, Cacheability::Kind::kNever);
}

}  // namespace
}  // namespace tern::sql
