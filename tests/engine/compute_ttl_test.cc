// The ttl of computed values, to the millisecond, on a clock that the test owns.
#include <gtest/gtest.h>

#include "engine/access.h"
#include "engine/engine.h"
#include "tern/tern.hpp"
#include "tests/cache/support.h"
#include "tests/support/temp_folder.h"

namespace tern::internal {
namespace {

using std::chrono::milliseconds;

struct ComputeTtl : testing::Test {
  template <typename F>
  Source ask(const char* key, milliseconds ttl, F&& what) {
    auto compute = [&] {
      ++runs;
      what();
      return "v";
    };
    return db.get_or_compute(key, {.ttl = ttl}, compute).source();
  }
  Source ask(const char* key, milliseconds ttl) {
    return ask(key, ttl, [] {});
  }

  test::TempFolder temp;
  cache::ManualClock clock;
  Database db = open(temp.file("app.db"), {.clock = &clock});
  int runs = 0;
};

TEST_F(ComputeTtl, EndsAtItsMillisecond) {
  ask("k", milliseconds(1000));
  clock.advance_ms(999);
  EXPECT_EQ(ask("k", milliseconds(1000)), Source::kHot);
  clock.advance_ms(1);
  EXPECT_EQ(ask("k", milliseconds(1000)), Source::kComputed);
  EXPECT_EQ(ask("k", milliseconds(1000)), Source::kHot) << "for another second";
}

TEST_F(ComputeTtl, AMillisecondIsTheLeast) {
  ask("k", milliseconds(1));
  EXPECT_EQ(ask("k", milliseconds(1)), Source::kHot);
  clock.advance_ms(1);
  EXPECT_EQ(ask("k", milliseconds(1)), Source::kComputed);
}

TEST_F(ComputeTtl, BeginsWithTheFunction) {
  ask("k", milliseconds(1000), [&] { clock.advance_ms(600); });
  clock.advance_ms(399);
  EXPECT_EQ(ask("k", milliseconds(1000)), Source::kHot);
  clock.advance_ms(1);
  EXPECT_EQ(ask("k", milliseconds(1000)), Source::kComputed);
}

TEST_F(ComputeTtl, OneThatIsOverBeforeItIsComputedIsNotKept) {
  auto slow = [&] {
    clock.advance_ms(1000);
    return "v";
  };
  const Computed computed = db.get_or_compute("k", {.ttl = milliseconds(1000)}, slow);
  EXPECT_EQ(computed.text(), "v");
  EXPECT_NE(computed.why_not_cached().find("ttl"), std::string_view::npos);
}

TEST_F(ComputeTtl, NoneAndTheLongestNeverEnd) {
  ask("none", milliseconds(0));
  ask("longest", milliseconds::max());
  clock.advance_ms(int64_t{200} * 365 * 24 * 3600 * 1000);
  EXPECT_EQ(ask("none", milliseconds(0)), Source::kHot);
  EXPECT_EQ(ask("longest", milliseconds::max()), Source::kHot);
}

TEST_F(ComputeTtl, ANegativeOneIsAMistakeAlsoOfAHit) {
  ask("k", milliseconds(0));
  EXPECT_THROW(ask("k", milliseconds(-1)), Error);
}

TEST_F(ComputeTtl, AnInnerOneEndsTheOuter) {
  const auto outer = [&](const char* key) {
    return ask(key, milliseconds(0), [&] { ask("inner", milliseconds(1000)); });
  };
  outer("computed with it");
  clock.advance_ms(400);
  outer("computed from its hit");
  clock.advance_ms(599);
  EXPECT_EQ(outer("computed with it"), Source::kHot);
  EXPECT_EQ(outer("computed from its hit"), Source::kHot);
  clock.advance_ms(1);
  EXPECT_EQ(outer("computed with it"), Source::kComputed);
  EXPECT_EQ(outer("computed from its hit"), Source::kComputed);
}

TEST_F(ComputeTtl, TheFunctionMayShortenIt) {
  const auto ask_shortened = [&] {
    auto compute = [](Computation& computation) {
      computation.expire_in(milliseconds(10));
      computation.expire_in(milliseconds(2000));
      return "v";
    };
    return db.get_or_compute("k", {.ttl = milliseconds(1000)}, compute).source();
  };
  ask_shortened();
  clock.advance_ms(9);
  EXPECT_EQ(ask_shortened(), Source::kHot);
  clock.advance_ms(1);
  EXPECT_EQ(ask_shortened(), Source::kComputed);
}

TEST_F(ComputeTtl, HoldsInTheStoreAsWell) {
  ask("k", milliseconds(1000));
  ASSERT_TRUE(Access::engine(db)->tiers().store_writer->flush(60'000));
  Access::engine(db)->tiers().hot->clear();
  clock.advance_ms(999);
  EXPECT_EQ(ask("k", milliseconds(1000)), Source::kStore);
  Access::engine(db)->tiers().hot->clear();
  clock.advance_ms(1);
  EXPECT_EQ(ask("k", milliseconds(1000)), Source::kComputed);
}

// What statements with policies give to a value.

struct ComputePolicies : ComputeTtl {
  ComputePolicies() { db.exec("CREATE TABLE t (v); INSERT INTO t VALUES ('1')"); }
  Computed ask_with(const Policy& policy) {
    return db.get_or_compute("k", {},
                             [&] { return db.prepare("SELECT v FROM t", policy).all()[0].get<std::string>(0); });
  }
};

TEST_F(ComputePolicies, TheTtlOfAStatementEndsTheValueToo) {
  const Policy policy{.ttl = milliseconds(1000), .ttl_jitter = 0};
  db.prepare("SELECT v FROM t", policy).all();
  clock.advance_ms(400);
  ask_with(policy);  // from the hit
  clock.advance_ms(599);
  EXPECT_EQ(ask_with(policy).source(), Source::kHot);
  clock.advance_ms(1);
  EXPECT_EQ(ask_with(policy).source(), Source::kComputed);  // from a miss
  clock.advance_ms(999);
  EXPECT_EQ(ask_with(policy).source(), Source::kHot);
  clock.advance_ms(1);
  EXPECT_EQ(ask_with(policy).source(), Source::kComputed);
}

TEST_F(ComputePolicies, AStaleAnswerMakesAStaleValueThatIsNotKept) {
  const Policy policy{.ttl = milliseconds(1000), .ttl_jitter = 0, .stale_while_revalidate = milliseconds(60'000)};
  db.prepare("SELECT v FROM t", policy).all();
  clock.advance_ms(1500);
  const Computed stale = ask_with(policy);
  EXPECT_EQ(stale.text(), "1");
  EXPECT_FALSE(stale.freshness().fresh);
  EXPECT_EQ(stale.freshness().age_ms, 500);
  EXPECT_NE(stale.why_not_cached().find("stale"), std::string_view::npos) << stale.why_not_cached();
  EXPECT_TRUE(db.get_or_compute("other", {}, [] { return "v"; }).freshness().fresh);
}

}  // namespace
}  // namespace tern::internal
