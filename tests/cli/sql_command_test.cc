#include "tests/cli/program.h"

namespace tern::test {
namespace {

struct SqlCommand : Program {
  Ended sql(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"sql", path});
    return run_tern(arguments);
  }
};

TEST_F(SqlCommand, PrintsRowsInABox) {
  const Ended ended = sql({"SELECT * FROM t ORDER BY id"});
  expect_done(ended);
  EXPECT_EQ(ended.out,
            "┌────┬────┬──────┐\n"
            "│ id │ n  │ x    │\n"
            "├────┼────┼──────┤\n"
            "│ a  │  1 │ NULL │\n"
            "│ b  │ 22 │  2.5 │\n"
            "└────┴────┴──────┘\n");
}

TEST_F(SqlCommand, SaysThatThereAreNoRows) { EXPECT_EQ(sql({"SELECT * FROM t WHERE n > 99"}).out, "(no rows)\n"); }

TEST_F(SqlCommand, PrintsCsvWithNullAsNothing) {
  const Ended ended = sql({"SELECT *, '' AS e FROM t ORDER BY id", "--format", "csv"});
  expect_done(ended);
  EXPECT_EQ(ended.out, "id,n,x,e\r\na,1,,\"\"\r\nb,22,2.5,\"\"\r\n");
}

TEST_F(SqlCommand, PrintsJsonWithTypes) {
  const Ended ended = sql({"SELECT *, x'00ff' AS h FROM t ORDER BY id", "--json"});
  expect_done(ended);
  EXPECT_EQ(nlohmann::json::parse(ended.out),
            nlohmann::json::parse(R"([{"id":"a","n":1,"x":null,"h":"00ff"},{"id":"b","n":22,"x":2.5,"h":"00ff"}])"));
}

TEST_F(SqlCommand, PrintsNoRowsAsAnEmptyJsonArray) { EXPECT_EQ(sql({"SELECT 1 WHERE 0", "--json"}).out, "[]\n"); }

TEST_F(SqlCommand, ArgumentsAreTypedAsLiterals) {
  const Ended ended = sql({"SELECT typeof(?) a, typeof(?) b, typeof(?) c, typeof(?) d, typeof(?) e, typeof(?) f", "42",
                           "-.5", "NULL", "x''", "'42'", "word", "--format", "csv"});
  expect_done(ended);
  EXPECT_EQ(ended.out, "a,b,c,d,e,f\r\ninteger,real,null,blob,text,text\r\n");
}

TEST_F(SqlCommand, ArgumentsThatTheParserCouldMistakeArriveWhole) {
  for (const std::string word : {"[1,2]", "{}", "", "stats", "a b", "%%", "-7"}) {
    const Ended ended = sql({"SELECT ? AS v", word, "--json"});
    expect_done(ended);
    const auto value = nlohmann::json::parse(ended.out)[0]["v"];
    EXPECT_EQ(value.is_string() ? value.get<std::string>() : value.dump(), word);
  }
}

TEST_F(SqlCommand, ADashedArgumentFollowsTwoDashes) {
  EXPECT_EQ(sql({"SELECT ? AS v", "--format", "csv", "--", "--x"}).out, "v\r\n--x\r\n");
  expect_wrong_usage(sql({"SELECT ? AS v", "--x"}), {"--x", "put -- before", "tern sql --help"});
}

TEST_F(SqlCommand, RepeatNamesTheTierOfEachRun) {
  const Ended ended = sql({"SELECT n FROM t WHERE id = ?", "a", "--repeat", "3", "--json"});
  expect_done(ended);
  const auto report = nlohmann::json::parse(ended.out);
  ASSERT_EQ(report["runs"].size(), 3u);
  EXPECT_EQ(report["runs"][0]["source"], "sql");
  EXPECT_EQ(report["runs"][1]["source"], "hot");
  EXPECT_GT(report["runs"][2]["ns"], 0);
  EXPECT_EQ(report["rows"], nlohmann::json::parse(R"([{"n":1}])"));
}

TEST_F(SqlCommand, RepeatLeavesCsvAsItIs) {
  const Ended ended = sql({"SELECT 1 AS a", "--repeat", "2", "--format", "csv"});
  EXPECT_EQ(ended.out, "a\r\n1\r\n");
  EXPECT_EQ(ended.err.find("run 1: "), 0u) << ended.err;
}

TEST_F(SqlCommand, AWriteTellsItsEffects) {
  EXPECT_EQ(sql({"INSERT INTO t VALUES (?, ?, ?)", "c", "3", "NULL"}).out, "changes: 1, last row id: 3\n");
  EXPECT_EQ(sql({"UPDATE t SET n = 0", "--json"}).out, "{\"changes\":3,\"last_row_id\":0}\n");
  EXPECT_EQ(ask("SELECT sum(n) FROM t").integer, 0);
}

TEST_F(SqlCommand, ReturningPrintsItsRows) {
  const Ended ended = sql({"DELETE FROM t RETURNING id", "--json"});
  expect_done(ended);
  EXPECT_EQ(nlohmann::json::parse(ended.out), nlohmann::json::parse(R"([{"id":"a"},{"id":"b"}])"));
  EXPECT_EQ(count(), 0);
}

TEST_F(SqlCommand, AWriteIsNotRepeated) {
  expect_wrong_usage(sql({"DELETE FROM t", "--repeat", "2"}), {"--repeat", "writes"});
  EXPECT_EQ(count(), 2);
}

TEST_F(SqlCommand, AScriptRunsWholeOrNotAtAll) {
  expect_done(sql({"-- two\nINSERT INTO t VALUES ('c', 3, 'a;b'); DELETE FROM t WHERE id = 'a';"}));
  EXPECT_EQ(count(), 2);
  expect_failed(sql({"DELETE FROM t; INSERT INTO nowhere VALUES (1)"}), {"nowhere"});
  EXPECT_EQ(count(), 2);
}

TEST_F(SqlCommand, AScriptTakesNoArguments) {
  expect_wrong_usage(sql({"DELETE FROM t; SELECT ?", "1"}), {"script", "no arguments"});
  EXPECT_EQ(count(), 2);
}

TEST_F(SqlCommand, ATriggerIsOneStatement) {
  expect_done(sql({"CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET n = 7; DELETE FROM t WHERE id = 'b'; END"}));
  EXPECT_EQ(ask("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'").integer, 1);
}

TEST_F(SqlCommand, BadSqlNamesThePlace) {
  expect_failed(sql({"SELECT n FROM t WHER id = 1"}), {"syntax error", "id"});
  expect_failed(sql({"SELECT nope FROM t"}), {"no such column: nope"});
  expect_failed(sql({"SELECT * FROM nowhere"}), {"no such table: nowhere"});
  expect_failed(sql({""}), {"none"});
}

TEST_F(SqlCommand, AWrongNumberOfArgumentsNamesBothNumbers) {
  expect_failed(sql({"SELECT ?, ?", "1"}), {"takes 2 parameters, but 1 was"});
  expect_failed(sql({"SELECT ?", "1", "2", "3"}), {"takes 1 parameter, but 3 were"});
}

TEST_F(SqlCommand, AConstraintIsNamed) {
  expect_failed(sql({"INSERT INTO t VALUES ('a', 1, 1)"}), {"UNIQUE constraint failed: t.id"});
}

TEST_F(SqlCommand, ABlobOfOddDigitsIsWrongUsage) {
  expect_wrong_usage(sql({"SELECT ?", "x'123'"}), {"x'123'", "pairs"});
}

TEST_F(SqlCommand, AFormatThatIsNoneIsWrongUsage) {
  expect_wrong_usage(sql({"SELECT 1", "--format", "xml"}), {"xml", "table", "csv"});
}

TEST_F(SqlCommand, AReaderThatGoesAwayIsNoFailure) {
  const Ended ended = run_tern_into_closed_pipe(
      {"sql", path, "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 50000) SELECT i FROM c"});
  expect_done(ended);
}

TEST_F(SqlCommand, AnOutputWithoutRoomIsAFailure) {
  expect_failed(run_tern_onto_full_device({"sql", path, "SELECT 1"}), {"standard output", "No space left"});
}

}  // namespace
}  // namespace tern::test
