// What happens to the file of a World between two sweeps.
#include <sqlite3.h>

#include <stdexcept>

#include "tests/property/plain_statement.h"
#include "tests/property/soundness_world.h"

namespace tern::test {
namespace {

struct TakenBack {};

bool is_virtual(const Call& call) {
  return call.sql.find("words") != std::string::npos || call.sql.find("boxes") != std::string::npos;
}

}  // namespace

bool World::plain(const Call& call) {
  history_ += "\nSQLITE " + call.describe();
  const Outcome outcome = outcome_of(writer_, call);
  if (outcome.error != 0) history_ += "\n    -> " + outcome.message;
  return outcome.error == 0;
}

bool World::own(const Call& call) {
  history_ += "\nTERN " + call.describe();
  try {
    tern_->prepare(call.sql).bind_values(call.values()).run();
    return true;
  } catch (const Error& error) {
    history_ += std::string("\n    -> ") + error.what();
    return false;
  }
}

void World::step(const Step& step) {
  SoundnessGenerator generate(step.seed, ~step.seed, tables_);
  switch (step.kind) {
    case Step::Kind::kOwnRun:
      own(generate.write_something());
      return;
    case Step::Kind::kOwnTransaction:
      return own_transaction(generate);
    case Step::Kind::kOwnScript:
      return own_script(generate);
    case Step::Kind::kForeignRun:
      plain(generate.write_something());
      return;
    case Step::Kind::kForeignTransaction:
      return foreign_transaction(generate);
    case Step::Kind::kForeignSpill:
      return foreign_spill(generate);
    case Step::Kind::kForeignProcess:
      return foreign_process(generate);
    case Step::Kind::kBlobWrite:
      return write_blob(generate);
    case Step::Kind::kVacuum:
      ++seen_.vacuums;
      if (generate.one_in(2)) {
        plain("VACUUM");
      } else {
        own({"VACUUM", {}});
      }
      return;
    case Step::Kind::kIncrementalVacuum:
      if (generate.one_in(2)) plain(generate.write_something());
      plain("PRAGMA incremental_vacuum(" + std::to_string(1 + generate.below(6)) + ")");
      return;
    case Step::Kind::kCheckpoint:
      return checkpoint(generate);
    case Step::Kind::kSchema:
      return change_schema(generate, step.seed % 1'000'000 + 100);
    case Step::Kind::kReopen:
      return reopen(generate);
    case Step::Kind::kBackup:
      return restore_from_memory(generate);
  }
}

void World::own_transaction(SoundnessGenerator& generate) {
  const bool keep = !generate.one_in(4);
  const bool look_inside = generate.one_in(5);
  history_ += "\nTERN begins a transaction";
  try {
    tern_->transaction([&](Transaction& tx) {
      for (size_t i = 1 + generate.below(4); i > 0; --i) {
        const Call call = generate.write_something();
        history_ += "\nTERN " + call.describe();
        tx.run(tx.prepare(call.sql).bind_values(call.values()));
      }
      // To everyone else nothing has happened yet.
      if (look_inside) {
        ++seen_.sweeps_inside_transactions;
        sweep(Sweep::kAgain);
      }
      if (!keep) throw TakenBack{};
    });
  } catch (const TakenBack&) {
    history_ += "\nTERN takes it back";
  } catch (const Error& error) {
    history_ += std::string("\n    -> ") + error.what() + ": taken back";
  }
}

void World::own_script(SoundnessGenerator& generate) {
  std::string script;
  for (size_t i = 1 + generate.below(3); i > 0; --i) script += generate.write_something().with_literals() + ";\n";
  history_ += "\nTERN runs the script\n" + script.substr(0, 2000);
  try {
    tern_->exec(script);
  } catch (const Error& error) {
    history_ += std::string("\n    -> ") + error.what();
  }
}

// Some of it rolled back to a savepoint, or all of it; sometimes looked at from outside before it ends.
void World::foreign_transaction(SoundnessGenerator& generate) {
  plain("BEGIN IMMEDIATE");
  for (size_t i = 1 + generate.below(5); i > 0; --i) {
    const bool within_savepoint = generate.one_in(3);
    if (within_savepoint) plain("SAVEPOINT s");
    plain(generate.write_something());
    if (within_savepoint && generate.one_in(2)) {
      plain(generate.write_something());
      plain("ROLLBACK TO s");
    }
  }
  if (generate.one_in(4) && tern_) {
    ++seen_.sweeps_inside_transactions;
    sweep(Sweep::kAgain);
  }
  if (sqlite3_get_autocommit(writer_) != 0) return;
  const bool back = generate.one_in(4);
  if (back) ++seen_.foreign_rollbacks;
  plain(back ? "ROLLBACK" : "COMMIT");
}

// Pages of an open transaction in the log, since the page cache holds but a few.
void World::foreign_spill(SoundnessGenerator& generate) {
  plain("PRAGMA cache_size = 4");
  plain("PRAGMA cache_spill = 1");
  plain("BEGIN IMMEDIATE");
  int before = 0;
  int spilled = 0;
  int ignored = 0;
  sqlite3_db_status(writer_, SQLITE_DBSTATUS_CACHE_SPILL, &before, &ignored, 0);
  for (size_t i = 20 + generate.below(20); i > 0; --i) plain(generate.write_something());
  for (const Table& table : tables_) {
    if (generate.one_in(2)) plain("UPDATE OR IGNORE " + table.name + " SET c1 = c1");
  }
  sqlite3_db_status(writer_, SQLITE_DBSTATUS_CACHE_SPILL, &spilled, &ignored, 0);
  if (spilled > before) ++seen_.spills;
  ++seen_.sweeps_inside_transactions;
  sweep(Sweep::kAgain);
  if (sqlite3_get_autocommit(writer_) == 0) {
    const bool back = generate.one_in(2);
    if (back) ++seen_.foreign_rollbacks;
    plain(back ? "ROLLBACK" : "COMMIT");
  }
  plain("PRAGMA cache_size = -2000");
}

void World::foreign_process(SoundnessGenerator& generate) {
  const Call call = generate.write_something();
  // The plain program is built without the modules of the virtual tables.
  if (is_virtual(call)) return;
  if (!process_) process_.emplace(std::vector<std::string>{TERN_TEST_TOOLS_DIR "/foreign_writer", path()});
  history_ += "\nPROCESS " + call.describe();
  const auto lines = process_->run(call.with_literals() + ";");
  if (!lines) throw std::runtime_error("the foreign program ended");
  if (lines->empty() || !lines->back().starts_with("! ")) {
    ++foreign_commits_;
  } else {
    history_ += "\n    -> " + lines->back();
  }
}

// Writes into a value where it lies: overflow pages change and nothing else does.
void World::write_blob(SoundnessGenerator& generate) {
  const Table& table = tables_[generate.below(tables_.size())];
  const std::string column = table.columns[generate.below(table.columns.size())].name;
  const Outcome rows = outcome_of(writer_, {"SELECT rowid, octet_length(" + column + ") FROM " + table.name +
                                                " WHERE typeof(" + column + ") IN ('text', 'blob') AND length(" +
                                                column + ") > 8 ORDER BY octet_length(" + column + ") DESC LIMIT 6",
                                            {}});
  if (rows.rows.empty()) return;
  const auto& row = rows.rows[generate.below(rows.rows.size())];
  sqlite3_blob* blob = nullptr;
  const int opened = sqlite3_blob_open(writer_, "main", table.name.c_str(), column.c_str(), row[0].integer, 1, &blob);
  const auto at = static_cast<int>(row[1].integer) - 1 - static_cast<int>(generate.below(6));
  if (opened == SQLITE_OK && at >= 0 && sqlite3_blob_write(blob, "#", 1, at) == SQLITE_OK) {
    history_ += "\nSQLITE writes '#' at byte " + std::to_string(at) + " of " + table.name + "." + column + " of row " +
                std::to_string(row[0].integer);
    ++seen_.blob_writes;
  }
  sqlite3_blob_close(blob);
}

void World::checkpoint(SoundnessGenerator& generate) {
  static constexpr const char* kModes[] = {"PASSIVE", "FULL", "RESTART", "TRUNCATE"};
  if (generate.one_in(2)) plain(generate.write_something());
  // Briefly patient: it bars all writers while it waits for readers.
  sqlite3_busy_timeout(writer_, 30);
  if (plain("PRAGMA wal_checkpoint(" + std::string(kModes[generate.below(4)]) + ")")) ++seen_.checkpoints;
  sqlite3_busy_timeout(writer_, 5000);
}

void World::change_schema(SoundnessGenerator& generate, uint64_t name) {
  const Call call = generate.change_schema(name);
  if (generate.one_in(2) ? plain(call) : own(call)) ++seen_.schema_changes;
}

// As the next process would find it; sometimes with what others did meanwhile, sometimes without its caches.
void World::reopen(SoundnessGenerator& generate) {
  ++seen_.reopened;
  history_ += "\nTERN closes";
  close_tern();
  for (size_t i = generate.below(4); i > 0; --i) plain(generate.write_something());
  if (generate.one_in(6)) foreign_transaction(generate);
  if (generate.one_in(5)) rebuild_pages(generate);
  if (generate.one_in(5)) checkpoint(generate);
  if (generate.one_in(6)) {
    history_ += "\nits caches are deleted";
    std::filesystem::remove_all(path() + "-tern");
  }
  history_ += "\nTERN opens";
  open_tern();
}

// Another page size and another vacuum mode, which SQLite changes outside of WAL mode alone.
void World::rebuild_pages(SoundnessGenerator& generate) {
  close_plain();
  open_plain();
  // A log that outlived this would be played back over the new file.
  int keep = 0;
  sqlite3_file_control(writer_, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
  if (!plain("PRAGMA journal_mode = DELETE")) return;
  page_size_ = uint64_t{512} << generate.below(8);
  plain("PRAGMA page_size = " + std::to_string(page_size_));
  plain("PRAGMA auto_vacuum = " + std::to_string(generate.below(3)));
  if (plain("VACUUM")) ++seen_.vacuums;
  plain("PRAGMA journal_mode = WAL");
  close_plain();
  open_plain();
}

// The whole file written anew from a copy that has gone on by itself.
void World::restore_from_memory(SoundnessGenerator& generate) {
  sqlite3* copy = nullptr;
  if (sqlite3_open(":memory:", &copy) != SQLITE_OK) throw std::runtime_error("no memory database");
  const auto pages = [](sqlite3* to, sqlite3* from) {
    sqlite3_backup* const backup = sqlite3_backup_init(to, "main", from, "main");
    const bool done = backup != nullptr && sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    return sqlite3_backup_finish(backup) == SQLITE_OK && done;
  };
  if (pages(copy, writer_)) {
    history_ += "\nSQLITE copies the file";
    for (size_t i = 1 + generate.below(3); i > 0; --i) {
      const Call call = generate.write_something();
      history_ += "\nCOPY " + call.describe();
      outcome_of(copy, call);
    }
    for (size_t i = generate.below(3); i > 0; --i) plain(generate.write_something());
    if (pages(writer_, copy)) {
      history_ += "\nSQLITE restores the copy";
      ++seen_.restored;
      ++foreign_commits_;
    }
  }
  sqlite3_close(copy);
}

}  // namespace tern::test
