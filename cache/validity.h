// Rule Read: whether an entry may be returned, at the cost of a few loads.
//
// The linearization point of a cached read is its load of the source's state in observe(): an entry that passes
// still_true() for that moment is what the source itself would have answered then. Lock-free; any thread; never fails.
//
// The argument. Let w be the source's state as loaded (first of all), and expected == w as loaded next. Whoever stored
// that `expected` had stamped all commits up to w before it (S3 of stamps.h), so the loads of seq and of stamps that
// follow see them: an entry none of whose slots has a stamp above its label was filled from contents that no commit up
// to w has changed. Were seq or a stamp loaded before w, a commit that was acknowledged before this read began could be
// published between the two loads, and be missed. `validated == s` says that somebody went through the stamps while seq
// was s, and by S2 saw all stamps up to s; stamps of a publication under way may be out already, but that publication
// is of a state after w, or expected would not be w.
#pragma once

#include <atomic>
#include <cstdint>

#include "cache/entry.h"
#include "cache/hot_entry.h"
#include "cache/probes.h"
#include "cache/stamps.h"

namespace tern::cache {

// What one read has seen of the world when it began.
struct Moment {
  uint64_t source_state = 0;
  uint64_t seq = 0;
  bool published = false;  // false: rule Slow applies
};

// `source.state()` is an acquire load of the source's state.
template <typename Source>
Moment observe(const Source& source, const Stamps& stamps) noexcept {
  Moment moment;
  TERN_SYNC_POINT("read:begun");
  if (TERN_MUTANT(kWalStateLoadedSecond)) {
    moment.seq = stamps.seq();
    TERN_SYNC_POINT("read:state-loaded");
    moment.source_state = source.state();
    moment.published = stamps.expected() == moment.source_state;
    return moment;
  }
  // acquire, and first: pairs with the barrier that the source's writer places around its header; the loads below may
  // not move above it.
  moment.source_state = source.state();
  TERN_SYNC_POINT("read:state-loaded");
  moment.published = stamps.expected() == moment.source_state;  // acquire: pairs with publish()
  if (TERN_MUTANT(kWalStateIgnored)) moment.published = true;
  TERN_SYNC_POINT("read:expected-loaded");
  moment.seq = stamps.seq();  // acquire: S2
  return moment;
}

// `View`: EntryView or HotEntry.
template <typename View>
bool slots_unchanged(const View& entry, const Stamps& stamps) noexcept {
  const uint64_t label = entry.label();
  if (!TERN_MUTANT(kAllNotChecked) && stamps.stamp_all() > label) return false;
  if (!TERN_MUTANT(kGroupMarkIgnored) && stamps.stamp(Stamps::mark_of_key(entry.key_beginning())) > label) return false;
  return entry.for_each_slot([&](uint64_t slot) { return stamps.stamp(slot) <= label; });
}

template <typename View>
bool unchanged_until(const View& entry, const Stamps& stamps, const Moment& moment) noexcept {
  if (entry.any_commit()) return entry.label() == moment.seq;
  return slots_unchanged(entry, stamps);
}

// For an image without a validated mark of its own, such as one in the store.
inline bool still_true(const EntryView& entry, const Stamps& stamps, const Moment& moment) noexcept {
  return unchanged_until(entry, stamps, moment);
}

inline void mark(Entry& entry, uint64_t seq) noexcept { entry.validated().store(seq, std::memory_order_relaxed); }
inline void mark(const HotEntry& entry, uint64_t seq) noexcept { entry.set_validated(seq); }

// Out of line, and by value: what a hit does not need costs it nothing.
template <typename Marked, typename View>
[[gnu::noinline]] bool check_and_mark(Marked& marked, const View& entry, const Stamps& stamps, Moment moment) noexcept {
  if (TERN_MUTANT(kValidatedBeforeCheck)) mark(marked, moment.seq);
  if (!unchanged_until(entry, stamps, moment)) return false;
  mark(marked, moment.seq);
  return true;
}

// The marks are relaxed: numbers to compare with a seq that this thread has itself loaded with acquire; S2 then covers
// the stamps, whoever set the mark.
inline bool still_true(Entry& entry, const Stamps& stamps, const Moment& moment) noexcept {
  if (entry.validated().load(std::memory_order_relaxed) == moment.seq) return true;
  return check_and_mark(entry, entry.view(), stamps, moment);
}

inline bool still_true(const HotEntry& entry, const Stamps& stamps, const Moment& moment) noexcept {
  if (entry.validated_at(moment.seq)) [[likely]]
    return true;
  return check_and_mark(entry, entry, stamps, moment);
}

}  // namespace tern::cache
