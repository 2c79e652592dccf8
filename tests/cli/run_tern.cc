#include "tests/cli/run_tern.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include "tests/support/temp_folder.h"

namespace tern::test {
namespace {

constexpr uid_t kNobody = 65534;

struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(size_t which) {
    if (ends[which] >= 0) ::close(ends[which]);
    ends[which] = -1;
  }
  std::array<int, 2> ends{-1, -1};
};

// Only calls that are allowed between fork and exec in a program with threads.
[[noreturn]] void become_tern(char* const* words, char* const* environment, const char* folder, const char* input,
                              int out, int err, RunAs as) {
  ::dup2(::open(input, O_RDONLY), 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  const bool drop = as == RunAs::kNobody && ::geteuid() == 0;
  if (drop && (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(126);
  if (::chdir(folder) == 0) ::execve(words[0], words, environment);
  ::_exit(127);
}

// Reads both to their ends at once, so that neither can fill up while the other is waited for.
void drain(Pipe& out, std::string& out_text, Pipe& err, std::string& err_text) {
  std::array<pollfd, 2> polled{pollfd{out.ends[0], POLLIN, 0}, pollfd{err.ends[0], POLLIN, 0}};
  std::array<std::string*, 2> texts{&out_text, &err_text};
  while (polled[0].fd >= 0 || polled[1].fd >= 0) {
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
    for (size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].fd < 0 || polled[i].revents == 0) continue;
      std::array<char, 4096> piece;
      const ssize_t got = ::read(polled[i].fd, piece.data(), piece.size());
      if (got > 0) {
        texts[i]->append(piece.data(), static_cast<size_t>(got));
      } else {
        polled[i].fd = -1;
      }
    }
  }
}

// What main() would get: each text, and a null at the end.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

enum class Out { kRead, kClosed, kFull };

Ended run(const std::vector<std::string>& arguments, const std::string& folder, RunAs as, Out to,
          const std::string& input = "/dev/null") {
  std::vector<std::string> texts = {TERN_CLI_PATH};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  const std::vector<char*> words = pointers_to(texts);

  // A program built to count its lines writes the counts beside its objects, where nobody may not, and would say so
  // among its errors.
  const TempFolder counts;
  ::chmod(counts.path().c_str(), 0777);
  std::vector<std::string> settings;
  for (char** setting = environ; *setting != nullptr; ++setting) settings.emplace_back(*setting);
  if (as == RunAs::kNobody) settings.push_back("GCOV_PREFIX=" + counts.path().string());
  const std::vector<char*> environment = pointers_to(settings);

  Pipe out;
  Pipe err;
  if (to == Out::kClosed) out.close_end(0);
  const int full = to == Out::kFull ? ::open("/dev/full", O_WRONLY | O_CLOEXEC) : -1;
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    become_tern(words.data(), environment.data(), folder.c_str(), input.c_str(), full >= 0 ? full : out.ends[1],
                err.ends[1], as);
  }
  out.close_end(1);
  err.close_end(1);
  if (full >= 0) ::close(full);

  Ended ended;
  drain(out, ended.out, err, ended.err);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

}  // namespace

Ended run_tern(const std::vector<std::string>& arguments, const std::string& folder, RunAs as) {
  return run(arguments, folder, as, Out::kRead);
}

Ended run_tern_reading(const std::string& file, const std::vector<std::string>& arguments) {
  return run(arguments, ".", RunAs::kSelf, Out::kRead, file);
}

Ended run_tern_into_closed_pipe(const std::vector<std::string>& arguments) {
  return run(arguments, ".", RunAs::kSelf, Out::kClosed);
}

Ended run_tern_onto_full_device(const std::vector<std::string>& arguments) {
  return run(arguments, ".", RunAs::kSelf, Out::kFull);
}

}  // namespace tern::test
