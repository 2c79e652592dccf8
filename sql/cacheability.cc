#include "sql/cacheability.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "sql/connection.h"
#include "sql/library.h"
#include "sql/probes.h"
#include "sql/virtual_table.h"

namespace tern::sql {
namespace {

using Kind = Cacheability::Kind;

// Modules whose answers hang on pages alone: no state in memory that outlives a statement.
constexpr std::array<std::string_view, 9> kPageModules = {
    "rtree", "rtree_i32", "geopoly", "json_each", "json_tree", "jsonb_each", "jsonb_tree", "generate_series", "series"};
// Full-text modules and the tables that show their insides: they cache structure in memory.
constexpr std::array<std::string_view, 5> kAnyCommitModules = {"fts3", "fts4", "fts5", "fts4aux", "fts5vocab"};
// What a full-text module calls on its own tables; to SQLite these look undeterministic.
constexpr std::array<std::string_view, 9> kFullTextFunctions = {
    "match",     "bm25",        "highlight",       "snippet",       "offsets",
    "matchinfo", "fts5_locale", "fts5_get_locale", "fts5_insttoken"};
constexpr std::array<std::string_view, 7> kDateFunctions = {"date",      "time",     "datetime", "julianday",
                                                            "unixepoch", "strftime", "timediff"};
constexpr std::array<std::string_view, 4> kSchemaTables = {"sqlite_schema", "sqlite_master", "sqlite_temp_schema",
                                                           "sqlite_temp_master"};

template <size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What the authorizer told during one prepare. Names in lower case.
struct Actions final : PrepareObserver {
  // (database or "", table, "a column of it was named")
  std::set<std::tuple<std::string, std::string, bool>> reads;
  std::set<std::string> functions;
  std::string other;  // the first action that is no part of a cacheable query
  bool incomplete = false;

  void on_action(int action, const char* first, const char* second, const char* database) noexcept override try {
    const auto text = [](const char* name) { return name == nullptr ? std::string() : lower_case(name); };
    switch (action) {
      case SQLITE_SELECT:
      case SQLITE_RECURSIVE:
        return;
      case SQLITE_READ:
        reads.emplace(text(database), text(first), second != nullptr && *second != '\0');
        return;
      case SQLITE_FUNCTION:
        functions.insert(text(second));
        return;
      default:
        if (other.empty()) other = name_of(action);
    }
  } catch (...) {
    incomplete = true;
  }

  static std::string name_of(int action) {
    switch (action) {
      case SQLITE_PRAGMA:
        return "runs a PRAGMA";
      case SQLITE_TRANSACTION:
      case SQLITE_SAVEPOINT:
        return "begins or ends a transaction";
      case SQLITE_ATTACH:
      case SQLITE_DETACH:
        return "attaches or detaches a database";
      default:
        return "changes the database";
    }
  }
};

struct Function {
  bool deterministic = true;
  bool builtin = true;
};

}  // namespace

struct Classifier::State {
  explicit State(Connection& its_connection) : connection(its_connection) {}

  Connection& connection;
  std::optional<std::unordered_map<std::string, Function>> functions;

  void load_functions();
  std::set<std::string> modules();
  ClassifiedStatement prepare(std::string_view sql, bool persistent);
  Cacheability classify(const Statement& statement, const Actions& actions, bool& has_virtual);
  void judge_read(const std::string& database, const std::string& table, bool column, Cacheability& result,
                  bool& has_virtual);
  bool is_foreign(std::string_view name) const { return connection.foreign_names().contains(name); }
  std::string foreign_name_in(const Statement& statement, const Actions& actions);
  void judge_module(const std::string& module, const std::string& table, Cacheability& result);
  void judge_function(const std::string& name, Cacheability& result);
};

namespace {

// Whether the name stands in the text by itself, quoted or not. A quote within a name is written twice: of such a name
// the part before it is enough.
bool mentions(std::string_view text, std::string_view name) {
  const auto in_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  name = name.substr(0, name.find_first_of("\"'`"));
  if (name.empty()) return true;
  for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const size_t behind = at + name.size();
    const bool begins = at == 0 || !in_word(text[at - 1]) || !in_word(name.front());
    const bool ends = behind == text.size() || !in_word(text[behind]) || !in_word(name.back());
    if (begins && ends) return true;
  }
  return false;
}

// The gravest verdict stays, with its first reason.
void lower_to(Kind kind, std::string reason, Cacheability& result) {
  if (kind <= result.kind) return;
  result.kind = kind;
  result.reason = std::move(reason);
}

}  // namespace

// An overload that is not deterministic makes its name so: which overload runs is only known at run time. Aggregates of
// SQLite itself do not carry the flag, and hang on their input all the same.
void Classifier::State::load_functions() {
  functions.emplace();
  Statement list(connection, "SELECT name, builtin, type, flags FROM pragma_function_list");
  while (list.step()) {
    const bool builtin = list.column_int64(1) != 0;
    const std::string_view type = list.column_text(2);
    const bool builtin_aggregate = builtin && (type == "a" || type == "w");
    const bool deterministic = (list.column_int64(3) & SQLITE_DETERMINISTIC) != 0 || builtin_aggregate;
    Function& function = (*functions)[lower_case(list.column_text(0))];
    function.deterministic = function.deterministic && deterministic;
    function.builtin = function.builtin && builtin;
  }
}

std::set<std::string> Classifier::State::modules() {
  std::set<std::string> names;
  Statement list(connection, "SELECT name FROM pragma_module_list");
  while (list.step()) names.insert(lower_case(list.column_text(0)));
  return names;
}

void Classifier::State::judge_function(const std::string& name, Cacheability& result) {
  if (!functions) load_functions();
  const bool full_text = contains(kFullTextFunctions, name) && !is_foreign(name);
  if ((TERN_MUTANT(kFts5Plain) || result.kind == Kind::kAnyCommit) && full_text) return;
  if (!initialize({.accept_wal_reset_bug = true}).local_time_noted && contains(kDateFunctions, name)) {
    return lower_to(Kind::kNever, "uses " + name + "(), and a system SQLite does not tell when it asks for local time",
                    result);
  }
  const auto known = functions->find(name);
  if (known == functions->end()) {
    return lower_to(Kind::kNever, "uses " + name + "(), which is not among the functions that SQLite lists", result);
  }
  // Deterministic by its flags, but called for its effect.
  if (name == "sqlite_log") return lower_to(Kind::kNever, "uses sqlite_log(), which writes to the error log", result);
  if (TERN_MUTANT(kNondeterministicPlain) || known->second.deterministic) return;
  lower_to(Kind::kNever,
           known->second.builtin ? "uses " + name + "(), which is not deterministic"
                                 : "uses " + name + "(), which was not registered as deterministic",
           result);
}

void Classifier::State::judge_module(const std::string& module, const std::string& table, Cacheability& result) {
  if (contains(kPageModules, module)) return;
  if (contains(kAnyCommitModules, module)) {
    if (TERN_MUTANT(kFts5Plain)) return;
    return lower_to(Kind::kAnyCommit,
                    "reads " + table + " through " + module + ", which keeps state in memory: valid until any commit",
                    result);
  }
  if (module.starts_with("pragma_")) return lower_to(Kind::kNever, "runs a PRAGMA (" + module + ")", result);
  lower_to(Kind::kNever,
           "reads " + table + " through the module " + (module.empty() ? "of an unknown form" : module) +
               ", which is not known to hang on pages alone",
           result);
}

// The first foreign name that the statement or what it reads mentions.
std::string Classifier::State::foreign_name_in(const Statement& statement, const Actions& actions) {
  std::vector<std::string> texts = {lower_case(statement.sql())};
  Statement parts(connection,
                  // Of a view all views: it may be made of others.
                  "SELECT sql FROM sqlite_schema WHERE sql NOT NULL AND CASE type WHEN 'view' THEN EXISTS "
                  "(SELECT 1 FROM sqlite_schema AS v WHERE v.type = 'view' AND v.name = ?1 COLLATE NOCASE) "
                  "ELSE type IN ('table', 'index') AND tbl_name = ?1 COLLATE NOCASE END");
  for (const auto& [database, table, column] : actions.reads) {
    if (is_foreign(table)) return table;  // a module of an extension
    parts.bind_text(1, table);
    while (parts.step()) texts.push_back(lower_case(parts.column_text(0)));
  }
  for (const std::string& name : connection.foreign_names()) {
    if (actions.functions.contains(name)) return name;
    for (const std::string& text : texts) {
      if (mentions(text, name)) return name;
    }
  }
  return {};
}

// A table without a database is one of which no column is read, or a common table expression of that name.
void Classifier::State::judge_read(const std::string& database, const std::string& table, bool column,
                                   Cacheability& result, bool& has_virtual) {
  if (!database.empty() && database != "main") {
    return lower_to(Kind::kNever, "reads " + database + "." + table + ", which is not in the main database", result);
  }
  if (contains(kSchemaTables, table)) {
    return lower_to(Kind::kNever, "reads the schema itself (" + table + ")", result);
  }
  Statement lookup(connection,
                   "SELECT name, type, sql, 1 AS temporary FROM sqlite_temp_schema "
                   "WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view') AND ?2 "
                   "UNION ALL SELECT name, type, sql, 0 FROM sqlite_schema "
                   "WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view') ORDER BY 4 DESC");
  lookup.bind_text(1, table);
  lookup.bind_int64(2, database.empty() ? 1 : 0);
  if (lookup.step()) {
    if (lookup.column_int64(3) != 0) {
      return lower_to(Kind::kNever, "reads temp." + table + ", which is not in the main database", result);
    }
    if (lookup.column_text(1) == "view") return;  // its tables are reported as well
    result.tables.emplace_back(lookup.column_text(0));
    const std::string_view create_sql = lookup.column_text(2);
    const std::string module = module_of_virtual_table(create_sql);
    if (module.empty()) return;
    has_virtual = true;
    return judge_module(module, result.tables.back(), result);
  }
  // Not in the schema: a table that exists by its module's name alone, or a common table expression.
  if (column || modules().contains(table)) {
    has_virtual = true;
    result.tables.push_back(table);
    return judge_module(table, table, result);
  }
  if (sqlite3_db_name(connection.handle(), 2) != nullptr) {
    lower_to(Kind::kNever, "reads " + table + ", which may be in an attached database", result);
  }
}

Cacheability Classifier::State::classify(const Statement& statement, const Actions& actions, bool& has_virtual) {
  Cacheability result;
  result.kind = Kind::kPages;
  for (const auto& [database, table, column] : actions.reads) judge_read(database, table, column, result, has_virtual);
  for (const std::string& name : actions.functions) judge_function(name, result);
  std::sort(result.tables.begin(), result.tables.end());
  result.tables.erase(std::unique(result.tables.begin(), result.tables.end()), result.tables.end());

  if (!connection.foreign_names().empty()) result.foreign = foreign_name_in(statement, actions);

  const auto never = [&result](std::string reason) {
    result.kind = Kind::kNever;
    result.reason = std::move(reason);
  };
  if (actions.incomplete) never("the memory to classify it was short");
  if (!actions.other.empty()) never(actions.other);
  if (!statement.readonly()) never("changes the database");
  if (statement.is_explain()) never("explains a statement instead of running it");
  if (statement.column_count() == 0 && result.kind != Kind::kNever) never("returns no rows");
  return result;
}

ClassifiedStatement Classifier::State::prepare(std::string_view sql, bool persistent) {
  for (bool again = false;; again = true) {
    Actions actions;
    connection.set_observer(&actions);
    std::optional<Statement> statement;
    try {
      statement.emplace(connection, sql, persistent);
    } catch (...) {
      connection.set_observer(nullptr);
      throw;
    }
    connection.set_observer(nullptr);
    bool has_virtual = false;
    Cacheability cacheability = classify(*statement, actions, has_virtual);
    // The first statement on a virtual table connects it, and the module then prepares statements of its own, whose
    // actions cannot be told from ours. The second time there are none.
    if (has_virtual && !again) continue;
    return {std::move(*statement), std::move(cacheability)};
  }
}

Classifier::Classifier(Connection& connection) : state_(std::make_unique<State>(connection)) {}
Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;

ClassifiedStatement Classifier::prepare(std::string_view sql, bool persistent) {
  return state_->prepare(sql, persistent);
}

void Classifier::forget_functions() noexcept { state_->functions.reset(); }

}  // namespace tern::sql
