// The judge against a search through all orders (J. Wing, C. Gong, "Testing and verifying concurrent objects", 1993) on
// small random histories: the same verdict on each, whether judged at once or piece by piece.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <vector>

#include "tests/torture/self/histories.h"

namespace torture::test {
namespace {

struct Event {
  uint32_t actor = 0;
  Operation operation;
  std::vector<uint64_t> words;
};
using History = std::vector<Event>;
using State = std::array<uint64_t, kTestUnits>;

constexpr State kFirstState = {kBegin, kBegin, kAbsent, kBegin};

State apply(State state, const Event& commit) {
  for (const uint64_t word : commit.words) state[unit_of(word)] = value_in(word);
  state[kTestClock] = commit.operation.value;
  return state;
}

bool agrees(const State& state, const Event& read) {
  if (read.operation.kind == Operation::Kind::kRows) {
    return std::ranges::all_of(read.words, [&](uint64_t word) { return state[unit_of(word)] == value_in(word); });
  }
  uint64_t count = 0;
  uint64_t sum = 0;
  for (uint64_t unit = read.words[0] >> 32; unit < (read.words[0] >> 32) + (read.words[0] & 0xffffffff); ++unit) {
    count += state[unit] == kAbsent ? 0 : 1;
    sum += state[unit];
  }
  return count == read.words[1] && sum == read.words[2];
}

// Whether some order of all operations agrees with real time, with the numbers, and with what the reads saw.
class Search {
 public:
  explicit Search(const History& history) : history_(history) {}
  bool run() { return from(0, kFirstState); }

 private:
  bool from(uint32_t done, const State& state) {
    if (done + 1 == 1U << history_.size()) return true;
    if (const auto known = dead_.find(done); known != dead_.end()) return false;
    for (uint32_t i = 0; i < history_.size(); ++i) {
      if ((done >> i & 1) != 0 || !may_be_next(i, done)) continue;
      const Event& event = history_[i];
      const bool is_commit = event.operation.kind == Operation::Kind::kCommit;
      if (!is_commit && !agrees(state, event)) continue;
      if (from(done | 1U << i, is_commit ? apply(state, event) : state)) return true;
    }
    dead_.emplace(done, true);  // the state follows from which commits are done
    return false;
  }
  bool may_be_next(uint32_t i, uint32_t done) const {
    const Operation& next = history_[i].operation;
    for (uint32_t other = 0; other < history_.size(); ++other) {
      if (other == i || (done >> other & 1) != 0) continue;
      const Operation& waiting = history_[other].operation;
      if (waiting.returned_ns < next.invoked_ns) return false;
      const bool both_commit = waiting.kind == Operation::Kind::kCommit && next.kind == Operation::Kind::kCommit;
      if (both_commit && waiting.value < next.value) return false;
    }
    return true;
  }

  const History& history_;
  std::map<uint32_t, bool> dead_;
};

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  // Operations of three actors at random times; the reads mostly see a state that there was, about when they ran.
  History draw() {
    History history;
    for (uint32_t actor = 0; actor < 3; ++actor) draw_actor(actor, history);
    std::ranges::sort(history, {}, [](const Event& event) { return event.operation.invoked_ns; });
    number_commits(history);
    std::vector<State> states = {kFirstState};
    std::vector<Event> commits;
    std::ranges::copy_if(history, std::back_inserter(commits), is_commit);
    std::ranges::sort(commits, {}, [](const Event& event) { return event.operation.value; });
    for (const Event& commit : commits) states.push_back(apply(states.back(), commit));
    size_t begun = 0;
    for (Event& event : history) {
      if (is_commit(event)) {
        ++begun;
      } else {
        see(event, states, begun);
      }
    }
    return history;
  }

 private:
  static bool is_commit(const Event& event) { return event.operation.kind == Operation::Kind::kCommit; }

  void draw_actor(uint32_t actor, History& history) {
    uint64_t now = 1 + random_() % 10;
    const uint64_t operations = 1 + random_() % 3;
    for (uint64_t i = 0; i < operations; ++i) {
      const uint64_t invoked = now * 8 + actor;  // no two events at one time
      now += 1 + random_() % 12;
      const uint64_t returned = now * 8 + actor + 4;
      now += 1 + random_() % 6;
      Event event{.actor = actor, .operation = {.invoked_ns = invoked, .returned_ns = returned}, .words = {}};
      if (random_() % 5 < 2) {
        event.operation.kind = Operation::Kind::kCommit;
        if (random_() % 5 == 0) event.operation.returned_ns = kNever;
      }
      history.push_back(event);
      if (event.operation.returned_ns == kNever) return;
    }
  }

  // Mostly in the order in which they began.
  void number_commits(History& history) {
    std::vector<uint32_t> numbers;
    for (const Event& event : history) {
      if (is_commit(event)) numbers.push_back(static_cast<uint32_t>(numbers.size()) + 2);
    }
    if (numbers.size() > 1 && random_() % 3 == 0) {
      const size_t at = random_() % (numbers.size() - 1);
      std::swap(numbers[at], numbers[at + 1]);
    }
    size_t next = 0;
    for (Event& event : history) {
      if (!is_commit(event)) continue;
      event.operation.value = v(numbers[next++]);
      for (uint32_t unit = 0; unit < kTestClock; ++unit) {
        if (random_() % 2 == 0) continue;
        const bool removes = unit == kComesAndGoes && random_() % 2 == 0;
        event.words.push_back(seen_of(unit, removes ? kAbsent : event.operation.value));
      }
    }
  }

  void see(Event& read, const std::vector<State>& states, size_t begun) {
    const size_t last = std::min(begun + random_() % 2, states.size() - 1);
    const State& state = states[last - std::min(last, random_() % 3)];
    if (random_() % 4 == 0) {
      read.operation.kind = Operation::Kind::kSum;
      const auto first = static_cast<uint32_t>(random_() % 3);
      const uint32_t units = 1 + static_cast<uint32_t>(random_() % (kTestClock - first));
      uint64_t count = 0;
      uint64_t sum = 0;
      for (uint32_t unit = first; unit < first + units; ++unit) {
        count += state[unit] == kAbsent ? 0 : 1;
        sum += state[unit];
      }
      read.words = {uint64_t{first} << 32 | units, count, sum};
      return;
    }
    for (uint32_t unit = 0; unit < kTestUnits; ++unit) {
      if (random_() % 2 == 0) continue;
      const State& of = random_() % 12 == 0 ? states[random_() % states.size()] : state;
      read.words.push_back(seen_of(unit, of[unit]));
    }
  }

  std::mt19937_64 random_;
};

bool judge_allows(const History& history, uint64_t step_ns) {
  Trial trial;
  if (step_ns == 0) {
    for (const Event& event : history) trial.add(event.actor, event.operation, event.words);
    return trial.verdict().empty();
  }
  size_t next = 0;
  for (uint64_t horizon = step_ns; next < history.size(); horizon += step_ns) {
    for (; next < history.size() && history[next].operation.invoked_ns < horizon; ++next) {
      trial.add(history[next].actor, history[next].operation, history[next].words);
    }
    trial.judge().advance(horizon);
  }
  return trial.verdict().empty();
}

TEST(JudgeIsExact, TheSameVerdictAsASearchThroughAllOrders) {
  Generator generator(20'261'125);
  int allowed = 0;
  int refused = 0;
  for (int i = 0; i < 8'000; ++i) {
    const History history = generator.draw();
    const bool expected = Search(history).run();
    (expected ? allowed : refused) += 1;
    ASSERT_EQ(judge_allows(history, 0), expected) << "history " << i;
    ASSERT_EQ(judge_allows(history, 7), expected) << "history " << i << ", piece by piece";
  }
  // The generator must not have made it easy.
  EXPECT_GT(allowed, 1'500);
  EXPECT_GT(refused, 1'500);
}

}  // namespace
}  // namespace torture::test
