#include "bench/core/child.h"

#include <poll.h>
#include <unistd.h>

#include <map>
#include <stdexcept>

namespace bench {

namespace {

constexpr int kPatienceMs = 120'000;

std::map<std::string, Role::Run>& roles() {
  static std::map<std::string, Role::Run> all;
  return all;
}

std::vector<std::string> command_of(const std::string& role, std::vector<std::string> arguments) {
  std::vector<std::string> command = {demo::own_program(), "--role", role};
  for (std::string& argument : arguments) command.push_back(std::move(argument));
  return command;
}

}  // namespace

Role::Role(const char* name, Run run) { roles().emplace(name, run); }

int Role::play(const std::string& name, const std::vector<std::string>& arguments) {
  const auto known = roles().find(name);
  if (known == roles().end()) throw std::runtime_error("there is no role '" + name + "'");
  demo::die_with_parent();
  return known->second(arguments);
}

Child::Child(const std::string& role, std::vector<std::string> arguments)
    : Child(command_of(role, std::move(arguments))) {
  name_ = "the child '" + role + "'";
}

Child::Child(const std::vector<std::string>& command)
    : process_(demo::ChildProcess::start(command, demo::ChildProcess::Pipes::kInputAndOutput)), name_(command[0]) {}

std::string Child::read_line() {
  for (;;) {
    const size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    pollfd wait{process_.output(), POLLIN, 0};
    if (poll(&wait, 1, kPatienceMs) <= 0) throw std::runtime_error(name_ + " does not answer");
    char bytes[4096];
    const ssize_t got = read(process_.output(), bytes, sizeof bytes);
    if (got <= 0) throw std::runtime_error(name_ + " ended early");
    buffer_.append(bytes, static_cast<size_t>(got));
  }
}

void Child::write_line(const std::string& line) {
  const std::string text = line + '\n';
  if (write(process_.input(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error(name_ + " does not listen");
  }
}

void Child::finish() {
  process_.close_input();
  if (const int code = process_.wait(); code != 0) {
    throw std::runtime_error(name_ + " ended with " + std::to_string(code));
  }
}

}  // namespace bench
