#include "engine/cli/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "engine/utf8.h"

namespace tern::cli {
namespace {

struct Range {
  char32_t first, last;
};

// Unicode's East Asian Width W and F in coarse blocks, and the usual combining marks: a table is read by eye, and a
// rare character that is off by one cell does no harm.
constexpr std::array<Range, 13> kWide = {{{0x1100, 0x115F},
                                          {0x2E80, 0x303E},
                                          {0x3041, 0x33FF},
                                          {0x3400, 0x4DBF},
                                          {0x4E00, 0x9FFF},
                                          {0xA000, 0xA4CF},
                                          {0xAC00, 0xD7A3},
                                          {0xF900, 0xFAFF},
                                          {0xFE30, 0xFE4F},
                                          {0xFF00, 0xFF60},
                                          {0xFFE0, 0xFFE6},
                                          {0x1F300, 0x1F64F},
                                          {0x1F900, 0x1F9FF}}};
constexpr std::array<Range, 6> kNoWidth = {
    {{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};

template <size_t N>
bool within(const std::array<Range, N>& ranges, char32_t c) noexcept {
  return std::any_of(ranges.begin(), ranges.end(), [c](const Range& r) { return c >= r.first && c <= r.last; });
}

size_t cells_of(char32_t c) noexcept {
  if (c < 0x300) return 1;
  if (within(kNoWidth, c)) return 0;
  return within(kWide, c) || (c >= 0x20000 && c <= 0x3FFFD) ? 2 : 1;
}

std::string escaped_byte(unsigned char byte) {
  switch (byte) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  constexpr char kDigits[] = "0123456789abcdef";
  return {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

// C1 controls steer terminals too.
bool is_control(char32_t c) noexcept { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

}  // namespace

std::optional<size_t> first_invalid_utf8(std::string_view text) noexcept {
  for (size_t at = 0; at < text.size();) {
    // Most text is ASCII: eight bytes at a time.
    uint64_t eight;
    while (text.size() - at >= sizeof eight) {
      std::copy_n(text.data() + at, sizeof eight, reinterpret_cast<char*>(&eight));
      if ((eight & 0x8080808080808080) != 0) break;
      at += sizeof eight;
    }
    if (at == text.size()) break;
    const internal::CodePoint c = internal::decode_utf8(text.substr(at));
    if (c.bytes == 0) return at;
    at += c.bytes;
  }
  return std::nullopt;
}

size_t display_width(std::string_view text) noexcept {
  size_t cells = 0;
  while (!text.empty()) {
    const internal::CodePoint c = internal::decode_utf8(text);
    cells += c.bytes == 0 ? 1 : cells_of(c.value);
    text.remove_prefix(std::max<size_t>(c.bytes, 1));
  }
  return cells;
}

std::string escape_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const internal::CodePoint c = internal::decode_utf8(text);
    const size_t bytes = std::max<size_t>(c.bytes, 1);
    if (c.bytes == 0 || is_control(c.value)) {
      for (size_t i = 0; i < bytes; ++i) out += escaped_byte(static_cast<unsigned char>(text[i]));
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return out;
}

std::string shorten(std::string_view text, size_t cells) {
  // No character takes more than four bytes, nor fewer cells than its escape.
  const bool surely_cut = text.size() > 4 * (cells + 1);
  std::string shown = escape_controls(surely_cut ? text.substr(0, 4 * (cells + 1)) : text);
  if (!surely_cut && display_width(shown) <= cells) return shown;
  std::string out;
  size_t width = 0;
  for (std::string_view rest = shown; !rest.empty();) {
    const internal::CodePoint c = internal::decode_utf8(rest);
    width += cells_of(c.value);
    if (width + 1 > cells) break;
    out += rest.substr(0, c.bytes);
    rest.remove_prefix(c.bytes);
  }
  return out + "…";
}

std::string group_digits(uint64_t number) {
  std::string out = std::to_string(number);
  for (size_t at = out.size(); at > 3;) {
    at -= 3;
    out.insert(at, 1, ',');
  }
  return out;
}

std::string real_text(double value) {
  if (std::isinf(value)) return value > 0 ? "Inf" : "-Inf";
  char digits[32];
  // Past 2^53 a fixed notation would show digits that the value does not have.
  const auto [end, error] = std::abs(value) < 1e15
                                ? std::to_chars(digits, digits + sizeof digits, value)
                                : std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific);
  std::string out(digits, error == std::errc() ? end : digits);
  const size_t exponent = out.find('e');
  if (out.find('.') == std::string::npos) out.insert(exponent == std::string::npos ? out.size() : exponent, ".0");
  return out;
}

std::string hex(std::span<const std::byte> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    out += kDigits[std::to_integer<unsigned>(b) >> 4];
    out += kDigits[std::to_integer<unsigned>(b) & 15];
  }
  return out;
}

std::string literal(const Value& value) {
  switch (value.type) {
    case Type::kNull:
      break;
    case Type::kInteger:
      return std::to_string(value.integer);
    case Type::kReal:
      return real_text(value.real);
    case Type::kBlob:
      return "x'" + hex(value.blob()) + "'";
    case Type::kText: {
      std::string out = "'";
      for (const char c : value.text()) out += c == '\'' ? std::string("''") : std::string(1, c);
      return out + "'";
    }
  }
  return "NULL";
}

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_value(const Value& value) {
  switch (value.type) {
    case Type::kNull:
      break;
    case Type::kInteger:
      return std::to_string(value.integer);
    case Type::kReal:
      return std::isinf(value.real) ? (value.real > 0 ? "1e999" : "-1e999") : real_text(value.real);
    case Type::kText:
      return json_string(value.text());
    case Type::kBlob:
      return '"' + hex(value.blob()) + '"';
  }
  return "null";
}

std::string moment_text(int64_t ms_since_1970) {
  const std::time_t seconds = static_cast<std::time_t>(ms_since_1970 / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char day[32];
  std::strftime(day, sizeof day, "%F %T", &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%s.%03d UTC", day, static_cast<int>(ms_since_1970 % 1000));
  return text;
}

std::optional<int64_t> milliseconds_of(std::string_view text) noexcept {
  constexpr std::pair<std::string_view, int64_t> kUnits[] = {{"ms", 1},        {"s", 1000},       {"m", 60'000},
                                                             {"h", 3'600'000}, {"d", 86'400'000}, {"", 1000}};
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view given(end, static_cast<size_t>(text.data() + text.size() - end));
  for (const auto& [unit, ms] : kUnits) {
    int64_t product = 0;
    if (given == unit && !__builtin_mul_overflow(number, ms, &product)) return product;
  }
  return std::nullopt;
}

}  // namespace tern::cli
