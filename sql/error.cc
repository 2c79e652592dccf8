#include "sql/error.h"

#include <sqlite3.h>

#include <utility>

namespace tern::sql {

Error::Error(int extended_code, const std::string& message, int sql_offset)
    : std::runtime_error(message),
      code(extended_code & 0xff),  // the low byte of an extended code is its primary one
      extended(extended_code),
      offset(sql_offset) {}

std::string describe(std::string_view what, std::string_view reason, std::string_view remedy) {
  std::string text = "cannot ";
  text += what;
  if (!reason.empty()) {
    text += ": ";
    text += reason;
  }
  if (!remedy.empty()) {
    text += "; ";
    text += remedy;
  }
  return text;
}

std::string shorten_sql(std::string_view sql) {
  constexpr size_t kMaxBytes = 200;
  const bool cut = sql.size() > kMaxBytes;
  size_t end = cut ? kMaxBytes : sql.size();
  // Never in the middle of a UTF-8 sequence.
  while (cut && end > 0 && (static_cast<unsigned char>(sql[end]) & 0xc0) == 0x80) --end;
  std::string line(sql.substr(0, end));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  if (cut) line += "…";
  return line;
}

Error error_of(sqlite3* db, std::string_view what, std::string_view sql) {
  const int extended = sqlite3_extended_errcode(db);
  // Added in 3.38.0; before, messages name the token themselves.
#if SQLITE_VERSION_NUMBER >= 3038000
  const int offset = sql.empty() ? -1 : sqlite3_error_offset(db);
#else
  const int offset = -1;
#endif
  std::string reason = sqlite3_errmsg(db);
  auto own_words = std::make_shared<const std::string>(reason);
  if (offset >= 0 && static_cast<size_t>(offset) <= sql.size()) {
    const std::string_view rest = sql.substr(static_cast<size_t>(offset));
    reason += " (at byte " + std::to_string(offset);
    if (!rest.empty()) reason += ", before \"" + shorten_sql(rest.substr(0, 40)) + "\"";
    reason += ")";
  }
  if (!sql.empty()) reason += ", in: " + shorten_sql(sql);
  Error error(extended, describe(what, reason), offset);
  error.reason = std::move(own_words);
  return error;
}

}  // namespace tern::sql
