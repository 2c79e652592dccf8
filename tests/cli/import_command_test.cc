#include <algorithm>

#include "tests/cli/program.h"

namespace tern::test {
namespace {

struct ImportCommand : Program {
  Ended import(const std::string& file, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"import", path, "t", file});
    return run_tern(more);
  }
};

TEST_F(ImportCommand, CsvRowsTakeTheTypesOfTheColumns) {
  const Ended ended = import(write_file("rows.csv", "n,id\r\n7,c\r\n8,\"d, \"\"e\"\"\nf\"\r\n"));
  expect_done(ended);
  EXPECT_EQ(ended.out.find("imported 2 rows into t"), 0u) << ended.out;
  EXPECT_EQ(ask("SELECT n FROM t WHERE id = 'c'").integer, 7);
  EXPECT_EQ(ask("SELECT id FROM t WHERE n = 8").text(), "d, \"e\"\nf");
}

TEST_F(ImportCommand, AnEmptyCsvFieldIsNullUnlessQuotedOrAskedFor) {
  expect_done(import(write_file("rows.csv", "id,x\nc,\nd,\"\"\n")));
  EXPECT_EQ(ask("SELECT typeof(x) FROM t WHERE id = 'c'").text(), "null");
  EXPECT_EQ(ask("SELECT typeof(x) FROM t WHERE id = 'd'").text(), "text");
  expect_done(import(write_file("more.csv", "id,x\ne,\n"), {"--empty-as-text"}));
  EXPECT_EQ(ask("SELECT typeof(x) FROM t WHERE id = 'e'").text(), "text");
}

TEST_F(ImportCommand, JsonLinesKeepTheirTypes) {
  expect_done(import(write_file("rows.jsonl",
                                "{\"id\":\"c\",\"n\":9007199254740993,\"x\":{\"b\":[1,2.5],\"a\":null}}\n\n"
                                "{\"x\":true,\"id\":\"d\"}\n"
                                "{\"id\":\"e\",\"x\":0.5,\"n\":null}")));
  EXPECT_EQ(ask("SELECT n FROM t WHERE id = 'c'").integer, 9007199254740993);
  EXPECT_EQ(ask("SELECT x FROM t WHERE id = 'c'").text(), R"({"b":[1,2.5],"a":null})");
  EXPECT_EQ(ask("SELECT x FROM t WHERE id = 'd'").integer, 1);
  EXPECT_EQ(ask("SELECT x FROM t WHERE id = 'e'").real, 0.5);
}

TEST_F(ImportCommand, AColumnThatAnObjectLacksTakesItsDefault) {
  Database(open(path)).exec("CREATE TABLE u (a, b DEFAULT 'usual')");
  expect_done(run_tern({"import", path, "u", write_file("rows.jsonl", "{\"a\":1}\n{\"a\":2,\"b\":null}\n{}\n")}));
  EXPECT_EQ(ask("SELECT group_concat(ifnull(b, 'NULL')) FROM u").text(), "usual,NULL,usual");
}

TEST_F(ImportCommand, ReportsAsJson) {
  const Ended ended = import(write_file("rows.csv", "id\nc\nd\nc\n"), {"--json", "--keep-going"});
  EXPECT_EQ(ended.exit_code, 0);
  const auto report = nlohmann::json::parse(ended.out);
  EXPECT_EQ(report["rows"], 2);
  EXPECT_EQ(report["skipped"], 1);
  EXPECT_EQ(report["table"], "t");
}

TEST_F(ImportCommand, ABadLineIsNamedAndNothingIsImported) {
  expect_failed(import(write_file("rows.csv", "id,n\nc,1\nd,2\nb,3\ne,4\n")),
                {"rows.csv:4", "id = 'b'", "UNIQUE constraint failed: t.id", "nothing was imported"});
  expect_failed(import(write_file("short.csv", "id,n\nc,1\nd\n")), {"short.csv:3", "d: 1 field", "header has 2"});
  expect_failed(import(write_file("quote.csv", "id,n\nc,1\n\"d\"x,2\n")),
                {"quote.csv:3", "\"d\"x", "closing quotation mark"});
  expect_failed(import(write_file("bytes.csv", "id,n\nc\xff,1\n")), {"bytes.csv:2", "c\\xff", "not UTF-8"});
  expect_failed(import(write_file("rows.jsonl", "{\"id\":\"c\"}\n{\"id\":}\n")),
                {"rows.jsonl:2", "{\"id\":}", "not JSON at byte 7"});
  expect_failed(import(write_file("array.jsonl", "[1]\n")), {"array.jsonl:1", "[1]", "not a JSON object"});
  expect_failed(import(write_file("key.jsonl", "{\"id\":\"c\",\"nope\":1}\n")),
                {"key.jsonl:1", "nope", "no such column", "id, n, x"});
  EXPECT_EQ(count(), 2);
}

TEST_F(ImportCommand, KeepGoingLeavesOutBadLinesAndNamesEach) {
  const Ended ended =
      import(write_file("rows.csv", "id,n\nc,1\nb,2\nd\n\"e\n1\",3\n\"f\"g,4\nh,5\n"), {"--keep-going"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 3) << ended.err;
  for (const char* part : {"rows.csv:3: id = 'b'", "rows.csv:4: d", "rows.csv:7: \"f\"g"}) {
    EXPECT_NE(ended.err.find(part), std::string::npos) << part << " in: " << ended.err;
  }
  EXPECT_NE(ended.out.find("imported 3 rows"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("skipped 3 bad lines"), std::string::npos) << ended.out;
  EXPECT_EQ(count(), 5);
}

TEST_F(ImportCommand, AConstraintThatEndsTheTransactionImportsNothing) {
  Database(open(path)).exec("CREATE TABLE u (a INTEGER PRIMARY KEY ON CONFLICT ROLLBACK)");
  const Ended ended = run_tern({"import", path, "u", write_file("rows.csv", "a\n1\n2\n1\n3\n4\n"), "--keep-going"});
  EXPECT_EQ(ended.exit_code, 1) << ended.out;
  EXPECT_EQ(ask("SELECT count(*) FROM u").integer, 0);
}

TEST_F(ImportCommand, AColumnThatIsNotThereIsNamedWithThoseThatAre) {
  expect_failed(import(write_file("rows.csv", "id,nope\nc,1\n"), {"--keep-going"}), {"rows.csv:1", "nope", "id, n, x"});
  expect_failed(import(write_file("empty.csv", "id,nope\n")), {"empty.csv:1", "nope"});
  expect_failed(import(write_file("twice.csv", "id,id\nc,d\n")), {"twice.csv:1", "id is twice"});
  expect_failed(import(write_file("none.csv", "")), {"none.csv", "first line is empty"});
}

TEST_F(ImportCommand, AMissingTableIsNamedWithThoseThatAre) {
  expect_failed(run_tern({"import", path, "nowhere", write_file("rows.csv", "id\nc\n")}),
                {"nowhere", "the tables are t", "--create"});
}

TEST_F(ImportCommand, AMissingFileIsNamed) {
  expect_failed(import(folder.file("none.csv")), {"none.csv", "No such file"});
}

TEST_F(ImportCommand, AFileOfAnotherKindIsWrongUsage) {
  const std::string file = write_file("rows.txt", "id\nc\n");
  expect_wrong_usage(import(file), {"rows.txt", "--format csv"});
  expect_done(import(file, {"--format", "csv"}));
  EXPECT_EQ(count(), 3);
}

TEST_F(ImportCommand, CreateMakesTheFileAndTheTableButNotForAFileThatFails) {
  const std::string fresh = folder.file("fresh.db");
  expect_failed(run_tern({"import", fresh, "p", write_file("bad.csv", "a,b\n1\n"), "--create"}), {"bad.csv:2"});
  EXPECT_EQ(run_tern({"sql", fresh, "SELECT count(*) AS n FROM sqlite_schema", "--format", "csv"}).out, "n\r\n0\r\n");
  expect_done(run_tern({"import", fresh, "p", write_file("good.csv", "a,b\n1,2\n"), "--create"}));
  EXPECT_EQ(run_tern({"sql", fresh, "SELECT typeof(a) AS ta, b FROM p", "--format", "csv"}).out, "ta,b\r\ntext,2\r\n");
}

TEST_F(ImportCommand, AByteOrderMarkIsSkippedAndUtf16Refused) {
  expect_done(import(write_file("marked.csv", "\xEF\xBB\xBFid\nc\n")));
  EXPECT_EQ(count(), 3);
  expect_failed(import(write_file("wide.csv", std::string_view("\xFF\xFEi\0d\0", 6))), {"wide.csv", "UTF-16"});
}

TEST_F(ImportCommand, WhatCsvExportWritesComesBackTheSame) {
  Database(open(path))
      .exec("CREATE TABLE u (id TEXT, n INTEGER, x); INSERT INTO t VALUES (' s ', NULL, ''), ('q\"\r\n', 3, ',')");
  const std::string all = run_tern({"sql", path, "SELECT * FROM t", "--format", "csv"}).out;
  expect_done(run_tern({"import", path, "u", write_file("all.csv", all)}));
  EXPECT_EQ(ask("SELECT count(*) FROM (SELECT id, n, typeof(n) FROM t EXCEPT SELECT id, n, typeof(n) FROM u)").integer,
            0);
  EXPECT_EQ(ask("SELECT count(*) FROM u WHERE x = ''").integer, 1);
}

TEST_F(ImportCommand, AnotherProgramSeesTheRows) {
  const std::string ask_count = "SELECT count(*) AS n FROM t";
  Database db = open(path);
  const Statement counted = db.prepare(ask_count);
  EXPECT_EQ(counted.first()->get<int64_t>(0), 2);
  expect_done(import(write_file("rows.csv", "id\nc\n")));
  EXPECT_EQ(counted.first()->get<int64_t>(0), 3);
}

}  // namespace
}  // namespace tern::test
