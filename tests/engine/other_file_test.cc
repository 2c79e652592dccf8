// The file behind an open database is replaced or deleted: its answers must never pass for the new one's, nor the new
// one's for its own, and nobody may go on with a file that is no more as if nothing had happened.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include "tern/tern.hpp"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

namespace fs = std::filesystem;

void make(const std::string& path, int64_t n) {
  Database db = open(path);
  db.exec("CREATE TABLE t (n)");
  db.query("INSERT INTO t VALUES (?)", n);
}

// Two files of one name; the program begins in the folder of the first.
struct AnotherWorkingFolder : testing::Test {
  AnotherWorkingFolder() {
    make(here.file("app.db"), 1);
    make(there.file("app.db"), 2);
    fs::current_path(here.path());
  }
  ~AnotherWorkingFolder() override { fs::current_path(before); }
  const test::TempFolder here;
  const test::TempFolder there;
  const fs::path before = fs::current_path();
};

TEST_F(AnotherWorkingFolder, IsNotWhereTheFileOfThatPathIsRead) {
  Database db = open("app.db");
  fs::current_path(there.path());
  const auto n = [&] { return db.query("SELECT n FROM t")[0].get<int64_t>(0); };
  EXPECT_NO_THROW(EXPECT_EQ(n(), 1));
}

TEST_F(AnotherWorkingFolder, LeavesKeysBesideTheDatabaseThatTheyBelongTo) {
  Database early = open("app.db");
  early.kv("x").put("k", "early");
  Database late = open(there.file("app.db"));
  fs::current_path(there.path());
  EXPECT_NO_THROW(early.kv("x").put("l", "early"));
  EXPECT_FALSE(late.kv("x").get("k").has_value());
  fs::current_path(before);
  EXPECT_EQ(early.kv("x").get("l")->text(), "early");
}

TEST_F(AnotherWorkingFolder, IsNotWhereKeysGoThatAreOpenedInIt) {
  Database db = open("app.db");
  fs::current_path(there.path());
  db.kv("x").put("k", "v");
  EXPECT_TRUE(fs::exists(here.file("app.db-tern/kv")));
  EXPECT_FALSE(fs::exists(there.file("app.db-tern/kv")));
}

TEST(OtherFile, ThatWasMovedInItsPlaceIsAClearError) {
  const test::TempFolder temp;
  make(temp.file("app.db"), 1);
  make(temp.file("other.db"), 2);
  Database db = open(temp.file("app.db"));
  fs::rename(temp.file("other.db"), temp.file("app.db"));
  EXPECT_THROW(db.query("SELECT n FROM t"), Error);
}

struct LostFile : testing::TestWithParam<bool> {
  // Waits until somebody has noticed, without a bound of its own: a test that never ends has failed.
  static std::string error_of(const std::function<void()>& call) {
    for (;;) {
      try {
        call();
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kIo) << error.what();
        return error.what();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  // Every kind of call, each of which would have an answer in memory or in the file that is no more.
  void expect_all_calls_refused() {
    const std::string message = error_of([&] { by_id.bind(1).first(); });
    EXPECT_NE(message.find(path), std::string::npos) << message;
    EXPECT_NE(message.find("open it again"), std::string::npos) << message;
    EXPECT_THROW(by_id.bind(1).first(), Error) << "hot, and refused all the same";
    EXPECT_THROW(by_id.bind(2).all(), Error);
    const int64_t ids[] = {1, 2};
    EXPECT_THROW(by_id.first_many(std::span<const int64_t>(ids)), Error);
    EXPECT_THROW(db.query("INSERT INTO t VALUES (9)"), Error);
    EXPECT_THROW(db.exec("INSERT INTO t VALUES (9)"), Error);
    EXPECT_THROW(db.transaction([](Transaction&) {}), Error);
    EXPECT_THROW(db.prepare("SELECT 7"), Error);
    EXPECT_THROW(db.explain("SELECT n FROM t"), Error);
    EXPECT_THROW(session->query("SELECT n FROM t"), Error) << "with a connection of its own";
    session.reset();  // it holds the database open
  }

  test::TempFolder temp;
  std::string path = temp.file("app.db");
  Database db = (make(path, 1), open(path, {.cache = GetParam()}));
  Statement by_id = db.prepare("SELECT n FROM t WHERE rowid = ?");
  std::optional<Session> session = db.session();
};

TEST_P(LostFile, ADeletedOneIsAnErrorOfEveryCallAndCanBeMadeAnew) {
  by_id.bind(1).first();
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path + suffix);
  expect_all_calls_refused();
  make(path, 5);
  EXPECT_EQ(open(path).query("SELECT n FROM t")[0].get<int64_t>(0), 5) << "though the old handles are still there";
}

TEST_P(LostFile, AReplacedOneIsAnErrorOfEveryCallAndTheNewOneIsReadOnceOpenedAgain) {
  make(temp.file("other.db"), 2);
  fs::remove(temp.file("other.db-wal"));
  by_id.bind(1).first();
  fs::remove(path + "-wal");
  fs::remove(path + "-shm");
  fs::rename(temp.file("other.db"), path);
  expect_all_calls_refused();
  Database again = open(path);
  EXPECT_EQ(again.query("SELECT n FROM t")[0].get<int64_t>(0), 2);
  again.query("UPDATE t SET n = 3");
  db = again;
  by_id = again.prepare("SELECT n FROM t WHERE rowid = ?");  // the last handle of the old file is gone
  EXPECT_EQ(by_id.bind(1).first()->get<int64_t>(0), 3);
  again.query("UPDATE t SET n = 4");
  EXPECT_EQ(by_id.bind(1).first()->get<int64_t>(0), 4);
}

TEST_P(LostFile, ItsIndexBeingDeletedIsAnErrorUntilAllHandlesAreClosed) {
  by_id.bind(1).first();
  fs::remove(path + "-shm");
  expect_all_calls_refused();
  EXPECT_THROW(open(path).query("SELECT n FROM t"), Error) << "the same engine";
  by_id = Statement(open(temp.file("elsewhere.db")).prepare("SELECT 1"));
  db = open(temp.file("elsewhere.db"));
  EXPECT_EQ(open(path).query("SELECT n FROM t")[0].get<int64_t>(0), 1);
}

INSTANTIATE_TEST_SUITE_P(Cache, LostFile, testing::Bool(), [](const auto& of) { return of.param ? "on" : "off"; });

}  // namespace
}  // namespace tern
