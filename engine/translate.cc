#include "engine/translate.h"

#include <sqlite3.h>

namespace tern::internal {

ErrorCode error_code_of(int sqlite_primary_code) noexcept {
  switch (sqlite_primary_code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::kBusy;
    case SQLITE_CONSTRAINT:
      return ErrorCode::kConstraint;
    case SQLITE_FULL:
      return ErrorCode::kFull;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return ErrorCode::kReadOnly;
    case SQLITE_IOERR:
      return ErrorCode::kIo;
    case SQLITE_CANTOPEN:
    case SQLITE_NOTFOUND:
      return ErrorCode::kNotFound;
    case SQLITE_CORRUPT:
      return ErrorCode::kCorrupt;
    case SQLITE_NOTADB:
      return ErrorCode::kNotADatabase;
    case SQLITE_NOMEM:
      return ErrorCode::kNoMemory;
    case SQLITE_TOOBIG:
      return ErrorCode::kLimit;
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
      return ErrorCode::kMisuse;
    case SQLITE_AUTH:
    case SQLITE_NOLFS:
      return ErrorCode::kUnsupported;
    case SQLITE_INTERNAL:
      return ErrorCode::kInternal;
    default:
      return ErrorCode::kSql;
  }
}

Error translate(const sql::Error& error) {
  return Error(error_code_of(error.code), error.what(), error.extended, error.reason, error.offset);
}

}  // namespace tern::internal
