#include "engine/cli/csv_reader.h"

#include <gtest/gtest.h>

#include <fstream>

#include "engine/cli/failure.h"
#include "tests/support/temp_folder.h"

namespace tern::cli {
namespace {

// Each record as "line|field|field", quoted fields in angle brackets; a bad one as "line!value".
std::vector<std::string> read_all(std::string_view content) {
  const test::TempFolder folder;
  const std::string path = folder.file("rows.csv");
  std::ofstream(path, std::ios::binary) << content;
  InputWindow input(path);
  CsvReader reader(input);
  std::vector<std::string> records;
  std::vector<CsvField> fields;
  for (;;) {
    try {
      if (!reader.next(fields)) break;
      std::string record = std::to_string(reader.line());
      for (const CsvField& field : fields) {
        record += field.quoted ? "|<" : "|";
        record += field.text;
        if (field.quoted) record += '>';
      }
      records.push_back(record);
    } catch (const BadLine& bad) {
      records.push_back(std::to_string(bad.line) + "!" + bad.value);
    }
  }
  EXPECT_EQ(input.used_bytes(), content.size());
  return records;
}

using Records = std::vector<std::string>;

TEST(CsvReader, LinesEndInEitherWayAndTheLastNeedNot) {
  EXPECT_EQ(read_all("a,b\r\nc,d\ne,f"), (Records{"1|a|b", "2|c|d", "3|e|f"}));
  EXPECT_EQ(read_all("a,b\n"), (Records{"1|a|b"}));
  EXPECT_EQ(read_all(""), Records{});
}

TEST(CsvReader, NothingAndAnEmptyTextAreTwoThings) {
  EXPECT_EQ(read_all(",\"\",\n"), (Records{"1||<>|"}));
  EXPECT_EQ(read_all("a,"), (Records{"1|a|"}));
  EXPECT_EQ(read_all("\n\r\n"), (Records{"1|", "2|"}));
}

TEST(CsvReader, QuotedFieldsHoldCommasLinesAndQuotationMarks) {
  EXPECT_EQ(read_all("\"a,b\",\"c\r\nd\"\n\"\"\"e\"\"\",\"\"\"\"\n"), (Records{"1|<a,b>|<c\r\nd>", "3|<\"e\">|<\">"}));
}

TEST(CsvReader, LinesAreCountedThroughQuotedFields) {
  EXPECT_EQ(read_all("\"a\n\n\"\nb\n"), (Records{"1|<a\n\n>", "4|b"}));
}

TEST(CsvReader, ACarriageReturnAloneIsData) { EXPECT_EQ(read_all("a\rb,c\r"), (Records{"1|a\rb|c\r"})); }

TEST(CsvReader, BlanksAreKept) { EXPECT_EQ(read_all(" a , b\n"), (Records{"1| a | b"})); }

TEST(CsvReader, AByteOrderMarkIsSkipped) { EXPECT_EQ(read_all("\xEF\xBB\xBFid\n"), (Records{"1|id"})); }

TEST(CsvReader, AFileInUtf16IsRefused) { EXPECT_THROW(read_all(std::string_view("\xFF\xFEi\0", 4)), Failure); }

TEST(CsvReader, AQuotationMarkInsideABareFieldIsBadAndTheNextLineIsRead) {
  EXPECT_EQ(read_all("a,5\" pipe,b\nc,d\n"), (Records{"1!5\" pipe,b", "2|c|d"}));
}

TEST(CsvReader, TextBehindAClosingQuotationMarkIsBadAndTheNextLineIsRead) {
  EXPECT_EQ(read_all("\"x\ny\"z,1\nc,d\n"), (Records{"1!\"x", "3|c|d"}));
  EXPECT_EQ(read_all("\"a\"\rb\nc\n"), (Records{"1!\"a\"\\rb", "2|c"}));
}

TEST(CsvReader, AQuotationMarkThatIsNeverClosedCostsItsOwnLineOnly) {
  EXPECT_EQ(read_all("a,\"b\nc,d\n"), (Records{"1!\"b", "2|c|d"}));
  EXPECT_EQ(read_all("a\n\""), (Records{"1|a", "2!\""}));
}

TEST(CsvReader, BytesThatAreNotUtf8AreBad) {
  EXPECT_EQ(read_all("a,\xE9t\xE9\nc\n"), (Records{"1!\\xe9t\\xe9", "2|c"}));
  EXPECT_EQ(read_all("\xC3\xA9\n"), (Records{"1|\xC3\xA9"}));
}

TEST(CsvReader, RecordsMayEndAnywhereInTheWindow) {
  // One record more or less shifts all that follows across the end of a chunk.
  for (size_t shift = 0; shift < 12; ++shift) {
    std::string content(shift, 'x');
    Records expected;
    if (shift > 0) {
      expected.push_back("1|" + content);
      content += '\n';
    }
    const size_t first = expected.size() + 1;
    size_t line = first;
    while (content.size() < 2 * InputWindow::kChunkBytes + 100) {
      content += "\"a\"\"b\",\"c,\",d\r\n";
      expected.push_back(std::to_string(line++) + "|<a\"b>|<c,>|d");
    }
    EXPECT_EQ(read_all(content), expected) << shift;
  }
}

TEST(CsvReader, AFieldMayBeLongerThanAChunk) {
  const std::string field(3 * InputWindow::kChunkBytes, 'y');
  EXPECT_EQ(read_all("a,\"" + field + "\"\nb\n"), (Records{"1|a|<" + field + ">", "2|b"}));
}

TEST(CsvReader, ARecordWithoutBoundIsBadAndItsEndIsFound) {
  const std::string field(kMaxRecordBytes + 2 * InputWindow::kChunkBytes, 'y');
  const Records records = read_all(field + "\nb\n");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].substr(0, 4), "1!yy");
  EXPECT_EQ(records[1], "2|b");
}

}  // namespace
}  // namespace tern::cli
