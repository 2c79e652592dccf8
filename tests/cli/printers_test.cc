// Printing into a pipe that the test reads: rows in each format, tables, and the progress bar's line.

#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/cli/progress.h"
#include "engine/cli/rows_printer.h"
#include "engine/cli/table.h"
#include "tern/tern.hpp"
#include "tests/support/temp_folder.h"

namespace tern::cli {
namespace {

// What `print` writes; at most what a pipe holds.
template <typename Print>
std::string printed(Print&& print) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  Output out(ends[1]);
  print(out);
  out.flush();
  ::close(ends[1]);
  std::string text;
  char piece[4096];
  for (ssize_t got; (got = ::read(ends[0], piece, sizeof piece)) > 0;) text.append(piece, static_cast<size_t>(got));
  ::close(ends[0]);
  return text;
}

struct RowsPrinter : testing::Test {
  std::string print(const std::string& sql, Format format) {
    const Rows rows = db.query(sql);
    return printed([&](Output& out) { print_rows(out, rows, format); });
  }
  test::TempFolder folder;
  Database db = open(folder.file("app.db"));
};

TEST_F(RowsPrinter, ATableAlignsWideTextAndEscapesControls) {
  EXPECT_EQ(print("SELECT '東京' AS city, 13960000 AS people UNION ALL SELECT 'a' || char(10), NULL", Format::kTable),
            "┌──────┬──────────┐\n"
            "│ city │ people   │\n"
            "├──────┼──────────┤\n"
            "│ 東京 │ 13960000 │\n"
            "│ a\\n  │ NULL     │\n"
            "└──────┴──────────┘\n");
}

TEST_F(RowsPrinter, ATableShowsBlobsAsLiterals) {
  EXPECT_NE(print("SELECT x'00ff', x''", Format::kTable).find("│ x'00ff' │ x'' │"), std::string::npos);
}

TEST_F(RowsPrinter, CsvQuotesWhatItMustAndKeepsNullApart) {
  EXPECT_EQ(print("SELECT 'a,b' AS \"x \", 'say \"hi\"' AS y, '' AS e, NULL AS n, ' s' AS s, x'ab' AS h, 1.0 AS r",
                  Format::kCsv),
            "\"x \",y,e,n,s,h,r\r\n\"a,b\",\"say \"\"hi\"\"\",\"\",,\" s\",x'ab',1.0\r\n");
}

TEST_F(RowsPrinter, CsvWithoutRowsHasItsHeader) { EXPECT_EQ(print("SELECT 1 AS a WHERE 0", Format::kCsv), "a\r\n"); }

TEST_F(RowsPrinter, JsonKeepsColumnsInTheirOrderAndBothOfAName) {
  EXPECT_EQ(print("SELECT 2 AS b, 1 AS a, 3 AS b UNION ALL SELECT NULL, 'x', 0.5", Format::kJson),
            "[{\"b\":2,\"a\":1,\"b\":3},\n {\"b\":null,\"a\":\"x\",\"b\":0.5}]\n");
}

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({"name", "n"});
  table.add("a long one");
  table.add("7", true);
  EXPECT_EQ(printed([&](Output& out) { table.print(out); }),
            "┌────────────┬───┐\n│ name       │ n │\n├────────────┼───┤\n│ a long one │ 7 │\n└────────────┴───┘\n");
}

TEST(ProgressLine, ShowsThePartThatIsDone) {
  EXPECT_EQ(progress_line("importing", 50, 100, 1234), "importing [###############               ]  50 %  1,234 rows");
  EXPECT_EQ(progress_line("importing", 0, 100, 1), "importing [                              ]   0 %  1 row");
  EXPECT_EQ(progress_line("importing", 300, 100, 2), "importing [##############################] 100 %  2 rows");
}

TEST(ProgressLine, WithoutATotalCountsAlone) { EXPECT_EQ(progress_line("importing", 5, 0, 9), "importing  9 rows"); }

}  // namespace
}  // namespace tern::cli
