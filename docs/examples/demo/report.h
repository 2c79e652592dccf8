// The table at the end of the demo.
#pragma once

#include "roles.h"

namespace demo {

// What can be read off while the run is going on.
struct Totals {
  uint64_t reads = 0;  // through tern
  uint64_t rows = 0;
  uint64_t plain_reads = 0;
  uint64_t stale = 0;
};
Totals totals_of(const Board& board);

void print_report(const Board& board, const Settings& settings);

}  // namespace demo
