#include "engine/reuse.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tern/tern.hpp"
#include "tests/cache/support.h"
#include "tests/support/temp_folder.h"

namespace tern::internal {
namespace {

constexpr uint32_t kLong = 4000;  // kept answers, more than any decision takes

class ReuseOfLargeAnswers : public testing::Test {
 protected:
  // Keeps the answers to `count` new keys, each of which is asked for again `again` times.
  void keep(uint32_t count, int again, uint64_t body_bytes = Reuse::kLarge) {
    for (uint32_t i = 0; i < count; ++i) {
      const std::string name = "key " + std::to_string(next_++);
      const auto entry = cache::make_entry({.key = name});
      ASSERT_TRUE(hot_.insert(entry));
      for (int k = 0; k < again; ++k) hot_.find(entry->key())->set_validated(7);
      reuse_.kept(hot_, entry->key(), body_bytes);
    }
  }
  // How many of so many new keys would be kept when they are asked for the first, and when for the second time.
  std::pair<int, int> kept_of(int keys) {
    int first = 0, second = 0;
    for (int i = 0; i < keys; ++i) {
      const std::string name = "other " + std::to_string(next_++);
      first += reuse_.worth_keeping(cache::bytes(name), doorkeeper_);
      second += reuse_.worth_keeping(cache::bytes(name), doorkeeper_);
    }
    return {first, second};
  }

  cache::HotTable hot_{uint64_t{64} << 20};
  Doorkeeper doorkeeper_;
  Reuse reuse_;
  uint32_t next_ = 0;
};

TEST_F(ReuseOfLargeAnswers, IsTakenForGrantedAtFirst) { EXPECT_EQ(kept_of(100), std::pair(100, 100)); }

TEST_F(ReuseOfLargeAnswers, ThatAreNeverHitEndsKeepingThemAtTheFirstTime) {
  while (reuse_.level() == Reuse::kAll && next_ < kLong) keep(1, 0);
  ASSERT_EQ(reuse_.level(), Reuse::kSecond);
  EXPECT_LT(next_, 600u) << "a decision that takes longer comes too late";
  EXPECT_EQ(kept_of(100), std::pair(0, 100));
}

TEST_F(ReuseOfLargeAnswers, ThatAreNotHitEvenThenLeavesAFew) {
  keep(kLong, 0);
  ASSERT_EQ(reuse_.level(), Reuse::kFew);
  EXPECT_EQ(kept_of(16 * static_cast<int>(Reuse::kFewEach)), std::pair(0, 16));
}

TEST_F(ReuseOfLargeAnswers, ThatAreHitNeverEndsIt) {
  keep(kLong, 1);
  EXPECT_EQ(reuse_.level(), Reuse::kAll);
}

TEST_F(ReuseOfLargeAnswers, ThatAreHitAgainBringsItBack) {
  keep(kLong, 0);
  keep(kLong, 1);
  EXPECT_EQ(reuse_.level(), Reuse::kAll);
}

TEST_F(ReuseOfLargeAnswers, IsNotAskedAboutSmallOnes) {
  keep(kLong, 0, Reuse::kLarge - 1);
  EXPECT_EQ(reuse_.level(), Reuse::kAll);
}

// The whole way: ranges that nobody asks for again.
class OneTimeRanges : public testing::Test {
 protected:
  static tern::Database make(const std::string& path) {
    tern::Database db = tern::open(path, {.store_bytes = 0});
    db.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
    db.exec(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999) "
        "INSERT INTO t SELECT i, printf('%0400d', i) FROM n");
    return db;
  }
  tern::Rows read(int from) { return range_.bind(from).all(); }
  uint64_t fills() { return db_.stats().hot.fills; }

  test::TempFolder temp_;
  tern::Database db_ = make(temp_.path() / "ranges.db");
  tern::Statement range_ = db_.prepare("SELECT id, v FROM t WHERE id >= ? ORDER BY id LIMIT 20");
};

TEST_F(OneTimeRanges, StopFillingTheHotTier) {
  for (int from = 0; from < 1000; ++from) read(from);
  const uint64_t before = fills();
  for (int from = 1000; from < 1500; ++from) EXPECT_EQ(read(from).source(), tern::Source::kSql);
  EXPECT_EQ(fills(), before);
}

TEST_F(OneTimeRanges, AreFreshAllTheSame) {
  for (int from = 0; from < 1000; ++from) read(from);
  for (int i = 0; i < 50; ++i) {
    const std::string text = "new " + std::to_string(i);
    db_.prepare("UPDATE t SET v = ? WHERE id = ?").bind(text, 2000 + i).run();
    const tern::Rows rows = read(2000 + i);
    EXPECT_EQ(rows.source(), tern::Source::kSql);
    EXPECT_EQ(rows[0].get<std::string_view>(1), text);
    EXPECT_EQ(rows.size(), 20u);
  }
}

TEST_F(OneTimeRanges, AreKeptOnceTheyAreAskedForAgain) {
  for (int from = 0; from < 500; ++from) read(from);
  for (int time = 0; time < 3; ++time) {
    for (int from = 2000; from < 2010; ++from) read(from);
  }
  for (int from = 2000; from < 2010; ++from) EXPECT_EQ(read(from).source(), tern::Source::kHot) << from;
}

}  // namespace
}  // namespace tern::internal
