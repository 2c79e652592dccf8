// Parts of a measurement that need a process of their own: a program that writes beside tern without knowing it, a
// restart, a memory that nobody else has used. The suite starts its own program again in that role.
//
//   const Role role("writer", [](const std::vector<std::string>& arguments) { …; return 0; });
//   Child child("writer", {"some.db", "100"});
//
// A child ends when its parent does. A role prints its answers as lines; Child reads them.
#pragma once

#include <string>
#include <vector>

#include "docs/examples/demo/child_process.h"

namespace bench {

class Role {
 public:
  using Run = int (*)(const std::vector<std::string>& arguments);
  Role(const char* name, Run run);
  // The exit code of that role; nothing known by the name is an error.
  static int play(const std::string& name, const std::vector<std::string>& arguments);
};

class Child {
 public:
  Child(const std::string& role, std::vector<std::string> arguments);
  // Another program, spoken to in the same way.
  explicit Child(const std::vector<std::string>& command);

  // One line, without its end. Throws when the child has ended, or has not answered in two minutes.
  std::string read_line();
  void write_line(const std::string& line);
  // Closes its input, waits for it, and throws unless it ended well.
  void finish();
  pid_t id() const { return process_.id(); }

 private:
  demo::ChildProcess process_;
  std::string name_;
  std::string buffer_;
};

}  // namespace bench
