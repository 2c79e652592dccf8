#include "sql_pipe.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace demo {

SqlPipe::SqlPipe(const std::vector<std::string>& command)
    : program_(ChildProcess::start(command, ChildProcess::Pipes::kInputAndOutput)) {
  // A program that died shows as a failed write, not as our own death.
  std::signal(SIGPIPE, SIG_IGN);
}

bool SqlPipe::send(std::string_view sql) {
  while (!sql.empty()) {
    const ssize_t n = write(program_.input(), sql.data(), sql.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    sql.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool SqlPipe::read_line(std::string& line) {
  size_t end;
  while ((end = unread_.find('\n')) == std::string::npos) {
    char bytes[4096];
    const ssize_t n = read(program_.output(), bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    unread_.append(bytes, static_cast<size_t>(n));
  }
  line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return true;
}

std::optional<std::vector<std::string>> SqlPipe::run(std::string_view sql) {
  const std::string marker = "done-" + std::to_string(++markers_);
  std::string text(sql);
  text += "\nSELECT '" + marker + "';\n";
  if (!send(text)) return std::nullopt;
  std::vector<std::string> lines;
  for (std::string line; read_line(line);) {
    if (line == marker) return lines;
    lines.push_back(std::move(line));
  }
  return std::nullopt;
}

std::vector<std::string> sqlite3_shell(const std::string& database) {
  return {"sqlite3", "-batch", "-bail", "-init", "/dev/null", database};
}

}  // namespace demo
