// What a program that has never heard of tern may do to a database, while tern has it open and while nobody has: after
// each of it, every answer (filled, hot, from the store after a reopen) is SQLite's own.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tern/tern.hpp"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

namespace fs = std::filesystem;

struct Question {
  const char* sql;
  std::vector<int64_t> args;
};

std::vector<Question> questions() {
  std::vector<Question> all = {
      {"SELECT count(*), sum(length(v)), max(id) FROM t", {}},
      {"SELECT id FROM t WHERE k BETWEEN ? AND ? ORDER BY k, id", {3, 4}},
      {"SELECT t.id, u.name FROM t JOIN u ON u.id = t.k WHERE t.id < ? ORDER BY t.id", {40}},
      {"SELECT group_concat(name) FROM u", {}},
  };
  for (const int64_t id : {1, 2, 77, 199, 200, 350, 100'000})
    all.push_back({"SELECT id, k, length(v), substr(v, 1, 9) FROM t WHERE id = ?", {id}});
  return all;
}

std::string answer_of(sqlite3* plain, const Question& question) {
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(plain, question.sql, -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(plain);
  for (size_t i = 0; i < question.args.size(); ++i)
    sqlite3_bind_int64(statement, static_cast<int>(i + 1), question.args[i]);
  std::string text;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
      const unsigned char* value = sqlite3_column_text(statement, column);
      text += value == nullptr ? "NULL" : reinterpret_cast<const char*>(value);
      text += '|';
    }
    text += '\n';
  }
  sqlite3_finalize(statement);
  return text;
}

std::string answer_of(Database& db, const Question& question, Source* source) {
  std::vector<Value> args;
  for (const int64_t arg : question.args) args.emplace_back(arg);
  const Rows rows = db.prepare(question.sql).bind_values(args).all();
  *source = rows.source();
  std::string text;
  for (const Row& row : rows) {
    for (size_t column = 0; column < rows.columns(); ++column) {
      const Value value = row.value(column);
      if (value.type == Type::kNull) text += "NULL";
      if (value.type == Type::kInteger) text += std::to_string(value.integer);
      if (value.type == Type::kText) text += value.text();
      text += '|';
    }
    text += '\n';
  }
  return text;
}

struct World {
  explicit World(const std::string& database) : path(database) {}
  std::string path;
  bool open = false;  // tern has the database open
  int turn = 0;

  void foreign(const std::string& sql) const {
    test::PlainSqlite plain(path);
    plain.exec("PRAGMA synchronous = OFF; " + sql);
  }
  int try_foreign(const std::string& sql) const {
    test::PlainSqlite plain(path);
    sqlite3_busy_timeout(plain.handle(), 20);
    return sqlite3_exec(plain.handle(), sql.c_str(), nullptr, nullptr, nullptr);
  }
  // Another database, made by `sql` on top of the same tables.
  std::string another(const std::string& sql) const {
    const std::string other = path + ".other" + std::to_string(turn);
    test::PlainSqlite plain(other);
    plain.exec("PRAGMA synchronous = OFF");
    plain.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, k, v); CREATE TABLE u (id INTEGER PRIMARY KEY, name)");
    plain.exec(sql);
    return other;
  }
};

constexpr const char* kRows =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) "
    "INSERT INTO t SELECT i, i % 10, hex(zeroblob(100 + i)) FROM n";
constexpr const char* kChange =
    "UPDATE t SET v = 'x' || v WHERE id IN (1, 77, 350); INSERT INTO t (k, v) VALUES (3, 'new'); "
    "DELETE FROM t WHERE id = (SELECT min(id) FROM t WHERE k = 4)";

struct Event {
  const char* name;
  std::function<void(World&)> happens;
};

void checkpoint(World& world, const char* kind) {
  world.foreign(std::string(kChange) + "; PRAGMA wal_checkpoint(" + kind + ")");
  world.foreign(kChange);
}

// No other program can leave WAL mode while tern holds the database.
void in_another_journal_mode(World& world, const std::string& sql) {
  const std::string all = "PRAGMA journal_mode = DELETE; " + sql + "; PRAGMA journal_mode = WAL; " + kChange;
  if (world.open) {
    EXPECT_EQ(world.try_foreign(all), SQLITE_BUSY);
    EXPECT_EQ(world.try_foreign("PRAGMA journal_mode = WAL"), SQLITE_OK);
    world.foreign(kChange);
  } else {
    world.foreign(all);
  }
}

void backup_into(const std::string& from, const std::string& to) {
  test::PlainSqlite source(from);
  test::PlainSqlite target(to);
  target.exec("PRAGMA synchronous = OFF");
  sqlite3_backup* const backup = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
  ASSERT_NE(backup, nullptr) << sqlite3_errmsg(target.handle());
  EXPECT_EQ(sqlite3_backup_step(backup, -1), SQLITE_DONE);
  EXPECT_EQ(sqlite3_backup_finish(backup), SQLITE_OK);
}

// The shell's copy of SQLite is one of its own: the restore runs in another process, as any user's would.
void restore_by_shell(World& world) {
  const std::string from = world.another(kRows);
  const std::string command = "sqlite3 '" + world.path + "' '.timeout 5000' '.restore " + from + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

// The first copy of the index's header is lost, as with a program that died while it wrote: the next one recovers.
void recovery(World& world) {
  const std::string index = world.path + "-shm";
  if (!world.open) {
    fs::remove(index);
  } else {
    // By another process, since closing a descriptor of the file here would drop locks of this one.
    const std::string command = "dd if=/dev/zero of='" + index + "' bs=1 count=48 conv=notrunc 2>/dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0);
  }
  world.foreign("SELECT count(*) FROM t");
  world.foreign(kChange);
}

std::vector<Event> events() {
  return {
      {"commits", [](World& world) { world.foreign(kChange); }},
      {"schema_changes",
       [](World& world) {
         world.foreign(
             "DROP TABLE u; CREATE TABLE u (id INTEGER PRIMARY KEY, more, name); "
             "INSERT INTO u SELECT DISTINCT k, 0, 'again ' || k FROM t; CREATE INDEX IF NOT EXISTS t_k ON t (k)");
       }},
      {"vacuum", [](World& world) { world.foreign("DELETE FROM t WHERE id % 3 = 0; VACUUM"); }},
      {"auto_vacuum",
       [](World& world) {
         world.foreign("PRAGMA auto_vacuum = FULL; VACUUM; DELETE FROM t WHERE id > 250");
         world.foreign("INSERT OR REPLACE INTO t SELECT id + 150, k, v || v FROM t WHERE id < 220");
       }},
      {"incremental_vacuum",
       [](World& world) {
         world.foreign("PRAGMA auto_vacuum = INCREMENTAL; VACUUM; DELETE FROM t WHERE id BETWEEN 100 AND 300");
         world.foreign("PRAGMA incremental_vacuum(7)");
         world.foreign("PRAGMA incremental_vacuum");
       }},
      {"page_size_in_wal_mode", [](World& world) { world.foreign("PRAGMA page_size = 8192; VACUUM"); }},
      {"page_size", [](World& world) { in_another_journal_mode(world, "PRAGMA page_size = 1024; VACUUM"); }},
      {"another_journal_mode", [](World& world) { in_another_journal_mode(world, kChange); }},
      {"passive_checkpoint", [](World& world) { checkpoint(world, "PASSIVE"); }},
      {"full_checkpoint", [](World& world) { checkpoint(world, "FULL"); }},
      {"restart_checkpoint", [](World& world) { checkpoint(world, "RESTART"); }},
      {"truncate_checkpoint", [](World& world) { checkpoint(world, "TRUNCATE"); }},
      {"checkpoint_after_each_commit",
       [](World& world) {
         test::PlainSqlite plain(world.path);
         plain.exec("PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 1");
         for (int i = 0; i < 20; ++i) plain.exec("UPDATE t SET v = v || 'y' WHERE id % 20 = " + std::to_string(i));
       }},
      {"backup_of_a_smaller_one",
       [](World& world) {
         backup_into(
             world.another("INSERT INTO t VALUES (1, 3, 'one'), (200, 4, 'two'); INSERT INTO u VALUES (3, 'c')"),
             world.path);
       }},
      {"backup_of_a_larger_one",
       [](World& world) {
         backup_into(
             world.another(std::string(kRows) + "; INSERT INTO t SELECT id + 1000, 3, hex(zeroblob(4500)) FROM t"),
             world.path);
       }},
      {"restore_by_the_shell", restore_by_shell},
      {"recovery", recovery},
  };
}

struct ForeignEvents : testing::TestWithParam<Event> {
  ForeignEvents() {
    Database first = tern::open(world.path);
    first.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, k, v); CREATE TABLE u (id INTEGER PRIMARY KEY, name)");
    first.exec(std::string(kRows) + "; INSERT INTO u SELECT DISTINCT k, 'name ' || k FROM t");
  }
  // Again and again: what was there is voided or right, what is filled is right, and so is what is hot. (A statement
  // that was prepared anew since the schema changed is not cached at once.)
  static constexpr int kRounds = 5;
  void expect_answers_of_sqlite(const std::string& when) {
    for (int round = 0; round < kRounds; ++round) {
      test::PlainSqlite plain(world.path);
      for (const Question& question : questions()) {
        const std::string expected = answer_of(plain.handle(), question);
        Source source{};
        EXPECT_EQ(answer_of(*db, question, &source), expected) << when << ": " << question.sql;
        if (round < kRounds - 1) continue;
        EXPECT_EQ(source, Source::kHot) << when << ": " << question.sql << " " << db->stats().to_json();
        EXPECT_EQ(db->stats().cache_off, "");
      }
    }
  }
  void open() {
    db = std::make_unique<Database>(tern::open(world.path));
    world.open = true;
  }
  void close() {
    db.reset();
    world.open = false;
  }

  test::TempFolder temp;
  World world{temp.file("app.db")};
  std::unique_ptr<Database> db;
};

TEST_P(ForeignEvents, LeaveNoStaleAnswer) {
  const auto happens = [this] {
    ++world.turn;
    GetParam().happens(world);
  };
  if (GetParam().name == std::string("restore_by_the_shell") && std::system("command -v sqlite3 > /dev/null") != 0)
    GTEST_SKIP() << "there is no sqlite3 shell";
  open();
  expect_answers_of_sqlite("at first");
  happens();
  expect_answers_of_sqlite("after it, open");
  close();
  open();
  expect_answers_of_sqlite("after a reopen");
  close();
  happens();
  open();
  expect_answers_of_sqlite("after it, closed");
  happens();
  expect_answers_of_sqlite("after it, again");
  close();
  happens();
  happens();
  open();
  expect_answers_of_sqlite("after it twice, closed");
}

INSTANTIATE_TEST_SUITE_P(All, ForeignEvents, testing::ValuesIn(events()),
                         [](const auto& of) { return std::string(of.param.name); });

}  // namespace
}  // namespace tern
