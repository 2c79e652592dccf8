#include <gtest/gtest.h>

#include <fstream>

#include "engine/cli/record_source.h"
#include "engine/cli/text.h"
#include "tests/support/temp_folder.h"

namespace tern::cli {
namespace {

// Each record as "line|column=literal|…", a bad line as "line!value: reason".
std::vector<std::string> read_lines(std::string_view content) {
  const test::TempFolder folder;
  const std::string path = folder.file("rows.jsonl");
  std::ofstream(path, std::ios::binary) << content;
  InputWindow input(path);
  const auto source = jsonl_source(input);
  std::vector<std::string> records;
  Record record;
  for (;;) {
    try {
      if (!source->next(record)) break;
      std::string text = std::to_string(record.line);
      for (size_t i = 0; i < record.columns.size(); ++i)
        text += "|" + record.columns[i] + "=" + literal(record.values[i]);
      records.push_back(text);
    } catch (const BadLine& bad) {
      records.push_back(std::to_string(bad.line) + "!" + bad.value + ": " + bad.reason);
    }
  }
  return records;
}

using Records = std::vector<std::string>;

TEST(JsonlSource, ValuesKeepTheirTypes) {
  EXPECT_EQ(read_lines(R"({"a":1,"b":-1.5,"c":"x","d":null,"e":true,"f":false})"),
            (Records{"1|a=1|b=-1.5|c='x'|d=NULL|e=1|f=0"}));
}

TEST(JsonlSource, WholeNumbersAreExactToTheLastBit) {
  EXPECT_EQ(read_lines(R"({"a":9223372036854775807,"b":-9223372036854775808})"),
            (Records{"1|a=9223372036854775807|b=-9223372036854775808"}));
}

TEST(JsonlSource, WholeNumbersBeyond64BitsAreReal) {
  EXPECT_EQ(read_lines(R"({"a":9223372036854775808})"), (Records{"1|a=9.223372036854776e+18"}));
}

TEST(JsonlSource, NestedValuesAreTheirJsonText) {
  EXPECT_EQ(read_lines(R"({"a":{"z":[1, 2.5],"y":"ü"},"b":[]})"), (Records{R"(1|a='{"z":[1,2.5],"y":"ü"}'|b='[]')"}));
}

TEST(JsonlSource, EscapesAreRead) {
  EXPECT_EQ(read_lines(R"({"a":"x\"\u00fc\ud83d\ude00\n"})"), (Records{"1|a='x\"ü😀\n'"}));
}

TEST(JsonlSource, BlankLinesAreSkippedButCounted) {
  EXPECT_EQ(read_lines("\n  \r\n{\"a\":1}\r\n\n{\"a\":2}"), (Records{"3|a=1", "5|a=2"}));
}

TEST(JsonlSource, AByteOrderMarkIsSkipped) { EXPECT_EQ(read_lines("\xEF\xBB\xBF{\"a\":1}\n"), (Records{"1|a=1"})); }

TEST(JsonlSource, ABadLineIsNamedAndTheNextIsRead) {
  EXPECT_EQ(read_lines("{\"a\":}\n[1]\n\"x\"\n{\"a\":1} 2\n{\"\":1}\n{\"a\":2}\n"),
            (Records{"1!{\"a\":}: not JSON at byte 6", "2![1]: not a JSON object", "3!\"x\": not a JSON object",
                     "4!{\"a\":1} 2: not JSON at byte 9", "5!{\"\":1}: a key without a name", "6|a=2"}));
}

TEST(JsonlSource, BytesThatAreNotUtf8AreBad) { EXPECT_EQ(read_lines("{\"a\":\"\xff\"}\n{\"a\":1}\n")[1], "2|a=1"); }

TEST(JsonlSource, BottomlessNestingIsBadAndNoCrash) {
  const std::string deep = "{\"a\":" + std::string(200'000, '[') + std::string(200'000, ']') + "}\n{\"a\":1}\n";
  const Records records = read_lines(deep);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_NE(records[0].find("nested more than 1000 deep"), std::string::npos) << records[0].substr(0, 200);
  EXPECT_EQ(records[1], "2|a=1");
}

TEST(JsonlSource, ManyBracketsInATextAreNoNesting) {
  EXPECT_EQ(read_lines("{\"a\":\"" + std::string(2000, '[') + "\"}\n").size(), 1u);
  EXPECT_EQ(read_lines("{\"a\":\"" + std::string(2000, '[') + "\\\"\"}\n")[0].substr(0, 8), "1|a='[[[");
}

TEST(JsonlSource, LinesMayEndAnywhereInTheWindow) {
  std::string content;
  Records expected;
  for (size_t line = 1; content.size() < 2 * InputWindow::kChunkBytes + 100; ++line) {
    content += "{\"a\":\"" + std::string(line % 7, 'x') + "\"}\n";
    expected.push_back(std::to_string(line) + "|a='" + std::string(line % 7, 'x') + "'");
  }
  EXPECT_EQ(read_lines(content), expected);
}

TEST(JsonlSource, ALineWithoutBoundIsBadAndItsEndIsFound) {
  const Records records = read_lines("{\"a\":\"" + std::string(kMaxRecordBytes + 5, 'y') + "\"}\n{\"a\":1}\n");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_NE(records[0].find("more than 64 MiB"), std::string::npos);
  EXPECT_EQ(records[1], "2|a=1");
}

}  // namespace
}  // namespace tern::cli
