// The one exception type of the C++ API.
//
// Every failure that a caller can meet is a tern::Error: a code to branch on, a message that names the thing, the value
// and the remedy, and SQLite's extended result code where SQLite was the one to refuse. Cache trouble is never an
// error: tern then reads SQLite directly, and says why in Database::stats(). Hits, destructors and the accessors marked
// noexcept never throw.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "tern/export.hpp"

namespace tern {

// The numbers are those of tern_status in tern.h, and fixed for ever.
enum class ErrorCode : int {
  kSql = 1,            // the SQL is wrong, or failed while running
  kMisuse = 2,         // the call is wrong: an argument, a type, a handle used after close
  kBusy = 3,           // somebody else held the database for longer than the busy timeout
  kConstraint = 4,     // UNIQUE, NOT NULL, CHECK, FOREIGN KEY
  kNotFound = 5,       // the file, folder, table or column does not exist
  kLimit = 6,          // a documented bound was met (docs/limits.md)
  kIo = 7,             // the operating system refused a read or a write
  kFull = 8,           // no room left on the device
  kReadOnly = 9,       // the file, folder or handle may not be written
  kCorrupt = 10,       // the database is damaged
  kNotADatabase = 11,  // the file is not a SQLite database
  kNoMemory = 12,
  kUnsupported = 13,  // something that tern does not do, by design
  kInternal = 14,     // a bug in tern; please report it
  kWouldBlock = 15,   // of the C interface alone: it was asked not to wait, and would have to
};

// "constraint", "busy", … : a stable lower-case word for logs.
TERN_EXPORT const char* error_code_name(ErrorCode code) noexcept;

class TERN_EXPORT Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, int sqlite_code = 0);
  // With what SQLite said itself, and where in the SQL text; see below.
  Error(ErrorCode code, const std::string& message, int sqlite_code, std::shared_ptr<const std::string> sqlite_message,
        int sql_offset);
  ~Error() override;

  ErrorCode code() const noexcept { return code_; }
  // SQLite's extended result code (https://www.sqlite.org/rescode.html), 0 where SQLite was not involved.
  int sqlite_code() const noexcept { return sqlite_code_; }
  // SQLite's own message, which what() quotes; "" where SQLite was not involved. Lives as long as this error.
  const char* sqlite_message() const noexcept { return sqlite_message_ ? sqlite_message_->c_str() : ""; }
  // The byte of the statement's text that SQLite's message is about, -1 where it names none.
  int sql_offset() const noexcept { return sql_offset_; }

 private:
  ErrorCode code_;
  int sqlite_code_;
  std::shared_ptr<const std::string> sqlite_message_;
  int sql_offset_ = -1;
};

}  // namespace tern
