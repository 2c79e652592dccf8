// The last process has left, and the next one comes: what the store still answers.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "tern/tern.hpp"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

constexpr int kRows = 300;

struct WarmRestart : testing::Test {
  WarmRestart() {
    const auto db = open_database();
    db->exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE TABLE u (n)");
    db->exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(kRows) +
             ") INSERT INTO t SELECT i, (1000 + i) || hex(zeroblob(300)) FROM n; INSERT INTO u VALUES (0)");
  }
  std::unique_ptr<Database> open_database() const {
    return std::make_unique<Database>(open(path, {.checkpoint_frames = 150}));
  }
  // Reads all rows; how many the store answered.
  int read_all(Database& db) const {
    const Statement by_id = db.prepare("SELECT v FROM t WHERE id = ?");
    int stored = 0;
    for (int id = 1; id <= kRows; ++id) {
      const Rows rows = by_id.bind(id).all();
      EXPECT_EQ(rows.size(), 1u);
      EXPECT_EQ(rows[0].get<std::string>(0).substr(0, changed == id ? 7 : 4),
                changed == id ? "changed" : std::to_string(1000 + id));
      if (rows.source() == Source::kStore) ++stored;
    }
    return stored;
  }
  // A long log is one commit of 200 pages: whatever is planned meanwhile, it stands in the log until the next commit.
  enum Log { kShort, kLong };
  void fill_and_leave(Log log) const {
    const auto db = open_database();
    db->exec("UPDATE u SET n = random()");
    if (log == kLong) db->exec("UPDATE u SET n = zeroblob(800000)");
    read_all(*db);
  }
  int stored_after_reopen() const { return read_all(*open_database()); }
  uint64_t log_bytes() const { return std::filesystem::file_size(path + "-wal"); }

  test::TempFolder temp;
  std::string path = temp.file("app.db");
  int changed = 0;  // the row that a foreign program has changed
};

TEST_F(WarmRestart, OfAShortLogTheStoreAnswersAll) {
  fill_and_leave(kShort);
  ASSERT_GT(log_bytes(), 0u);
  EXPECT_EQ(stored_after_reopen(), kRows);
}

TEST_F(WarmRestart, OfALongLogThatWasCutTheStoreAnswersAll) {
  fill_and_leave(kLong);
  ASSERT_EQ(log_bytes(), 0u);
  EXPECT_EQ(stored_after_reopen(), kRows);
  EXPECT_EQ(stored_after_reopen(), kRows) << "and so after who only read";
}

TEST_F(WarmRestart, AnyNumberOfTimes) {
  for (int i = 0; i < 3; ++i) {
    fill_and_leave(kLong);
    EXPECT_EQ(stored_after_reopen(), kRows);
  }
}

TEST_F(WarmRestart, ACommitThatTheLogProvesVoidsItsPagesAlone) {
  fill_and_leave(kShort);
  {
    test::PlainSqlite plain(path);
    plain.keep_log_on_close();
    plain.exec("UPDATE t SET v = 'changed' || hex(zeroblob(300)) WHERE id = 7");
  }
  changed = 7;
  const int stored = stored_after_reopen();
  EXPECT_LT(stored, kRows);
  EXPECT_GT(stored, kRows * 8 / 10) << "a page holds a dozen rows";
}

TEST_F(WarmRestart, ACommitThatWasCopiedFromACutLogVoidsEverything) {
  fill_and_leave(kLong);
  ASSERT_EQ(log_bytes(), 0u);
  test::PlainSqlite(path).exec("UPDATE t SET v = 'changed' || hex(zeroblob(300)) WHERE id = 7");  // and closes, copying
  changed = 7;
  EXPECT_EQ(stored_after_reopen(), 0);
  EXPECT_EQ(stored_after_reopen(), kRows) << "filled again";
}

}  // namespace
}  // namespace tern
