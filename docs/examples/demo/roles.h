// The processes of the demo. Each is a start of a program with these arguments; all but `run` are started by it.
//
//   tern_demo run DB [options]        the conductor: starts the others, sets the phases, prints the table
//   tern_demo warm|read|write|shell   fills the caches; the readers; tern's writer; the one that feeds sqlite3
//   tern_demo_plain                   the same reads through SQLite alone; a program without tern
#pragma once

#include <cstdint>
#include <string>

#include "board.h"
#include "checked_read.h"

namespace demo {

struct Settings {
  std::string database;
  std::string queries;  // folder of the four .sql files
  uint32_t threads = 2;
  double seconds = 20;
  double rate = 20;  // commits a second of each writer
  double exponent = 0.99;
  uint64_t seed = 1;
  int board_fd = -1;
  int places_fd = -1;
};

// What every role but the conductor starts with.
struct Role {
  explicit Role(const Settings& with);
  Role(const Role&) = delete;  // `run` points into it
  // Tells the conductor that this process can start.
  void ready() const { run.board->ready.fetch_add(1, std::memory_order_release); }

  Settings settings;
  SharedMemory memory;
  Places places;
  Requests requests;
  Run run;
};

int conduct(const Settings& settings);
int warm(const Role& role);
int read(const Role& role);
int write_with_tern(const Role& role);
int write_with_shell(const Role& role);

// `--name value` pairs; prints what is wrong and leaves with exit code 2.
Settings parse(int argc, char** argv);

}  // namespace demo
