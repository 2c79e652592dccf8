#include "tests/torture/schema.h"

#include <algorithm>
#include <cstdio>
#include <functional>

namespace torture {
namespace {

// Pages that hold about what they would in a real table.
constexpr size_t kBodyBytes = 250;

// Each row: unit, value. A unit whose rows differ is told more than once, so that the judge sees it torn; a group that
// has lost a row, or gained one, is told as absent.
const std::string& everything() {
  static const std::string query =
      "SELECT grp, version FROM groups "
      "UNION SELECT grp, version FROM entries "
      "UNION SELECT grp, 0 FROM entries GROUP BY grp HAVING count(*) <> " +
      std::to_string(kRowsInGroup) + " UNION SELECT " + std::to_string(kFirstGuest) +
      " + CAST(substr(id, 2) AS INTEGER), generation FROM guests "
      "UNION SELECT " +
      std::to_string(kFirstNote) +
      " + rowid - 1, CAST(substr(body, 8) AS INTEGER) FROM notes "
      "UNION SELECT " +
      std::to_string(kClockUnit) + ", (SELECT n << 20 | nonce FROM journal ORDER BY n DESC LIMIT 1)";
  return query;
}

std::string numbered(const char* format, uint32_t number) {
  char text[32];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

// "w0017 v": the word to search for, and what stands before the value.
std::string note_head(uint32_t note) { return numbered("w%04u v", note); }

void record_everything(Recorder& recorder,
                       const std::function<void(const std::function<void(uint32_t, uint64_t)>&)>& rows) {
  std::vector<bool> told(kUnits);
  rows([&](uint32_t unit, uint64_t value) {
    recorder.saw(unit, value);
    told.at(unit) = true;
  });
  for (uint32_t unit = 0; unit < kUnits; ++unit) {
    if (!told[unit]) recorder.saw(unit, kAbsent);
  }
  recorder.end(static_cast<uint8_t>(Query::kEverything), 0);
}

void add_statements(Commit& commit, uint32_t unit, bool present) {
  const std::string value = "(SELECT max(n) << 20 | " + std::to_string(commit.nonce) + " FROM journal)";
  if (unit < kFirstGuest) {
    const std::string where = " WHERE grp = " + std::to_string(unit);
    commit.statements.push_back("UPDATE entries SET version = " + value + where);
    commit.statements.push_back("UPDATE groups SET version = " + value + where);
  } else if (unit >= kFirstNote) {
    const uint32_t note = unit - kFirstNote;
    commit.statements.push_back("UPDATE notes SET body = '" + note_head(note) + "' || " + value +
                                " WHERE rowid = " + std::to_string(note + 1));
  } else if (present) {
    commit.statements.push_back("INSERT OR REPLACE INTO guests VALUES('" + guest_id(unit - kFirstGuest) + "', " +
                                value + ")");
  } else {
    commit.statements.push_back("DELETE FROM guests WHERE id = '" + guest_id(unit - kFirstGuest) + "'");
  }
}

}  // namespace

const char* query_name(uint8_t query) {
  static constexpr const char* kNames[] = {
      "one entry", "a group by index", "a join",      "all_many of a group", "first_many", "an aggregate", "a range",
      "a guest",   "guests, range",    "guests, sum", "a full text",         "the clock",  "everything"};
  return query < std::size(kNames) ? kNames[query] : "a read";
}

std::string unit_name(uint32_t unit) {
  if (unit < kFirstGuest) return "group " + std::to_string(unit);
  if (unit < kFirstNote) return "guest " + guest_id(unit - kFirstGuest);
  if (unit < kClockUnit) return "note " + std::to_string(unit - kFirstNote);
  return "the clock";
}

std::string entry_id(uint32_t row) { return numbered("e%06u", row); }
std::string guest_id(uint32_t guest) { return numbered("g%06u", guest); }

// `journal` lies between the others, and so do its pages after a VACUUM: a commit's first and last frame are now its
// page and now another's.
void create_database(const std::string& path) {
  tern::Database db = tern::open(path);
  db.exec(
      "CREATE TABLE entries(id TEXT PRIMARY KEY, grp INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT);"
      "CREATE INDEX entries_by_group ON entries(grp);"
      "CREATE TABLE scribble(n INTEGER NOT NULL);"
      "CREATE TABLE journal(n INTEGER PRIMARY KEY, nonce INTEGER NOT NULL);"
      "CREATE TABLE groups(grp INTEGER PRIMARY KEY, version INTEGER NOT NULL);"
      "CREATE TABLE guests(id TEXT PRIMARY KEY, generation INTEGER NOT NULL) WITHOUT ROWID;"
      "CREATE VIRTUAL TABLE notes USING fts5(body);");
  db.transaction([&](tern::Transaction& tx) {
    const auto first = static_cast<int64_t>(kFirstValue);
    tx.exec("INSERT INTO scribble VALUES(0); INSERT INTO journal VALUES(1, 0)");
    const tern::Statement entry = tx.prepare("INSERT INTO entries VALUES(?, ?, ?, ?)");
    const std::string body(kBodyBytes, 'b');
    for (uint32_t row = 0; row < kRows; ++row) tx.run(entry.bind(entry_id(row), group_of(row), first, body));
    const tern::Statement group = tx.prepare("INSERT INTO groups VALUES(?, ?)");
    for (uint32_t i = 0; i < kGroups; ++i) tx.run(group.bind(i, first));
    const tern::Statement note = tx.prepare("INSERT INTO notes(rowid, body) VALUES(?, ?)");
    for (uint32_t i = 0; i < kNotes; ++i) tx.run(note.bind(i + 1, note_head(i) + std::to_string(first)));
  });
}

std::vector<uint64_t> first_values() {
  std::vector<uint64_t> values(kUnits, kFirstValue);
  std::fill_n(values.begin() + kFirstGuest, kGuests, kAbsent);
  return values;
}

Commit Commits::draw(uint32_t nonce, std::mt19937_64& random) const {
  Commit commit{.nonce = nonce, .left = {}, .statements = {}};
  commit.statements.push_back("INSERT INTO journal(nonce) VALUES(" + std::to_string(nonce) + ")");
  const uint64_t units = random() % 5 == 0 ? 2 + random() % 3 : 1;
  for (uint64_t i = 0; i < units; ++i) {
    const uint64_t dice = random() % 100;
    uint32_t unit = 0;
    if (dice < 65) {
      unit = group_of(popular_row(rows_(random)));
    } else if (dice < 97) {
      unit = kFirstGuest + popular_guest(guests_(random));
    } else {
      unit = kFirstNote + static_cast<uint32_t>(random() % kNotes);
    }
    const bool known = std::ranges::any_of(commit.left, [&](uint64_t left) { return unit_of(left) == unit; });
    if (known) continue;
    const bool present = unit < kFirstGuest || unit >= kFirstNote || random() % 2 == 0;
    commit.left.push_back(seen_of(unit, present ? 1 : 0));
    add_statements(commit, unit, present);
  }
  commit.statements.emplace_back("SELECT max(n) FROM journal");
  return commit;
}

uint64_t find_attempt(tern::Database& db, uint64_t nonce) {
  uint64_t value = nonce;
  db.transaction([&](tern::Transaction& tx) {
    tx.exec("UPDATE scribble SET n = n + 1");
    const tern::Rows rows = tx.query("SELECT n FROM journal WHERE nonce = ?", static_cast<int64_t>(nonce));
    if (!rows.empty()) value = value_of(rows[0].get<uint64_t>(0), nonce);
  });
  return value;
}

std::optional<uint64_t> find_attempt(demo::SqlPipe& program, uint64_t nonce) {
  const auto lines = program.run(
      "BEGIN IMMEDIATE;\nUPDATE scribble SET n = n + 1;\nSELECT n FROM journal WHERE nonce = " + std::to_string(nonce) +
      ";\nCOMMIT;");
  if (!lines) return std::nullopt;
  return lines->empty() ? nonce : value_of(std::stoull(lines->front()), nonce);
}

void read_everything(tern::Database& db, Recorder& recorder) {
  recorder.begin(2 * kUnits);
  tern::Rows rows;
  // Reads inside a write transaction bypass every cache.
  try {
    db.transaction([&](tern::Transaction& tx) { rows = tx.query(everything()); });
  } catch (...) {
    recorder.forget();
    throw;
  }
  recorder.returned();
  record_everything(recorder, [&](const auto& tell) {
    for (const tern::Row row : rows) tell(row.get<uint32_t>(0), row.get<uint64_t>(1));
  });
}

bool read_everything(demo::SqlPipe& program, Recorder& recorder) {
  recorder.begin(2 * kUnits);
  const auto lines = program.run(everything() + ";");
  if (!lines) {
    recorder.forget();
    return false;
  }
  recorder.returned();
  record_everything(recorder, [&](const auto& tell) {
    for (const std::string& line : *lines) {
      const size_t bar = line.find('|');
      if (bar == std::string::npos) continue;
      tell(static_cast<uint32_t>(std::stoul(line)), std::stoull(line.substr(bar + 1)));
    }
  });
  return true;
}

}  // namespace torture
