#include "tests/torture/referee.h"

#include "tests/torture/roles.h"
#include "tests/torture/schema.h"

namespace torture {
namespace {

constexpr uint64_t kPauseNs = 3'000'000;

std::vector<Ring*> rings_of(Board* board) {
  std::vector<Ring*> rings;
  for (Ring& ring : board->rings) rings.push_back(&ring);
  return rings;
}

}  // namespace

Referee::Referee(Board* board)
    : judge_(kActors, first_values(), kFirstValue, kClockUnit),
      collector_(rings_of(board), judge_),
      thread_([this] { run(); }) {}

Referee::~Referee() {
  if (thread_.joinable()) finish();
}

void Referee::run() {
  while (!finishing_.load(std::memory_order_acquire)) {  // pairs with finish()
    collector_.collect();
    contradictions_.store(judge_.contradictions().size(), std::memory_order_release);
    sleep_ns(kPauseNs);
  }
  collector_.finish();
}

const Judge& Referee::finish() {
  finishing_.store(true, std::memory_order_release);
  thread_.join();
  return judge_;
}

}  // namespace torture
