// When seq was what: from it follows how long ago, at most, an entry was still true.
//
// Contract. note(seq, ms) says that the clock showed ms, then everything committed had been published (rule Read), and
// then seq was loaded. last_at_or_below(v) is the latest noted time for a seq of v or less, or nothing if none is
// known. An entry of which somebody saw at seq v that it is true has then been true at that time or later: what was
// committed by then was published up to seq, and changed nothing in its read set up to v. So the time since then is an
// upper bound on how long it has not been true. A note without a look at what is published would be none: a commit
// could have been made long before it was met. A note that is thinned out only makes the bound
// larger.
//
// Thread-safety: all of it.
// Cost: a note for the newest seq within kSpacingMs of the last one is two relaxed loads; others take a lock that is
// held for four stores, or, for a look-up, for four scans of at most kMarks. Bounded: 16 KiB.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

namespace tern::internal {

class AgeLog {
 public:
  // The finest level has a mark for every 10 ms, each further one 16 times fewer: the last reaches back three hours.
  static constexpr int64_t kSpacingMs = 10;
  static constexpr int64_t kCoarser = 16;
  static constexpr size_t kLevels = 4;
  static constexpr size_t kMarks = 256;

  void note(uint64_t seq, int64_t now_ms) noexcept;
  std::optional<int64_t> last_at_or_below(uint64_t seq) const noexcept;

 private:
  struct Mark {
    uint64_t seq = 0;  // 0: none
    int64_t ms = 0;
  };
  struct Level {
    std::array<Mark, kMarks> marks;
    size_t newest = 0;
  };

  // relaxed: they only spare a note.
  std::atomic<uint64_t> newest_seq_{0};
  std::atomic<int64_t> newest_ms_{0};
  mutable std::mutex mutex_;
  std::array<Level, kLevels> levels_;  // each ascends by seq and by time
};

}  // namespace tern::internal
