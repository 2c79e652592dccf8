#include "engine/cli/sql_text.h"

#include <strings.h>

namespace tern::cli {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f";

// The length of the comment or the quoted text at the start of `sql`; 0 if there is none. One that is not closed goes
// to the end.
size_t token_length(std::string_view sql) noexcept {
  const auto through = [sql](size_t at, size_t closing) {
    return at == std::string_view::npos ? sql.size() : at + closing;
  };
  if (sql.starts_with("--")) return through(sql.find('\n'), 1);
  if (sql.starts_with("/*")) return through(sql.find("*/", 2), 2);
  switch (sql.empty() ? '\0' : sql[0]) {
    case '\'':
    case '"':
    case '`':
      return through(sql.find(sql[0], 1), 1);  // a doubled one is two texts side by side: the same length
    case '[':
      return through(sql.find(']', 1), 1);
    default:
      return 0;
  }
}

bool is_comment(std::string_view sql) noexcept { return sql.starts_with("--") || sql.starts_with("/*"); }

}  // namespace

std::string_view skip_blank_sql(std::string_view sql) noexcept {
  while (!sql.empty()) {
    if (is_comment(sql)) {
      sql.remove_prefix(token_length(sql));
    } else if (sql[0] == ';' || kBlanks.find(sql[0]) != std::string_view::npos) {
      sql.remove_prefix(1);
    } else {
      break;
    }
  }
  return sql;
}

bool begins_with_create(std::string_view sql) noexcept {
  constexpr std::string_view kCreate = "CREATE";
  const std::string_view text = skip_blank_sql(sql);
  if (text.size() <= kCreate.size() || ::strncasecmp(text.data(), kCreate.data(), kCreate.size()) != 0) return false;
  return kBlanks.find(text[kCreate.size()]) != std::string_view::npos || is_comment(text.substr(kCreate.size()));
}

bool may_be_script(std::string_view sql) noexcept {
  sql = skip_blank_sql(sql);
  while (!sql.empty()) {
    if (sql[0] == ';') return !skip_blank_sql(sql).empty();
    const size_t token = token_length(sql);
    sql.remove_prefix(token == 0 ? 1 : token);
  }
  return false;
}

}  // namespace tern::cli
