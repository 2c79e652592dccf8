#include "engine/age_log.h"

#include <algorithm>

namespace tern::internal {

void AgeLog::note(uint64_t seq, int64_t now_ms) noexcept {
  if (newest_seq_.load(std::memory_order_relaxed) == seq &&
      now_ms - newest_ms_.load(std::memory_order_relaxed) < kSpacingMs)
    return;
  const std::lock_guard lock(mutex_);
  newest_seq_.store(seq, std::memory_order_relaxed);
  newest_ms_.store(now_ms, std::memory_order_relaxed);
  int64_t spacing = kSpacingMs;
  for (Level& level : levels_) {
    Mark& newest = level.marks[level.newest];
    if (newest.seq == seq) {
      newest.ms = std::max(newest.ms, now_ms);
    } else if (newest.seq == 0 || (seq > newest.seq && now_ms - newest.ms >= spacing)) {
      if (newest.seq != 0) level.newest = (level.newest + 1) % kMarks;
      level.marks[level.newest] = {seq, now_ms};
    }
    spacing *= kCoarser;
  }
}

std::optional<int64_t> AgeLog::last_at_or_below(uint64_t seq) const noexcept {
  const std::lock_guard lock(mutex_);
  std::optional<int64_t> latest;
  for (const Level& level : levels_) {
    for (size_t back = 0; back < kMarks; ++back) {
      const Mark& mark = level.marks[(level.newest + kMarks - back) % kMarks];
      if (mark.seq == 0) break;
      if (mark.seq > seq) continue;
      latest = std::max(latest.value_or(mark.ms), mark.ms);
      break;
    }
  }
  return latest;
}

}  // namespace tern::internal
