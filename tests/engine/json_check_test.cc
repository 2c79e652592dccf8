// What counts as JSON: the grammar of RFC 8259, held against another implementation.
#include "engine/json_check.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>

namespace tern::internal {
namespace {

bool good(std::string_view text) { return !first_invalid_json(text); }

TEST(JsonCheck, TakesWhatTheGrammarHas) {
  for (const char* text :
       {"null", "true", "false", "0", "-0", "-12.5e+3", "1E5", "1e-999", "123456789012345678901234567890", "\"\"",
        R"("a\"\\\/\b\f\n\r\t\u00e9\uD800")", "\"\x7f \xc3\xa9 \xf0\x9f\x98\x80\"", "[]", "[ ]", "[1, [2, {}], null]",
        "{}", "{ }", R"({"a":1,"a":{"b":[]}})", " \t\r\n[ \t\r\n1 \t\r\n, 2 ] \t\r\n"})
    EXPECT_TRUE(good(text)) << text;
}

TEST(JsonCheck, SaysWhereTheRestCannotFollow) {
  const std::pair<std::string_view, size_t> cases[] = {{"", 0},
                                                       {"  ", 2},
                                                       {"nul", 3},
                                                       {"nulL", 3},
                                                       {"True", 0},
                                                       {"1 2", 2},
                                                       {"01", 1},
                                                       {"1.", 2},
                                                       {"1.e5", 2},
                                                       {".5", 0},
                                                       {"-", 1},
                                                       {"+1", 0},
                                                       {"1e", 2},
                                                       {"1e+", 3},
                                                       {"0x1", 1},
                                                       {"NaN", 0},
                                                       {"'a'", 0},
                                                       {"\"a", 2},
                                                       {"\"\n\"", 1},
                                                       {"\"\\a\"", 2},
                                                       {"\"\\u12G4\"", 5},
                                                       {"\"\\u12", 5},
                                                       {"\"\\", 2},
                                                       {"[", 1},
                                                       {"[1", 2},
                                                       {"[1,", 3},
                                                       {"[1,]", 3},
                                                       {"[,1]", 1},
                                                       {"[1 2]", 3},
                                                       {"[}", 1},
                                                       {"{", 1},
                                                       {"{1:2}", 1},
                                                       {R"({"a"})", 4},
                                                       {R"({"a":})", 5},
                                                       {"[]]", 2},
                                                       {R"({"a":1,})", 7},
                                                       {R"({"a":1)", 6},
                                                       {R"({"a" 1})", 5},
                                                       {R"({"a":[}})", 6},
                                                       {"{]", 1},
                                                       {"[1]x", 3},
                                                       {"/**/1", 0},
                                                       {"\"\xff\"", 1},
                                                       {"\"\xc0\x80\"", 1},
                                                       {"\"\xed\xa0\x80\"", 1},
                                                       {"\"\xe2\x82", 1},
                                                       {"\xef\xbb\xbf"
                                                        "1",
                                                        0},
                                                       {std::string_view("\"\0\"", 3), 1}};
  for (const auto& [text, at] : cases) EXPECT_EQ(first_invalid_json(text), at) << text;
}

TEST(JsonCheck, IsDeepToABound) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(good(nested(kMaxJsonDepth)));
  EXPECT_EQ(first_invalid_json(nested(kMaxJsonDepth + 1)), kMaxJsonDepth);
  EXPECT_EQ(first_invalid_json(std::string(100'000, '{')), 1u);
}

// Texts that are nearly JSON: pieces of it in any order, and JSON of which one byte is another one. Exponents and \u
// are left out: the other one refuses numbers that no double has, and surrogates without their other half.
TEST(JsonCheck, AgreesWithAnotherImplementation) {
  std::mt19937 random(8259);
  const auto below = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); };
  const std::string_view pieces[] = {"[",  "]",  "{",  "}",  ",",       ":",    "\"a\"", "\"b\\n\":",
                                     "1",  "-",  "0",  ".5", " ",       "true", "null",  "\"\xc3\xa9\"",
                                     "\"", "\\", "[]", "{}", "\"c\":[", "],"};
  const std::string whole = R"({"a":[1,-2.5,true,{"b":null}],"c":"d\n","e":{},"f":[[],0]})";
  size_t agreed = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = whole;
    if (round % 2 == 0) {
      text.clear();
      for (size_t i = 1 + below(7); i > 0; --i) text += pieces[below(std::size(pieces))];
    } else {
      text[below(text.size())] = "[]{},:\"\\1-. tn"[below(14)];
    }
    ASSERT_EQ(good(text), nlohmann::json::accept(text)) << text;
    agreed += good(text) ? 1 : 0;
  }
  EXPECT_GT(agreed, 1000u);
}

}  // namespace
}  // namespace tern::internal
