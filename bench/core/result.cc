#include "bench/core/result.h"

#include <algorithm>
#include <cmath>

namespace bench {

double Series::best() const {
  if (rounds.empty()) return std::nan("");
  const auto [low, high] = std::minmax_element(rounds.begin(), rounds.end());
  return higher_is_better ? *high : *low;
}

const char* state_name(State state) {
  switch (state) {
    case State::kPrinted:
      return "printed";
    case State::kMet:
      return "met";
    case State::kShort:
      return "short";
    case State::kNotBuilt:
      return "not built yet";
    case State::kAbsent:
      return "absent";
    case State::kFailed:
      break;
  }
  return "failed";
}

const Series* Row::find(const std::string& series_name) const {
  for (const Series& one : series) {
    if (one.name == series_name) return one.rounds.empty() ? nullptr : &one;
  }
  return nullptr;
}

void Row::settle(double value) {
  figure = value;
  if (!std::isfinite(value)) {
    figure.reset();
    state = State::kFailed;
    reason = "the figure is not a number";
  } else if (!target) {
    state = State::kPrinted;
  } else {
    const bool met = target->is == Target::Is::kAtMost ? value <= target->value : value >= target->value;
    state = met ? State::kMet : State::kShort;
  }
}

void Row::settle_ratio(const std::string& above, const std::string& below) {
  const Series* const a = find(above);
  const Series* const b = find(below);
  if (a != nullptr && b != nullptr) {
    settle(a->best() / b->best());
    return;
  }
  const std::string& missing = a == nullptr ? above : below;
  state = State::kAbsent;
  reason = missing + " is absent";
  for (const Series& one : series) {
    if (one.name == missing && !one.absent.empty()) reason += ": " + one.absent;
  }
}

Curve::Line& Curve::line(const std::string& name) {
  for (Line& one : lines) {
    if (one.name == name) return one;
  }
  return lines.emplace_back(Line{name, {}});
}

namespace {

nlohmann::json to_json(const Series& series) {
  nlohmann::json json{{"name", series.name},
                      {"unit", series.unit},
                      {"rounds", series.rounds},
                      {"higher_is_better", series.higher_is_better}};
  if (!series.note.empty()) json["note"] = series.note;
  if (!series.absent.empty()) json["absent"] = series.absent;
  if (!series.rounds.empty()) json["best"] = series.best();
  return json;
}

nlohmann::json to_json(const Row& row) {
  nlohmann::json json{{"id", row.id},     {"name", row.name},   {"what", row.what},
                      {"unit", row.unit}, {"notes", row.notes}, {"state", state_name(row.state)}};
  json["series"] = nlohmann::json::array();
  for (const Series& series : row.series) json["series"].push_back(to_json(series));
  if (row.figure) json["figure"] = *row.figure;
  if (row.target) {
    json["target"] = {{"is", row.target->is == Target::Is::kAtMost ? "at most" : "at least"},
                      {"value", row.target->value}};
  }
  if (!row.reason.empty()) json["reason"] = row.reason;
  return json;
}

}  // namespace

nlohmann::json to_json(const Results& results) {
  nlohmann::json json{
      {"rows", nlohmann::json::array()}, {"curves", nlohmann::json::array()}, {"peers", nlohmann::json::array()}};
  for (const Row& row : results.rows) json["rows"].push_back(to_json(row));
  for (const Curve& curve : results.curves) {
    nlohmann::json lines = nlohmann::json::array();
    for (const Curve::Line& line : curve.lines) lines.push_back({{"name", line.name}, {"points", line.points}});
    json["curves"].push_back({{"id", curve.id},
                              {"title", curve.title},
                              {"x", curve.x},
                              {"y", curve.y},
                              {"log_x", curve.log_x},
                              {"log_y", curve.log_y},
                              {"lines", lines}});
  }
  for (const PeerNote& peer : results.peers) {
    json["peers"].push_back(
        {{"name", peer.name}, {"version", peer.version}, {"settings", peer.settings}, {"absent", peer.absent}});
  }
  return json;
}

void append(nlohmann::json& to, const nlohmann::json& from) {
  for (const char* part : {"rows", "curves", "peers"}) {
    for (const nlohmann::json& one : from.at(part)) to[part].push_back(one);
  }
}

}  // namespace bench
