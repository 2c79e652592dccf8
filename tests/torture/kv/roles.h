// The processes of a KV torture run.
//
//   run    the conductor: starts and kills the others, judges each round, prints
//   work   readers and writers through one tern::Database
#pragma once

#include <cstdint>
#include <string>

namespace torture::kv {

struct Settings {
  double seconds = 3;    // of a round
  double minutes = 0;    // rounds until then
  uint32_t rounds = 2;   // at least; they take turns with grouped commits and one for each write
  uint64_t kills = 0;    // in all rounds, at least
  bool lagging = false;  // an actor gives old answers now and then: the judge must see it
  uint64_t seed = 0;     // 0: from the clock
  std::string folder;    // empty: a new one, removed after a success
  // For work:
  std::string database;
  bool grouped = true;
  uint32_t process = 0;
  int board_fd = -1;
};

int conduct(const Settings& settings);
int work(const Settings& settings);

}  // namespace torture::kv
