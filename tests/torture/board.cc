#include "tests/torture/board.h"

#include <cstdio>

namespace torture {

const char* member_name(uint32_t member) {
  static constexpr const char* kNames[kMembers] = {"tern 0",        "tern 1",        "visitor",
                                                   "plain program", "sqlite3 shell", "disturber"};
  return member < kMembers ? kNames[member] : "nobody";
}

std::string actor_name(uint32_t actor) {
  if (actor == kVisitorActor) return "visitor";
  if (actor == kPlainActor) return "plain program";
  if (actor == kShellActor) return "sqlite3 shell";
  if (actor == kConductorActor) return "conductor";
  const std::string process = "tern " + std::to_string(actor / kActorsOfTern);
  const uint32_t thread = actor % kActorsOfTern;
  if (thread < kWriters) return process + " writer " + std::to_string(thread);
  return process + " reader " + std::to_string(thread - kWriters);
}

demo::SharedMemory Board::create(uint64_t seed) {
  demo::SharedMemory memory = demo::SharedMemory::create(sizeof(Board));
  Board* const board = in(memory);
  board->seed = seed;
  for (Ring& ring : board->rings) ring.low.store(kNever, std::memory_order_relaxed);  // before the others start
  return memory;
}

void Board::note_error(const char* who, const char* what) {
  if (figures[static_cast<size_t>(Figure::kErrors)].fetch_add(1, std::memory_order_relaxed) < 20) {
    std::fprintf(stderr, "torture: %s failed: %s\n", who, what);
  }
}

}  // namespace torture
