#include "tern/error.hpp"

#include <utility>

namespace tern {

Error::Error(ErrorCode code, const std::string& message, int sqlite_code)
    : std::runtime_error(message), code_(code), sqlite_code_(sqlite_code) {}

Error::Error(ErrorCode code, const std::string& message, int sqlite_code,
             std::shared_ptr<const std::string> sqlite_message, int sql_offset)
    : std::runtime_error(message),
      code_(code),
      sqlite_code_(sqlite_code),
      sqlite_message_(std::move(sqlite_message)),
      sql_offset_(sql_offset) {}

Error::~Error() = default;

const char* error_code_name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kSql:
      return "sql";
    case ErrorCode::kMisuse:
      return "misuse";
    case ErrorCode::kBusy:
      return "busy";
    case ErrorCode::kConstraint:
      return "constraint";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kLimit:
      return "limit";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kFull:
      return "full";
    case ErrorCode::kReadOnly:
      return "read-only";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kNotADatabase:
      return "not a database";
    case ErrorCode::kNoMemory:
      return "no memory";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kInternal:
      return "internal";
    case ErrorCode::kWouldBlock:
      return "would block";
  }
  return "unknown";
}

}  // namespace tern
