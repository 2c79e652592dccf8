#include "tests/cli/running_tern.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace tern::test {
namespace {

struct Ends {
  int ours = -1;
  int its = -1;
};

Ends make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  return {.ours = ends[0], .its = ends[1]};
}

Ends make_terminal() {
  Ends ends;
  ends.ours = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  std::array<char, 128> name{};
  if (ends.ours < 0 || ::grantpt(ends.ours) != 0 || ::unlockpt(ends.ours) != 0 ||
      ::ptsname_r(ends.ours, name.data(), name.size()) != 0)
    throw std::runtime_error("no terminal");
  ends.its = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (ends.its < 0) throw std::runtime_error("no terminal");
  return ends;
}

}  // namespace

RunningTern::RunningTern(const std::vector<std::string>& arguments, Onto onto) {
  const Ends ends = onto == Onto::kTerminal ? make_terminal() : make_pipe();
  output_ = ends.ours;
  std::vector<std::string> texts = {TERN_CLI_PATH};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> words;
  for (std::string& text : texts) words.push_back(text.data());
  words.push_back(nullptr);

  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, ends.its, 1);
  // A test may have been started in the background by a shell, which has SIGINT ignored there.
  posix_spawnattr_t attributes;
  sigset_t all;
  sigset_t none;
  ::sigemptyset(&none);
  ::sigemptyset(&all);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE}) ::sigaddset(&all, number);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  const int error = ::posix_spawn(&id_, words[0], &files, &attributes, words.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  ::close(ends.its);
  if (error != 0) throw std::runtime_error("cannot start tern");
}

RunningTern::~RunningTern() {
  if (id_ > 0) {
    ::kill(id_, SIGKILL);
    while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  stop_reading();
}

bool RunningTern::read_more() {
  std::array<char, 4096> piece;
  while (true) {
    const ssize_t got = ::read(output_, piece.data(), piece.size());
    if (got > 0) read_.append(piece.data(), static_cast<size_t>(got));
    if (got > 0) return true;
    if (got == 0 || errno != EINTR) return false;  // a terminal ends with EIO
  }
}

std::string RunningTern::read_until(std::string_view text) {
  size_t at = 0;
  while ((at = read_.find(text)) == std::string::npos && read_more()) continue;
  const size_t end = at == std::string::npos ? read_.size() : at + text.size();
  std::string taken = read_.substr(0, end);
  read_.erase(0, end);
  return taken;
}

void RunningTern::signal(int number) const { ::kill(id_, number); }

void RunningTern::stop_reading() {
  if (output_ >= 0) ::close(output_);
  output_ = -1;
}

int RunningTern::wait() {
  while (output_ >= 0 && read_more()) continue;
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) continue;
  id_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace tern::test
