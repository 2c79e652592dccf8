#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tern/tern.hpp"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

// wal_checkpoint(TRUNCATE) holds the write lock while it waits until nobody reads from the log. Neither the guardian
// nor snapshots that are reused again and again may make it wait until its patience ends.
TEST(ForeignCheckpoint, TruncatesTheLogUnderBusyReaders) {
  const test::TempFolder temp;
  const std::string path = temp.file("app.db");
  const Database db = open(path, {.hot_bytes = 0, .store_bytes = 0});
  Database writer = db;
  writer.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 1), (2, 2)");

  std::atomic<bool> stop{false};
  std::thread reader([&] {
    const Statement by_id = Database(db).prepare("SELECT n FROM t WHERE id = ?");
    while (!stop) by_id.bind(1).first();
  });
  test::PlainSqlite plain(path);
  for (int n = 0; n < 3; ++n) {
    writer.prepare("UPDATE t SET n = n + 1 WHERE id = ?").bind(2).run();
    EXPECT_EQ(plain.number("PRAGMA wal_checkpoint(TRUNCATE)"), 0) << "it gave up, busy";
  }
  stop = true;
  reader.join();
  EXPECT_EQ(writer.query("SELECT n FROM t WHERE id = 2")[0].get<int64_t>(0), 5);
}

}  // namespace
}  // namespace tern
