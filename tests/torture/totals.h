// The figures of a run, summed over its rounds, and how they are printed.
#pragma once

#include <array>
#include <cstdint>

#include "tests/torture/board.h"
#include "tests/torture/company.h"

namespace torture {

// Reads of the calm rounds, or of the disturbed ones, by tier.
struct Hits {
  uint64_t hot = 0;
  uint64_t store = 0;
  uint64_t sql = 0;
  double seconds = 0;
  uint64_t foreign_commits = 0;

  uint64_t reads() const { return hot + store + sql; }
  double ratio() const {
    return reads() == 0 ? 0 : 100 * static_cast<double>(hot + store) / static_cast<double>(reads());
  }
};

struct Totals {
  uint64_t rounds = 0;
  std::array<uint64_t, static_cast<size_t>(Figure::kCount)> figures{};
  Hits calm;
  Hits disturbed;
  uint64_t judged = 0;        // operations
  uint64_t random_kills = 0;  // of tern processes
  uint64_t visitor_kills = 0;
  Points points;
  uint64_t pauses = 0;
  uint64_t deletions = 0;  // of the cache folder
  uint64_t longest_log_bytes = 0;
  uint64_t longest_lag_ns = 0;
  uint64_t stale = 0;  // contradictions, of whatever kind
  uint64_t lost = 0;   // acknowledged commits that are not in the journal at the end
  uint64_t not_intact = 0;

  uint64_t of(Figure figure) const { return figures[static_cast<size_t>(figure)]; }
  void take(const Board& board, bool was_disturbed, double seconds);
  void print() const;
};

}  // namespace torture
