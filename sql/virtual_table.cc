#include "sql/virtual_table.h"

namespace tern::sql {
namespace {

// The next word, quoted name or character of `text`, which is cut behind it; empty at the end.
std::string next_token(std::string_view& text) {
  for (;;) {
    while (!text.empty() && (text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r'))) text.remove_prefix(1);
    size_t comment_end = 0;
    if (text.starts_with("--")) {
      comment_end = text.find('\n');
    } else if (text.starts_with("/*")) {
      comment_end = text.find("*/", 2);
      if (comment_end != std::string_view::npos) comment_end += 2;
    } else {
      break;
    }
    text.remove_prefix(comment_end == std::string_view::npos ? text.size() : comment_end);
  }
  if (text.empty()) return {};
  std::string token;
  const char first = text[0];
  if (first == '"' || first == '`' || first == '\'' || first == '[') {
    const char last = first == '[' ? ']' : first;
    size_t i = 1;
    for (; i < text.size(); ++i) {
      if (text[i] != last) {
        token += text[i];
        continue;
      }
      if (last == ']' || i + 1 >= text.size() || text[i + 1] != last) break;
      token += text[i++];  // a doubled quote stands for one
    }
    text.remove_prefix(i < text.size() ? i + 1 : i);
    return token;
  }
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  size_t end = 0;
  while (end < text.size() && is_word(text[end])) ++end;
  if (end == 0) end = 1;
  token = text.substr(0, end);
  text.remove_prefix(end);
  return token;
}

}  // namespace

std::string lower_case(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string module_of_virtual_table(std::string_view create_sql) {
  for (const std::string_view word : {"create", "virtual", "table"}) {
    if (lower_case(next_token(create_sql)) != word) return {};
  }
  std::string name = next_token(create_sql);
  std::string_view behind = create_sql;
  if (next_token(behind) == ".") {  // a schema name before it
    create_sql = behind;
    name = next_token(create_sql);
  }
  if (name.empty() || lower_case(next_token(create_sql)) != "using") return {};
  return lower_case(next_token(create_sql));
}

}  // namespace tern::sql
