// The built program while it runs: what it prints is read as it comes, and it is told to end.
//
// One object, one thread. The destructor kills a program that is still there.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace tern::test {

// What its standard output is.
enum class Onto { kPipe, kTerminal };

class RunningTern {
 public:
  explicit RunningTern(const std::vector<std::string>& arguments, Onto onto = Onto::kPipe);
  ~RunningTern();
  RunningTern(const RunningTern&) = delete;
  RunningTern& operator=(const RunningTern&) = delete;

  // What was printed since the last call, up to this text and with it; without it if the program has ended before.
  std::string read_until(std::string_view text);
  void signal(int number) const;
  // Closes the end that is read from.
  void stop_reading();
  // Reads on to the end. The exit code, or 128 + the number of the signal that ended it.
  int wait();

 private:
  bool read_more();

  pid_t id_ = -1;
  int output_ = -1;
  std::string read_;
};

}  // namespace tern::test
