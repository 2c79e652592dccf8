// The processes of a torture run; all but the conductor are started by it.
//
//   run                     the conductor: starts, kills, stops and restarts the others, judges, prints
//   tern    (tern 0, 1)     readers and writers through one tern::Database
//   visit   (visitor)       opens the database through tern, reads, closes, all the time
//   program (plain, shell)  hands commits to a program without tern: the plain one, or the sqlite3 shell
//   disturb (disturber)     checkpoints, VACUUM, schema changes, long snapshots, by plain programs
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "tests/torture/board.h"

namespace torture {

struct Settings {
  double seconds = 10;       // of a round
  double minutes = 0;        // rounds until then; 0: one round
  uint32_t kills = 0;        // of tern processes in a round, at least; the round goes on until they are done
  uint32_t threads = 2;      // readers in each tern process
  double own_rate = 20;      // commits a second of each tern process
  double foreign_rate = 20;  // commits a second of the two foreign programs together
  double exponent = 0.99;
  double least_hit_ratio = 0;  // in per cent; below it a calm round has failed
  // A calm round has no VACUUM, schema changes and deletions of the cache folder, which void everything.
  bool calm = true;
  bool disturbed = true;  // with both, rounds alternate, a calm one first; one of both has disturbance
  bool lagging = false;   // a reader of tern 0 gives old answers now and then: the judge must see it
  uint64_t seed = 0;      // 0: from the clock
  std::string folder;     // empty: a new one, removed after a success
  // For roles:
  std::string database;
  uint32_t member = 0;
  int board_fd = -1;
};

int conduct(const Settings& settings);
int run_tern(const Settings& settings);
int run_visitor(const Settings& settings);
int run_program(const Settings& settings);
int run_disturber(const Settings& settings);

// A steady beat that never makes up for late ones, the same for all who have one rate and phase (0 … 1 of a period).
class Beat {
 public:
  Beat(const Board* board, double rate, double phase);
  bool wait();  // false once the run is over

 private:
  const Board* board_;
  uint64_t period_ns_;
  uint64_t phase_ns_;
};

void sleep_ns(uint64_t ns);
std::filesystem::path tool(const char* name);  // a program of tests/tools

}  // namespace torture
