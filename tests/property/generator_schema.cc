#include "tests/property/generator.h"

namespace tern::test {
namespace {

constexpr size_t kTables = 4;
constexpr size_t kMostColumns = 7;

}  // namespace

// A journal that triggers write to, a table for full-text search, one with an R-tree, and the random ones.
std::vector<Call> Generator::first_schema() {
  std::vector<Call> calls = {
      {"CREATE TABLE journal(id INTEGER PRIMARY KEY, what TEXT, x)", {}},
      {"CREATE VIRTUAL TABLE words USING fts5(body)", {}},
      {"CREATE VIRTUAL TABLE boxes USING rtree(id, low, high)", {}},
  };
  tables_.clear();
  for (size_t i = 0; i < kTables; ++i) {
    calls.push_back(create_table("t" + std::to_string(i)));
    succeeded();
  }
  return calls;
}

std::string Generator::column_definition(size_t index) {
  static const std::vector<std::string> kTypes = {"INTEGER", "TEXT", "REAL",       "NUMERIC",
                                                  "BLOB",    "",     "VARCHAR(9)", "INT"};
  static const std::vector<std::string> kConstraints = {" UNIQUE",           " NOT NULL DEFAULT 7", " COLLATE NOCASE",
                                                        " DEFAULT 'absent'", " DEFAULT -0.0",       ""};
  std::string definition = "c" + std::to_string(index) + " " + pick(kTypes);
  if (one_in(4)) definition += pick(kConstraints);
  if (one_in(25)) definition += " CHECK(c" + std::to_string(index) + " IS NOT 2)";
  return definition;
}

Call Generator::create_table(const std::string& name) {
  Table made{name, {}};
  const size_t columns = 2 + below(4);
  std::string body;
  std::string ending;
  const size_t key = below(6);
  for (size_t i = 0; i < columns; ++i) {
    made.columns.push_back({"c" + std::to_string(i)});
    if (i > 0) body += ", ";
    if (i == 0 && key == 0) {
      body += one_in(3) ? "c0 INTEGER PRIMARY KEY AUTOINCREMENT"
                        // Past the greatest rowid SQLite draws random ones.
                        : "c0 INTEGER PRIMARY KEY CHECK(c0 < 9000000000000000000)";
    } else if (i == 0 && key == 1) {
      body += "c0 TEXT PRIMARY KEY";
    } else if (i == 0 && key == 2) {
      body += "c0 PRIMARY KEY";
      ending = " WITHOUT ROWID";
    } else {
      body += column_definition(i);
    }
  }
  if (one_in(4)) {
    body += ", g AS (quote(" + column(made) + "))" + (one_in(2) ? " STORED" : "");
    made.columns.push_back({"g", true});
  }
  if (key == 3) {
    body += ", PRIMARY KEY(c1, c0)";
    if (one_in(2)) ending = " WITHOUT ROWID";
  }
  planned_ = tables_;
  std::erase_if(planned_, [&](const Table& known) { return known.name == name; });
  planned_.push_back(made);
  return {"CREATE TABLE " + name + "(" + body + ")" + ending, {}};
}

Call Generator::create_trigger() {
  static const std::vector<std::string> kEvents = {"AFTER INSERT", "AFTER UPDATE", "BEFORE UPDATE", "BEFORE INSERT"};
  const Table& source = table();
  const Table& target = table();
  std::string body = "INSERT INTO journal(what, x) VALUES('" + source.name + "', NEW." + column(source) + ");";
  if (one_in(2)) {
    body += " UPDATE " + target.name + " SET " + writable_column(target) + " = NEW." + column(source) + " WHERE " +
            column(target) + " IS NEW." + column(source) + ";";
  }
  return {"CREATE TRIGGER x" + std::to_string(names_++) + " " + pick(kEvents) + " ON " + source.name + " BEGIN " +
              body + " END",
          {}};
}

Call Generator::create_view() {
  const Table& left = table();
  const Table& right = table();
  const std::string name = "v" + std::to_string(below(2));
  if (one_in(3)) return {"DROP VIEW IF EXISTS " + name, {}};
  return {"CREATE VIEW " + name + " AS SELECT l." + column(left) + " AS a, r." + column(right) + " AS b FROM " +
              left.name + " l JOIN " + right.name + " r ON l." + column(left) + " = r." + column(right),
          {}};
}

Call Generator::create_index() {
  const Table& on = table();
  const std::string name = "i" + std::to_string(below(6));
  if (one_in(3)) return {"DROP INDEX IF EXISTS " + name, {}};
  std::string columns = column(on);
  if (one_in(3)) columns += ", " + column(on);
  if (one_in(6)) columns = "typeof(" + columns.substr(0, columns.find(',')) + ")";
  const std::string where = one_in(5) ? " WHERE " + column(on) + " IS NOT NULL" : "";
  return {"CREATE INDEX " + name + " ON " + on.name + "(" + columns + ")" + where, {}};
}

Call Generator::add_column() {
  planned_ = tables_;
  Table& grown = planned_[below(planned_.size())];
  if (grown.columns.size() >= kMostColumns) return create_index();
  const std::string name = "a" + std::to_string(names_++);
  grown.columns.push_back({name});
  return {"ALTER TABLE " + grown.name + " ADD COLUMN " + name + (one_in(2) ? " DEFAULT 'added'" : " INTEGER"), {}};
}

Call Generator::schema_change() {
  planned_ = tables_;
  switch (below(8)) {
    case 0:
    case 1:
      return create_index();
    case 2:
      return create_trigger();
    case 3:
      return create_view();
    case 4:
      return add_column();
    case 5:
      return {"DROP TRIGGER IF EXISTS x" + std::to_string(below(names_ + 1)), {}};
    case 6: {
      // Dropped here, and made anew by a later change of this kind that finds it missing.
      if (tables_.size() < kTables) {
        for (size_t i = 0; i < kTables; ++i) {
          const std::string name = "t" + std::to_string(i);
          bool known = false;
          for (const Table& there : tables_) known = known || there.name == name;
          if (!known) return create_table(name);
        }
      }
      const std::string dropped = table().name;
      std::erase_if(planned_, [&](const Table& there) { return there.name == dropped; });
      return {"DROP TABLE " + dropped, {}};
    }
    default:
      return {"REINDEX", {}};
  }
}

}  // namespace tern::test
