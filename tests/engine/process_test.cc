// What a process may do to an open database: open and close it at once from many threads, fork, and go away.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "tern/tern.hpp"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

// Runs `work` in a forked child; its exit code.
template <typename Work>
int in_child(Work&& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(Process, ThreadsThatOpenAndCloseOneFileAtOnceShareItsEngine) {
  const test::TempFolder temp;
  const std::string path = temp.file("app.db");
  open(path).exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n)");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        Database db = open(path);
        db.query("INSERT INTO t (n) VALUES (?)", t);
        ASSERT_GE(db.query("SELECT count(*) FROM t WHERE n = ?", t)[0].get<int64_t>(0), i + 1);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(open(path).query("SELECT count(*) FROM t")[0].get<int64_t>(0), 40);
}

TEST(Process, AChildOfAnOpenDatabaseIsToldThatItCannotUseItAndLeavesItAlone) {
  const test::TempFolder temp;
  Database db = open(temp.file("app.db"));
  db.exec("CREATE TABLE t (n); INSERT INTO t VALUES (1)");
  Statement read = db.prepare("SELECT n FROM t");
  read.first();
  const int code = in_child([&] {
    try {
      read.first();
      return 1;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kMisuse) return 2;
    }
    try {
      open(temp.file("other.db"));
      return 3;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kMisuse) return 4;
    }
    return 0;
  });
  EXPECT_EQ(code, 0);
  db.query("UPDATE t SET n = 2");
  EXPECT_EQ(read.first()->get<int64_t>(0), 2) << "the parent goes on as before";
}

TEST(Process, HandlesThatEndInAChildCloseNothing) {
  const test::TempFolder temp;
  auto db = std::make_unique<Database>(open(temp.file("app.db")));
  db->exec("CREATE TABLE t (n); INSERT INTO t VALUES (1)");
  EXPECT_EQ(in_child([&] {
              db.reset();
              return 0;
            }),
            0);
  db->query("UPDATE t SET n = 2");
  EXPECT_EQ(db->query("SELECT n FROM t")[0].get<int64_t>(0), 2);
}

TEST(Process, AChildForkedBeforeAnythingWasOpenUsesTernAsAnyProcess) {
  const test::TempFolder temp;
  const std::string path = temp.file("app.db");
  EXPECT_EQ(in_child([&] {
              Database db = open(path);
              db.exec("CREATE TABLE t (n); INSERT INTO t VALUES (5)");
              return static_cast<int>(db.query("SELECT n FROM t")[0].get<int64_t>(0));
            }),
            5);
  EXPECT_EQ(open(path).query("SELECT n FROM t")[0].get<int64_t>(0), 5);
}

TEST(Process, TheCacheFolderMayBeDeletedAtAnyTime) {
  const test::TempFolder temp;
  const std::string path = temp.file("app.db");
  Database db = open(path);
  db.exec("CREATE TABLE t (n); INSERT INTO t VALUES (1)");
  const Statement read = db.prepare("SELECT n FROM t");
  read.first();
  std::filesystem::remove_all(path + "-tern");
  for (int n = 2; n < 5; ++n) {
    db.query("UPDATE t SET n = ?", n);
    EXPECT_EQ(read.first()->get<int64_t>(0), n);
    EXPECT_EQ(read.first()->get<int64_t>(0), n);
  }
  db = open(temp.file("other.db"));
  EXPECT_EQ(open(path).query("SELECT n FROM t")[0].get<int64_t>(0), 4);
}

TEST(Process, TheDatabaseFileAloneIsCompleteAfterAClose) {
  const test::TempFolder temp;
  const std::string path = temp.file("app.db");
  {
    Database db = open(path);
    db.exec("CREATE TABLE t (n); INSERT INTO t VALUES (7)");
  }
  std::filesystem::copy_file(path, temp.file("copy.db"));
  EXPECT_EQ(open(temp.file("copy.db")).query("SELECT n FROM t")[0].get<int64_t>(0), 7);
}

}  // namespace
}  // namespace tern
