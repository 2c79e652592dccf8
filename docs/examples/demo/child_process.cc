#include "child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>

extern char** environ;

namespace demo {
namespace {

void require(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

// posix_spawn and not fork: a process with threads and an open database must not run on in a copy of itself.
ChildProcess ChildProcess::start(const std::vector<std::string>& command, Pipes pipes) {
  int in[2] = {-1, -1};
  int out[2] = {-1, -1};
  posix_spawn_file_actions_t actions;
  require(posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init");
  if (pipes == Pipes::kInputAndOutput) {
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) require(errno, "pipe2");
    require(posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO), "dup2");
    require(posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO), "dup2");
  }
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);

  ChildProcess child;
  child.input_ = in[1];
  child.output_ = out[0];
  const int failed = posix_spawnp(&child.id_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (in[0] >= 0) close(in[0]);
  if (out[1] >= 0) close(out[1]);
  if (failed != 0) {
    child.id_ = -1;
    require(failed, ("start " + command.front()).c_str());
  }
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept { *this = std::move(other); }

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  release();
  id_ = std::exchange(other.id_, -1);
  exit_code_ = other.exit_code_;
  input_ = std::exchange(other.input_, -1);
  output_ = std::exchange(other.output_, -1);
  return *this;
}

ChildProcess::~ChildProcess() { release(); }

void ChildProcess::release() noexcept {
  close_input();
  if (output_ >= 0) close(std::exchange(output_, -1));
  if (id_ > 0) kill_now();
}

void ChildProcess::close_input() {
  if (input_ >= 0) close(std::exchange(input_, -1));
}

bool ChildProcess::running() {
  if (id_ <= 0) return false;
  int status = 0;
  if (waitpid(id_, &status, WNOHANG) != id_) return true;
  exit_code_ = exit_code_of(status);
  id_ = -1;
  return false;
}

int ChildProcess::wait() {
  if (id_ <= 0) return exit_code_;
  int status = 0;
  while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_code_ = exit_code_of(status);
  id_ = -1;
  return exit_code_;
}

void ChildProcess::kill_now() {
  if (id_ <= 0) return;
  ::kill(id_, SIGKILL);
  wait();
}

void die_with_parent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

std::string own_program() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

}  // namespace demo
