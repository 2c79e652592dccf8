#include "tests/torture/judge.h"

#include <algorithm>
#include <array>

namespace torture {
namespace {

constexpr uint32_t kNone = ~uint32_t{0};
// More would only repeat the first.
constexpr size_t kContradictionsKept = 20;
// Writes of a unit beyond which those that nobody can ask for any more are forgotten.
constexpr size_t kWritesKept = 16;

}  // namespace

Judge::Judge(uint32_t actors, std::vector<uint64_t> initial, uint64_t first, uint32_t clock)
    : clock_(clock), queues_(actors), first_commit_(number_of(first) + 1), highest_(number_of(first)) {
  units_.reserve(initial.size());
  for (const uint64_t value : initial) units_.push_back({{highest_, value}});
}

void Judge::add(uint32_t actor, const Operation& operation, std::span<const uint64_t> seen) {
  if (operation.kind == Operation::Kind::kCommit) enter(actor, operation, seen);
  Queue& queue = queues_[actor];
  if (queue.operations.empty()) queue.next_ns = operation.invoked_ns;
  queue.operations.push_back(operation);
  queue.seen.insert(queue.seen.end(), seen.begin(), seen.end());
}

void Judge::enter(uint32_t actor, const Operation& operation, std::span<const uint64_t> seen) {
  const uint32_t number = number_of(operation.value);
  if (number < first_commit_) return;  // its number tells when it is opened
  while (commits_.size() <= number - first_commit_) commits_.emplace_back();
  Told& told = commits_[number - first_commit_];
  if (told.operation.value != 0) {
    Contradiction contradiction{.kind = Contradiction::Kind::kTwice, .seen = 0, .history = {told}};
    contradiction.history.push_back({operation, actor, number});
    return report(std::move(contradiction));
  }
  told = {operation, actor, number};
  for (const uint64_t one : seen) write(unit_of(one), {number, value_in(one)});
  write(clock_, {number, operation.value});
  while (commits_.size() > kCommitsKept) {
    commits_.pop_front();
    ++first_commit_;
  }
}

void Judge::write(uint32_t unit, Write write) {
  std::vector<Write>& writes = units_[unit];
  auto at = writes.end();
  while (at != writes.begin() && (at - 1)->number > write.number) --at;
  writes.insert(at, write);
  if (writes.size() <= kWritesKept) return;
  const uint32_t lowest = lowest_floor();
  size_t forgotten = 0;
  while (forgotten + 1 < writes.size() && writes[forgotten + 1].number <= lowest) ++forgotten;
  writes.erase(writes.begin(), writes.begin() + static_cast<std::ptrdiff_t>(forgotten));
}

// What is opened later gets the floor M, or one above it.
uint32_t Judge::lowest_floor() const {
  uint32_t lowest = highest_;
  for (const Queue& queue : queues_) {
    if (queue.open) lowest = std::min(lowest, queue.floor);
  }
  return lowest;
}

Judge::State Judge::state(uint32_t unit, uint32_t position) const {
  const std::vector<Write>& writes = units_[unit];
  size_t i = writes.size() - 1;
  while (i > 0 && writes[i].number > position) --i;
  return {writes[i].value, i + 1 < writes.size() ? writes[i + 1].number : kNone};
}

// Invocations go before returns of the same nanosecond: operations that touch are taken as overlapping.
void Judge::advance(uint64_t horizon_ns) {
  for (;;) {
    uint32_t first = 0;
    for (uint32_t i = 1; i < queues_.size(); ++i) {
      const bool sooner = queues_[i].next_ns < queues_[first].next_ns;
      const bool tie = queues_[i].next_ns == queues_[first].next_ns && queues_[first].open && !queues_[i].open;
      if (sooner || tie) first = i;
    }
    const Queue& queue = queues_[first];
    if (queue.operations.empty() || queue.next_ns >= horizon_ns) return;
    if (queue.open) {
      close(first);
    } else {
      open(first);
    }
  }
}

void Judge::open(uint32_t actor) {
  Queue& queue = queues_[actor];
  const Operation& operation = queue.operations.front();
  queue.open = true;
  queue.floor = highest_;
  queue.next_ns = operation.returned_ns;
  if (operation.kind != Operation::Kind::kCommit) return;
  const uint32_t number = number_of(operation.value);
  if (number <= queue.floor) {
    Contradiction contradiction{.kind = Contradiction::Kind::kReversed, .seen = 0, .history = {}};
    if (const Told* seen = raiser(number)) contradiction.history.push_back(*seen);
    contradiction.history.push_back({operation, actor, number});
    report(std::move(contradiction));
  }
  if (operation.returned_ns == kNever) pop(actor);
}

void Judge::close(uint32_t actor) {
  const Operation& operation = queues_[actor].operations.front();
  if (operation.kind == Operation::Kind::kCommit) {
    raise(number_of(operation.value), actor, operation);
  } else if (const auto position = first_position(queues_[actor])) {
    raise(*position, actor, operation);
  } else {
    accuse(actor);
  }
  pop(actor);
}

void Judge::pop(uint32_t actor) {
  Queue& queue = queues_[actor];
  const uint32_t words = queue.operations.front().words;
  queue.seen.erase(queue.seen.begin(), queue.seen.begin() + words);
  queue.operations.pop_front();
  queue.open = false;
  queue.next_ns = queue.operations.empty() ? kNever : queue.operations.front().invoked_ns;
  ++judged_;
}

// Whether the state at `position` is what the operation in front saw; `until` is the next position with another one.
std::optional<uint32_t> Judge::explain(const Queue& queue, uint32_t position, uint32_t& until) const {
  const Operation& operation = queue.operations.front();
  until = kNone;
  bool agrees = true;
  if (operation.kind == Operation::Kind::kRows) {
    auto one = queue.seen.begin();
    for (uint32_t i = 0; i < operation.words; ++i, ++one) {
      const State at = state(unit_of(*one), position);
      until = std::min(until, at.until);
      agrees = agrees && at.value == value_in(*one);
    }
  } else {
    uint64_t count = 0;
    uint64_t sum = 0;
    const auto first = static_cast<uint32_t>(queue.seen[0] >> 32);
    for (uint32_t unit = first; unit < first + static_cast<uint32_t>(queue.seen[0]); ++unit) {
      const State at = state(unit, position);
      until = std::min(until, at.until);
      count += at.value == kAbsent ? 0 : 1;
      sum += at.value;
    }
    agrees = count == queue.seen[1] && sum == queue.seen[2];
  }
  return agrees ? std::optional(position) : std::nullopt;
}

bool Judge::begun_by(uint32_t number, uint64_t ns) const {
  const Told* told = commit(number);
  return told == nullptr || told->operation.invoked_ns <= ns;
}

// Between two changes of its units a state is the same, so only the floor and the changes above it need be looked at. A
// commit that began after the read returned comes after it: no position from there on is one.
std::optional<uint32_t> Judge::first_position(const Queue& queue) const {
  const uint64_t returned_ns = queue.operations.front().returned_ns;
  for (uint32_t position = queue.floor; position != kNone && begun_by(position, returned_ns);) {
    uint32_t until = kNone;
    if (explain(queue, position, until)) return position;
    position = until;
  }
  return std::nullopt;
}

void Judge::raise(uint32_t position, uint32_t actor, const Operation& operation) {
  if (position <= highest_) return;
  highest_ = position;
  raisers_.push_back({operation, actor, position});
  if (raisers_.size() > kRaisersKept) raisers_.pop_front();
}

const Told* Judge::commit(uint32_t number) const {
  if (number < first_commit_ || number - first_commit_ >= commits_.size()) return nullptr;
  const Told& told = commits_[number - first_commit_];
  return told.operation.value == 0 ? nullptr : &told;
}

// The first operation that proved, by its return, that the commit of that number had taken place.
const Told* Judge::raiser(uint32_t position) const {
  const auto found = std::lower_bound(raisers_.begin(), raisers_.end(), position,
                                      [](const Told& told, uint32_t wanted) { return told.position < wanted; });
  return found == raisers_.end() ? nullptr : &*found;
}

std::vector<uint64_t> Judge::acknowledged() const {
  std::vector<uint64_t> values;
  for (const Told& told : commits_) {
    if (told.operation.value != 0 && told.operation.returned_ns != kNever) values.push_back(told.operation.value);
  }
  return values;
}

void Judge::report(Contradiction contradiction) {
  if (contradictions_.size() < kContradictionsKept) contradictions_.push_back(std::move(contradiction));
}

// The read in front has no position: says why.
void Judge::accuse(uint32_t actor) {
  const Queue& queue = queues_[actor];
  if (queue.operations.front().kind == Operation::Kind::kRows) {
    const uint32_t words = queue.operations.front().words;
    for (uint32_t i = 0; i < words; ++i) {
      if (accuse_unit(actor, queue.seen[i])) return;
    }
  }
  accuse_all(actor);
}

// False if the unit alone could have been so at or after the floor.
bool Judge::accuse_unit(uint32_t actor, uint64_t seen) {
  const Queue& queue = queues_[actor];
  const std::vector<Write>& writes = units_[unit_of(seen)];
  const uint64_t value = value_in(seen);
  const Write* last = nullptr;  // the last time that it was so
  const Write* next = nullptr;  // what overwrote it
  for (size_t i = 0; i < writes.size(); ++i) {
    if (writes[i].value != value) continue;
    if (!begun_by(writes[i].number, queue.operations.front().returned_ns)) {
      if (last == nullptr) return accuse_early(actor, seen, writes[i].number);
      break;
    }
    last = &writes[i];
    next = i + 1 < writes.size() ? &writes[i + 1] : nullptr;
    if (next == nullptr || next->number > queue.floor) return false;
  }
  Contradiction contradiction{.kind = Contradiction::Kind::kStale, .seen = seen, .history = {}};
  if (last == nullptr) {
    // Perhaps of a commit that is no longer kept with its unit.
    const Told* told = value == kAbsent ? nullptr : commit(number_of(value));
    const bool is_old = value != kAbsent && number_of(value) < writes.front().number;
    if (!is_old || (told != nullptr && told->operation.value != value))
      contradiction.kind = Contradiction::Kind::kUnknown;
    if (is_old) next = writes.data();
  }
  const uint32_t made = last != nullptr ? last->number : number_of(value);
  if (const Told* told = commit(made); told != nullptr && value != kAbsent) contradiction.history.push_back(*told);
  if (next != nullptr) {
    const Told* overwrote = commit(next->number);
    const Told* proof = raiser(next->number);
    if (overwrote != nullptr) contradiction.history.push_back(*overwrote);
    const bool same = overwrote != nullptr && proof != nullptr && proof->operation.kind == Operation::Kind::kCommit &&
                      proof->operation.value == overwrote->operation.value;
    if (proof != nullptr && !same) contradiction.history.push_back(*proof);
  }
  contradiction.history.push_back({queue.operations.front(), actor, 0});
  report(std::move(contradiction));
  return true;
}

// It was so only after a commit that began after the read had returned.
bool Judge::accuse_early(uint32_t actor, uint64_t seen, uint32_t number) {
  Contradiction contradiction{.kind = Contradiction::Kind::kReversed, .seen = seen, .history = {}};
  contradiction.history.push_back({queues_[actor].operations.front(), actor, 0});
  if (const Told* told = commit(number)) contradiction.history.push_back(*told);
  report(std::move(contradiction));
  return true;
}

// Each unit alone was so: tells of the commit that made the newest of them, and of the one that ended the oldest. What
// a sum saw tells of no commit at all: then the commits that could have been seen.
void Judge::accuse_all(uint32_t actor) {
  const Queue& queue = queues_[actor];
  const Operation& operation = queue.operations.front();
  Contradiction contradiction{.kind = Contradiction::Kind::kTorn, .seen = 0, .history = {}};
  uint32_t newest = 0;
  uint32_t soonest_end = kNone;
  if (operation.kind == Operation::Kind::kRows) {
    for (uint32_t i = 0; i < operation.words; ++i) {
      const uint64_t value = value_in(queue.seen[i]);
      newest = std::max(newest, number_of(value));
      if (value == kAbsent) continue;
      const uint32_t end = state(unit_of(queue.seen[i]), number_of(value)).until;
      if (end < soonest_end) contradiction.seen = queue.seen[i];
      soonest_end = std::min(soonest_end, end);
    }
  } else {
    newest = queue.floor;
    uint32_t until = kNone;
    explain(queue, queue.floor, until);
    soonest_end = until;
  }
  std::array<uint32_t, 2> numbers = {soonest_end, newest};
  std::ranges::sort(numbers);
  for (const uint32_t number : numbers) {
    if (const Told* told = commit(number)) contradiction.history.push_back(*told);
  }
  contradiction.history.push_back({operation, actor, 0});
  report(std::move(contradiction));
}

}  // namespace torture
