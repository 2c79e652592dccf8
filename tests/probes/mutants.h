// The mutants: each breaks one rule of docs/coherence.md, and tests/mutation has a detector that must notice.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

// X(enumerator, the rule that it breaks)
#define TERN_FOR_EACH_MUTANT(X)                                                                  \
  X(kWalStateLoadedSecond, "Read: the wal state is loaded before seq and the stamps")            \
  X(kWalStateIgnored, "Read: expected must be the wal state")                                    \
  X(kAllNotChecked, "Read: stamp[ALL] counts for every entry")                                   \
  X(kGroupMarkIgnored, "Read: the mark of its statement counts for every entry")                 \
  X(kValidatedBeforeCheck, "Read: validated is stored after the check")                          \
  X(kStoreEntryNotValidated, "Read: an entry of the store passes the same check")                \
  X(kStaleUnasked, "Policies: without one that asks for it nothing void is returned")            \
  X(kStaleUntold, "Policies: a stale answer says so")                                            \
  X(kManyWithoutSecondLook, "Many: the wal state is the same at the end")                        \
  X(kFlightUnchecked, "Wait: what another thread filled passes Read from the waiter's start")    \
  X(kKeyHashOnly, "the full key is compared, not its hash alone")                                \
  X(kStaleInsertOverNewer, "a fill never replaces an entry with a newer label")                  \
  X(kPinNotChecked, "Pins: a word that leads to an entry is loaded again once the slot is set")  \
  X(kHeavyFenceLeftOut, "Pins: between unlinking and the look there is a heavy fence")           \
  X(kReclaimWithoutLook, "Pins: what stands in a slot is not used again")                        \
  X(kLabelAfterReading, "Fill: the label is loaded first")                                       \
  X(kFillOnOldSnapshot, "Fill: the snapshot begins after the label is loaded")                   \
  X(kReusedSnapshotUnchecked, "Fill: an open snapshot is used again only at its own wal state")  \
  X(kReadSetPageDropped, "every page that was read is in the read set")                          \
  X(kOverflowPagesNotRecorded, "overflow pages are in the read set")                             \
  X(kFts5Plain, "tables with state in memory are valid until any commit")                        \
  X(kNondeterministicPlain, "what is not a function of pages is not cached")                     \
  X(kClockIgnored, "a statement that asked for the time is not cached")                          \
  X(kRepreparedCached, "a statement that SQLite prepared anew is not cached by its old verdict") \
  X(kComputeLabelLate, "Computed: the label is not above that of any answer used")               \
  X(kComputeReadSetDropped, "Computed: every answer's read set is in the value's")               \
  X(kComputeInnerDropped, "Computed: what an inner value hangs on goes for the outer")           \
  X(kComputeKeptUnproven, "Keep: nobody gets a value that was not true behind its last answer")  \
  X(kComputeKvIgnored, "Computed: a hit looks at the KV keys that it hangs on")                  \
  X(kComputeKvPendingPasses, "Computed: a KV key that is being written voids")                   \
  X(kComputeKvExpiryIgnored, "Computed: a KV key that expires ends the value")                   \
  X(kComputeKvKeyDropped, "Computed: every KV key that was read is in the read set")             \
  X(kComputeKvLabelLate, "Computed: the KV label is not above that of any answer used")          \
  X(kExpectedBeforeStamps, "Publish: expected is stored after the stamps")                       \
  X(kSeqBeforeStamps, "Publish: seq is stored after the stamps")                                 \
  X(kSavedStateNotUpdated, "Publish: the saved state moves with every publication")              \
  X(kCookieIgnored, "Publish: another schema cookie voids everything")                           \
  X(kFirstFrameSkipped, "changed pages begin at the first frame behind the saved one")           \
  X(kRestartedLogContinued, "after a restart of the log its frames count from the first")        \
  X(kVanishedPagesNotStamped, "pages that a shrinking database lost count as changed")           \
  X(kGuardianReleasedFirst, "Guardian: the old snapshot goes after the new one holds")           \
  X(kGuardianWithoutRead, "Guardian: a snapshot holds only once a read was executed")            \
  X(kGuardianReliedOnEarly, "Guardian: relied on only after the publication that follows it")    \
  X(kMovedUnpublished, "Guardian: it stays where it is if nothing was published")                \
  X(kRenewalTrusts, "Guardian: what was committed without one is everything")                    \
  X(kEmptyLogTrusted, "Restart: an empty log proves nothing")                                    \
  X(kJoinTrusts, "Join: without another guardian only what the log proves is believed")          \
  X(kRestartTrustsFrames, "Restart: the frame checksum in the log must be the saved one")        \
  X(kKvNotPending, "KV: slots are marked before the commit")                                     \
  X(kKvSeqNotRaised, "KV: kv_seq is raised after the marks, before the commit")                  \
  X(kKvNotHealed, "KV: who meets a dead writer's mark takes it away")                            \
  X(kKvHealedUndecided, "KV: a dead writer's commit is decided before its mark is taken away")   \
  X(kKvValidatedAtLabel, "KV: a filled entry starts out validated by nobody")                    \
  X(kKvLabelAfterReading, "KV: the label is loaded before the snapshot")                         \
  X(kKvManyWithoutSecondLook, "KV: all stamps of many are looked at once more at the end")       \
  X(kKvNamespaceNotMarked, "KV: a write marks the slot of its namespace as well")                \
  X(kKvForeignNotNoticed, "KV: a last transaction that is not ours voids everything")

namespace tern::probes {

#define TERN_MUTANT_ENUMERATOR(name, rule) name,
#define TERN_MUTANT_NAME(name, rule) std::string_view(#name),
#define TERN_MUTANT_RULE(name, rule) std::string_view(rule),

enum class Mutant : int { kNone = -1, TERN_FOR_EACH_MUTANT(TERN_MUTANT_ENUMERATOR) };
inline constexpr std::array kMutantNames = {TERN_FOR_EACH_MUTANT(TERN_MUTANT_NAME)};
inline constexpr std::array kMutantRules = {TERN_FOR_EACH_MUTANT(TERN_MUTANT_RULE)};

#undef TERN_MUTANT_ENUMERATOR
#undef TERN_MUTANT_NAME
#undef TERN_MUTANT_RULE

constexpr Mutant find_mutant(std::string_view name) noexcept {
  for (size_t i = 0; i < kMutantNames.size(); ++i) {
    if (kMutantNames[i] == name) return static_cast<Mutant>(i);
  }
  return Mutant::kNone;
}

}  // namespace tern::probes
