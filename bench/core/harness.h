// How a row is measured: contenders take turns, round after round, in one process, so that whatever else the machine
// does meets all of them alike. The best round of each counts; all are kept.
//
// A family of rows is a function that is registered by its file, rows/NAME.cc:
//
//   const Family family("P1", "hot hits", [](Context& context) { … });
//
// One thread runs them, one after the other. A family that throws is a row with the state "failed", and the run goes
// on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/core/result.h"

namespace bench {

enum class Size { kSmoke, kQuick, kFull };

struct Settings {
  Size size = Size::kFull;
  std::vector<std::string> only;  // ids of families; empty: all
  std::string data;               // a database with the example data; empty: rows are made up
  std::string shared;             // the folder of outside data; may not be there
  double seconds = 0;             // of the runs that watch something over time; 0: by the size
  std::string out;                // results.json
  std::string own_folder;         // where this program lies
  std::string redis_server;       // "" when there is none
  std::string node;
  std::string node_peers;         // folder of the installed node peers
  std::string node_peers_absent;  // why there is none
};

class Context {
 public:
  Context(const Settings& settings, Results& results) : settings_(settings), results_(results) {}

  const Settings& settings() const { return settings_; }
  bool smoke() const { return settings_.size == Size::kSmoke; }
  bool quick() const { return settings_.size != Size::kFull; }
  // Of three sizes the one of this run.
  template <typename T>
  T pick(T in_smoke, T in_quick, T in_full) const {
    return smoke() ? in_smoke : settings_.size == Size::kQuick ? in_quick : in_full;
  }
  // Of what is watched over time.
  double seconds(double in_smoke, double in_quick, double in_full) const {
    return settings_.seconds > 0 ? settings_.seconds : pick(in_smoke, in_quick, in_full);
  }
  int rounds() const { return pick(1, 5, 9); }
  double slice_ms() const { return pick(1.0, 25.0, 40.0); }

  // References stay valid.
  Row& row(const std::string& id, const std::string& name, const std::string& what);
  void not_built(const std::string& id, const std::string& name, const std::string& reason);
  Curve& curve(const std::string& id, const std::string& title);
  void peer(const PeerNote& note);  // once for each name
  Results& results() { return results_; }

  // A line on standard error that tells where the run is.
  void say(const std::string& text) const;

 private:
  const Settings& settings_;
  Results& results_;
};

// Which clock a contender is held against. The measuring thread's own processor time is the steadier one where others
// use the machine too, and fair only where no other thread or process does part of the work.
enum class Clock { kThread, kWall };
double now_ns(Clock clock);

// What a contender did. `wrong` values end the row: a benchmark of wrong answers says nothing.
struct Work {
  uint64_t operations = 0;
  uint64_t hits = 0;
  uint64_t wrong = 0;
  std::optional<double> ns;  // for one that measures itself
};

struct Contender {
  std::string name;
  // Goes on where its last call ended, and does about as many operations.
  std::function<Work(uint64_t operations)> run;
  std::string note;
  // For one whose call is as long as it is: never asked for another number of operations.
  bool fixed_length = false;
};

// How often each contender has its turn, and for how long. What waits for the disk needs longer turns than what does
// not: a slice that holds a few dozen syncs says little.
struct Pace {
  int rounds;
  double slice_ms;
};

// Adds a series for each contender to the row, in nanoseconds an operation, and notes the share of hits. At the
// context's pace, or another one.
void alternate(const Context& context, Row& row, Clock clock, std::vector<Contender> contenders);
void alternate(Pace pace, Row& row, Clock clock, std::vector<Contender> contenders);

// The same for measurements that are numbers of another kind: each call gives one round's.
struct Gauge {
  std::string name;
  std::string unit;
  bool higher_is_better = false;
  std::function<double()> measure;
  std::string note;
};
void alternate(int rounds, Row& row, std::vector<Gauge> gauges);

void add_absent(Row& row, const std::string& name, const std::string& why);

class Family {
 public:
  using Run = void (*)(Context&);
  Family(const char* id, const char* title, Run run);
};
// The order of rows by their ids: P2, P13, P13b, X1.
bool comes_before(const std::string& a, const std::string& b);
// Runs all families that the filter names, in the order of their ids. False when one of them failed.
bool run_families(Context& context);

}  // namespace bench
