// What a run of the benchmarks has found: rows of figures, curves, and which peers took part. Written as results.json,
// from which the report is made and which bench_compare reads.
//
// Plain values; one thread. A row keeps every round of every series, so that noise can be told from change.
#pragma once

#include <nlohmann/json.hpp>

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bench {

// One program's (or one setting's) measurements, one a round.
struct Series {
  std::string name;
  std::string unit;  // of the rounds: "ns", "ops/s", "hit ratio", …
  std::vector<double> rounds;
  bool higher_is_better = false;
  std::string note;    // how it is set up, how many reads were hits
  std::string absent;  // why there are no rounds; empty when there are

  // The best round: what the program can do when nothing else disturbs it.
  double best() const;
};

struct Target {
  enum class Is { kAtMost, kAtLeast };
  Is is = Is::kAtMost;
  double value = 0;
};
inline Target at_most(double value) { return {Target::Is::kAtMost, value}; }
inline Target at_least(double value) { return {Target::Is::kAtLeast, value}; }

enum class State {
  kPrinted,  // a figure without a target
  kMet,
  kShort,
  kNotBuilt,  // tern does not have it yet: no figure
  kAbsent,    // a peer or the data that the figure needs is not here
  kFailed,    // it could not be measured; the reason says why
};
const char* state_name(State state);

struct Row {
  std::string id;    // "P1"
  std::string name;  // "hot hit, 100,000 keys, zipf 0.99"
  std::string what;  // what the figure is: "tern ÷ absl::flat_hash_map"
  std::string unit;  // of the figure; empty for a ratio
  std::optional<double> figure;
  std::optional<Target> target;
  State state = State::kPrinted;
  std::string reason;  // for kNotBuilt, kAbsent and kFailed
  std::vector<Series> series;
  std::vector<std::string> notes;

  // Null when there is no such series, or it has no rounds.
  const Series* find(const std::string& series_name) const;
  // Sets the figure, and the state by the target if there is one.
  void settle(double value);
  // The best of one series divided by the best of another; absent, with the reason, when one of them is.
  void settle_ratio(const std::string& above, const std::string& below);
};

struct Curve {
  struct Line {
    std::string name;
    std::vector<std::pair<double, double>> points;
  };
  std::string id;
  std::string title;
  std::string x, y;  // what the axes are
  bool log_x = false, log_y = false;
  std::vector<Line> lines;

  Line& line(const std::string& name);
};

struct PeerNote {
  std::string name;
  std::string version;
  std::string settings;  // durability, and what else its guide recommends
  std::string absent;    // why it is not here; empty when it is
};

struct Results {
  std::deque<Row> rows;  // deques: whoever fills a row keeps a reference while others are added
  std::deque<Curve> curves;
  std::vector<PeerNote> peers;
};

nlohmann::json to_json(const Results& results);
// Adds what another program of the suite has written in the same form.
void append(nlohmann::json& to, const nlohmann::json& from);

}  // namespace bench
