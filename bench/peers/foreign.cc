#include "bench/peers/foreign.h"

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <thread>

#include "bench/peers/plain.h"

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

bool input_waits() {
  pollfd wait{STDIN_FILENO, POLLIN, 0};
  return std::cin.rdbuf()->in_avail() > 0 || poll(&wait, 1, 0) > 0;
}

void commit(Plain& db, const std::string& key) {
  db.bind(1, key);
  db.step();
  db.reset();
}

uint64_t go_on(Plain& db, double times_a_second, const std::vector<std::string>& keys) {
  uint64_t commits = 0;
  const std::chrono::duration<double> pause(times_a_second > 0 ? 1 / times_a_second : 0);
  for (auto next = Clock::now(); !input_waits();) {
    commit(db, keys[commits++ % keys.size()]);
    if (times_a_second <= 0) continue;
    next += std::chrono::duration_cast<Clock::duration>(pause);
    std::this_thread::sleep_until(next);
  }
  return commits;
}

// Lines on standard input: "write KEY" (answer "done"), "key KEY" (adds one for what follows, no answer), "start RATE"
// (answers "COMMITS" after the next line).
int write_as_told(const std::vector<std::string>& arguments) {
  std::ios::sync_with_stdio(false);  // or nobody could tell what waits in the buffer
  Plain db(arguments.at(0));
  db.prepare(arguments.at(1).c_str());
  std::vector<std::string> keys;
  for (std::string line; std::getline(std::cin, line);) {
    const size_t space = line.find(' ');
    const std::string verb = line.substr(0, space);
    const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    if (verb == "key") {
      keys.push_back(rest);
    } else if (verb == "write") {
      commit(db, rest);
      std::printf("done\n");
    } else if (verb == "start") {
      std::printf("%llu\n", static_cast<unsigned long long>(go_on(db, std::stod(rest), keys)));
      keys.clear();
    }
    std::fflush(stdout);
  }
  return 0;
}
const Role role("foreign", write_as_told);

}  // namespace

ForeignWriter::ForeignWriter(const std::string& database, const std::string& statement)
    : child_("foreign", {database, statement}) {}

ForeignWriter::~ForeignWriter() {
  if (running_) stop();
}

void ForeignWriter::write(const std::string& key) {
  child_.write_line("write " + key);
  if (child_.read_line() != "done") throw std::runtime_error("the foreign writer failed");
}

void ForeignWriter::start(double times_a_second, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) child_.write_line("key " + key);
  child_.write_line("start " + std::to_string(times_a_second));
  running_ = true;
}

uint64_t ForeignWriter::stop() {
  running_ = false;
  child_.write_line("stop");
  return std::stoull(child_.read_line());
}

}  // namespace bench
