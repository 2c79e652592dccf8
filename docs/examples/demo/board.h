// What the demo's processes share: which versions are acknowledged, what is being measured, and the results.
//
// The check, for each row of each answer of each read:
//
//   writer  commit → acknowledged → acked_version = v (release)
//   reader  floor = max(acked_version, seen_version) (acquire) → read → version ≥ floor, or the read was stale
//                                                                    → seen_version = max(seen_version, version)
//
// seen_version holds what any reader has seen: once somebody has read a version, nobody who starts later may be given
// an older one. Each place is written by one writer (even numbers by tern's, odd ones by sqlite3), so that acknowledged
// versions only grow. Phases are set by the conductor.
#pragma once

#include <atomic>
#include <cstdint>

#include "latency.h"
#include "requests.h"
#include "shared_memory.h"

namespace demo {

enum class Phase : uint32_t { kStarting, kTernReads, kPlainReads, kEnd };
// The numbers of tern::Source, and one for SQLite without tern.
enum class Tier : uint8_t { kPlain = 0, kHot = 1, kStore = 2, kSql = 3 };
inline constexpr int kTiers = 4;
inline constexpr uint32_t kMaxThreads = 16;

// Written by one thread; `reads` and `stale` are looked at by others meanwhile.
struct alignas(64) ThreadResults {
  std::atomic<uint64_t> reads;
  std::atomic<uint64_t> rows;
  std::atomic<uint64_t> stale;
  Latency latency[kQueries][kTiers];
};

struct PlaceState {
  std::atomic<int64_t> acked_version;
  std::atomic<int64_t> acked_updated_at;
  std::atomic<int64_t> seen_version;
};

// What the readers' engine says of itself when it closes.
struct EngineFigures {
  uint64_t published;
  uint64_t foreign;
  uint64_t pages;
  uint64_t store_dropped;
};

struct Board {
  std::atomic<Phase> phase;
  std::atomic<uint32_t> ready;  // processes that wait for the start
  std::atomic<uint64_t> tern_commits;
  std::atomic<uint64_t> shell_commits;
  EngineFigures engine;
  ThreadResults tern_threads[kMaxThreads];
  ThreadResults plain_threads[kMaxThreads];
  uint32_t places;

  PlaceState* states() { return reinterpret_cast<PlaceState*>(this + 1); }
  static size_t bytes(uint32_t places) { return sizeof(Board) + places * sizeof(PlaceState); }
  static Board* in(const SharedMemory& memory) { return static_cast<Board*>(memory.data()); }
};

inline uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace demo
