// A SQL value with everything that tells it from another: its type, and every bit. And what a statement gave.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tern/value.hpp"

namespace tern::test {

struct Cell {
  Type type = Type::kNull;
  int64_t integer = 0;
  double real = 0;
  std::string bytes;  // text or blob

  static Cell null() { return {}; }
  static Cell of(int64_t v) { return {.type = Type::kInteger, .integer = v, .bytes = {}}; }
  static Cell of(double v) { return {.type = Type::kReal, .real = v, .bytes = {}}; }
  static Cell text(std::string v) { return {.type = Type::kText, .bytes = std::move(v)}; }
  static Cell blob(std::string v) { return {.type = Type::kBlob, .bytes = std::move(v)}; }
  static Cell from(const Value& value);

  Value value() const;
  std::string literal() const;  // as SQL; what it evaluates to is the same value
  std::string brief() const;    // for people: its both ends if it is long
};
// -0.0 and 0.0 are different answers; a NaN cannot come out of SQLite.
bool operator==(const Cell& a, const Cell& b);

// A statement with its arguments, one for each '?' in it.
struct Call {
  std::string sql;
  std::vector<Cell> arguments;

  std::vector<Value> values() const;
  std::string with_literals() const;  // for a program that takes nothing but text
  std::string describe() const;
};

struct Outcome {
  int error = 0;  // SQLite's extended result code; the rest counts only without one
  std::string message;
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;
  int64_t changes = 0;  // of statements that write

  std::string describe() const;
};
bool operator==(const Outcome& a, const Outcome& b);

}  // namespace tern::test
