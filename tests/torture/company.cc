#include "tests/torture/company.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <stdexcept>

#include "tests/probes/points.h"

namespace torture {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMillisecond = 1'000'000;
// A process that takes longer than this to come up or to end will not.
constexpr uint64_t kPatienceNs = 120'000 * kMillisecond;

constexpr int kKilled = 128 + SIGKILL;

[[noreturn]] void fail(uint32_t member, const char* what) {
  throw std::runtime_error(std::string("the ") + member_name(member) + " " + what);
}

const char* role_of(uint32_t member) {
  static constexpr const char* kRoles[kMembers] = {"tern", "tern", "visit", "program", "program", "disturb"};
  return kRoles[member];
}

bool uses_tern(uint32_t member) { return member <= kVisitor; }

constexpr std::string_view kProbed = "_probed";

bool is_of(std::string_view point, std::string_view group) { return point.starts_with(group); }

// Passed only where the cache folder is made.
bool makes_the_folder(std::string_view point) { return is_of(point, "stamps:") && point != "stamps:mapped"; }

// Passed once in a life, or seldom.
bool is_seldom(std::string_view point) {
  return is_of(point, "stamps:") || is_of(point, "join:") || is_of(point, "close:") || is_of(point, "renew:") ||
         is_of(point, "checkpoint:");
}

}  // namespace

Company::Company(const Settings& settings, const demo::SharedMemory& memory, Points& points, std::mt19937_64& random)
    : settings_(settings), fd_(memory.fd()), board_(Board::in(memory)), points_(points), random_(random) {
  const std::string own = demo::own_program();
  const fs::path probed = own.ends_with(kProbed) ? own : own + std::string(kProbed);
  if (settings.kills == 0 || !fs::exists(probed)) return;
  probed_program_ = probed.string();
  for (const std::string_view point : tern::probes::kPoints) points_.try_emplace(std::string(point));
}

// The point at which fewest have died, and of those the one to which fewest were sent: some are passed seldom. Nobody
// but the visitor closes before the round ends.
std::string Company::next_point(uint32_t member) const {
  std::string best;
  uint64_t least = kNever;
  for (const auto& [point, kills] : points_) {
    if (is_of(point, "close:") && member != kVisitor) continue;
    if (makes_the_folder(point) && !settings_.disturbed) continue;
    const uint64_t weight = kills.died * 4 + kills.sent;
    if (weight >= least) continue;
    least = weight;
    best = point;
  }
  return best;
}

// What TERN_PROBE_KILL is to say; empty for one who is not sent to die.
std::string Company::order_to_die(uint32_t member) {
  if (probed_program_.empty() || !uses_tern(member)) return {};
  if (random_() % 4 < (settings_.disturbed ? 1 : 3)) return {};  // a calm round has few deaths
  const std::string point = next_point(member);
  point_[member] = point;
  PointKills& kills = points_[point];
  // At a passing up to the 32nd; sooner where that has been too late before.
  const uint64_t late = kills.sent - kills.died;
  const uint64_t doublings = is_seldom(point) || late >= 3 ? 1 : 6 - 2 * late;
  kills.sent += 1;
  if (makes_the_folder(point)) {
    std::error_code busy;  // the next one tries again
    fs::remove_all(settings_.database + "-tern", busy);
  }
  return point + ":" + std::to_string(uint64_t{1} << random_() % doublings);
}

void Company::spawn(uint32_t member, bool may_be_sent_to_die) {
  const auto text = [](auto number) { return std::to_string(number); };
  std::vector<std::string> command = {demo::own_program()};
  point_[member].clear();
  if (const std::string order = may_be_sent_to_die ? order_to_die(member) : ""; !order.empty()) {
    command = {"env", "TERN_PROBE_KILL=" + order, probed_program_};
  }
  const std::pair<const char*, std::string> options[] = {
      {"--database", settings_.database},
      {"--member", text(member)},
      {"--board-fd", text(fd_)},
      {"--threads", text(settings_.threads)},
      {"--own-rate", text(settings_.own_rate)},
      {"--foreign-rate", text(settings_.foreign_rate)},
      {"--zipf", text(settings_.exponent)},
      {"--kills", text(settings_.kills)},
      {"--disturbed", settings_.disturbed ? "1" : "0"},
      {"--lagging", settings_.lagging ? "1" : "0"},
  };
  command.emplace_back(role_of(member));
  for (const auto& [name, value] : options) command.insert(command.end(), {name, value});
  processes_[member] = demo::ChildProcess::start(command);
}

void Company::start(uint32_t member) {
  const uint64_t until = now_ns() + kPatienceNs;
  const uint32_t before = board_->started[member];
  spawn(member, true);
  while (board_->started[member] == before) {
    if (!processes_[member].running()) {
      if (!died_at_point(member)) fail(member, "ended at its start");
      // This one must live: what its predecessors left open holds the judge back.
      spawn(member, false);
    }
    if (now_ns() > until) fail(member, "does not come up");
    sleep_ns(kMillisecond);
  }
}

// It has been reaped. If it died at its point, the death is counted.
bool Company::died_at_point(uint32_t member) {
  lay_down(member);
  if (point_[member].empty() || processes_[member].wait() != kKilled) return false;
  points_[point_[member]].died += 1;
  return true;
}

// A dead actor will do nothing until its successor starts; one that left an attempt open holds the judge back until the
// successor has settled it.
void Company::lay_down(uint32_t member) {
  board_->working[member] = 0;
  if (member > kVisitor) return;
  const uint32_t first = member == kVisitor ? kVisitorActor : writer_of(member, 0);
  const uint32_t actors = member == kVisitor ? 1 : kActorsOfTern;
  for (uint32_t actor = first; actor < first + actors; ++actor) {
    Ring& ring = board_->rings[actor];
    // acquire and release: the writer of these words is gone, and has been waited for
    if (ring.attempt.load(std::memory_order_acquire) == 0) ring.low.store(kNever, std::memory_order_release);
  }
}

void Company::kill(uint32_t member) {
  processes_[member].kill_now();
  lay_down(member);
}

void Company::pause(uint32_t member, uint64_t ns) {
  const pid_t id = processes_[member].id();
  if (id <= 0 || ::kill(id, SIGSTOP) != 0) return;
  sleep_ns(ns);
  ::kill(id, SIGCONT);
}

void Company::look_after() {
  for (uint32_t member = 0; member < kMembers; ++member) {
    if (processes_[member].running()) continue;
    if (!died_at_point(member)) fail(member, "ended by itself");
    start(member);
  }
}

void Company::end() {
  board_->stop.store(true, std::memory_order_release);
  const uint64_t until = now_ns() + kPatienceNs;
  for (uint32_t member = 0; member < kMembers; ++member) {
    while (processes_[member].running()) {
      if (now_ns() > until) fail(member, "does not end");
      sleep_ns(kMillisecond);
    }
    if (processes_[member].wait() != 0 && !died_at_point(member)) fail(member, "ended with an error");
  }
}

}  // namespace torture
