// Child processes: started from a program file, killed and waited for by id, optionally fed through pipes.
//
// A ChildProcess belongs to one thread. Its destructor kills and reaps a child that is still there. Failures to start
// throw std::system_error; a program that does not exist shows as exit code 127.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace demo {

class ChildProcess {
 public:
  enum class Pipes { kNone, kInputAndOutput };

  ChildProcess() = default;
  static ChildProcess start(const std::vector<std::string>& command, Pipes pipes = Pipes::kNone);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t id() const { return id_; }
  bool running();  // reaps a child that has ended
  // Waits for the end. The exit code, or 128 + the number of the signal that ended it.
  int wait();
  void kill_now();  // SIGKILL; the child is reaped, and all that it held is released, when this returns

  int input() const { return input_; }    // what is written here is the child's standard input
  int output() const { return output_; }  // the child's standard output is read here
  void close_input();

 private:
  void release() noexcept;

  pid_t id_ = -1;
  int exit_code_ = 0;
  int input_ = -1;
  int output_ = -1;
};

// Asks the kernel to kill this process when its parent dies, so that a test that is killed leaves nobody behind.
void die_with_parent();

// The program file of this process, to start it again in another role.
std::string own_program();

}  // namespace demo
