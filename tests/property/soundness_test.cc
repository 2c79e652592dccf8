// Soundness: no answer from a cache ever differs from what SQLite would answer now. Random files, random questions, and
// random commits by everyone; after each, every entry that tern holds to be valid still is compared with the statement
// run anew by plain SQLite. RapidCheck makes the cases, and makes the case of a difference small.
//
// TERN_SOUNDNESS_SEED repeats a run (the seed of its first case; each case has its own), TERN_SOUNDNESS_MINUTES sets
// the length of the long form.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/property/soundness_case.h"
#include "tests/property/soundness_world.h"

namespace tern::test {
namespace {

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

constexpr uint64_t kEnoughToMeetAll = 80;

void print(const Soundness& seen) {
  std::cout << "still valid and compared " << seen.compared() << " (hot " << seen.hot << ", store " << seen.store
            << "), again without a commit between " << seen.again_hot + seen.again_store << " (hot " << seen.again_hot
            << ", store " << seen.again_store << "), misses " << seen.misses << " (compared " << seen.misses_compared
            << "), refused alike " << seen.errors << "\n"
            << "files " << seen.worlds << ", commits by tern " << seen.own << ", by others " << seen.foreign
            << ", rolled back by others " << seen.foreign_rollbacks << ", asked inside a transaction "
            << seen.sweeps_inside_transactions << ", spills " << seen.spills << ", blob writes " << seen.blob_writes
            << ", schema changes " << seen.schema_changes << ", vacuums " << seen.vacuums << ", checkpoints "
            << seen.checkpoints << ", restored " << seen.restored << ", reopened " << seen.reopened << "\nby shape:";
  for (size_t i = 0; i < seen.by_shape.size(); ++i)
    std::cout << (i == 0 ? " " : ", ") << SoundnessGenerator::shape_names()[i] << ' ' << seen.by_shape[i];
  std::cout << "\nby page size:";
  for (const auto& [size, count] : seen.by_page_size) std::cout << ' ' << size << ": " << count;
  std::cout << std::endl;
}

// One case: made, and made small if there is a difference in it.
void check(uint64_t seed, const CaseSize& size, Soundness& seen) {
  rc::detail::TestParams parameters;
  parameters.seed = seed;
  parameters.maxSuccess = 1;
  rc::detail::TestMetadata name;
  name.id = name.description = "Soundness";
  bool told = false;
  const auto result = rc::detail::checkTestable(
      [&] {
        const Case drawn = *any_case(size);
        const auto difference = World(drawn, seen).run();
        if (!difference) return;
        // Told at once: making it small can take long, above all if it does not come again.
        if (!told) std::cout << "TERN_SOUNDNESS_SEED=" << seed << ": a difference\n" << *difference << std::endl;
        told = true;
        RC_FAIL(*difference);
      },
      name, parameters);
  if (result.is<rc::detail::SuccessResult>()) return;
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  FAIL() << "TERN_SOUNDNESS_SEED=" << seed << "\n" << text.str();
}

template <typename More>
Soundness check_cases(const CaseSize& size, const More& more) {
  const uint64_t seed = from_environment("TERN_SOUNDNESS_SEED", std::random_device()());
  std::cout << "TERN_SOUNDNESS_SEED=" << seed << std::endl;
  Soundness seen;
  for (uint64_t i = 0; more(i) && !testing::Test::HasFailure(); ++i) {
    check(seed + i, size, seen);
    if (i % 200 == 199) print(seen);
  }
  print(seen);
  return seen;
}

// A comparison that never met one of these would prove less than it says.
void expect_all_met(const Soundness& seen) {
  if (testing::Test::HasFailure()) return;
  EXPECT_GT(seen.hot, 0u);
  EXPECT_GT(seen.store, 0u);
  EXPECT_GT(seen.misses_compared, 0u);
  EXPECT_GT(seen.own, 0u);
  EXPECT_GT(seen.foreign, 0u);
  for (const uint64_t met :
       {seen.errors, seen.foreign_rollbacks, seen.sweeps_inside_transactions, seen.spills, seen.blob_writes,
        seen.schema_changes, seen.vacuums, seen.checkpoints, seen.restored, seen.reopened})
    EXPECT_GT(met, 0u);
  for (size_t i = 0; i < seen.by_shape.size(); ++i)
    EXPECT_GT(seen.by_shape[i], 0u) << SoundnessGenerator::shape_names()[i];
}

TEST(Soundness, WhatIsStillValidIsWhatSqliteAnswers) {
  const Soundness seen =
      check_cases({.rows = 300, .texts = 40, .arguments_each = 3, .steps = 40}, [](uint64_t done) { return done < 4; });
  EXPECT_GT(seen.compared(), 1000u);
}

TEST(SoundnessCi, WhatIsStillValidIsWhatSqliteAnswers) {
  expect_all_met(check_cases({}, [](uint64_t done) { return done < kEnoughToMeetAll; }));
}

TEST(SoundnessLong, WhatIsStillValidIsWhatSqliteAnswers) {
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + std::chrono::minutes(from_environment("TERN_SOUNDNESS_MINUTES", 10));
  const Soundness seen = check_cases({}, [&](uint64_t done) { return done == 0 || steady_clock::now() < end; });
  if (seen.worlds >= kEnoughToMeetAll) expect_all_met(seen);
}

}  // namespace
}  // namespace tern::test
