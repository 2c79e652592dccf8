#include "engine/cli/arguments.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "engine/cli/failure.h"
#include "engine/cli/text.h"

namespace tern::cli {
namespace {

// No word of a command line can begin with it by accident.
constexpr char kMark = '\x01';

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

size_t count_digits(std::string_view text) noexcept {
  return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

// [+-] digits [. digits] [e [+-] digits], with at least one digit before the exponent.
bool is_number(std::string_view word) noexcept {
  if (!word.empty() && (word[0] == '+' || word[0] == '-')) word.remove_prefix(1);
  size_t digits = count_digits(word);
  word.remove_prefix(digits);
  if (!word.empty() && word[0] == '.') {
    const size_t fraction = count_digits(word.substr(1));
    digits += fraction;
    word.remove_prefix(1 + fraction);
  }
  if (digits == 0) return false;
  if (word.empty()) return true;
  if (word[0] != 'e' && word[0] != 'E') return false;
  word.remove_prefix(1);
  if (!word.empty() && (word[0] == '+' || word[0] == '-')) word.remove_prefix(1);
  return !word.empty() && count_digits(word) == word.size();
}

std::optional<int64_t> integer_of(std::string_view word) noexcept {
  if (!word.empty() && word[0] == '+') word.remove_prefix(1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

// 0x…: at most 16 digits, two's complement, as SQLite reads it.
std::optional<int64_t> hex_integer_of(std::string_view word) noexcept {
  if (word.size() < 3 || word.size() > 18 || word[0] != '0' || (word[1] | 0x20) != 'x') return std::nullopt;
  uint64_t bits = 0;
  const auto [end, error] = std::from_chars(word.data() + 2, word.data() + word.size(), bits, 16);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return static_cast<int64_t>(bits);
}

bool quoted(std::string_view word) noexcept { return word.size() >= 2 && word.front() == '\'' && word.back() == '\''; }

// What stands between the quotes, or nothing if a quote in there is not doubled.
std::optional<std::string> unquoted(std::string_view word) {
  const std::string_view inner = word.substr(1, word.size() - 2);
  std::string out;
  for (size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '\'' && (++i == inner.size() || inner[i] != '\'')) return std::nullopt;
    out += inner[i];
  }
  return out;
}

std::vector<std::byte> blob_of(std::string_view word) {
  const std::string_view digits = word.substr(2, word.size() - 3);
  std::vector<std::byte> out(digits.size() / 2);
  bool good = digits.size() % 2 == 0;
  for (size_t i = 0; i < out.size() && good; ++i) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(&digits[2 * i], &digits[2 * i] + 2, byte, 16);
    good = error == std::errc() && end == &digits[2 * i] + 2;
    out[i] = static_cast<std::byte>(byte);
  }
  if (!good) {
    throw UsageError("argument " + shorten(word, 60) +
                     " is not a blob: x'…' takes pairs of hexadecimal digits; for text, write '…' around it");
  }
  return out;
}

bool equals_ignoring_case(std::string_view word, std::string_view upper) noexcept {
  return std::equal(word.begin(), word.end(), upper.begin(), upper.end(),
                    [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 32 : a) == b; });
}

}  // namespace

Argument Argument::parse(std::string_view word) {
  Argument out;
  if (equals_ignoring_case(word, "NULL")) return out;
  if (quoted(word)) {
    if (auto text = unquoted(word)) {
      out.content_ = std::move(*text);
      return out;
    }
  }
  if (word.size() >= 3 && (word[0] | 0x20) == 'x' && quoted(word.substr(1))) {
    out.content_ = blob_of(word);
  } else if (const auto bits = hex_integer_of(word)) {
    out.content_ = *bits;
  } else if (!is_number(word)) {
    out.content_ = std::string(word);
  } else if (const auto integer = integer_of(word)) {
    out.content_ = *integer;
  } else {
    out.content_ = std::strtod(std::string(word).c_str(), nullptr);
  }
  return out;
}

Argument Argument::copy_of(const Value& value) {
  Argument out;
  switch (value.type) {
    case Type::kNull:
      break;
    case Type::kInteger:
      out.content_ = value.integer;
      break;
    case Type::kReal:
      out.content_ = value.real;
      break;
    case Type::kText:
      out.content_ = std::string(value.text());
      break;
    case Type::kBlob:
      out.content_ = std::vector<std::byte>(value.blob().begin(), value.blob().end());
      break;
  }
  return out;
}

Value Argument::value() const noexcept {
  return std::visit([](const auto& content) { return Value(content); }, content_);
}

std::vector<Argument> parse_arguments(std::span<const std::string> words) {
  std::vector<Argument> arguments;
  arguments.reserve(words.size());
  for (const std::string& word : words) arguments.push_back(Argument::parse(word));
  return arguments;
}

std::vector<Value> values_of(std::span<const Argument> arguments) {
  std::vector<Value> values;
  values.reserve(arguments.size());
  for (const Argument& argument : arguments) values.push_back(argument.value());
  return values;
}

std::vector<std::string> hide_from_parser(std::vector<std::string> words) {
  const auto dashes = std::find(words.begin(), words.end(), "--");
  for (auto word = words.begin(); word != words.end(); ++word) {
    const bool bracketed = word->size() >= 2 && word->front() == '[' && word->back() == ']';
    const bool number = word->size() >= 3 && word->starts_with("-.") && is_digit((*word)[2]);
    if (bracketed || number || word > dashes) word->insert(0, 1, kMark);
  }
  if (dashes != words.end()) words.erase(dashes);
  return words;
}

std::string show_again(std::string word) {
  if (!word.empty() && word[0] == kMark) word.erase(0, 1);
  return word;
}

}  // namespace tern::cli
