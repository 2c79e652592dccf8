// KV namespaces against a map with a clock that the test sets: every verb, by two processes on one folder, with their
// tiers closed and opened again and the machine started again, time that goes on to the millisecond of an expiry and
// wall clocks that are set back, keys around every bound. After each action the answers are the same, byte for byte.
//
// A case is a list of steps, numbers drawn by RapidCheck; what they mean depends on what happened before, so that a
// failing case can be made shorter. RC_PARAMS repeats one, TERN_OPERATIONS sets how many the long form does.
#include "tests/property/kv_model.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/Configuration.h>
#include <sys/mman.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <new>
#include <sstream>

#include "tests/property/kv_side.h"

namespace tern::test {
namespace {

using Verb = KvAction::Verb;

struct Step {
  uint32_t verb, key, shape, number;
};
[[maybe_unused]] void showValue(const Step& step, std::ostream& to) {
  to << '{' << step.verb << ", " << step.key << ", " << step.shape << ", " << step.number << '}';
}

rc::Gen<Step> any_step() {
  const auto word = rc::gen::resize(rc::kNominalSize, rc::gen::inRange<uint32_t>(0, 1U << 30));
  return rc::gen::construct<Step>(word, word, word, word);
}

// Where LMDB's bound, that of parted keys, and those of both surfaces lie.
constexpr size_t kSizes[] = {1,   2,   3,   9,   495, 496,  497,  504,  505,  511,
                             512, 513, 991, 992, 993, 1487, 1488, 1489, 2047, 2048};

std::string key_of(uint32_t draw) {
  if (draw % 64 == 0) return {};
  if (draw % 64 == 1) return std::string(2049, 'a');
  if (draw % 64 == 2) return draw / 64 % 2 == 0 ? "." : "..";
  const uint32_t shape = draw / 64;
  const bool few = draw % 2 == 0;  // half of all are of twelve keys, which are hit
  const size_t size = few ? kSizes[3 + shape % 3 * 2] : kSizes[shape % std::size(kSizes)];
  std::string key(size, 'a');
  if (shape / 32 % 2 == 1) key[0] = '\xc3';
  constexpr std::array kTails = {'a', '\0', 'b', '\xff'};
  key.back() = kTails[shape / 64 % (few ? 2 : kTails.size())];
  return key;
}

std::string prefix_of(uint32_t draw) {
  const std::string key = key_of(draw);
  constexpr size_t kCuts[] = {0, 1, 2, 495, 496, 497, 992, 2049};
  return key.substr(0, kCuts[draw / 8192 % std::size(kCuts)]);
}

std::string value_of(uint32_t draw) {
  const uint32_t shape = draw / 16;
  if (draw % 16 == 0) return std::string(32'700 + shape % 200, static_cast<char>('a' + shape % 26));  // about a view
  if (draw % 16 < 6) return std::to_string(static_cast<int32_t>(shape) - (1 << 24));
  if (draw % 16 == 6) return std::to_string(INT64_MAX - shape % 3);
  return std::string(shape % 120, '\0') + std::to_string(shape);
}

class Case {
 public:
  Case(std::array<KvSide*, 2> sides, KvTime& time) : sides_(sides), time_(time) {
    time_.wall_ms = wall_ms_ = 1'800'000'000'000;
    time_.monotonic_ns = 5'000'000'123;
    model_.boot(wall_ms_);
    open(0);
    open(1);
  }
  ~Case() {
    for (KvSide* side : sides_) side->run({.verb = Verb::kClose});
  }
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;

  void run(const Step& step) {
    const uint32_t dice = step.verb % 200;
    const size_t side = step.verb / 200 % 2;
    if (dice == 0 && step.shape % 8 == 0) return boot(step);
    if (dice == 1) return reopen(side, step);
    if (dice < 14) return pass_time(side, step);
    check(side, action_of(step, dice));
  }

 private:
  void check(size_t side, const KvAction& action) {
    const KvAnswer given = sides_[side]->run(action);
    const KvAnswer expected = model_.run(action, given);
    if (given.text != expected.text || given.version != expected.version)
      RC_FAIL("process " + std::to_string(side) + ": " + describe(action) + "\ngave     " + shown(given.text) + " (" +
              std::to_string(given.version) + ")\nbut not  " + shown(expected.text) + " (" +
              std::to_string(expected.version) + ")");
    if (action.verb == Verb::kList && (given.text.ends_with("more") || given.text.ends_with("complete")))
      cursor_ = given.cursor;
  }

  KvAction action_of(const Step& step, uint32_t dice) const {
    constexpr uint32_t kTtlOnly[] = {0, 4, 5};  // of with_expiry()
    KvAction action;
    action.space = static_cast<uint8_t>(step.verb / 400 % std::size(kKvSpaces));
    action.keys = {key_of(step.key)};
    if (dice < 70) return action;
    if (dice < 85) return many(Verb::kGetMany, action, step);
    if (dice < 115) return with_options(Verb::kPut, action, step);
    if (dice < 125) return with_options(Verb::kPutMany, many(Verb::kPutMany, action, step), step);
    if (dice < 138) return with_version(with_options(Verb::kPutIfVersion, action, step), step);
    if (dice < 144) return with_version(simple(Verb::kRemoveIfVersion, action), step);
    if (dice < 154) return simple(Verb::kRemove, action);
    if (dice < 159) return many(Verb::kRemoveMany, action, step);
    if (dice < 161) return of_prefix(Verb::kRemovePrefix, action, step);
    if (dice < 173) return with_number(with_options(Verb::kIncrement, action, step), step);
    if (dice < 180) return with_expiry(simple(Verb::kTouch, action), kTtlOnly[step.shape % 3], step.number);
    if (dice < 198) return list(of_prefix(Verb::kList, action, step), step);
    return simple(Verb::kSweep, action);
  }

  static KvAction simple(Verb verb, KvAction action) {
    action.verb = verb;
    return action;
  }
  static KvAction many(Verb verb, KvAction action, const Step& step) {
    for (uint32_t i = 0; i < step.shape % 6; ++i) action.keys.push_back(key_of(step.key + step.number * (i + 1)));
    return simple(verb, action);
  }
  static KvAction of_prefix(Verb verb, KvAction action, const Step& step) {
    action.keys = {prefix_of(step.key)};
    return simple(verb, action);
  }
  KvAction list(KvAction action, const Step& step) const {
    constexpr int64_t kPages[] = {1, 2, 3, 7, 1000, 1000, 0, 1001};
    action.number = kPages[step.shape % std::size(kPages)];
    if (step.shape / 8 % 2 == 0) action.cursor = cursor_;
    if (step.shape / 16 % 2 == 0) action.value = key_of(step.number);
    return action;
  }
  KvAction with_version(KvAction action, const Step& step) const {
    const uint64_t there = model_.version_of(action.space, action.keys[0]);
    const uint64_t versions[] = {there, there, there, 0, model_.last_version(), there + 1};
    action.version = versions[step.shape / 64 % std::size(versions)];
    return action;
  }
  static KvAction with_number(KvAction action, const Step& step) {
    constexpr int64_t kNumbers[] = {1, -1, 0, 1000, INT64_MAX, INT64_MIN};
    action.number = kNumbers[step.shape / 64 % std::size(kNumbers)];
    return action;
  }
  // `kind` from 0 to 15: mostly none.
  KvAction with_expiry(KvAction action, uint32_t kind, uint32_t draw) const {
    constexpr int64_t kTimes[] = {1, 2, 50, 1000, 59'999, 60'000, 60'001, 3'600'000};
    const int64_t time = kTimes[draw % std::size(kTimes)];
    if (kind == 0 || kind == 1) action.ttl_ms = time;
    if (kind == 2) action.expires_at_ms = model_.now_ms() + time;
    if (kind == 3) action.expires_at_ms = model_.now_ms() - draw % 2;
    if (kind == 4) action.ttl_ms = time + static_cast<int64_t>(draw % 1000);
    if (kind == 5 && draw % 4 == 0) action.ttl_ms = -1;
    if (kind == 6 && draw % 4 == 0) action.ttl_ms = action.expires_at_ms = model_.now_ms() + time;
    return action;
  }
  KvAction with_options(Verb verb, KvAction action, const Step& step) const {
    constexpr size_t kMetadata[] = {0, 0, 0, 0, 17, 1, 1023, 1024, 1025};
    action.value = value_of(step.number);
    action.metadata = std::string(kMetadata[step.shape % std::size(kMetadata)], 'm');
    // Mostly JSON.
    if (!action.metadata.empty() && step.shape / 512 % 4 != 0)
      action.metadata.front() = action.metadata.back() = action.metadata.size() == 1 ? '1' : '"';
    return with_expiry(simple(verb, action), step.shape / 16 % 16, step.number / 16);
  }

  // Everybody's, with what is left of it seen by one of them.
  void pass_time(size_t side, const Step& step) {
    constexpr int64_t kMs = 1'000'000;
    const auto ms = static_cast<int64_t>(step.number % 5000);
    int64_t elapsed_ns = static_cast<int64_t>(step.number % 3'000'000);
    int64_t wall_set_ms = 0;
    const int64_t next = model_.next_expiry_ms();
    switch (step.shape % 8) {
      case 0:  // set back, or ahead
        wall_set_ms = -ms * 100;
        break;
      case 1:
        wall_set_ms = ms;
        break;
      case 2:
        elapsed_ns = ms * 30 * kMs;
        break;
      case 3:
      case 4:
      case 5:  // to the last millisecond before the next expiry, to it, and one past it
        if (next != 0) elapsed_ns = (next - model_.now_ms() + static_cast<int64_t>(step.shape % 8) - 4) * kMs;
        break;
      default:
        break;
    }
    wall_ns_ += elapsed_ns;
    wall_ms_ += wall_set_ms + wall_ns_ / kMs;
    wall_ns_ %= kMs;
    time_.monotonic_ns = time_.monotonic_ns + elapsed_ns;
    time_.wall_ms = wall_ms_;
    model_.pass(elapsed_ns);
    look(side);
  }

  void look(size_t side) {
    model_.see_wall(wall_ms_);
    check(side, {.verb = Verb::kNow});
  }

  void open(size_t side) {
    sides_[side]->run({.verb = Verb::kOpen, .keys = {folder_.file("kv"), "boot " + std::to_string(boots_)}});
    look(side);
  }

  void reopen(size_t side, const Step& step) {
    sides_[side]->run({.verb = Verb::kClose});
    const bool both = step.shape % 2 == 0;
    if (both) sides_[1 - side]->run({.verb = Verb::kClose});
    open(side);
    if (both) open(1 - side);
  }

  // The wall clock is all that is left, right or wrong.
  void boot(const Step& step) {
    for (KvSide* side : sides_) side->run({.verb = Verb::kClose});
    ++boots_;
    wall_ms_ += static_cast<int64_t>(step.number % 200'000) - 100'000;
    wall_ns_ = 0;
    time_.wall_ms = wall_ms_;
    time_.monotonic_ns = static_cast<int64_t>(step.key) + 1;
    model_.boot(wall_ms_);
    open(0);
    open(1);
  }

  const TempFolder folder_;
  const std::array<KvSide*, 2> sides_;
  KvTime& time_;
  KvModel model_;
  int64_t wall_ms_ = 0;
  int64_t wall_ns_ = 0;  // of the millisecond that the wall clock shows
  int boots_ = 0;
  std::string cursor_;
};

struct KvModelTest : ::testing::Test {
  KvModelTest() {
    void* const memory = ::mmap(nullptr, sizeof(KvTime), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    time = new (memory) KvTime{};
  }
  ~KvModelTest() override { ::munmap(time, sizeof(KvTime)); }

  // Cases, ever longer, of up to 100 * `scale` steps; again until there were `least` steps.
  void compare(uint64_t least, int cases, double scale) {
    OtherKvSide other(*time);
    OwnKvSide own(*time);
    uint64_t steps = 0;
    const auto property = rc::detail::toProperty([&] {
      const auto list = *rc::gen::scale(scale, rc::gen::container<std::vector<Step>>(any_step()));
      Case one({&own, &other}, *time);
      for (const Step& step : list) {
        one.run(step);
        ++steps;
      }
    });
    while (steps < least && !HasFailure()) {
      rc::detail::TestParams params = rc::detail::configuration().testParams;
      params.maxSuccess = cases;
      params.seed += steps;
      const auto result = rc::detail::checkProperty(property, rc::detail::TestMetadata{}, params);
      std::ostringstream told;
      rc::detail::printResultMessage(result, told);
      EXPECT_TRUE(result.is<rc::detail::SuccessResult>()) << told.str();
    }
    std::cout << "operations " << steps << ", differences " << (HasFailure() ? "above" : "0") << std::endl;
  }

  KvTime* time;
};

using KvModelCi = KvModelTest;
using KvModelLong = KvModelTest;

TEST_F(KvModelTest, AnswersAsAMapDoes) { compare(400, 8, 3); }

TEST_F(KvModelCi, AnswersAsAMapDoes) { compare(40'000, 40, 20); }

TEST_F(KvModelLong, AnswersAsAMapDoesAMillionTimes) {
  const char* const text = std::getenv("TERN_OPERATIONS");
  compare(text == nullptr ? 1'000'000 : std::strtoull(text, nullptr, 10), 100, 100);
}

}  // namespace
}  // namespace tern::test
