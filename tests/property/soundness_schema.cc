#include "tests/property/soundness_generator.h"

namespace tern::test {
namespace {

using Fit = Column::Fit;

const char* strict_type(Fit fit) {
  switch (fit) {
    case Fit::kKey:
    case Fit::kInteger:
      return "INTEGER";
    case Fit::kReal:
      return "REAL";
    case Fit::kTextKey:
    case Fit::kText:
      return "TEXT";
    case Fit::kBlob:
      return "BLOB";
    case Fit::kAnything:
      break;
  }
  return "ANY";
}

}  // namespace

std::vector<Call> SoundnessGenerator::common_schema() {
  return {{"CREATE TABLE journal(id INTEGER PRIMARY KEY, what TEXT, x)", {}},
          {"CREATE VIRTUAL TABLE words USING fts5(body)", {}},
          {"CREATE VIRTUAL TABLE boxes USING rtree(id, low, high)", {}}};
}

std::string SoundnessGenerator::reference() {
  static const std::vector<std::string> kActions = {" ON DELETE CASCADE", " ON DELETE SET NULL",
                                                    " ON DELETE CASCADE ON UPDATE CASCADE", " ON DELETE SET DEFAULT"};
  for (const Table& parent : tables()) {
    if (parent.keyed && one_in(2)) return " REFERENCES " + parent.name + "(c0)" + pick(kActions);
  }
  return "";
}

std::string SoundnessGenerator::column_of(size_t index, const std::string& key, bool strict, Table& made) {
  static const std::vector<std::string> kTypes = {"", "TEXT", "REAL", "NUMERIC", "BLOB", "VARCHAR(9)", "INT"};
  static const std::vector<std::string> kConstraints = {" UNIQUE",        " NOT NULL DEFAULT 7", " COLLATE NOCASE",
                                                        " COLLATE RTRIM", " DEFAULT 'absent'",   " DEFAULT x'00ff'"};
  static const std::vector<Fit> kFits = {Fit::kAnything, Fit::kInteger, Fit::kReal, Fit::kText,
                                         Fit::kText,     Fit::kBlob,    Fit::kKey};
  const std::string name = "c" + std::to_string(index);
  Column column{name};
  if (index == 0 && !key.empty()) {
    column.fit = key.find("TEXT") != std::string::npos ? Fit::kTextKey : Fit::kKey;
    made.columns.push_back(column);
    // Past the greatest rowid SQLite draws random ones, and a run could not be repeated.
    const bool rowid = key.starts_with("INTEGER PRIMARY KEY");
    return name + " " + key + (rowid ? " CHECK(c0 < 9000000000000000000)" : "");
  }
  column.fit = kFits[below(kFits.size())];
  made.columns.push_back(column);
  std::string definition = name + " " + (strict ? strict_type(column.fit) : pick(kTypes));
  if (column.fit == Fit::kKey) return definition + (one_in(2) ? reference() : "");
  if (one_in(4)) definition += pick(kConstraints);
  if (one_in(25)) definition += " CHECK(" + name + " IS NOT 2)";
  return definition;
}

Call SoundnessGenerator::new_table(size_t number, Table& made) {
  static const std::vector<std::string> kKeys = {"INTEGER PRIMARY KEY",
                                                 "INTEGER PRIMARY KEY",
                                                 "INTEGER PRIMARY KEY AUTOINCREMENT",
                                                 "TEXT PRIMARY KEY",
                                                 "TEXT COLLATE NOCASE PRIMARY KEY",
                                                 "TEXT COLLATE RTRIM PRIMARY KEY",
                                                 "INT PRIMARY KEY",
                                                 "INTEGER PRIMARY KEY DESC",
                                                 "",
                                                 ""};
  static const std::vector<std::string> kGenerated = {"length(", "typeof(", "quote(", "hex(", "substr('ab', "};
  made = {"t" + std::to_string(number), {}};
  const std::string key = pick(kKeys);
  const bool strict = one_in(4);
  made.keyed = !key.empty();
  const size_t columns = 3 + below(3);
  std::string body;
  for (size_t i = 0; i < columns; ++i) body += (i > 0 ? ", " : "") + column_of(i, key, strict, made);
  const size_t written = made.columns.size();
  if (one_in(3)) {
    const std::string function = pick(kGenerated);
    const std::string of = made.columns[below(written)].name;
    body += std::string(", g") + (strict ? " ANY" : "") + " AS (" + function + of + "))" + (one_in(2) ? " STORED" : "");
    made.columns.push_back({"g", true});
  }
  const bool pair = key.empty() && one_in(2);
  if (pair) body += one_in(2) ? ", PRIMARY KEY(c1 DESC, c0)" : ", PRIMARY KEY(c0 COLLATE NOCASE, c1)";
  const bool may_leave_rowid = pair || (!key.empty() && key.find("AUTO") == std::string::npos);
  std::string ending = strict ? " STRICT" : "";
  if (may_leave_rowid && one_in(3)) ending += strict ? ", WITHOUT ROWID" : " WITHOUT ROWID";
  return {"CREATE TABLE " + made.name + "(" + body + ")" + ending, {}};
}

Call SoundnessGenerator::new_index(uint64_t name) {
  static const std::vector<std::string> kExpressions = {"typeof(", "length(", "substr('abc', ", "quote("};
  static const std::vector<std::string> kOrders = {"", "", "", " DESC", " COLLATE NOCASE", " COLLATE RTRIM DESC"};
  static const std::vector<std::string> kWhere = {" IS NOT NULL", " > 5", " IS NULL", " < 'k'", " <> 3"};
  const Table& on = table();
  std::string columns = column(on) + pick(kOrders);
  while (one_in(3)) columns += ", " + column(on) + pick(kOrders);
  if (one_in(6)) columns = pick(kExpressions) + column(on) + ")";
  const std::string where = one_in(4) ? " WHERE " + column(on) + pick(kWhere) : "";
  return {"CREATE " + std::string(one_in(6) ? "UNIQUE " : "") + "INDEX i" + std::to_string(name) + " ON " + on.name +
              "(" + columns + ")" + where,
          {}};
}

Call SoundnessGenerator::new_trigger(uint64_t name) {
  static const std::vector<std::string> kEvents = {"AFTER INSERT", "AFTER UPDATE", "BEFORE UPDATE", "BEFORE INSERT"};
  const Table& source = table();
  const Table& target = table();
  const std::string seen = "NEW." + column(source);
  std::string body;
  switch (below(4)) {
    case 0:
      body = "INSERT INTO journal(what, x) VALUES('" + source.name + "', " + seen + ");";
      break;
    case 1:
      body = "INSERT INTO words(body) VALUES('ab ' || typeof(" + seen + "));";
      break;
    case 2:
      body = "UPDATE journal SET x = " + seen + " WHERE id = (SELECT max(id) FROM journal);";
      break;
    default:
      body = "UPDATE " + target.name + " SET " + writable_column(target) + " = " + seen + " WHERE " + column(target) +
             " IS " + seen + ";";
  }
  return {"CREATE TRIGGER x" + std::to_string(name) + " " + pick(kEvents) + " ON " + source.name + " BEGIN " + body +
              " END",
          {}};
}

Call SoundnessGenerator::new_extra(uint64_t name) {
  const size_t dice = below(8);
  if (dice < 5) return new_index(name);
  return dice < 7 ? new_trigger(name) : create_view();
}

Call SoundnessGenerator::change_schema(uint64_t name) {
  switch (below(8)) {
    case 0:
      return {"DROP INDEX IF EXISTS i" + std::to_string(below(12)), {}};
    case 1:
      return {"DROP TRIGGER IF EXISTS x" + std::to_string(below(12)), {}};
    case 2:
      return {"ALTER TABLE " + table().name + " ADD COLUMN a" + std::to_string(name) + " DEFAULT 'added'", {}};
    case 3:
      return {"DROP VIEW IF EXISTS v" + std::to_string(below(2)), {}};
    case 4:
      return {"REINDEX", {}};
    default:
      return new_extra(name);
  }
}

}  // namespace tern::test
