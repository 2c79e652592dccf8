#include "bench/core/harness.h"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <tuple>

namespace bench {

namespace {

struct Registered {
  std::string id, title;
  Family::Run run;
};

std::vector<Registered>& families() {
  static std::vector<Registered> all;
  return all;
}

// "P2" before "P13", "P13" before "P13b", and that before "X1": a letter, a number, and what follows.
std::tuple<char, int, std::string> order_of(const std::string& id) {
  size_t used = 0;
  const int number = std::stoi(id.substr(1), &used);
  return {id[0], number, id.substr(1 + used)};
}

double share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string hits_text(uint64_t hits, uint64_t operations) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f %% of %llu found", share(hits, operations),
                static_cast<unsigned long long>(operations));
  return text;
}

// One contender during a row: how many operations fill a slice, and what it has found in all.
struct Entrant {
  Contender contender;
  Clock clock;
  uint64_t operations = 1;
  uint64_t done = 0, hits = 0;

  double round() {
    const double start = now_ns(clock);
    const Work work = contender.run(operations);
    const double ns = work.ns ? *work.ns : now_ns(clock) - start;
    if (work.wrong > 0) throw std::runtime_error(contender.name + " answered wrongly");
    if (work.operations == 0) throw std::runtime_error(contender.name + " did nothing");
    done += work.operations;
    hits += work.hits;
    return ns / static_cast<double>(work.operations);
  }

  // Finds how many operations fill a slice, and warms up. The quickest of three tells: one that the machine's other
  // users held up would make all rounds too short.
  void calibrate(double slice_ns) {
    if (contender.fixed_length) {
      round();
      return;
    }
    for (;;) {
      double ns = round();
      for (int i = 0; i < 2; ++i) ns = std::min(ns, round());
      ns *= static_cast<double>(operations);
      if (ns >= slice_ns / 4) {
        operations = std::max<uint64_t>(1, static_cast<uint64_t>(static_cast<double>(operations) * slice_ns / ns));
        return;
      }
      operations *= 2;
    }
  }
};

}  // namespace

double now_ns(Clock clock) {
  timespec time{};
  clock_gettime(clock == Clock::kThread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

Row& Context::row(const std::string& id, const std::string& name, const std::string& what) {
  Row row;
  row.id = id;
  row.name = name;
  row.what = what;
  return results_.rows.emplace_back(std::move(row));
}

void Context::not_built(const std::string& id, const std::string& name, const std::string& reason) {
  Row& added = row(id, name, "");
  added.state = State::kNotBuilt;
  added.reason = reason;
}

Curve& Context::curve(const std::string& id, const std::string& title) {
  Curve curve;
  curve.id = id;
  curve.title = title;
  return results_.curves.emplace_back(std::move(curve));
}

void Context::peer(const PeerNote& note) {
  for (PeerNote& known : results_.peers) {
    if (known.name == note.name) return;
  }
  results_.peers.push_back(note);
}

void Context::say(const std::string& text) const { std::fprintf(stderr, "bench: %s\n", text.c_str()); }

void alternate(const Context& context, Row& row, Clock clock, std::vector<Contender> contenders) {
  alternate(Pace{context.rounds(), context.slice_ms()}, row, clock, std::move(contenders));
}

void alternate(Pace pace, Row& row, Clock clock, std::vector<Contender> contenders) {
  std::vector<Entrant> entrants;
  for (Contender& contender : contenders) entrants.push_back({std::move(contender), clock});
  for (Entrant& entrant : entrants) entrant.calibrate(pace.slice_ms * 1e6);
  std::vector<std::vector<double>> rounds(entrants.size());
  for (int round = 0; round < pace.rounds; ++round) {
    for (size_t i = 0; i < entrants.size(); ++i) {
      // Another one begins each round: nobody always follows the same neighbour.
      const size_t turn = (i + static_cast<size_t>(round)) % entrants.size();
      rounds[turn].push_back(entrants[turn].round());
    }
  }
  for (size_t i = 0; i < entrants.size(); ++i) {
    Series series;
    series.name = entrants[i].contender.name;
    series.unit = "ns";
    series.rounds = std::move(rounds[i]);
    series.note = entrants[i].contender.note;
    if (entrants[i].hits > 0) {
      series.note += (series.note.empty() ? "" : "; ") + hits_text(entrants[i].hits, entrants[i].done);
    }
    row.series.push_back(std::move(series));
  }
  row.notes.push_back(clock == Clock::kThread ? "processor time of the measuring thread" : "wall clock");
}

void alternate(int rounds, Row& row, std::vector<Gauge> gauges) {
  std::vector<Series> series(gauges.size());
  for (size_t i = 0; i < gauges.size(); ++i) {
    series[i].name = gauges[i].name;
    series[i].unit = gauges[i].unit;
    series[i].higher_is_better = gauges[i].higher_is_better;
    series[i].note = gauges[i].note;
  }
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < gauges.size(); ++i) {
      const size_t turn = (i + static_cast<size_t>(round)) % gauges.size();
      series[turn].rounds.push_back(gauges[turn].measure());
    }
  }
  for (Series& one : series) row.series.push_back(std::move(one));
}

void add_absent(Row& row, const std::string& name, const std::string& why) {
  Series series;
  series.name = name;
  series.absent = why;
  row.series.push_back(std::move(series));
}

bool comes_before(const std::string& a, const std::string& b) { return order_of(a) < order_of(b); }

Family::Family(const char* id, const char* title, Run run) { families().push_back({id, title, run}); }

bool run_families(Context& context) {
  std::stable_sort(families().begin(), families().end(),
                   [](const Registered& a, const Registered& b) { return comes_before(a.id, b.id); });
  bool all_well = true;
  const std::vector<std::string>& only = context.settings().only;
  for (const Registered& family : families()) {
    if (!only.empty() && std::find(only.begin(), only.end(), family.id) == only.end()) continue;
    const double start = now_ns(Clock::kWall);
    const size_t rows_before = context.results().rows.size();
    try {
      family.run(context);
    } catch (const std::exception& error) {
      all_well = false;
      Row* row = nullptr;
      if (context.results().rows.size() > rows_before && context.results().rows.back().series.empty()) {
        row = &context.results().rows.back();
      } else {
        row = &context.row(family.id, family.title, "");
      }
      row->state = State::kFailed;
      row->reason = error.what();
      context.say(family.id + ": " + error.what());
    }
    char text[96];
    std::snprintf(text, sizeof text, "%-5s %-40s %6.1f s", family.id.c_str(), family.title.c_str(),
                  (now_ns(Clock::kWall) - start) / 1e9);
    context.say(text);
  }
  return all_well;
}

}  // namespace bench
