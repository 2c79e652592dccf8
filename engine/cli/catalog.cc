#include "engine/cli/catalog.h"

#include <filesystem>

#include "engine/cli/text.h"

namespace tern::cli {
namespace {

constexpr size_t kNamesShown = 8;
constexpr size_t kNameCells = 40;

std::vector<std::string> first_column(const Rows& rows) {
  std::vector<std::string> names;
  for (const Row row : rows) names.push_back(row.get<std::string>(0));
  return names;
}

}  // namespace

std::vector<std::string> table_names(const Query& query) {
  return first_column(
      query("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
            "AND name NOT LIKE '\\_tern\\_%' ESCAPE '\\' ORDER BY name",
            {}));
}

std::vector<std::string> column_names(const Query& query, const std::string& table) {
  const Value name(table);
  return first_column(query("SELECT name FROM pragma_table_info(?) ORDER BY cid", {&name, 1}));
}

std::string primary_key(const Query& query, const std::string& table) {
  const Value name(table);
  const auto names = first_column(query("SELECT name FROM pragma_table_info(?) WHERE pk > 0", {&name, 1}));
  return names.size() == 1 ? names[0] : std::string();
}

std::vector<std::string> kv_namespace_names(Database& database) {
  std::error_code ignored;
  if (!std::filesystem::exists(database.path() + "-tern/kv", ignored)) return {};
  return database.kv_namespaces();
}

std::string quote_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string list_names(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < kNamesShown; ++i) {
    out += (i == 0 ? "" : ", ") + shorten(names[i], kNameCells);
  }
  if (names.size() > kNamesShown) out += " and " + std::to_string(names.size() - kNamesShown) + " more";
  return out;
}

}  // namespace tern::cli
