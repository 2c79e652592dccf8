// What the probes of the sources (cache/probes.h) do in the build that has them: at each sync point a test may let
// something happen, and one mutant may be on.
//
// From within the process:
//   Trap trap("fill:read", [&] { foreign.exec("…"); });   // on the thread that passes next, once
//   Gate gate("publish:seq-out");                         // holds it: gate.wait_reached(), gate.open()
//   set_mutant(Mutant::kWalStateIgnored);
// From outside, read before main(); a name that does not exist ends the program, so that no test passes by a typing
// error:
//   TERN_PROBE_KILL=name:n,…       kill -9 of the process at the n-th passing
//   TERN_PROBE_HOLD=name:ms,…      every passing takes that long
//   TERN_PROBE_MEET=name:n:path,…  at the n-th passing makes the file path.reached, and waits for path.open (30 s at
//   most) TERN_MUTANT=name
//
// Contract. Thread-safe. What a trap runs may use everything but the locks that its thread holds at the point (a
// publication under way holds the stamp lock, for one); points that are passed within it do nothing on that thread, and
// it must not throw. Cost of a passing with nothing set: two relaxed operations.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "tests/probes/mutants.h"
#include "tests/probes/points.h"

namespace tern::probes {

// A name of the table, checked where it is written.
struct Point {
  consteval Point(const char* name) : index(find_point(name)) {
    if (index == kNoPoint) throw "no such sync point: add it to tests/probes/points.h";
  }
  explicit constexpr Point(size_t its_index) : index(its_index) {}
  size_t index;
};

namespace detail {

struct PointState {
  std::atomic<uint64_t> passings{0};  // relaxed: a count
  std::atomic<uint32_t> traps{0};     // relaxed: act() looks again under a lock
};
extern std::array<PointState, kPoints.size()> point_states;
extern std::atomic<Mutant> mutant_on;  // relaxed: set before the threads that it is meant for
void act(size_t point) noexcept;

struct TrapState;

}  // namespace detail

inline void reached(Point point) noexcept {
  detail::PointState& state = detail::point_states[point.index];
  state.passings.fetch_add(1, std::memory_order_relaxed);
  if (state.traps.load(std::memory_order_relaxed) != 0) detail::act(point.index);
}

// How often the point was passed by this process.
uint64_t passings(Point point) noexcept;

inline bool mutant_is_on(Mutant mutant) noexcept { return detail::mutant_on.load(std::memory_order_relaxed) == mutant; }
void set_mutant(Mutant mutant) noexcept;

// Runs `action` on the thread that passes the point for the n-th time from now; once, or at every passing from then on.
class Trap {
 public:
  enum class Repeat { kOnce, kAlways };

  Trap(Point point, std::function<void()> action, uint64_t nth = 1, Repeat repeat = Repeat::kOnce);
  // Waits until nobody runs it any more.
  ~Trap();
  Trap(const Trap&) = delete;
  Trap& operator=(const Trap&) = delete;

  bool wait_sprung(std::chrono::milliseconds timeout) const;  // it has run to its end
  bool sprung() const { return wait_sprung(std::chrono::milliseconds(0)); }

 private:
  std::shared_ptr<detail::TrapState> state_;
};

// Holds the thread that passes the point for the n-th time from now, until open() or the end of the gate.
class Gate {
 public:
  explicit Gate(Point point, uint64_t nth = 1);
  ~Gate();

  bool wait_reached(std::chrono::milliseconds timeout) const;  // a thread stands before it
  void open();

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::unique_ptr<Trap> trap_;
};

}  // namespace tern::probes

#define TERN_SYNC_POINT(name) ::tern::probes::reached(name)
#define TERN_MUTANT(rule) ::tern::probes::mutant_is_on(::tern::probes::Mutant::rule)
