// The referee: a thread that has the histories judged while the run goes on, so that memory stays bounded and a
// contradiction ends the run.
//
// Made, finished and destroyed by one thread. count() from any thread.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "tests/torture/board.h"
#include "tests/torture/judge.h"

namespace torture {

class Referee {
 public:
  explicit Referee(Board* board);
  ~Referee();

  size_t contradictions() const { return contradictions_.load(std::memory_order_acquire); }
  // When all actors have ended. The judge may be read afterwards.
  const Judge& finish();
  uint64_t longest_lag_ns() const { return collector_.longest_lag_ns(); }

 private:
  void run();

  Judge judge_;
  Collector collector_;
  std::atomic<size_t> contradictions_ = 0;
  std::atomic<bool> finishing_ = false;
  std::thread thread_;
};

}  // namespace torture
