#include "tests/torture/kv/company.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "tests/probes/points.h"

namespace torture::kv {
namespace {

constexpr std::string_view kProbed = "_probed";
constexpr int kKilled = 128 + SIGKILL;
constexpr uint64_t kPatienceNs = 120'000'000'000;

}  // namespace

void sleep_ns(uint64_t ns) { std::this_thread::sleep_for(std::chrono::nanoseconds(ns)); }

Company::Company(const Settings& settings, const demo::SharedMemory& memory, Points& points, std::mt19937_64& random)
    : settings_(settings),
      fd_(memory.fd()),
      board_(*static_cast<Board*>(memory.data())),
      points_(points),
      random_(random) {
  const std::string own = demo::own_program();
  const std::string probed = own.ends_with(kProbed) ? own : own + std::string(kProbed);
  if (settings.kills == 0 || !std::filesystem::exists(probed)) return;
  probed_program_ = probed;
  for (const std::string_view point : tern::probes::kPoints) {
    if (point.starts_with("kv:")) points_.try_emplace(std::string(point));
  }
}

// What TERN_PROBE_KILL is to say; empty for one who is not sent to die.
std::string Company::order_to_die() {
  if (probed_program_.empty() || random_() % 3 == 0) return {};
  auto best = points_.begin();
  for (auto point = points_.begin(); point != points_.end(); ++point) {
    if (point->second.died * 4 + point->second.sent < best->second.died * 4 + best->second.sent) best = point;
  }
  best->second.sent += 1;
  return best->first;
}

void Company::start(uint32_t process) {
  std::vector<std::string> command = {demo::own_program()};
  point_[process] = order_to_die();
  if (!point_[process].empty()) {
    const std::string passing = std::to_string(1 + random_() % 12);
    command = {"env", "TERN_PROBE_KILL=" + point_[process] + ":" + passing, probed_program_};
  }
  command.insert(command.end(), {"work", "--database", settings_.database, "--grouped", settings_.grouped ? "1" : "0",
                                 "--lagging", settings_.lagging ? "1" : "0", "--process", std::to_string(process),
                                 "--board-fd", std::to_string(fd_)});
  processes_[process] = demo::ChildProcess::start(command);
}

// Whether it ended where it was to.
bool Company::died_at_point(uint32_t process) {
  const int code = processes_[process].wait();
  settle(process);
  if (code == 0) return false;
  if (point_[process].empty() || code != kKilled) throw std::runtime_error("a process ended by itself");
  points_[point_[process]].died += 1;
  return true;
}

// It has been reaped: what it had begun has been done by now, or it never will be, or at the next write.
void Company::settle(uint32_t process) {
  const uint64_t now = now_ns();
  for (uint32_t actor = process * kThreads; actor < (process + 1) * kThreads; ++actor) {
    Journal& journal = board_.journals[actor];
    const uint64_t size = journal.size.load(std::memory_order_acquire);  // pairs with the actor's release
    if (size == 0) continue;
    Operation& last = journal.operations[size - 1];
    if (last.outcome != Operation::Outcome::kRunning) continue;
    last.outcome = Operation::Outcome::kUnknown;
    last.ended_ns = now;
  }
}

void Company::kill(uint32_t process) {
  processes_[process].kill_now();
  settle(process);
}

uint64_t Company::look_after() {
  uint64_t died = 0;
  for (uint32_t process = 0; process < kProcesses; ++process) {
    if (processes_[process].running()) continue;
    if (!died_at_point(process)) throw std::runtime_error("a process ended before it should");
    ++died;
    start(process);
  }
  return died;
}

uint64_t Company::end() {
  board_.stop.store(true, std::memory_order_relaxed);
  const uint64_t until = now_ns() + kPatienceNs;
  uint64_t died = 0;
  for (uint32_t process = 0; process < kProcesses; ++process) {
    while (processes_[process].running()) {
      if (now_ns() > until) throw std::runtime_error("a process does not end");
      sleep_ns(1'000'000);
    }
    died += died_at_point(process) ? 1 : 0;
  }
  return died;
}

}  // namespace torture::kv
