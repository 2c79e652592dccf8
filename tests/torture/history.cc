#include "tests/torture/history.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>

namespace torture {
namespace {

constexpr uint64_t kMask = Ring::kWords - 1;
constexpr uint64_t kFixedWords = 3;
// What may wait for judgement beside what is in the ring.
constexpr size_t kWaitingWords = Ring::kWords;

}  // namespace

uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

void Recorder::begin(size_t room) {
  // relaxed: ours; acquire: pairs with the Collector's release of the words up to it
  while (ring_.head.load(std::memory_order_relaxed) + room + kFixedWords - ring_.tail.load(std::memory_order_acquire) >
         Ring::kWords) {
    if (stop_.load(std::memory_order_relaxed)) break;  // the end of the run makes room
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  seen_.clear();
  sum_ = false;
  ring_.low.store(last_ns_, std::memory_order_seq_cst);  // see the header
  invoked_ns_ = now_ns();
  // release: pairs with the acquire in horizon(); what was pushed before is in the ring
  ring_.low.store(invoked_ns_, std::memory_order_release);
}

void Recorder::rest() {
  ring_.low.store(kNever, std::memory_order_release);  // pairs with horizon(), after head
}

void Recorder::saw_sum(uint32_t first, uint32_t units, uint64_t count, uint64_t sum) {
  sum_ = true;
  seen_.assign({uint64_t{first} << 32 | units, count, sum});
}

void Recorder::end(uint8_t what, uint8_t source) {
  push(sum_ ? EntryType::kSum : EntryType::kRows, what, source, invoked_ns_, returned_ns_, seen_);
  last_ns_ = returned_ns_;
  rest();
}

void Recorder::forget() { rest(); }

void Recorder::attempt(uint32_t nonce, std::span<const uint64_t> left) {
  begin(left.size() + 2 * kFixedWords);
  // release: pairs with unresolved() in a successor, which is started after this process has died
  ring_.attempt.store(nonce, std::memory_order_release);
  push(EntryType::kAttempt, 0, 0, invoked_ns_, nonce, left);
}

void Recorder::acknowledge(uint64_t value) {
  last_ns_ = now_ns();
  push(EntryType::kAcknowledged, 0, 0, last_ns_, value, {});
  ring_.attempt.store(0, std::memory_order_release);
  rest();
}

void Recorder::resolve(uint64_t value) {
  push(EntryType::kResolved, 0, 0, 0, value, {});
  ring_.attempt.store(0, std::memory_order_release);
  last_ns_ = now_ns();
  rest();
}

void Recorder::push(EntryType type, uint8_t what, uint8_t source, uint64_t first, uint64_t second,
                    std::span<const uint64_t> rest) {
  uint64_t at = ring_.head.load(std::memory_order_relaxed);  // ours
  ring_.words[at++ & kMask] = static_cast<uint64_t>(type) | uint64_t{what} << 8 | uint64_t{source} << 16 |
                              static_cast<uint64_t>(rest.size()) << 32;
  ring_.words[at++ & kMask] = first;
  ring_.words[at++ & kMask] = second;
  for (const uint64_t word : rest) ring_.words[at++ & kMask] = word;
  ring_.head.store(at, std::memory_order_release);  // pairs with the Collector's acquire: the words are there
}

Collector::Collector(std::span<Ring* const> rings, Judge& judge) : judge_(judge) {
  for (Ring* ring : rings) sources_.push_back({.ring = ring, .attempt = {}, .left = {}});
}

uint64_t Collector::horizon() const {
  uint64_t horizon = now_ns() - kClockSlackNs;
  for (const Source& source : sources_) {
    // seq_cst: see the header; as an acquire it pairs with the releases of begin() and rest()
    horizon = std::min(horizon, source.ring->low.load(std::memory_order_seq_cst));
  }
  return horizon;
}

void Collector::collect() {
  const uint64_t until = horizon();  // before pulling: all that was invoked before it is in the rings
  longest_lag_ns_ = std::max(longest_lag_ns_, now_ns() - until);
  for (uint32_t actor = 0; actor < sources_.size(); ++actor) pull(actor);
  judge_.advance(until);
}

void Collector::finish() {
  const uint64_t until = horizon();
  for (uint32_t actor = 0; actor < sources_.size(); ++actor) pull(actor);
  const bool settled = std::ranges::none_of(sources_, &Source::attempting);
  judge_.advance(settled ? kNever : until);
}

// The words of an actor for whom too much waits are kept in the ring, so that he waits as well.
void Collector::pull(uint32_t actor) {
  Source& source = sources_[actor];
  const uint64_t head = source.ring->head.load(std::memory_order_acquire);  // pairs with push()
  while (source.parsed != head) {
    const uint64_t words = source.ring->words[source.parsed & kMask] >> 32;
    take(actor, source.parsed);
    source.parsed += kFixedWords + words;
  }
  if (judge_.waiting(actor) < kWaitingWords) source.ring->tail.store(head, std::memory_order_release);  // begin()
}

void Collector::take(uint32_t actor, uint64_t at) {
  Source& source = sources_[actor];
  const auto word = [&](uint64_t i) { return source.ring->words[(at + i) & kMask]; };
  const auto type = static_cast<EntryType>(word(0) & 0xff);
  const uint64_t words = word(0) >> 32;
  seen_.clear();
  for (uint64_t i = 0; i < words; ++i) seen_.push_back(word(kFixedWords + i));
  switch (type) {
    case EntryType::kRows:
    case EntryType::kSum:
      judge_.add(actor,
                 {.kind = type == EntryType::kSum ? Operation::Kind::kSum : Operation::Kind::kRows,
                  .what = static_cast<uint8_t>(word(0) >> 8),
                  .source = static_cast<uint8_t>(word(0) >> 16),
                  .words = static_cast<uint32_t>(words),
                  .invoked_ns = word(1),
                  .returned_ns = word(2)},
                 seen_);
      break;
    case EntryType::kAttempt:
      source.attempting = true;
      source.attempt = {.kind = Operation::Kind::kCommit,
                        .words = static_cast<uint32_t>(words),
                        .invoked_ns = word(1),
                        .value = word(2)};
      source.left = seen_;
      break;
    case EntryType::kAcknowledged:
      complete(actor, word(2), word(1));
      break;
    case EntryType::kResolved:
      complete(actor, word(2), kNever);
      break;
  }
}

// An entry of an attempt that is not open says nothing: its writer died after it was acknowledged, or before it was in
// the ring.
void Collector::complete(uint32_t actor, uint64_t value, uint64_t returned_ns) {
  Source& source = sources_[actor];
  if (!source.attempting || nonce_of(value) != nonce_of(source.attempt.value)) return;
  source.attempting = false;
  if (number_of(value) == 0) return;
  source.attempt.value = value;
  source.attempt.returned_ns = returned_ns;
  for (uint64_t& left : source.left) left = seen_of(unit_of(left), value_in(left) == 0 ? kAbsent : value);
  judge_.add(actor, source.attempt, source.left);
}

}  // namespace torture
