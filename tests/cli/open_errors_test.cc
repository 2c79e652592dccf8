// What every command says of a database that cannot be opened, and of a command line that is wrong.

#include <sys/stat.h>

#include "tests/cli/program.h"
#include "tests/support/plain_sqlite.h"

namespace tern::test {
namespace {

using OpenErrors = Program;

TEST_F(OpenErrors, AMissingFileIsNamedAndNotMade) {
  const std::string missing = folder.file("missing.db");
  const std::string rows = write_file("rows.csv", "id\nc\n");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"sql", missing, "SELECT 1"},
                                             {"sql", missing, "INSERT INTO t VALUES (1)"},
                                             {"explain", missing, "SELECT 1"},
                                             {"import", missing, "t", rows},
                                             {"stats", missing},
                                             {"bench", missing}}) {
    expect_failed(run_tern(command), {"missing.db", "no such file"});
    EXPECT_FALSE(std::filesystem::exists(missing)) << command[0];
  }
}

TEST_F(OpenErrors, CreateMakesTheFile) {
  const std::string fresh = folder.file("fresh.db");
  expect_done(run_tern({"sql", fresh, "-- a first table\nCREATE TABLE a (b)"}));
  EXPECT_EQ(run_tern({"sql", fresh, "SELECT count(*) AS n FROM a", "--format", "csv"}).out, "n\r\n0\r\n");
}

TEST_F(OpenErrors, AMissingFolderIsNamed) {
  expect_failed(run_tern({"sql", folder.file("no/app.db"), "SELECT 1"}), {"no folder", "/no"});
  expect_failed(run_tern({"sql", folder.file("no/app.db"), "CREATE TABLE a (b)"}), {"no folder", "/no"});
}

TEST_F(OpenErrors, AFolderInPlaceOfAFileIsNamed) {
  expect_failed(run_tern({"sql", folder.path(), "SELECT 1"}), {folder.path(), "folder"});
}

TEST_F(OpenErrors, AFileThatIsNoDatabaseIsNamedAndLeftAsItIs) {
  const std::string text(5000, 'x');
  const std::string file = write_file("notes.txt", text);
  expect_failed(run_tern({"sql", file, "SELECT 1"}), {"notes.txt", "not a SQLite database"});
  std::ifstream now(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(now), {}), text);
}

TEST_F(OpenErrors, ADatabaseInAnotherJournalModeIsConvertedIfAskedFor) {
  const std::string rollback = folder.file("rollback.db");
  PlainSqlite(rollback).exec("CREATE TABLE a (b); INSERT INTO a VALUES (7)");
  expect_failed(run_tern({"sql", rollback, "SELECT b FROM a"}), {"rollback.db", "WAL mode"});
  EXPECT_EQ(run_tern({"sql", rollback, "SELECT b FROM a", "--convert-to-wal", "--format", "csv"}).out, "b\r\n7\r\n");
  EXPECT_EQ(run_tern({"sql", rollback, "SELECT b FROM a", "--format", "csv"}).out, "b\r\n7\r\n");
}

TEST_F(OpenErrors, AFolderThatMayNotBeWrittenIsNamed) {
  const std::string locked = folder.file("locked");
  std::filesystem::create_directory(locked);
  ::chmod(folder.path().c_str(), 0755);
  ::chmod(locked.c_str(), 0555);
  const Ended ended = run_tern({"sql", locked + "/app.db", "CREATE TABLE a (b)"}, "/", RunAs::kNobody);
  if (ended.exit_code == 126 || ended.exit_code == 127)
    GTEST_SKIP() << "the program cannot be run as another user here";
  expect_failed(ended, {"locked"});
}

TEST_F(OpenErrors, AFileThatMayNotBeReadIsNamed) {
  ::chmod(folder.path().c_str(), 0755);
  ::chmod(path.c_str(), 0);
  const Ended ended = run_tern({"sql", path, "SELECT 1"}, "/", RunAs::kNobody);
  if (ended.exit_code == 126 || ended.exit_code == 127)
    GTEST_SKIP() << "the program cannot be run as another user here";
  expect_failed(ended, {"app.db"});
}

using Usage = Program;

TEST_F(Usage, WithoutACommandIsWrong) { expect_wrong_usage(run_tern({}), {"command", "tern --help"}); }

TEST_F(Usage, ACommandThatIsNoneIsWrong) {
  expect_wrong_usage(run_tern({"fly", path}), {"fly is not a command", "tern --help"});
}

TEST_F(Usage, WithoutItsArgumentsACommandSaysWhatIsMissing) {
  expect_wrong_usage(run_tern({"sql"}), {"DB is required", "tern sql --help"});
  expect_wrong_usage(run_tern({"sql", path}), {"SQL is required"});
  expect_wrong_usage(run_tern({"import", path, "t"}), {"FILE is required"});
  expect_wrong_usage(run_tern({"stats"}), {"DB is required"});
}

TEST_F(Usage, TooMuchIsWrong) { expect_wrong_usage(run_tern({"stats", path, "more"}), {"more"}); }

TEST_F(Usage, HelpAndVersionAreNoFailure) {
  const Ended version_shown = run_tern({"--version"});
  expect_done(version_shown);
  EXPECT_EQ(version_shown.out, std::string("tern ") + version() + "\n");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"--help"}, {"sql", "--help"}, {"import", "--help"}, {"bench", "-h"}}) {
    const Ended help = run_tern(command);
    expect_done(help);
    EXPECT_NE(help.out.find("Usage: tern"), std::string::npos) << help.out;
  }
}

}  // namespace
}  // namespace tern::test
