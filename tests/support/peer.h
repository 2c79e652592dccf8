// Another process that does what it is told, one command at a time: a child of fork(), to be made before this process
// opens anything of tern. What `begin` gives, in the child, answers each command.
#pragma once

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <sstream>
#include <string>

namespace tern::test {

class Peer {
 public:
  using Answer = std::function<std::string(std::istringstream command)>;

  explicit Peer(const std::function<Answer()>& begin) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) ::abort();
    child_ = ::fork();
    if (child_ == 0) {
      ::close(ends[0]);  // or it would never see the other end closed
      serve(begin(), ends[1]);
      ::_exit(0);
    }
    ::close(ends[1]);
    socket_ = ends[0];
  }
  ~Peer() {
    ::close(socket_);
    ::waitpid(child_, nullptr, 0);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  std::string ask(const std::string& command) {
    if (!tell(command)) return "gone";
    char answer[4096];
    const ssize_t size = ::recv(socket_, answer, sizeof answer, 0);
    return size > 0 ? std::string(answer, static_cast<size_t>(size)) : "gone";
  }
  // Without waiting for its answer.
  bool tell(const std::string& command) { return ::send(socket_, command.data(), command.size(), MSG_NOSIGNAL) >= 0; }
  void kill() { ::kill(child_, SIGKILL); }

 private:
  static void serve(const Answer& answer, int socket) {
    char command[4096];
    for (ssize_t size = 0; (size = ::recv(socket, command, sizeof command, 0)) > 0;) {
      const std::string text = answer(std::istringstream(std::string(command, static_cast<size_t>(size))));
      if (::send(socket, text.data(), text.size(), 0) < 0) return;
    }
  }

  pid_t child_ = -1;
  int socket_ = -1;
};

}  // namespace tern::test
