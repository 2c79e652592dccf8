// The two writers that are not tern's.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include "docs/examples/demo/child_process.h"
#include "docs/examples/demo/sql_pipe.h"
#include "tests/torture/roles.h"
#include "tests/torture/schema.h"

namespace torture {

Beat::Beat(const Board* board, double rate, double phase)
    : board_(board),
      period_ns_(static_cast<uint64_t>(1e9 / rate)),
      phase_ns_(static_cast<uint64_t>(1e9 / rate * phase)) {}

bool Beat::wait() {
  sleep_ns(period_ns_ - (now_ns() + period_ns_ - phase_ns_) % period_ns_);
  return !board_->stop.load(std::memory_order_acquire);
}

void sleep_ns(uint64_t ns) { std::this_thread::sleep_for(std::chrono::nanoseconds(ns)); }

std::filesystem::path tool(const char* name) {
  return std::filesystem::path(demo::own_program()).parent_path() / "tools" / name;
}

namespace {

class ProgramWriter {
 public:
  ProgramWriter(const Settings& settings, Board* board)
      : settings_(settings),
        board_(board),
        shell_(settings.member == kShell),
        recorder_(board->rings[shell_ ? kShellActor : kPlainActor], board->stop),
        random_(board->seed * 100 + settings.member),
        commits_(settings.exponent) {}

  // Starts the program anew, settles what its predecessor left, and has the file checked. False if it cannot be used.
  bool start() {
    program_.emplace(shell_ ? demo::sqlite3_shell(settings_.database)
                            : std::vector<std::string>{tool("foreign_writer").string(), settings_.database, "-bail"});
    // The shell's SQLite may be one that has the WAL-reset bug (fixed in 3.51.3): it leaves checkpoints to others.
    const auto lines =
        program_->run(std::string(demo::kBePatient) + "\nPRAGMA wal_autocheckpoint = " + (shell_ ? "0" : "1000") +
                      ";\nPRAGMA integrity_check;");
    if (!lines) return false;
    if (lines->back() != "ok") {
      board_->note_error("integrity_check by a program", lines->back().c_str());
      return false;
    }
    if (const uint64_t nonce = recorder_.unresolved(); nonce != 0) {
      const auto value = find_attempt(*program_, nonce);
      if (!value) return false;
      if (number_of(*value) != 0) board_->add(Figure::kFoundUnacknowledged);
      recorder_.resolve(*value);
    }
    return read_everything(*program_, recorder_);
  }

  // One commit, or an attempt in which the program is killed. False if the program cannot be used any more.
  bool one() {
    const Commit commit = commits_.draw(board_->next_nonce(), random_);
    std::string script = "BEGIN IMMEDIATE;";
    for (const std::string& statement : commit.statements) script += statement + ";";
    script += "COMMIT;";
    recorder_.attempt(commit.nonce, commit.left);
    if (settings_.kills > 0 && random_() % 40 == 0) {
      kill_in(script);
      return start();
    }
    const auto lines = program_->run(script);
    if (!lines || lines->size() != 1) return false;
    recorder_.acknowledge(value_of(std::stoull(lines->front()), commit.nonce));
    board_->add(shell_ ? Figure::kShellCommits : Figure::kPlainCommits);
    return true;
  }

 private:
  // Sends the commit, and kills the program before long, so that it dies before, in or after it.
  void kill_in(const std::string& script) {
    program_->send(script + "\n");
    // Up to 30 us, 60 us … 4 ms: as often early as late, on whatever machine.
    const uint64_t until = now_ns() + random_() % (uint64_t{30'000} << random_() % 8);
    while (now_ns() < until) {
    }
    program_->program().kill_now();
    board_->add(Figure::kProgramKills);
  }

  const Settings& settings_;
  Board* board_;
  bool shell_;
  Recorder recorder_;
  std::mt19937_64 random_;
  Commits commits_;
  std::optional<demo::SqlPipe> program_;
};

}  // namespace

int run_program(const Settings& settings) {
  const demo::SharedMemory memory = demo::SharedMemory::inherit(settings.board_fd);
  Board* const board = Board::in(memory);
  ProgramWriter writer(settings, board);
  bool usable = writer.start();
  board->started[settings.member] += 1;
  for (Beat beat(board, settings.foreign_rate / 2, settings.member == kShell ? 0.4 : 0.8); usable && beat.wait();)
    usable = writer.one();
  if (usable) return 0;
  board->note_error(member_name(settings.member), "it gave up");
  return 1;
}

}  // namespace torture
