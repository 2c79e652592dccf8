// The company: the processes of a run, started, killed, stopped and restarted.
//
// A process that uses tern may be started with a sync point (tests/probes/points.h) at which it kills itself: the one
// that has killed least so far. That takes the program with probes, tern_torture_probed, beside this one. Belongs to
// one thread; failures throw.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "docs/examples/demo/child_process.h"
#include "tests/torture/board.h"
#include "tests/torture/points.h"
#include "tests/torture/roles.h"

namespace torture {

class Company {
 public:
  Company(const Settings& settings, const demo::SharedMemory& memory, Points& points, std::mt19937_64& random);

  // Starts a member and waits until it has opened the file, checked it, and found what was acknowledged.
  void start(uint32_t member);
  void kill(uint32_t member);
  void pause(uint32_t member, uint64_t ns);  // SIGSTOP, SIGCONT
  // Restarts those who have died at their point; anybody else who has ended is a failure.
  void look_after();
  void end();

 private:
  void spawn(uint32_t member, bool may_be_sent_to_die);
  void wait_until_up(uint32_t member, uint32_t before);
  std::string next_point(uint32_t member) const;
  std::string order_to_die(uint32_t member);
  bool died_at_point(uint32_t member);
  void lay_down(uint32_t member);

  const Settings& settings_;
  int fd_;
  Board* board_;
  Points& points_;
  std::mt19937_64& random_;
  std::string probed_program_;  // empty: there is none
  std::array<demo::ChildProcess, kMembers> processes_;
  std::array<std::string, kMembers> point_;  // where it is to kill itself
};

}  // namespace torture
