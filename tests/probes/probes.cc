#include "tests/probes/probes.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tern::probes {
namespace detail {

std::array<PointState, kPoints.size()> point_states;
std::atomic<Mutant> mutant_on{Mutant::kNone};

struct TrapState {
  size_t point = 0;
  uint64_t passings_left = 1;
  bool always = false;
  bool set = true;
  int running = 0;
  uint64_t ran = 0;
  std::function<void()> action;
};

namespace {

// One lock for all: traps are few, and what they do runs outside of it.
std::mutex mutex;
std::condition_variable changed;

std::vector<std::shared_ptr<TrapState>>& traps() {
  static auto* all = new std::vector<std::shared_ptr<TrapState>>();  // outlives threads that still pass points
  return *all;
}

thread_local bool within_action = false;

void add(const std::shared_ptr<TrapState>& trap) {
  const std::lock_guard lock(mutex);
  traps().push_back(trap);
  point_states[trap->point].traps.fetch_add(1, std::memory_order_relaxed);
}

void unset(TrapState& trap) {
  if (!trap.set) return;
  trap.set = false;
  point_states[trap.point].traps.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace

void act(size_t point) noexcept {
  if (within_action) return;
  std::vector<std::shared_ptr<TrapState>> due;
  {
    const std::lock_guard lock(mutex);
    for (const auto& trap : traps()) {
      if (!trap->set || trap->point != point) continue;
      if (trap->passings_left > 1) {
        --trap->passings_left;
        continue;
      }
      if (!trap->always) unset(*trap);
      ++trap->running;
      due.push_back(trap);
    }
  }
  within_action = true;
  for (const auto& trap : due) {
    trap->action();
    const std::lock_guard lock(mutex);
    --trap->running;
    ++trap->ran;
    changed.notify_all();
  }
  within_action = false;
}

}  // namespace detail

uint64_t passings(Point point) noexcept {
  return detail::point_states[point.index].passings.load(std::memory_order_relaxed);
}

void set_mutant(Mutant mutant) noexcept { detail::mutant_on.store(mutant, std::memory_order_relaxed); }

Trap::Trap(Point point, std::function<void()> action, uint64_t nth, Repeat repeat)
    : state_(std::make_shared<detail::TrapState>()) {
  state_->point = point.index;
  state_->passings_left = nth;
  state_->always = repeat == Repeat::kAlways;
  state_->action = std::move(action);
  detail::add(state_);
}

Trap::~Trap() {
  std::unique_lock lock(detail::mutex);
  detail::unset(*state_);
  detail::changed.wait(lock, [&] { return state_->running == 0; });
  std::erase(detail::traps(), state_);
}

bool Trap::wait_sprung(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(detail::mutex);
  return detail::changed.wait_for(lock, timeout, [&] { return state_->ran > 0; });
}

struct Gate::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool reached = false;
  bool open = false;
};

Gate::Gate(Point point, uint64_t nth) : state_(std::make_shared<State>()) {
  trap_ = std::make_unique<Trap>(
      point,
      [state = state_] {
        std::unique_lock lock(state->mutex);
        state->reached = true;
        state->changed.notify_all();
        state->changed.wait(lock, [&] { return state->open; });
      },
      nth);
}

Gate::~Gate() { open(); }

bool Gate::wait_reached(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, timeout, [&] { return state_->reached; });
}

void Gate::open() {
  const std::lock_guard lock(state_->mutex);
  state_->open = true;
  state_->changed.notify_all();
}

namespace {

[[noreturn]] void refuse(const char* variable, const std::string& text) {
  std::fprintf(stderr, "probes: %s: \"%s\" names nothing\n", variable, text.c_str());
  std::abort();
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  for (size_t from = 0; from <= text.size();) {
    const size_t to = std::min(text.find(at, from), text.size());
    parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

// The point of "group:step:number[:…]", and what follows it.
size_t parse(const char* variable, const std::string& item, uint64_t& number, std::string& rest) {
  const auto parts = split(item, ':');
  const size_t point = parts.size() < 3 ? kNoPoint : find_point(parts[0] + ":" + parts[1]);
  if (point == kNoPoint) refuse(variable, item);
  char* end = nullptr;
  number = std::strtoull(parts[2].c_str(), &end, 10);
  if (end == parts[2].c_str() || *end != '\0') refuse(variable, item);
  const size_t used = parts[0].size() + parts[1].size() + parts[2].size() + 3;
  rest = used < item.size() ? item.substr(used) : std::string();
  return point;
}

void meet(const std::string& path) {
  const int fd = ::open((path + ".reached").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  for (int waited_ms = 0; waited_ms < 30'000 && ::access((path + ".open").c_str(), F_OK) != 0; ++waited_ms)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

// For as long as the process lives, the ends of its statics included.
std::vector<std::unique_ptr<Trap>>& kept_traps() {
  static auto* const traps = new std::vector<std::unique_ptr<Trap>>;
  return *traps;
}

template <typename MakeAction>
void set_traps(const char* variable, Trap::Repeat repeat, MakeAction&& make_action) {
  const char* const text = std::getenv(variable);
  if (text == nullptr || *text == '\0') return;
  for (const std::string& item : split(text, ',')) {
    uint64_t number = 0;
    std::string rest;
    const size_t point = parse(variable, item, number, rest);
    const uint64_t nth = repeat == Trap::Repeat::kOnce ? number : 1;
    kept_traps().push_back(std::make_unique<Trap>(Point(point), make_action(number, rest), nth == 0 ? 1 : nth, repeat));
  }
}

struct FromEnvironment {
  FromEnvironment() {
    set_traps("TERN_PROBE_KILL", Trap::Repeat::kOnce,
              [](uint64_t, const std::string&) { return [] { ::kill(::getpid(), SIGKILL); }; });
    set_traps("TERN_PROBE_HOLD", Trap::Repeat::kAlways, [](uint64_t ms, const std::string&) {
      return [ms] { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
    });
    set_traps("TERN_PROBE_MEET", Trap::Repeat::kOnce,
              [](uint64_t, const std::string& path) { return [path] { meet(path); }; });
    const char* const mutant = std::getenv("TERN_MUTANT");
    if (mutant == nullptr || *mutant == '\0') return;
    if (find_mutant(mutant) == Mutant::kNone) refuse("TERN_MUTANT", mutant);
    set_mutant(find_mutant(mutant));
  }
};

const FromEnvironment from_environment;

}  // namespace
}  // namespace tern::probes
