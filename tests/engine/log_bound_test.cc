// The log's length under several processes that read without a pause, and a foreign program that writes without one.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>
#include <vector>

#include "tern/tern.hpp"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

constexpr uint64_t kMaxLogBytes = uint64_t{4} << 20;
constexpr int kRows = 2000;

// A process that reads from several threads until it is told to stop; its exit code is the number of faults.
class ReadingProcess {
 public:
  ReadingProcess(const std::string& path, int threads) {
    int stop[2];
    int ready[2];
    if (::pipe(stop) != 0 || ::pipe(ready) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) {
      ::close(stop[1]);
      ::_exit(run(path, threads, stop[0], ready[1]));
    }
    ::close(stop[0]);
    ::close(ready[1]);
    stop_ = stop[1];
    char byte;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
  }
  int stop() {
    // A word, since the other children have this end of the pipe too.
    EXPECT_EQ(::write(stop_, "x", 1), 1);
    ::close(stop_);
    int status = 0;
    ::waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  static int run(const std::string& path, int threads, int stop, int ready) {
    const Database db = open(path, {.checkpoint_frames = 500, .max_log_bytes = kMaxLogBytes});
    std::atomic<bool> stopping{false};
    std::atomic<int> faults{0};
    std::vector<std::thread> readers;
    for (int t = 0; t < threads; ++t) {
      readers.emplace_back([&, t] {
        const Statement by_id = Database(db).prepare("SELECT v FROM t WHERE id = ?");
        int64_t last = 0;  // the row that the writer counts up
        for (int i = t; !stopping; ++i) {
          by_id.bind(2 + i % (kRows - 1)).first();
          const int64_t now = by_id.bind(1).first()->get<int64_t>(0);
          if (now < last) ++faults;
          last = now;
        }
      });
    }
    char byte = 1;
    if (::write(ready, &byte, 1) != 1) return 99;
    if (::read(stop, &byte, 1) != 1) return 98;
    stopping = true;
    for (auto& reader : readers) reader.join();
    return faults;
  }

  pid_t child_ = -1;
  int stop_ = -1;
};

// What the foreign program is given: `commits` commits, one after the other, without a pause.
struct Writer {
  const char* name;
  std::string settings;
  std::string commit;
  int commits;
};

class LogBoundCi : public testing::TestWithParam<Writer> {};

TEST_P(LogBoundCi, HoldsUnderReadersOfThreeProcessesAndAWriterWithoutAPause) {
  const test::TempFolder temp;
  const std::string path = temp.file("app.db");
  {
    test::PlainSqlite plain(path);
    plain.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    plain.exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(kRows) +
               ") INSERT INTO t SELECT i, 0 FROM n");
  }
  const std::string script = temp.file("script.sql");
  {
    std::ofstream out(script);
    out << "PRAGMA synchronous = OFF;\n" << GetParam().settings << "\n";
    for (int i = 0; i < GetParam().commits; ++i) out << GetParam().commit << "\n";
  }
  std::vector<ReadingProcess> processes;
  for (int i = 0; i < 3; ++i) processes.emplace_back(path, 2);
  const std::string command =
      std::string(TERN_TEST_TOOLS_DIR) + "/foreign_writer " + path + " -bail < " + script + " > /dev/null";
  EXPECT_EQ(std::system(command.c_str()), 0);
  const auto bytes = std::filesystem::file_size(path + "-wal");  // it never shrinks: the longest that it was
  for (auto& process : processes) EXPECT_EQ(process.stop(), 0) << "a read went back in time";
  std::cout << GetParam().name << ": the log was " << bytes << " bytes at most, bound " << kMaxLogBytes << "\n";
  RecordProperty("log_bytes", std::to_string(bytes));
  // Past the bound by what is written until all have been asked and have moved, which on a busy machine takes a while.
  // All that is written, and that a log without a bound would hold, is some 40 times the bound.
  EXPECT_LT(bytes, 24 * kMaxLogBytes);
}

INSTANTIATE_TEST_SUITE_P(
    Writers, LogBoundCi,
    testing::Values(
        Writer{"checkpoints_itself", "", "UPDATE t SET v = v + 1 WHERE id = 1;", 40'000},
        Writer{"never_checkpoints", "PRAGMA wal_autocheckpoint = 0;", "UPDATE t SET v = v + 1 WHERE id = 1;", 40'000},
        Writer{"large_commits", "PRAGMA wal_autocheckpoint = 0;",
               "BEGIN; UPDATE t SET v = v + 1 WHERE id = 1; UPDATE t SET v = v + 1 WHERE id > 1; COMMIT;", 4'000}),
    [](const auto& of) { return std::string(of.param.name); });

}  // namespace
}  // namespace tern
