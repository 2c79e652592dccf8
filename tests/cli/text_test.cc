#include "engine/cli/text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <limits>

namespace tern::cli {
namespace {

TEST(Utf8, WellFormedTextHasNoInvalidByte) {
  for (const char* text : {"", "plain", "é", "€", "😀", "\x7f", "abcdefgh€", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(first_invalid_utf8(text), std::nullopt) << text;
  }
}

TEST(Utf8, TheFirstInvalidByteIsFound) {
  EXPECT_EQ(first_invalid_utf8("ab\xff"), 2u);
  EXPECT_EQ(first_invalid_utf8("abcdefghij\xC3"), 10u);   // cut off
  EXPECT_EQ(first_invalid_utf8("\x80"), 0u);              // a continuation alone
  EXPECT_EQ(first_invalid_utf8("\xC0\xAF"), 0u);          // overlong
  EXPECT_EQ(first_invalid_utf8("\xE0\x80\xAF"), 0u);      // overlong
  EXPECT_EQ(first_invalid_utf8("\xF0\x80\x80\xAF"), 0u);  // overlong
  EXPECT_EQ(first_invalid_utf8("\xED\xA0\x80"), 0u);      // a surrogate
  EXPECT_EQ(first_invalid_utf8("\xF4\x90\x80\x80"), 0u);  // beyond U+10FFFF
}

TEST(Text, WidthIsThatOfATerminal) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("ü€"), 2u);
  EXPECT_EQ(display_width("東京"), 4u);
  EXPECT_EQ(display_width("e\xCC\x81"), 1u);  // e with a combining acute
  EXPECT_EQ(display_width("😀"), 2u);
}

TEST(Text, ControlsAndOddBytesAreEscaped) {
  EXPECT_EQ(escape_controls("a\tb\nc\x1b[2J\x7f"), "a\\tb\\nc\\x1b[2J\\x7f");
  EXPECT_EQ(escape_controls("\xC2\x9B"), "\\xc2\\x9b");  // a C1 control
  EXPECT_EQ(escape_controls("\xffü"), "\\xffü");
  EXPECT_EQ(escape_controls(std::string_view("\0", 1)), "\\x00");
}

TEST(Text, ShortenedTextFitsAndSaysThatItWasCut) {
  EXPECT_EQ(shorten("exactly", 7), "exactly");
  EXPECT_EQ(shorten("too long a text", 7), "too lo…");
  EXPECT_EQ(shorten("東京都庁", 5), "東京…");
  EXPECT_EQ(shorten(std::string(1'000'000, 'x'), 4), "xxx…");
  EXPECT_EQ(shorten("a\nb", 10), "a\\nb");
}

TEST(Text, DigitsAreGroupedByThree) {
  EXPECT_EQ(group_digits(0), "0");
  EXPECT_EQ(group_digits(999), "999");
  EXPECT_EQ(group_digits(1000), "1,000");
  EXPECT_EQ(group_digits(std::numeric_limits<uint64_t>::max()), "18,446,744,073,709,551,615");
}

TEST(Text, RealsReadBackTheSameAndLookLikeReals) {
  EXPECT_EQ(real_text(1), "1.0");
  EXPECT_EQ(real_text(-0.0), "-0.0");
  EXPECT_EQ(real_text(0.1), "0.1");
  EXPECT_EQ(real_text(1e100), "1.0e+100");
  EXPECT_EQ(real_text(-std::numeric_limits<double>::infinity()), "-Inf");
  for (const double value : {1.0 / 3, 2.5e-308, 1.7976931348623157e308, 5e-324}) {
    EXPECT_EQ(std::strtod(real_text(value).c_str(), nullptr), value);
  }
}

TEST(Text, LiteralsAreSql) {
  EXPECT_EQ(literal({}), "NULL");
  EXPECT_EQ(literal("it's"), "'it''s'");
  EXPECT_EQ(literal(std::vector<std::byte>{std::byte{0}, std::byte{0xAB}}), "x'00ab'");
}

TEST(Text, JsonValuesParse) {
  EXPECT_EQ(json_value({}), "null");
  EXPECT_EQ(json_value(1.0), "1.0");
  EXPECT_EQ(json_value(std::vector<std::byte>{std::byte{0xAB}}), "\"ab\"");
  EXPECT_EQ(nlohmann::json::parse(json_value(std::string_view("a\0\"\n", 4))).get<std::string>(),
            std::string("a\0\"\n", 4));
  EXPECT_EQ(json_value("\xff"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(json_value(std::numeric_limits<double>::infinity()), "1e999");
}

TEST(Text, MomentsAreInUtc) {
  EXPECT_EQ(moment_text(0), "1970-01-01 00:00:00.000 UTC");
  EXPECT_EQ(moment_text(4'102'444'800'250), "2100-01-01 00:00:00.250 UTC");
  EXPECT_EQ(moment_text(253'402'300'799'999), "9999-12-31 23:59:59.999 UTC");
}

TEST(Text, TimesHaveAUnitOrAreSeconds) {
  EXPECT_EQ(milliseconds_of("250ms"), 250);
  EXPECT_EQ(milliseconds_of("60s"), 60'000);
  EXPECT_EQ(milliseconds_of("60"), 60'000);
  EXPECT_EQ(milliseconds_of("5m"), 300'000);
  EXPECT_EQ(milliseconds_of("2h"), 7'200'000);
  EXPECT_EQ(milliseconds_of("7d"), 604'800'000);
  for (const char* text :
       {"", "s", "soon", "1.5h", "5 m", "5min", "+5s", "9223372036854775807s", "99999999999999999999ms"}) {
    EXPECT_EQ(milliseconds_of(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tern::cli
