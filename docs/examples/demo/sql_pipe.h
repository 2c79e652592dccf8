// A program that takes SQL from its standard input and prints rows, such as `sqlite3 FILE`: a writer that has never
// heard of tern. What it was given is acknowledged once it has printed a marker that was asked for last.
//
// A SqlPipe belongs to one thread. The program must stop at the first error (-bail), so that a marker proves that all
// before it was done.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "child_process.h"

namespace demo {

class SqlPipe {
 public:
  explicit SqlPipe(const std::vector<std::string>& command);

  // Sends SQL (complete statements), waits until all of it is done, and gives the lines that were printed; nothing if
  // the program ended before that: the SQL may then have been done or not.
  std::optional<std::vector<std::string>> run(std::string_view sql);
  // Sends SQL and waits for nothing. False if the program is gone.
  bool send(std::string_view sql);

  ChildProcess& program() { return program_; }

 private:
  bool read_line(std::string& line);

  ChildProcess program_;
  std::string unread_;
  uint64_t markers_ = 0;
};

// How the sqlite3 shell is started for this: without the user's settings, and patient when the file is busy.
std::vector<std::string> sqlite3_shell(const std::string& database);
inline constexpr std::string_view kBePatient = "PRAGMA busy_timeout = 20000;";

}  // namespace demo
