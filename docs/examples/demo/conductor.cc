// The conductor: starts the other processes, sets the phases, and prints what came of it.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "child_process.h"
#include "report.h"
#include "roles.h"
#include <tern/tern.hpp>

namespace demo {
namespace {

using Clock = std::chrono::steady_clock;

// The share of a slice in which tern reads; SQLite alone has the rest. They alternate, so that whatever else the
// machine does meets both alike.
constexpr int kSlices = 5;
constexpr double kTernShare = 0.8;

struct Loaded {
  SharedMemory board;
  SharedMemory places;
};

// Reads all places through tern and puts them on a new board. Versions stand at what earlier runs left.
Loaded load(tern::Database& db) {
  const tern::Rows rows =
      db.query("SELECT id, region, search_vector, version, updated_at FROM properties ORDER BY rowid");
  if (rows.size() < 1000) {
    throw std::runtime_error(db.path() + " holds " + std::to_string(rows.size()) +
                             " places; scripts/demo.sh loads them");
  }
  SharedMemory memory = SharedMemory::create(Board::bytes(static_cast<uint32_t>(rows.size())));
  Board* const board = Board::in(memory);
  board->places = static_cast<uint32_t>(rows.size());
  std::vector<Place> places;
  places.reserve(rows.size());
  for (const tern::Row row : rows) {
    PlaceState& state = board->states()[places.size()];
    state.acked_version = row.get<int64_t>(3);
    state.acked_updated_at = row.get<int64_t>(4);
    places.push_back({row.get<std::string>(0), row.get<std::string>(1), row.get<std::string>(2)});
  }
  return {std::move(memory), Places(std::move(places)).save()};
}

class Cast {
 public:
  Cast(const Settings& settings, const Loaded& loaded) : settings_(settings), loaded_(loaded) {}

  ChildProcess start(const std::string& program, const std::string& role) const {
    return ChildProcess::start({program, role, settings_.database, "--threads", std::to_string(settings_.threads),
                                "--rate", std::to_string(settings_.rate), "--zipf", std::to_string(settings_.exponent),
                                "--seed", std::to_string(settings_.seed), "--board-fd",
                                std::to_string(loaded_.board.fd()), "--places-fd",
                                std::to_string(loaded_.places.fd())});
  }

 private:
  const Settings& settings_;
  const Loaded& loaded_;
};

void require_success(ChildProcess& child, const char* role) {
  const int code = child.wait();
  if (code != 0) {
    throw std::runtime_error(std::string(role) + " ended with exit code " + std::to_string(code));
  }
}

void wait_until_ready(const Board* board, std::vector<ChildProcess>& children) {
  while (board->ready.load(std::memory_order_acquire) < children.size()) {
    for (ChildProcess& child : children) {
      if (!child.running()) throw std::runtime_error("a process ended before the start");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void show_progress(const Board& board, double elapsed) {
  if (!isatty(STDERR_FILENO)) return;
  const Totals totals = totals_of(board);
  std::fprintf(stderr, "\r  %4.1f s   %.1f million reads checked   %llu + %llu commits   %llu stale ", elapsed,
               static_cast<double>(totals.reads + totals.plain_reads) / 1e6,
               static_cast<unsigned long long>(board.tern_commits),
               static_cast<unsigned long long>(board.shell_commits), static_cast<unsigned long long>(totals.stale));
}

// Turns of tern and SQLite alone, until the time is up.
void play(Board* board, const Settings& settings) {
  const auto begin = Clock::now();
  const auto at = [&](double seconds) {
    return begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  const double slice = settings.seconds / kSlices;
  for (int i = 0; i < kSlices; ++i) {
    for (const Phase phase : {Phase::kTernReads, Phase::kPlainReads}) {
      board->phase.store(phase, std::memory_order_release);
      const auto until = at(slice * (i + (phase == Phase::kTernReads ? kTernShare : 1)));
      while (Clock::now() < until) {
        std::this_thread::sleep_until(std::min(until, Clock::now() + std::chrono::milliseconds(250)));
        show_progress(*board, std::chrono::duration<double>(Clock::now() - begin).count());
      }
    }
  }
  board->phase.store(Phase::kEnd, std::memory_order_release);
  if (isatty(STDERR_FILENO)) std::fputs("\r\033[K", stderr);
}

void announce(const Settings& settings, uint32_t places) {
  std::printf("%u places, %.0f s, %u reader threads, zipf %.2f\n", places, settings.seconds, settings.threads,
              settings.exponent);
  std::printf(
      "reads     %.1f %% by id, %.1f %% by region (%d rows at most), %.2f %% of 20 ids at once,"
      " %.2f %% LIKE searches\n",
      kWeights[0] / 100.0, kWeights[1] / 100.0, kRegionLimit, kWeights[2] / 100.0, kWeights[3] / 100.0);
  std::printf(
      "writers   tern in another process and the sqlite3 shell, %.0f commits a second each, on what"
      " is read most\n",
      settings.rate);
  std::printf("measured  tern %.0f %% of the time, SQLite alone (prepared, autocommit) in turns with it\n",
              100 * kTernShare);
  std::fflush(stdout);
}

}  // namespace

int conduct(const Settings& settings) {
  // Open to the end, so that there is always a tern process that sees all commits: what the warming process leaves in
  // the store then stays valid for those that come after it, even when a foreign program empties the log in between.
  tern::Database db = tern::open(settings.database, {.mode = tern::OpenMode::kExisting});
  const Loaded loaded = load(db);
  Board* const board = Board::in(loaded.board);
  announce(settings, board->places);
  const Cast cast(settings, loaded);
  const std::string self = own_program();
  const std::string plain = std::filesystem::path(self).replace_filename("tern_demo_plain").string();

  ChildProcess warming = cast.start(self, "warm");
  require_success(warming, "the warming process");

  std::vector<ChildProcess> children;
  children.push_back(cast.start(self, "read"));
  children.push_back(cast.start(self, "write"));
  children.push_back(cast.start(self, "shell"));
  children.push_back(cast.start(plain, "plain"));
  wait_until_ready(board, children);
  play(board, settings);
  for (ChildProcess& child : children) require_success(child, "a process of the run");

  print_report(*board, settings);
  const Totals totals = totals_of(*board);
  if (totals.stale > 0 || totals.reads == 0 || board->tern_commits == 0 || board->shell_commits == 0) {
    std::fprintf(stderr, "tern_demo: FAILED: a read was stale, or somebody did nothing\n");
    return 1;
  }
  return 0;
}

}  // namespace demo
