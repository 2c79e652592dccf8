#include "engine/cli/arguments.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/cli/failure.h"
#include "engine/cli/text.h"

namespace tern::cli {
namespace {

// The type and the SQL literal of what a word becomes: "INTEGER 42".
std::string typed(std::string_view word) {
  const Argument argument = Argument::parse(word);
  const Value value = argument.value();
  return std::string(type_name(value.type)) + " " + literal(value);
}

TEST(Arguments, DigitsAreIntegers) {
  EXPECT_EQ(typed("42"), "INTEGER 42");
  EXPECT_EQ(typed("-7"), "INTEGER -7");
  EXPECT_EQ(typed("+7"), "INTEGER 7");
  EXPECT_EQ(typed("007"), "INTEGER 7");
  EXPECT_EQ(typed("9223372036854775807"), "INTEGER 9223372036854775807");
  EXPECT_EQ(typed("-9223372036854775808"), "INTEGER -9223372036854775808");
}

TEST(Arguments, HexadecimalsAreIntegersInTwosComplement) {
  EXPECT_EQ(typed("0x1F"), "INTEGER 31");
  EXPECT_EQ(typed("0xffffffffffffffff"), "INTEGER -1");
  EXPECT_EQ(typed("0x10000000000000000"), "TEXT '0x10000000000000000'");
}

TEST(Arguments, IntegersThatDoNotFitAreReal) { EXPECT_EQ(typed("9223372036854775808"), "REAL 9.223372036854776e+18"); }

TEST(Arguments, PointsAndExponentsAreReal) {
  EXPECT_EQ(typed("1.5"), "REAL 1.5");
  EXPECT_EQ(typed(".5"), "REAL 0.5");
  EXPECT_EQ(typed("-.5"), "REAL -0.5");
  EXPECT_EQ(typed("5."), "REAL 5.0");
  EXPECT_EQ(typed("1e3"), "REAL 1000.0");
  EXPECT_EQ(typed("1E-2"), "REAL 0.01");
  EXPECT_EQ(typed("9e999"), "REAL Inf");
}

TEST(Arguments, WhatIsNearlyANumberIsText) {
  for (const char* word : {"", "-", ".", "1.2.3", "1e", "1e+", "--1", "1 ", " 1", "0x", "inf", "nan", "1_000"}) {
    EXPECT_EQ(Argument::parse(word).value().type, Type::kText) << word;
  }
}

TEST(Arguments, NullIsNullInAnyCase) {
  EXPECT_EQ(typed("NULL"), "NULL NULL");
  EXPECT_EQ(typed("null"), "NULL NULL");
  EXPECT_EQ(typed("nul"), "TEXT 'nul'");
}

TEST(Arguments, BlobsAreHexadecimal) {
  EXPECT_EQ(typed("x'00fF'"), "BLOB x'00ff'");
  EXPECT_EQ(typed("X''"), "BLOB x''");
}

TEST(Arguments, BlobsThatAreNoneAreWrongUsage) {
  EXPECT_THROW(Argument::parse("x'0'"), UsageError);
  EXPECT_THROW(Argument::parse("x'0g'"), UsageError);
}

TEST(Arguments, QuotesForceText) {
  EXPECT_EQ(typed("'42'"), "TEXT '42'");
  EXPECT_EQ(typed("'NULL'"), "TEXT 'NULL'");
  EXPECT_EQ(typed("''"), "TEXT ''");
  EXPECT_EQ(typed("'it''s'"), "TEXT 'it''s'");
}

TEST(Arguments, QuotesThatDoNotPairStay) {
  EXPECT_EQ(typed("'it's'"), "TEXT '''it''s'''");
  EXPECT_EQ(typed("'"), "TEXT ''''");
}

TEST(Arguments, HiddenWordsComeBackAsTheyWere) {
  for (const std::string word : {"[1,2]", "-.5", "plain", "-x", "", "[", "{}"}) {
    EXPECT_EQ(show_again(hide_from_parser({word})[0]), word);
  }
}

TEST(Arguments, WordsBehindTwoDashesAreHiddenAndTheDashesGone) {
  const auto words = hide_from_parser({"-a", "--", "--b", "--"});
  ASSERT_EQ(words.size(), 3u);
  EXPECT_EQ(words[0], "-a");
  EXPECT_NE(words[1], "--b");
  EXPECT_EQ(show_again(words[1]), "--b");
  EXPECT_EQ(show_again(words[2]), "--");
}

TEST(Arguments, ACopyOwnsItsBytes) {
  std::string text = "words";
  const Argument copy = Argument::copy_of(text);
  text = "other";
  EXPECT_EQ(copy.value().text(), "words");
}

}  // namespace
}  // namespace tern::cli
