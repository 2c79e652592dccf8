// A result as a table for people, as CSV, or as JSON.
//
// table  a box of lines, columns aligned, numbers to the right, NULL written out, control characters as escapes, blobs
//        as x'…'. No rows: "(no rows)".
// csv    RFC 4180 with a header line and CRLF. NULL is nothing at all and an empty text is "", so that
//        `tern import` reads the same back; blobs as x'…'.
// json   an array of objects, one to a line, columns in their order (a name that occurs twice is there twice); blobs as
//        a string of their hexadecimal digits, an infinite REAL as 1e999.
//
// Contract: pure functions but for Output's errors.
#pragma once

#include <optional>
#include <string_view>

#include "engine/cli/output.h"
#include "tern/rows.hpp"

namespace tern::cli {

enum class Format { kTable, kJson, kCsv };

void print_rows(Output& out, const Rows& rows, Format format);
void print_table(Output& out, const Rows& rows);
void print_csv(Output& out, const Rows& rows);
void print_json(Output& out, const Rows& rows);

}  // namespace tern::cli
