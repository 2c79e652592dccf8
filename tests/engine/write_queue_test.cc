#include "engine/write_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace tern::internal {
namespace {

using namespace std::chrono_literals;
using Outcome = WriteQueue::Outcome;

constexpr auto kNothing = [] {};

// A thread that enters with a unit of its own, and leaves at once if it comes to lead.
class Writing {
 public:
  Writing(WriteQueue& queue, bool may_share) {
    unit.may_share = may_share;
    const size_t before = queue.waiting();
    thread_ = std::thread([this, &queue] {
      outcome = queue.enter(unit, 60s);
      if (outcome == Outcome::kLead) queue.leave();
    });
    while (queue.waiting() == before) std::this_thread::yield();
  }
  Outcome join() {
    thread_.join();
    return outcome;
  }

  WriteUnit unit{kNothing};
  Outcome outcome = Outcome::kTimeout;

 private:
  std::thread thread_;
};

struct Led : testing::Test {
  Led() { EXPECT_EQ(queue.enter(leader, 0ms), Outcome::kLead); }

  WriteQueue queue;
  WriteUnit leader{kNothing};
  std::vector<WriteUnit*> group;
};

TEST_F(Led, TheTurnGoesToTheNextInLine) {
  Writing next(queue, false);
  queue.leave();
  EXPECT_EQ(next.join(), Outcome::kLead);
  WriteUnit later(kNothing);
  EXPECT_EQ(queue.enter(later, 0ms), Outcome::kLead) << "nobody leads once all have left";
  queue.leave();
}

TEST_F(Led, UnitsThatMayShareAreTakenInOrderUntilOneMayNot) {
  Writing first(queue, true);
  Writing second(queue, true);
  Writing alone(queue, false);
  Writing behind(queue, true);
  queue.take_group(group);
  EXPECT_EQ(group, (std::vector<WriteUnit*>{&first.unit, &second.unit}));
  queue.leave(group);
  EXPECT_EQ(first.join(), Outcome::kDone);
  EXPECT_EQ(second.join(), Outcome::kDone);
  EXPECT_EQ(alone.join(), Outcome::kLead);
  EXPECT_EQ(behind.join(), Outcome::kLead);
}

TEST_F(Led, AUnitThatIsTakenWaitsPastItsPatience) {
  WriteUnit unit(kNothing);
  unit.may_share = true;
  std::atomic<bool> returned{false};
  Outcome outcome{};
  std::thread thread([&] {
    outcome = queue.enter(unit, 20ms);
    returned.store(true, std::memory_order_release);  // pairs with the load below
  });
  while (queue.waiting() == 0 && !returned.load(std::memory_order_acquire)) std::this_thread::yield();
  queue.take_group(group);
  std::this_thread::sleep_for(40ms);
  const bool early = returned.load(std::memory_order_acquire);
  queue.leave(group);
  thread.join();
  // It may have given up before it was taken, on a busy machine; taken, it must not return before it is done.
  EXPECT_EQ(early, group.empty());
  EXPECT_EQ(outcome, group.empty() ? Outcome::kTimeout : Outcome::kDone);
}

TEST_F(Led, AUnitThatGaveUpIsNeverRun) {
  WriteUnit unit(kNothing);
  unit.may_share = true;
  EXPECT_EQ(queue.enter(unit, 1ms), Outcome::kTimeout);
  EXPECT_EQ(queue.waiting(), 0u);
  queue.take_group(group);
  EXPECT_TRUE(group.empty());
  queue.leave();
}

TEST_F(Led, AGroupIsBounded) {
  std::vector<std::unique_ptr<Writing>> writings;
  for (size_t i = 0; i < WriteQueue::kMaxGroup + 1; ++i) writings.push_back(std::make_unique<Writing>(queue, true));
  queue.take_group(group);
  EXPECT_EQ(group.size(), WriteQueue::kMaxGroup);
  EXPECT_EQ(queue.waiting(), 1u);
  queue.leave(group);
  for (size_t i = 0; i < WriteQueue::kMaxGroup; ++i) EXPECT_EQ(writings[i]->join(), Outcome::kDone);
  EXPECT_EQ(writings.back()->join(), Outcome::kLead);
}

}  // namespace
}  // namespace tern::internal
