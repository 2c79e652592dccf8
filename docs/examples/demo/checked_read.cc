#include "checked_read.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

namespace demo {
namespace {

constexpr std::array<const char*, kTiers> kAnswerers{"SQLite without tern", "the hot tier", "the store",
                                                     "the sql tier"};

void complain(const Request& request, Tier tier, const std::string& what) {
  std::fprintf(stderr, "STALE: %s, answered by %s: %s\n", kQueryNames[static_cast<size_t>(request.query)],
               kAnswerers[static_cast<size_t>(tier)], what.c_str());
}

}  // namespace

Check::Check(const Run& run) : run_(run), floors_(run.places.size()) {}

void Check::note(uint32_t place) {
  const PlaceState& state = run_.board->states()[place];
  // acquire: pairs with the release of the writer that acknowledged, and of the reader that saw
  floors_[place].version =
      std::max(state.acked_version.load(std::memory_order_acquire), state.seen_version.load(std::memory_order_acquire));
  floors_[place].updated_at = state.acked_updated_at.load(std::memory_order_acquire);
  floors_[place].returned = false;
}

void Check::before(const Request& request) {
  for (const uint32_t place : run_.requests.concerned(request)) note(place);
}

size_t Check::expected_rows(const Request& request) const {
  const size_t concerned = run_.requests.concerned(request).size();
  if (request.query == Query::kByRegion) return std::min<size_t>(concerned, kRegionLimit);
  return request.query == Query::kSearch ? std::min(concerned, kSearchLimit) : concerned;
}

bool Check::after(const Request& request, const Answer& answer, Tier tier) {
  if (answer.size() != expected_rows(request)) {
    complain(request, tier,
             std::to_string(answer.size()) + " rows where there are " + std::to_string(expected_rows(request)));
    return false;
  }
  for (size_t i = 0; i < answer.size(); ++i) {
    if (!row_is_fresh(answer[i], request, tier)) return false;
  }
  if (request.query == Query::kSearch && !search_is_fresh(run_.requests.term(request.number), answer)) {
    complain(request, tier, "the order by time misses an acknowledged update");
    return false;
  }
  return true;
}

bool Check::row_is_fresh(const AnswerRow& row, const Request& request, Tier tier) {
  const uint32_t place = run_.places.number_of(row.id);
  if (place == run_.places.size()) {
    complain(request, tier, "a row with the id '" + row.id + "', which does not exist");
    return false;
  }
  floors_[place].returned = true;
  if (row.version < floors_[place].version) {
    complain(request, tier,
             row.id + " has version " + std::to_string(row.version) + " where " +
                 std::to_string(floors_[place].version) + " was acknowledged or seen");
    return false;
  }
  std::atomic<int64_t>& seen = run_.board->states()[place].seen_version;
  int64_t before = seen.load(std::memory_order_relaxed);
  // release: pairs with note(); relaxed where it fails, as another reader then stored what counts
  while (before < row.version &&
         !seen.compare_exchange_weak(before, row.version, std::memory_order_release, std::memory_order_relaxed)) {
  }
  return true;
}

// The newest come first; who is left out must have been older than the last, by all that was acknowledged.
bool Check::search_is_fresh(const Group& term, const Answer& answer) const {
  for (size_t i = 1; i < answer.size(); ++i) {
    if (answer[i - 1].updated_at < answer[i].updated_at) return false;
  }
  if (answer.size() < kSearchLimit) return true;
  const int64_t last = answer[answer.size() - 1].updated_at;
  return std::ranges::all_of(
      term.places, [&](uint32_t place) { return floors_[place].returned || floors_[place].updated_at <= last; });
}

bool wait_for_phase(const Board* board, Phase mine) {
  for (;;) {
    const Phase phase = board->phase.load(std::memory_order_acquire);
    if (phase == mine) return true;
    if (phase == Phase::kEnd) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

}  // namespace demo
