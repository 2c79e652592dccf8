#include "sql/d1_rules.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace tern::sql {
namespace {

char folded(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return folded(x) == folded(y); });
}

bool starts_with(std::string_view text, std::string_view start) noexcept {
  return text.size() >= start.size() && same(text.substr(0, start.size()), start);
}

template <size_t N>
bool is_among(const std::array<std::string_view, N>& names, std::string_view name) noexcept {
  return std::any_of(names.begin(), names.end(), [&](std::string_view known) { return same(known, name); });
}

// Functions that D1 has. Operators that are functions inside, as LIKE and ->>, are asked for by these names too; the
// last line is what ALTER TABLE calls.
constexpr std::array<std::string_view, 137> kFunctions = {"abs",
                                                          "changes",
                                                          "char",
                                                          "coalesce",
                                                          "concat",
                                                          "concat_ws",
                                                          "format",
                                                          "glob",
                                                          "hex",
                                                          "ifnull",
                                                          "iif",
                                                          "instr",
                                                          "last_insert_rowid",
                                                          "length",
                                                          "like",
                                                          "likelihood",
                                                          "likely",
                                                          "load_extension",
                                                          "lower",
                                                          "ltrim",
                                                          "max_scalar",
                                                          "min_scalar",
                                                          "nullif",
                                                          "octet_length",
                                                          "printf",
                                                          "quote",
                                                          "random",
                                                          "randomblob",
                                                          "replace",
                                                          "round",
                                                          "rtrim",
                                                          "sign",
                                                          "soundex",
                                                          "substr",
                                                          "substring",
                                                          "total_changes",
                                                          "trim",
                                                          "typeof",
                                                          "unhex",
                                                          "unicode",
                                                          "unlikely",
                                                          "upper",
                                                          "zeroblob",
                                                          "date",
                                                          "time",
                                                          "datetime",
                                                          "julianday",
                                                          "unixepoch",
                                                          "strftime",
                                                          "timediff",
                                                          "current_date",
                                                          "current_time",
                                                          "current_timestamp",
                                                          "avg",
                                                          "count",
                                                          "group_concat",
                                                          "max",
                                                          "min",
                                                          "string_agg",
                                                          "sum",
                                                          "total",
                                                          "row_number",
                                                          "rank",
                                                          "dense_rank",
                                                          "percent_rank",
                                                          "cume_dist",
                                                          "ntile",
                                                          "lag",
                                                          "lead",
                                                          "first_value",
                                                          "last_value",
                                                          "nth_value",
                                                          "acos",
                                                          "acosh",
                                                          "asin",
                                                          "asinh",
                                                          "atan",
                                                          "atan2",
                                                          "atanh",
                                                          "ceil",
                                                          "cos",
                                                          "cosh",
                                                          "degrees",
                                                          "exp",
                                                          "floor",
                                                          "ln",
                                                          "log",
                                                          "log2",
                                                          "mod",
                                                          "pi",
                                                          "pow",
                                                          "radians",
                                                          "sin",
                                                          "sinh",
                                                          "sqrt",
                                                          "tan",
                                                          "tanh",
                                                          "trunc",
                                                          "json",
                                                          "jsonb",
                                                          "json_array",
                                                          "jsonb_array",
                                                          "json_array_length",
                                                          "json_extract",
                                                          "jsonb_extract",
                                                          "->",
                                                          "->>",
                                                          "json_insert",
                                                          "jsonb_insert",
                                                          "json_object",
                                                          "jsonb_object",
                                                          "json_patch",
                                                          "jsonb_patch",
                                                          "json_remove",
                                                          "jsonb_remove",
                                                          "json_replace",
                                                          "jsonb_replace",
                                                          "json_set",
                                                          "jsonb_set",
                                                          "json_type",
                                                          "json_valid",
                                                          "json_quote",
                                                          "json_group_array",
                                                          "jsonb_group_array",
                                                          "json_group_object",
                                                          "jsonb_group_object",
                                                          "json_each",
                                                          "json_tree",
                                                          "match",
                                                          "highlight",
                                                          "bm25",
                                                          "snippet",
                                                          "sqlite_rename_column",
                                                          "sqlite_rename_table",
                                                          "sqlite_rename_test",
                                                          "sqlite_drop_column",
                                                          "sqlite_rename_quotefix"};

// What may stand behind the name of a pragma.
enum class Argument { kNone, kSwitch, kName, kNameOrNone, kNumberOrNone, kNumberNameOrNone };

struct Pragma {
  std::string_view name;
  Argument argument;
};

constexpr std::array<Pragma, 18> kPragmas = {{{"data_version", Argument::kNone},
                                              {"case_sensitive_like", Argument::kSwitch},
                                              {"foreign_keys", Argument::kSwitch},
                                              {"defer_foreign_keys", Argument::kSwitch},
                                              {"ignore_check_constraints", Argument::kSwitch},
                                              {"legacy_alter_table", Argument::kSwitch},
                                              {"recursive_triggers", Argument::kSwitch},
                                              {"reverse_unordered_selects", Argument::kSwitch},
                                              {"foreign_key_check", Argument::kNameOrNone},
                                              {"foreign_key_list", Argument::kName},
                                              {"index_info", Argument::kName},
                                              {"index_list", Argument::kName},
                                              {"index_xinfo", Argument::kName},
                                              {"table_info", Argument::kName},
                                              {"table_xinfo", Argument::kName},
                                              {"table_list", Argument::kNameOrNone},
                                              {"quick_check", Argument::kNumberNameOrNone},
                                              {"optimize", Argument::kNumberOrNone}}};

// Names that are kept for D1's own tables.
bool free_name(const char* name) noexcept { return name == nullptr || !starts_with(name, "_cf_"); }

bool is_number(std::string_view text) noexcept {
  const bool hexadecimal = starts_with(text, "0x");
  if (hexadecimal) text.remove_prefix(2);
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  return error == std::errc() && end == text.data() + text.size();
}

// By its beginning, in quotes or not.
bool is_switch(std::string_view text) noexcept {
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.front() == text.back())
    text = text.substr(1, text.size() - 2);
  for (const std::string_view word : {"true", "false", "yes", "no", "on", "off", "1", "0"}) {
    if (starts_with(text, word)) return true;
  }
  return false;
}

bool allows_pragma(std::string_view name, const char* argument) noexcept {
  const auto known =
      std::find_if(kPragmas.begin(), kPragmas.end(), [&](const Pragma& pragma) { return same(pragma.name, name); });
  if (known == kPragmas.end()) return false;
  switch (known->argument) {
    case Argument::kNone:
      return argument == nullptr;
    case Argument::kSwitch:
      return argument == nullptr || is_switch(argument);
    case Argument::kName:
      return argument != nullptr && free_name(argument);
    case Argument::kNameOrNone:
      return free_name(argument);
    case Argument::kNumberOrNone:
      return argument == nullptr || is_number(argument);
    case Argument::kNumberNameOrNone:
      return argument == nullptr || is_number(argument) || free_name(argument);
  }
  return false;
}

bool allows_module(const char* name) noexcept {
  return name != nullptr && (same(name, "fts5") || same(name, "fts5vocab"));
}

}  // namespace

bool d1_allows(int action, const char* first, const char* second, const char* database) noexcept {
  // Here SQLite gives the database first.
  if (action == SQLITE_ALTER_TABLE) return same(first == nullptr ? "" : first, "main") && free_name(second);
  if (database != nullptr && same(database, "temp"))
    return (action == SQLITE_READ || action == SQLITE_UPDATE) && free_name(first);
  if (database != nullptr && !same(database, "main")) return false;
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
    case SQLITE_ANALYZE:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return true;
    case SQLITE_READ:
    case SQLITE_UPDATE:
    case SQLITE_INSERT:
    case SQLITE_DELETE:
    case SQLITE_CREATE_TABLE:
    case SQLITE_DROP_TABLE:
    case SQLITE_CREATE_VIEW:
    case SQLITE_DROP_VIEW:
    case SQLITE_REINDEX:
      return free_name(first);
    case SQLITE_CREATE_INDEX:
    case SQLITE_DROP_INDEX:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_DROP_TRIGGER:
      return free_name(first) && free_name(second);
    case SQLITE_FUNCTION:
      return second != nullptr && is_among(kFunctions, second);
    case SQLITE_PRAGMA:
      return first != nullptr && allows_pragma(first, second);
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE:
      return allows_module(second);
    default:  // ATTACH, DETACH, whatever is temporary, and what SQLite does not know yet
      return false;
  }
}

void set_d1_limits(sqlite3* db) noexcept {
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 2'200'000);
  sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 100'000);
  sqlite3_limit(db, SQLITE_LIMIT_COLUMN, 100);
  sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 100);
  sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 5);
  sqlite3_limit(db, SQLITE_LIMIT_VDBE_OP, 25'000);
  sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, 127);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50);
  sqlite3_limit(db, SQLITE_LIMIT_VARIABLE_NUMBER, 100);
  sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 10);
}

}  // namespace tern::sql
