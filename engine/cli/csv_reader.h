// Records of a CSV file (RFC 4180), one after another.
//
// Fields are separated by commas and records by line feeds, with or without a carriage return before them; a field in
// quotation marks may hold all of these, and a quotation mark as two. A UTF-8 byte order mark at the start is skipped.
// Where the RFC leaves no reading open, a record is a BadLine rather than a guess: a quotation mark inside a field that
// does not begin with one, text behind the closing one, one that is never closed, bytes that are not UTF-8.
//
// Contract. One object, one thread. Fields borrow until the next call. After a BadLine the next call goes on behind the
// line on which that was found; after a quotation mark that is never closed, behind the line on which its record began.
// Cost: one pass over the bytes, memory for one record.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cli/bad_line.h"
#include "engine/cli/input_window.h"

namespace tern::cli {

struct CsvField {
  std::string_view text;
  bool quoted = false;  // "" and nothing at all are two things
};

class CsvReader {
 public:
  explicit CsvReader(InputWindow& input) : input_(input) {}

  // False at the end of the file. An empty line is a record of one empty field. Throws BadLine.
  bool next(std::vector<CsvField>& fields);
  // Where the last record began, from 1; also one that was a BadLine.
  uint64_t line() const noexcept { return line_; }

 private:
  // A field whose doubled quotation marks were made single ones, in unquoted_.
  struct Unquoted {
    size_t field, begin, size;
  };

  bool read_more();
  // Reads the record at the start of `text`, into `fields` and record_bytes_. False: it does not end in `text`, and
  // `text` is not all there is (`whole`).
  bool parse(std::string_view text, bool whole, std::vector<CsvField>& fields);
  // Both read the field at `begin` and return where it ends: at a comma, at the end of a line or of the text. kMore:
  // that cannot be told yet.
  size_t quoted_field(std::string_view text, size_t begin, bool whole, std::vector<CsvField>& fields);
  size_t bare_field(std::string_view text, size_t begin, bool whole, std::vector<CsvField>& fields);
  void add_quoted(std::string_view inner, bool doubled, std::vector<CsvField>& fields);
  void finish(std::vector<CsvField>& fields);
  // Throws BadLine, going on behind the line that `resume_at` is in.
  [[noreturn]] void refuse(std::string reason, std::string_view value, size_t resume_at);
  void use_up(size_t bytes);

  static constexpr size_t kMore = static_cast<size_t>(-1);

  InputWindow& input_;
  bool begun_ = false;
  uint64_t line_ = 0;
  uint64_t next_line_ = 1;
  size_t record_bytes_ = 0;
  std::string unquoted_;
  std::vector<Unquoted> unquoted_fields_;
};

}  // namespace tern::cli
