// Databases that this process may read and not write: whatever can be read is, by SQLite alone, and said to be so.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "tern/tern.hpp"
#include "tests/support/as_nobody.h"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

namespace fs = std::filesystem;

struct ReadOnly : testing::Test {
  ReadOnly() {
    fs::create_directory(folder);
    ::chmod(temp.path().c_str(), 0755);
    Database db = open(path);
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n); INSERT INTO t VALUES (1, 7), (2, 8)");
  }
  ~ReadOnly() override { ::chmod(folder.c_str(), 0755); }

  static int64_t n(const Database& db, int64_t id) {
    Database handle = db;
    return handle.query("SELECT n FROM t WHERE id = ?", id).at(0).get<int64_t>(0);
  }
  void expect_refused(const std::function<void()>& write) const {
    try {
      write();
      ADD_FAILURE() << "it was written";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kReadOnly) << error.what();
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    }
  }
  void expect_no_way_to_write(Database db) const {
    expect_refused([&] { db.query("UPDATE t SET n = 0"); });
    expect_refused([&] { db.exec("DELETE FROM t"); });
    expect_refused([&] { db.transaction([](Transaction&) {}); });
    const BoundStatement calls[] = {db.prepare("INSERT INTO t VALUES (3, 3)").bind()};
    expect_refused([&] { db.batch(calls); });
    EXPECT_EQ(n(db, 1), 7);
  }
  // Foreign commits are seen at once, though nothing tells of them but SQLite.
  void expect_fresh(const Database& db) {
    test::PlainSqlite owner(path);
    for (int64_t now = 100; now < 103; ++now) {
      owner.exec("UPDATE t SET n = " + std::to_string(now) + " WHERE id = 2");
      EXPECT_EQ(n(db, 2), now);
      EXPECT_EQ(n(db, 2), now) << "again";
    }
  }

  test::TempFolder temp;
  std::string folder = temp.file("place");
  std::string path = folder + "/app.db";
};

TEST_F(ReadOnly, AFileThatMayOnlyBeReadIsReadAndItsWriterIsFollowed) {
  ::chmod(path.c_str(), 0444);
  test::PlainSqlite owner(path);
  EXPECT_EQ(owner.number("SELECT count(*) FROM t"), 2);
  const test::AsNobody nobody;
  if (!nobody.permissions_bind()) GTEST_SKIP() << "this process may write everywhere";
  const Database db = open(path);
  EXPECT_EQ(n(db, 1), 7);
  EXPECT_NE(db.stats().cache_off.find("no permission to write the file"), std::string::npos) << db.stats().cache_off;
  expect_no_way_to_write(db);
  owner.exec("UPDATE t SET n = 9 WHERE id = 2");
  EXPECT_EQ(n(db, 2), 9);
}

TEST_F(ReadOnly, InAFolderThatMayNotBeWrittenItIsReadWithTheLogThatWasLeftThere) {
  {
    test::PlainSqlite owner(path);
    owner.keep_log_on_close();
    owner.exec("UPDATE t SET n = 9 WHERE id = 2");
  }
  ASSERT_GT(fs::file_size(path + "-wal"), 0u);
  ::chmod(folder.c_str(), 0555);
  {
    const test::AsNobody nobody;
    if (!nobody.permissions_bind()) GTEST_SKIP() << "this process may write everywhere";
    const Database db = open(path);
    EXPECT_EQ(n(db, 2), 9) << "which stands in the log alone";
    EXPECT_NE(db.stats().cache_off.find("read-only"), std::string::npos) << db.stats().cache_off;
    expect_no_way_to_write(db);
  }
  const Database db = open(path);
  EXPECT_EQ(n(db, 2), 9);
}

TEST_F(ReadOnly, WithoutAnIndexAndLeaveToMakeOneItIsAClearError) {
  { test::PlainSqlite(path).exec("PRAGMA wal_checkpoint(TRUNCATE)"); }
  fs::remove(path + "-shm");
  fs::remove(path + "-wal");
  ::chmod(folder.c_str(), 0555);
  const test::AsNobody nobody;
  if (!nobody.permissions_bind()) GTEST_SKIP() << "this process may write everywhere";
  expect_refused([&] { n(open(path), 1); });
}

TEST_F(ReadOnly, WhereTheCacheFolderCannotBeMadeItIsReadAndWrittenWithoutACache) {
  fs::remove_all(path + "-tern");
  for (const char* suffix : {"", "-wal", "-shm"}) ::chmod((path + suffix).c_str(), 0666);
  ::chmod(folder.c_str(), 0555);
  const test::AsNobody nobody;
  if (!nobody.permissions_bind()) GTEST_SKIP() << "this process may write everywhere";
  Database db = open(path);
  EXPECT_NE(db.stats().cache_off.find(path + "-tern"), std::string::npos) << db.stats().cache_off;
  EXPECT_EQ(n(db, 1), 7);
  db.query("UPDATE t SET n = 70 WHERE id = 1");
  EXPECT_EQ(n(db, 1), 70);
  EXPECT_EQ(db.query("SELECT n FROM t WHERE id = 1").source(), Source::kSql);
}

TEST_F(ReadOnly, WhereTheStampsCannotBeMappedItIsReadAndWrittenWithoutACache) {
  fs::remove_all(path + "-tern");
  { std::ofstream(path + "-tern") << "in the way"; }
  Database db = open(path);
  EXPECT_FALSE(db.stats().cache_off.empty());
  expect_fresh(db);
  db.query("UPDATE t SET n = 70 WHERE id = 1");
  EXPECT_EQ(n(db, 1), 70);
}

// A file system mounted read-only over the folder; gone at the end.
struct ReadOnlyMedium : ReadOnly {
  bool mount() {
    mounted = ::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
              ::mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
    return mounted;
  }
  ~ReadOnlyMedium() override {
    if (mounted) ::umount2(folder.c_str(), MNT_DETACH);
  }
  bool mounted = false;
};

TEST_F(ReadOnlyMedium, AFileAloneIsRead) {
  { test::PlainSqlite(path).exec("PRAGMA wal_checkpoint(TRUNCATE)"); }
  fs::remove(path + "-shm");
  fs::remove(path + "-wal");
  if (!mount()) GTEST_SKIP() << "mounting needs root";
  const Database db = open(path);
  EXPECT_EQ(n(db, 1), 7);
  EXPECT_NE(db.stats().cache_off.find("mounted read-only"), std::string::npos) << db.stats().cache_off;
  expect_no_way_to_write(db);
}

TEST_F(ReadOnlyMedium, ALogThatLiesBesideItIsReadToo) {
  {
    test::PlainSqlite owner(path);
    owner.keep_log_on_close();
    owner.exec("UPDATE t SET n = 9 WHERE id = 2");
  }
  if (!mount()) GTEST_SKIP() << "mounting needs root";
  EXPECT_EQ(n(open(path), 2), 9);
}

TEST_F(ReadOnlyMedium, ALogWithoutItsIndexIsAClearErrorRatherThanAnOldAnswer) {
  {
    test::PlainSqlite owner(path);
    owner.keep_log_on_close();
    owner.exec("UPDATE t SET n = 9 WHERE id = 2");
  }
  fs::remove(path + "-shm");
  if (!mount()) GTEST_SKIP() << "mounting needs root";
  expect_refused([&] { n(open(path), 2); });
}

TEST_F(ReadOnlyMedium, APathThatMeansSomethingInAUriIsThatFile) {
  const std::string odd = folder + "/a%41?b#c.db";
  { test::PlainSqlite(path).exec("PRAGMA wal_checkpoint(TRUNCATE)"); }
  fs::copy_file(path, odd);
  if (!mount()) GTEST_SKIP() << "mounting needs root";
  EXPECT_EQ(n(open(odd), 1), 7);
}

}  // namespace
}  // namespace tern
