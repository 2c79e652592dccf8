// The writers: one through tern, one that hands SQL to the sqlite3 shell. Each updates places of its own at a steady
// rate, and puts a version on the board only once its commit was acknowledged.
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "roles.h"
#include "sql_pipe.h"
#include <tern/tern.hpp>

namespace demo {
namespace {

// A steady beat: late beats are not made up for, so that the rate is never exceeded.
class Beat {
 public:
  explicit Beat(double rate)
      : period_(std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(1 / rate))),
        next_(std::chrono::steady_clock::now()) {}
  void wait() {
    next_ = std::max(next_ + period_, std::chrono::steady_clock::now());
    std::this_thread::sleep_until(next_);
  }

 private:
  std::chrono::nanoseconds period_;
  std::chrono::steady_clock::time_point next_;
};

int64_t now_ms() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

void acknowledge(PlaceState& state, int64_t version, int64_t updated_at) {
  // release: pairs with Check::note(). The commit is done before either is stored.
  state.acked_updated_at.store(updated_at, std::memory_order_release);
  state.acked_version.store(version, std::memory_order_release);
}

uint32_t draw_own_place(const Role& role, std::mt19937_64& random, uint32_t parity) {
  for (;;) {
    const uint32_t place = role.requests.draw_place(random);
    if (place % 2 == parity) return place;
  }
}

void wait_for_start(const Board* board) {
  while (board->phase.load(std::memory_order_acquire) == Phase::kStarting) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

bool ended(const Board* board) { return board->phase.load(std::memory_order_acquire) == Phase::kEnd; }

}  // namespace

int write_with_tern(const Role& role) {
  Board* const board = role.run.board;
  tern::Database db = tern::open(role.settings.database, {.mode = tern::OpenMode::kExisting});
  const tern::Statement update = db.prepare(
      "UPDATE properties SET version = version + 1, updated_at = ?1, "
      "basic_info = json_set(basic_info, '$.edited', ?1) WHERE id = ?2 RETURNING version");
  std::mt19937_64 random(role.settings.seed + 2);
  role.ready();
  wait_for_start(board);
  for (Beat beat(role.settings.rate); !ended(board); beat.wait()) {
    const uint32_t place = draw_own_place(role, random, 0);
    const int64_t at = now_ms();
    const tern::Rows rows = update.bind(at, role.requests.id(place)).run();
    acknowledge(board->states()[place], rows.at(0).get<int64_t>(0), at);
    board->tern_commits += 1;
  }
  return 0;
}

int write_with_shell(const Role& role) {
  Board* const board = role.run.board;
  SqlPipe shell(sqlite3_shell(role.settings.database));
  shell.run(kBePatient);
  std::mt19937_64 random(role.settings.seed + 3);
  role.ready();
  wait_for_start(board);
  for (Beat beat(role.settings.rate); !ended(board); beat.wait()) {
    const uint32_t place = draw_own_place(role, random, 1);
    const std::string at = std::to_string(now_ms());
    const auto lines = shell.run("UPDATE properties SET version = version + 1, updated_at = " + at +
                                 ", basic_info = json_set(basic_info, '$.edited', " + at + ") WHERE id = '" +
                                 role.requests.id(place) + "' RETURNING version;");
    // A program that has ended acknowledged nothing. Its error stands on standard error.
    if (!lines || lines->size() != 1) {
      std::fprintf(stderr, "tern_demo: the sqlite3 shell gave up\n");
      return 1;
    }
    acknowledge(board->states()[place], std::stoll(lines->front()), std::stoll(at));
    board->shell_commits += 1;
  }
  return 0;
}

}  // namespace demo
