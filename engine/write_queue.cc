#include "engine/write_queue.h"

#include <algorithm>

namespace tern::internal {

WriteQueue::Outcome WriteQueue::enter(WriteUnit& unit, std::chrono::milliseconds patience) {
  WriteUnit* const one = &unit;
  enter_all({&one, 1});
  return await(unit, patience);
}

void WriteQueue::enter_all(std::span<WriteUnit* const> units) {
  const std::lock_guard lock(mutex_);
  const size_t before = queue_.size();
  try {
    queue_.insert(queue_.end(), units.begin(), units.end());
  } catch (...) {
    queue_.resize(before);
    throw;
  }
  for (WriteUnit* unit : units) unit->state_ = WriteUnit::State::kQueued;
  if (led_ || units.empty()) return;
  led_ = true;  // by W1 the first of these is the first of all
  queue_.front()->state_ = WriteUnit::State::kLeading;
  queue_.pop_front();
}

WriteQueue::Outcome WriteQueue::await(WriteUnit& unit, std::chrono::milliseconds patience) {
  using State = WriteUnit::State;
  std::unique_lock lock(mutex_);
  const auto no_longer_queued = [&] { return unit.state_ != State::kQueued; };
  if (!unit.changed_.wait_for(lock, patience, no_longer_queued)) {
    queue_.erase(std::find(queue_.begin(), queue_.end(), &unit));
    return Outcome::kTimeout;
  }
  // Once taken it is being run, and cannot be called back.
  unit.changed_.wait(lock, [&] { return unit.state_ == State::kLeading || unit.state_ == State::kDone; });
  return unit.state_ == State::kLeading ? Outcome::kLead : Outcome::kDone;
}

void WriteQueue::take_group(std::vector<WriteUnit*>& group) {
  const std::lock_guard lock(mutex_);
  while (!queue_.empty() && queue_.front()->may_share && group.size() < kMaxGroup) {
    group.push_back(queue_.front());
    queue_.front()->state_ = WriteUnit::State::kTaken;
    queue_.pop_front();
  }
}

void WriteQueue::leave(std::span<WriteUnit* const> done) noexcept {
  const std::lock_guard lock(mutex_);
  for (WriteUnit* unit : done) {
    unit->state_ = WriteUnit::State::kDone;
    // Under the lock: its thread, and the unit with it, must not be gone before this call has ended.
    unit->changed_.notify_one();
  }
  if (queue_.empty()) {
    led_ = false;
    return;
  }
  WriteUnit* const next = queue_.front();
  queue_.pop_front();
  next->state_ = WriteUnit::State::kLeading;
  next->changed_.notify_one();
}

size_t WriteQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

}  // namespace tern::internal
