// The reads of a torture run, each recorded: by key, by index, joined, ranges, absences, aggregates, full text, many at
// once. A Reads belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <unordered_map>

#include "docs/examples/demo/zipf.h"
#include "tests/torture/board.h"
#include "tests/torture/schema.h"
#include <tern/tern.hpp>

namespace torture {

class Reads {
 public:
  // `lagging`: gives answers about the clock that may be some milliseconds old, as a broken cache would.
  Reads(tern::Database db, Board* board, uint32_t actor, double exponent, uint64_t seed, bool lagging);
  ~Reads();

  // Draws one read, runs and records it. Throws what the read throws.
  void one();

 private:
  void draw();
  tern::Rows answer(const tern::BoundStatement& statement, size_t room);
  void end(Query query, tern::Source source);
  void count(tern::Source source);  // each answer by itself, of many too

  void entry(uint32_t row);
  void group(uint32_t group);
  void joined(uint32_t group);
  void many(uint32_t group);
  void many_groups(uint32_t row);
  void extremes(uint32_t group);
  void entry_range(uint32_t first);
  void guest(uint32_t guest);
  void guest_range(uint32_t first);
  void guest_sum(uint32_t first);
  void note(uint32_t note);
  void clock();
  void flush();

  tern::Database db_;
  Board* board_;
  Recorder recorder_;
  std::mt19937_64 random_;
  demo::Zipf rows_;
  demo::Zipf guests_;
  tern::Statement entry_, group_, joined_, extremes_, entry_range_, guest_, guest_range_, guest_sum_, note_, clock_;
  bool lagging_;
  uint64_t old_clock_ = 0;
  uint64_t old_clock_until_ns_ = 0;
  // Taken to the board now and then, so that threads do not wait for one another's cache lines.
  std::array<uint64_t, 4> by_source_{};
  uint64_t uncounted_ = 0;
};

}  // namespace torture
