// The disturber: checkpoints of every kind, VACUUM, schema changes, snapshots that are held long, programs that open
// and close, all by programs that do not know tern.
#include <string>
#include <string_view>

#include "docs/examples/demo/child_process.h"
#include "docs/examples/demo/sql_pipe.h"
#include "tests/torture/disturbance.h"
#include "tests/torture/roles.h"

namespace torture {
namespace {

constexpr double kDisturbancesPerSecond = 4;

class Disturber {
 public:
  Disturber(Board* board, const Settings& settings, std::mt19937_64& random)
      : board_(board),
        settings_(settings),
        random_(random),
        program_({tool("foreign_writer").string(), settings.database}) {}

  void one() {
    const uint64_t dice = random_() % 100;
    if (dice < 20) return open_and_close();
    if (dice < 28) return long_snapshot();
    if (!settings_.disturbed || dice < 70) return checkpoint();
    if (dice < 76) return vacuum();
    if (dice < 82) return column();
    run(schema_change(random_), Figure::kSchemaChanges);
  }

 private:
  // An error is a failure of the run, except that a database may be busy for longer than a checkpoint cares to wait.
  bool run(const std::string& sql, Figure figure, bool may_be_busy = false) {
    const auto lines = program_.run(sql + ";");
    if (!lines) {
      board_->note_error("the disturber's program", "is gone");
      board_->stop.store(true, std::memory_order_release);
      return false;
    }
    for (const std::string& line : *lines) {
      if (!line.starts_with("! ")) continue;
      if (!may_be_busy) board_->note_error(sql.c_str(), line.c_str());
      return false;
    }
    board_->add(figure);
    return true;
  }

  // Briefly patient: RESTART and TRUNCATE bar all writers while they wait for readers.
  void checkpoint() {
    static constexpr const char* kModes[] = {"PASSIVE", "FULL", "RESTART", "TRUNCATE"};
    const uint32_t mode = random_() % 4;
    run(std::string("PRAGMA busy_timeout = 200;\nPRAGMA wal_checkpoint(") + kModes[mode] +
            ");\nPRAGMA busy_timeout = 20000",
        static_cast<Figure>(static_cast<uint32_t>(Figure::kPassive) + mode), true);
  }

  void vacuum() { run("VACUUM", Figure::kVacuums); }

  // A column comes, or the last one that came goes: the latter rewrites the table.
  void column() {
    if (columns_ < 3) {
      run("ALTER TABLE entries ADD COLUMN more" + std::to_string(columns_++) + " DEFAULT 7", Figure::kSchemaChanges);
    } else {
      run("ALTER TABLE entries DROP COLUMN more" + std::to_string(--columns_), Figure::kSchemaChanges);
    }
  }

  // It keeps the log from being restarted, and what it sees must stay as it is.
  void long_snapshot() {
    const std::string look = "SELECT max(n) FROM journal";
    const auto first = program_.run("BEGIN;\n" + look + ";");
    sleep_ns(200'000'000 + random_() % 600'000'000);
    const auto second = program_.run(look + ";\nCOMMIT;");
    if (!first || !second || *first != *second) board_->note_error("a long snapshot", "saw two states");
    board_->add(Figure::kLongSnapshots);
  }

  void open_and_close() {
    auto program =
        demo::ChildProcess::start({tool("plain_sqlite").string(), settings_.database, "SELECT count(*) FROM groups"},
                                  demo::ChildProcess::Pipes::kInputAndOutput);
    const int code = program.wait();
    constexpr int kBusy = 5;  // it does not wait for locks
    if (code != 0 && code != kBusy) board_->note_error("plain_sqlite", ("ended with " + std::to_string(code)).c_str());
    board_->add(Figure::kPlainOpens);
  }

  Board* board_;
  const Settings& settings_;
  std::mt19937_64& random_;
  demo::SqlPipe program_;
  uint32_t columns_ = 0;
};

}  // namespace

std::string schema_change(std::mt19937_64& random) {
  static constexpr std::string_view kChanges[] = {
      "CREATE INDEX IF NOT EXISTS entries_by_version ON entries(version)",
      "DROP INDEX IF EXISTS entries_by_version",
      "CREATE INDEX IF NOT EXISTS guests_by_generation ON guests(generation)",
      "DROP INDEX IF EXISTS guests_by_generation",
      "CREATE TABLE IF NOT EXISTS other(a, b)",
      "DROP TABLE IF EXISTS other",
      "CREATE VIEW IF NOT EXISTS seen AS SELECT grp, version FROM groups",
      "DROP VIEW IF EXISTS seen",
      "REINDEX entries_by_group",
      "ANALYZE",
  };
  return std::string(kChanges[random() % std::size(kChanges)]);
}

int run_disturber(const Settings& settings) {
  const demo::SharedMemory memory = demo::SharedMemory::inherit(settings.board_fd);
  Board* const board = Board::in(memory);
  std::mt19937_64 random(board->seed * 1000 + settings.member);
  Disturber disturber(board, settings, random);
  board->started[settings.member] += 1;
  for (Beat beat(board, kDisturbancesPerSecond, 0.5); beat.wait();) disturber.one();
  return 0;
}

}  // namespace torture
