// The one exception of sql/: what SQLite or the file system refused, said so that a person can act on it.
//
// Contract. Everything in sql/ that can fail throws tern::sql::Error and nothing else of its own (std::bad_alloc
// passes through). A message names the thing, the value and, where one is known, the remedy. `code` is SQLite's primary
// result code, `extended` the extended one (https://www.sqlite.org/rescode.html); misuse of sql/ itself (too many
// parameters, a second statement) carries SQLITE_MISUSE, SQLITE_RANGE or SQLITE_ERROR as SQLite would.
// Errors are values: they hold no connection and may be copied to, and read in, any thread.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;

namespace tern::sql {

struct Error : std::runtime_error {
  // `sql_offset` is the byte in the SQL text at which SQLite stopped understanding, or -1.
  Error(int extended_code, const std::string& message, int sql_offset = -1);

  int code;
  int extended;
  int offset;
  // SQLite's own words, without ours around them; null where SQLite was not asked. Shared, so that copying cannot fail.
  std::shared_ptr<const std::string> reason;
};

// "cannot <verb> <thing>: <reason>; <remedy>", leaving out what is empty.
std::string describe(std::string_view what, std::string_view reason, std::string_view remedy = {});

// The Error for the last failure on `db`. `what` says what was tried ("open /data/app.db"); `sql`, where there is some,
// is quoted in the message (shortened to a line) with the place that sqlite3_error_offset() names.
Error error_of(sqlite3* db, std::string_view what, std::string_view sql = {});

// `sql` as one line of at most 200 bytes, for messages; control bytes become blanks, cut text ends with "…".
std::string shorten_sql(std::string_view sql);

}  // namespace tern::sql
