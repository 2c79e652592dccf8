// What every process of a torture run shares: the rings of the actors, what happens to whom, and figures.
//
// The board lies in anonymous shared memory: a process that is killed leaves there what it had stored. Everything in it
// is an atomic, or written before the others start. Figures are relaxed: nothing rests on them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "docs/examples/demo/shared_memory.h"
#include "tests/torture/history.h"

namespace torture {

// The processes that the conductor starts.
enum Member : uint32_t { kTern0, kTern1, kVisitor, kPlain, kShell, kDisturber, kMembers };
inline constexpr uint32_t kTernProcesses = 2;
const char* member_name(uint32_t member);

// Those who read and write: one thread and one ring each.
inline constexpr uint32_t kWriters = 2;  // of each tern process: they commit at the same time, often as a group
inline constexpr uint32_t kMostReaders = 4;
inline constexpr uint32_t kActorsOfTern = kWriters + kMostReaders;
constexpr uint32_t writer_of(uint32_t tern, uint32_t writer) { return tern * kActorsOfTern + writer; }
constexpr uint32_t reader_of(uint32_t tern, uint32_t reader) { return writer_of(tern, kWriters) + reader; }
inline constexpr uint32_t kVisitorActor = kTernProcesses * kActorsOfTern;
inline constexpr uint32_t kPlainActor = kVisitorActor + 1;
inline constexpr uint32_t kShellActor = kVisitorActor + 2;
inline constexpr uint32_t kConductorActor = kVisitorActor + 3;
inline constexpr uint32_t kActors = kVisitorActor + 4;
std::string actor_name(uint32_t actor);

enum class Figure : uint32_t {
  kHot = 1,  // reads, by tern::Source
  kStore,
  kSql,
  kCommits,  // by the tern processes
  kPlainCommits,
  kShellCommits,
  kRollbacks,
  kFoundUnacknowledged,  // committed by somebody who was killed before the acknowledgement
  kProgramKills,
  kVisits,  // opened, read, closed, by a tern process
  kPlainOpens,
  kPassive,  // checkpoints by foreign programs
  kFull,
  kRestart,
  kTruncate,
  kVacuums,
  kSchemaChanges,
  kLongSnapshots,
  kErrors,  // calls that failed and should not have
  kCount,
};

struct Board {
  uint64_t seed;
  std::atomic<bool> stop;
  std::atomic<uint32_t> nonces;
  std::atomic<uint32_t> working[kMembers];  // 1 while that member's writer is at work, to kill it there
  std::atomic<uint32_t> started[kMembers];  // how often that member has come up
  std::atomic<uint64_t> figures[static_cast<size_t>(Figure::kCount)];
  Ring rings[kActors];

  static demo::SharedMemory create(uint64_t seed);
  static Board* in(const demo::SharedMemory& memory) { return static_cast<Board*>(memory.data()); }

  void add(Figure figure, uint64_t n = 1) {
    figures[static_cast<size_t>(figure)].fetch_add(n, std::memory_order_relaxed);
  }
  uint64_t get(Figure figure) const { return figures[static_cast<size_t>(figure)].load(std::memory_order_relaxed); }
  uint32_t next_nonce() { return nonces.fetch_add(1, std::memory_order_relaxed) + 1; }
  // A call failed that should not have: counted, and the run has failed; a few are told.
  void note_error(const char* who, const char* what);
};

}  // namespace torture
