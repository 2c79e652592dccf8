// The working processes of a KV torture round: started, killed and started again.
//
// Some are sent to die at a step of the KV protocol: at the one that has killed least so far. That takes the program
// with probes, tern_kv_torture_probed, beside this one. Belongs to one thread. Errors: std::runtime_error when a
// process ends by itself, or does not come up.
#pragma once

#include <array>
#include <random>
#include <string>

#include "docs/examples/demo/child_process.h"
#include "docs/examples/demo/shared_memory.h"
#include "tests/torture/kv/board.h"
#include "tests/torture/kv/roles.h"
#include "tests/torture/points.h"

namespace torture::kv {

class Company {
 public:
  Company(const Settings& settings, const demo::SharedMemory& memory, Points& points, std::mt19937_64& random);

  void start(uint32_t process);
  // Kills it, if it lives still.
  void kill(uint32_t process);
  // Those that died at their points are started again; how many there were.
  uint64_t look_after();
  // Waits until all have ended; how many died at their points.
  uint64_t end();

 private:
  std::string order_to_die();
  bool died_at_point(uint32_t process);
  void settle(uint32_t process);

  const Settings& settings_;
  const int fd_;
  Board& board_;
  Points& points_;
  std::mt19937_64& random_;
  std::string probed_program_;  // empty: there is none
  std::array<demo::ChildProcess, kProcesses> processes_;
  std::array<std::string, kProcesses> point_;  // where it is to die
};

void sleep_ns(uint64_t ns);

}  // namespace torture::kv
