// explain, stats and bench.

#include "tests/cli/program.h"

namespace tern::test {
namespace {

using ExplainCommand = Program;

TEST_F(ExplainCommand, TellsWhatVoidsACachedRead) {
  const Ended ended = run_tern({"explain", path, "SELECT * FROM t WHERE id = ?", "a"});
  expect_done(ended);
  EXPECT_NE(ended.out.find("cached    yes, in memory and in the store\n"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("pages"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("reads     t"), std::string::npos) << ended.out;
}

TEST_F(ExplainCommand, TellsWhyAReadIsNotCached) {
  const Ended ended = run_tern({"explain", path, "SELECT random()", "--json"});
  expect_done(ended);
  const auto explanation = nlohmann::json::parse(ended.out);
  EXPECT_EQ(explanation["cached"], false);
  EXPECT_NE(explanation["reason"].get<std::string>().find("random"), std::string::npos);
}

TEST_F(ExplainCommand, TellsWhosePagesAnAnswerHangsOn) {
  const Ended ended = run_tern({"explain", path, "SELECT n FROM t WHERE id = ?", "a"});
  expect_done(ended);
  EXPECT_NE(ended.out.find("1 of index sqlite_autoindex_t_1"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("1 of table t"), std::string::npos) << ended.out;
  EXPECT_EQ(ended.out.find("voided    "), std::string::npos) << "nobody watched";
}

TEST_F(ExplainCommand, WatchesForAWhileAndTellsHowOftenItWasVoided) {
  const Ended ended = run_tern({"explain", path, "SELECT n FROM t WHERE id = ?", "a", "--watch", "0.05"});
  expect_done(ended);
  EXPECT_NE(ended.out.find("voided    0 times\n"), std::string::npos) << ended.out;
  expect_done(run_tern({"explain", path, "DELETE FROM t", "--watch", "0.05"}));
  EXPECT_EQ(count(), 2);
}

TEST_F(ExplainCommand, DoesNotRunAWrite) {
  expect_done(run_tern({"explain", path, "DELETE FROM t"}));
  EXPECT_EQ(count(), 2);
}

using InvalidateCommand = Program;

TEST_F(InvalidateCommand, VoidsWhatAProcessThatRunsHasCached) {
  Database db = open(path);
  Statement tagged = db.prepare("SELECT n FROM t", {.tags = {"a"}});
  Statement plain = db.prepare("SELECT n FROM t WHERE id = 'a'");
  const auto is_void = [](const Statement& statement) {
    const bool cold = statement.all().source() == Source::kSql;
    EXPECT_EQ(statement.all().source(), Source::kHot);
    return cold;
  };
  is_void(tagged);
  is_void(plain);
  expect_done(run_tern({"invalidate", path, "--tag", "a"}));
  EXPECT_TRUE(is_void(tagged));
  EXPECT_FALSE(is_void(plain));
  expect_done(run_tern({"invalidate", path, "--sql", "SELECT n FROM t WHERE id = 'a'"}));
  EXPECT_TRUE(is_void(plain));
  EXPECT_FALSE(is_void(tagged));
  expect_done(run_tern({"invalidate", path, "--table", "t"}));
  EXPECT_TRUE(is_void(plain));
  const Ended ended = run_tern({"invalidate", path, "--all"});
  expect_done(ended);
  EXPECT_EQ(ended.out, "void: everything\n");
  EXPECT_TRUE(is_void(plain));
}

TEST_F(InvalidateCommand, SaysWhatItCannotVoid) {
  expect_wrong_usage(run_tern({"invalidate", path}), {"--tag"});
  expect_failed(run_tern({"invalidate", path, "--table", "missing"}), {"missing"});
}

using StatsCommand = Program;

TEST_F(StatsCommand, ShowsWhatIsSharedAndSaysWhatIsNot) {
  expect_done(run_tern({"sql", path, "SELECT * FROM t"}));
  const Ended ended = run_tern({"stats", path});
  expect_done(ended);
  for (const char* part : {"hot", "store", "sql", "seq", "log", "each process's own"}) {
    EXPECT_NE(ended.out.find(part), std::string::npos) << part << " in:\n" << ended.out;
  }
}

TEST_F(StatsCommand, AnEntryOfAnotherProcessIsCountedInTheStore) {
  expect_done(run_tern({"sql", path, "SELECT * FROM t"}));
  const Ended ended = run_tern({"stats", path, "--json"});
  expect_done(ended);
  const auto stats = nlohmann::json::parse(ended.out);
  EXPECT_EQ(stats["store"]["entries"], 1) << ended.out;
  EXPECT_EQ(stats["hot"]["hits"], 0);
}

using BenchCommand = Program;

TEST_F(BenchCommand, MeasuresEachTierOnTheUsersTableAndChangesNothing) {
  const Ended ended = run_tern({"bench", path, "--seconds", "0.1", "--json"});
  expect_done(ended);
  const auto report = nlohmann::json::parse(ended.out);
  EXPECT_EQ(report["table"], "t");
  EXPECT_EQ(report["keys"], 2);
  EXPECT_EQ(report["sqlite_once"]["reads"], 2);
  EXPECT_EQ(report["miss"]["reads"], 2);
  EXPECT_EQ(report["store"]["reads"], 2);
  EXPECT_GT(report["hot"]["reads"], 100);
  EXPECT_GT(report["hot"]["p50_ns"], 0);
  EXPECT_EQ(count(), 2);
}

TEST_F(BenchCommand, NeedsATableWithAPrimaryKeyAndRows) {
  const std::string other = folder.file("other.db");
  Database(open(other))
      .exec("CREATE TABLE plain (a); CREATE TABLE two (a, b, PRIMARY KEY (a, b)); CREATE TABLE none (a PRIMARY KEY)");
  expect_failed(run_tern({"bench", other}), {"other.db", "primary key"});
  expect_failed(run_tern({"bench", other, "--table", "two"}), {"two", "primary key"});
  expect_failed(run_tern({"bench", other, "--table", "none"}), {"none", "no rows"});
  expect_failed(run_tern({"bench", other, "--table", "nowhere"}), {"nowhere", "none, plain, two"});
}

TEST_F(BenchCommand, WithoutADatabaseMakesOneAndTakesItAway) {
  const Ended ended = run_tern({"bench", "--seconds", "0.1"});
  expect_done(ended);
  EXPECT_NE(ended.out.find("10,000 keys"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("tern, hot hit"), std::string::npos) << ended.out;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::temp_directory_path())) {
    EXPECT_FALSE(entry.path().filename().string().starts_with("tern-bench-") && std::filesystem::is_empty(entry))
        << entry.path();
  }
}

}  // namespace
}  // namespace tern::test
