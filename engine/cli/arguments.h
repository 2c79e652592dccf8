// ARG of `tern sql` and `tern explain`: a word of the command line as a typed SQL value.
//
// A word is typed as SQLite types a literal:
//   NULL             NULL, in any case
//   42  -7  0x1f     INTEGER; REAL where it does not fit 64 bits, as in SQLite
//   1.5  .5  1e3     REAL
//   x'00ff'          BLOB
//   'it''s'          TEXT, without the quotes: forces text, e.g. '42' or '01234'
//   anything else    TEXT
//
// Contract: pure functions. Throws UsageError for a blob whose digits are not pairs of hexadecimal digits.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "tern/value.hpp"

namespace tern::cli {

// A value that owns its bytes.
class Argument {
 public:
  static Argument parse(std::string_view word);
  static Argument copy_of(const Value& value);
  // Borrows from this object.
  Value value() const noexcept;

 private:
  std::variant<std::nullptr_t, int64_t, double, std::string, std::vector<std::byte>> content_;
};

std::vector<Argument> parse_arguments(std::span<const std::string> words);
std::vector<Value> values_of(std::span<const Argument> arguments);

// CLI11 splits a word like [1,2] into two, takes -.5 for an option, and hands what follows -- to the wrong command.
// These words are marked before it sees them (and -- is taken out); show_again() takes the mark away.
std::vector<std::string> hide_from_parser(std::vector<std::string> words);
std::string show_again(std::string word);

}  // namespace tern::cli
