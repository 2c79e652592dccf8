#include "tests/property/cell.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace tern::test {
namespace {

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[c & 15];
  }
  return text;
}

constexpr size_t kBriefBytes = 40;

std::string real_literal(double real) {
  if (std::isnan(real)) return "NULL";
  if (std::isinf(real)) return real < 0 ? "-9e999" : "9e999";
  char text[40];
  std::snprintf(text, sizeof text, "%.17e", real);
  return text;
}

}  // namespace

Cell Cell::from(const Value& value) {
  switch (value.type) {
    case Type::kNull:
      return null();
    case Type::kInteger:
      return of(value.integer);
    case Type::kReal:
      return of(value.real);
    case Type::kText:
      return text(std::string(value.text()));
    case Type::kBlob:
      break;
  }
  return blob(std::string(value.text()));
}

Value Cell::value() const {
  switch (type) {
    case Type::kNull:
      return {};
    case Type::kInteger:
      return integer;
    case Type::kReal:
      return real;
    case Type::kText:
      return bytes;
    case Type::kBlob:
      break;
  }
  return std::as_bytes(std::span(bytes));
}

std::string Cell::literal() const {
  switch (type) {
    case Type::kNull:
      return "NULL";
    case Type::kInteger:
      return std::to_string(integer);
    case Type::kReal:
      return real_literal(real);
    case Type::kText:
      return "CAST(x'" + hex(bytes) + "' AS TEXT)";
    case Type::kBlob:
      break;
  }
  return "x'" + hex(bytes) + "'";
}

std::string Cell::brief() const {
  if (bytes.size() <= kBriefBytes) return literal();
  const std::string_view all = bytes;
  return (type == Type::kText ? "text of " : "blob of ") + std::to_string(all.size()) + " bytes, " +
         hex(all.substr(0, kBriefBytes / 2)) + "..." + hex(all.substr(all.size() - kBriefBytes / 2));
}

bool operator==(const Cell& a, const Cell& b) {
  return a.type == b.type && a.integer == b.integer && a.bytes == b.bytes &&
         std::bit_cast<uint64_t>(a.real) == std::bit_cast<uint64_t>(b.real);
}

std::vector<Value> Call::values() const {
  std::vector<Value> values;
  values.reserve(arguments.size());
  for (const Cell& cell : arguments) values.push_back(cell.value());
  return values;
}

std::string Call::with_literals() const {
  std::string text;
  size_t next = 0;
  for (const char c : sql) {
    if (c == '?') {
      text += arguments.at(next++).literal();
    } else {
      text += c;
    }
  }
  return text;
}

std::string Call::describe() const {
  std::string text = sql;
  for (const Cell& cell : arguments) text += "\n    with " + cell.brief();
  return text;
}

std::string Outcome::describe() const {
  if (error != 0) return "error " + std::to_string(error) + ": " + message;
  std::string text = std::to_string(rows.size()) + " rows, " + std::to_string(changes) + " changes";
  for (const auto& row : rows) {
    text += "\n    ";
    for (const Cell& cell : row) text += cell.brief() + " | ";
    if (text.size() > 3000) return text + "...";
  }
  return text;
}

bool operator==(const Outcome& a, const Outcome& b) {
  if (a.error != 0 || b.error != 0) return a.error == b.error;
  return a.columns == b.columns && a.rows == b.rows && a.changes == b.changes;
}

}  // namespace tern::test
