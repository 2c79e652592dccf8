// Policies that loosen nothing: ttl, negative caching, admission, bypass, and what a policy may be.
#include "engine/policy.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/engine/policy_support.h"

namespace tern {
namespace {

using Ttl = WithPolicies;
using Admission = WithPolicies;
using PolicyOf = WithPolicies;

TEST_F(Ttl, AnAnswerIsHotForAsLongAsItsTtlAndNotLonger) {
  Statement read = by_id({.ttl = milliseconds(1000), .ttl_jitter = 0});
  EXPECT_EQ(told(read.bind(1).all()), "10 sql fresh");
  clock.advance_ms(999);
  EXPECT_EQ(told(read.bind(1).all()), "10 hot fresh");
  clock.advance_ms(1);
  EXPECT_EQ(told(read.bind(1).all()), "10 sql fresh");
  EXPECT_EQ(db->stats().policies.expired, 1u);
}

TEST_F(Ttl, ACommitVoidsAnAnswerBeforeItsTtl) {
  Statement read = by_id({.ttl = milliseconds(1000)});
  read.bind(1).all();
  foreign_update(11);
  EXPECT_EQ(told(read.bind(1).all()), "11 sql fresh");
}

TEST_F(Ttl, WhatWasFilledTogetherExpiresApart) {
  db->exec(
      "WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO t SELECT i, i FROM n");
  Statement read = by_id({.ttl = milliseconds(1000), .ttl_jitter = 0.5});
  const auto reads_of_sqlite = [&] {
    const uint64_t before = sql_reads();
    for (int id = 1; id <= 100; ++id) read.bind(id).all();
    return sql_reads() - before;
  };
  EXPECT_EQ(reads_of_sqlite(), 100u);
  clock.advance_ms(499);
  EXPECT_EQ(reads_of_sqlite(), 0u) << "none gets less than half";
  clock.advance_ms(251);
  const uint64_t after_half = reads_of_sqlite();
  EXPECT_GT(after_half, 25u);
  EXPECT_LT(after_half, 75u);
}

TEST_F(Ttl, HoldsForTheStoreToo) {
  const Policy policy{.ttl = milliseconds(1000), .ttl_jitter = 0};
  by_id(policy).bind(1).all();
  reopen({});
  clock.advance_ms(999);
  EXPECT_EQ(told(by_id(policy).bind(1).all()), "10 store fresh");
  reopen({});
  clock.advance_ms(1);
  EXPECT_EQ(told(by_id(policy).bind(1).all()), "10 sql fresh");
}

TEST_F(Ttl, HoldsWhenTheWallClockIsSetBack) {
  struct TwoHands final : cache::Clock {
    int64_t monotonic_ns() noexcept override { return monotonic_ms * 1'000'000; }
    int64_t wall_ms() noexcept override { return wall; }
    int64_t monotonic_ms = 5000, wall = 1'700'000'000'000;
  } hands;
  const std::string other = temp.file("other.db");
  Database database = open(other, {.clock = &hands});
  database.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 10)");
  Statement read = database.prepare("SELECT v FROM t", {.ttl = milliseconds(1000), .ttl_jitter = 0});
  read.all();
  hands.wall -= 3'600'000;
  hands.monotonic_ms += 999;
  EXPECT_EQ(told(read.all()), "10 hot fresh");
  hands.monotonic_ms += 1;
  EXPECT_EQ(told(read.all()), "10 sql fresh");
}

TEST_F(Ttl, AStatementOfTheSameTextWithoutOneHasEntriesOfItsOwn) {
  by_id({.ttl = milliseconds(1000)}).bind(1).all();
  Statement plain_read = db->prepare("SELECT v FROM t WHERE id = ?");
  EXPECT_EQ(told(plain_read.bind(1).all()), "10 sql fresh");
  clock.advance_ms(10'000);
  EXPECT_EQ(told(plain_read.bind(1).all()), "10 hot fresh");
}

TEST_F(Ttl, ManyAtOnceExpireToo) {
  Statement read = by_id({.ttl = milliseconds(1000), .ttl_jitter = 0});
  const std::vector<Value> ids = {1, 2};
  read.all_many(ids);
  EXPECT_EQ(told(read.all_many(ids)[1]), "20 hot fresh");
  clock.advance_ms(1000);
  EXPECT_EQ(told(read.all_many(ids)[1]), "20 sql fresh");
}

TEST_F(Ttl, AHitNearItsExpiryHasTheAnswerFetchedAnewInTheBackground) {
  Statement read = by_id({.ttl = milliseconds(1000), .ttl_jitter = 0, .refresh_ahead = milliseconds(200)});
  read.bind(1).all();
  const uint64_t before = sql_reads();
  clock.advance_ms(799);
  EXPECT_EQ(told(read.bind(1).all()), "10 hot fresh");
  EXPECT_EQ(db->stats().policies.refreshes, 0u);
  clock.advance_ms(1);
  EXPECT_EQ(told(read.bind(1).all()), "10 hot fresh");
  while (sql_reads() == before) std::this_thread::yield();
  clock.advance_ms(201);  // past the first one's ttl
  // The refresh may have read, and not yet put its answer in place.
  while (read.bind(1).all().source() != Source::kHot) std::this_thread::yield();
  EXPECT_EQ(db->stats().policies.refreshes, 1u);
}

TEST_F(Admission, AnswersWithoutARowAreCachedAndVoidedLikeOthers) {
  Statement read = db->prepare("SELECT v FROM t WHERE id = ?");
  EXPECT_EQ(told(read.bind(7).all()), "nothing sql fresh");
  EXPECT_EQ(told(read.bind(7).all()), "nothing hot fresh");
  plain->exec("INSERT INTO t VALUES (7, 70)");
  EXPECT_EQ(told(read.bind(7).all()), "70 sql fresh");
}

TEST_F(Admission, AnswersWithoutARowAreNotCachedWhereThatIsSwitchedOff) {
  Statement read = by_id({.negative_caching = false});
  read.bind(7).all();
  EXPECT_EQ(told(read.bind(7).all()), "nothing sql fresh");
  read.bind(1).all();
  EXPECT_EQ(told(read.bind(1).all()), "10 hot fresh");
  EXPECT_EQ(db->stats().policies.not_admitted, 2u);
}

TEST_F(Admission, AnAnswerOfThatSizeIsCachedAndALargerOneIsNot) {
  const uint64_t bytes = db->explain("SELECT 'four' FROM t WHERE id = 1").bytes;
  Statement kept = db->prepare("SELECT 'four' FROM t WHERE id = 1", {.admit_max_bytes = bytes});
  kept.all();
  EXPECT_EQ(kept.all().source(), Source::kHot);
  Statement refused = db->prepare("SELECT 'fivee' FROM t WHERE id = 1", {.admit_max_bytes = bytes});
  refused.all();
  EXPECT_EQ(refused.all().source(), Source::kSql);
}

// The function passes the time that the statement takes.
TEST_F(Admission, OnlyWhatTookLongEnoughIsCached) {
  db->create_function("takes_ms", 1, {.deterministic = true}, [this](Arguments args) {
    clock.advance_ms(args[0].integer);
    return args[0].integer;
  });
  Statement read = db->prepare("SELECT takes_ms(?)", {.admit_min_cost = std::chrono::nanoseconds(5'000'000)});
  read.bind(4).all();
  EXPECT_EQ(read.bind(4).all().source(), Source::kSql);
  read.bind(5).all();
  EXPECT_EQ(read.bind(5).all().source(), Source::kHot);
}

TEST_F(Admission, WhatIsAskedForTwiceIsCached) {
  Statement read = by_id({.admit_second_time = true});
  EXPECT_EQ(told(read.bind(1).all()), "10 sql fresh");
  EXPECT_EQ(told(read.bind(1).all()), "10 sql fresh");
  EXPECT_EQ(told(read.bind(1).all()), "10 hot fresh");
  foreign_update(11);
  EXPECT_EQ(told(read.bind(1).all()), "11 sql fresh");
  EXPECT_EQ(told(read.bind(1).all()), "11 hot fresh") << "what was voided need not come twice again";
}

TEST_F(PolicyOf, TheDatabaseIsThatOfStatementsWithoutOneOfTheirOwn) {
  reopen({.policy = {.ttl = milliseconds(1000), .ttl_jitter = 0}});
  Statement by_default = db->prepare("SELECT v FROM t WHERE id = ?");
  Statement own = db->prepare("SELECT v FROM t WHERE id = ?", Policy{});
  by_default.bind(1).all();
  own.bind(1).all();
  clock.advance_ms(1000);
  EXPECT_EQ(told(by_default.bind(1).all()), "10 sql fresh");
  EXPECT_EQ(told(own.bind(1).all()), "10 hot fresh");
  db->query("UPDATE t SET v = 11 WHERE id = 1");  // writes have none, and run
}

TEST_F(PolicyOf, OneCallMayGoPastTheCache) {
  Statement read = db->prepare("SELECT v FROM t WHERE id = ?");
  EXPECT_EQ(told(read.bind(1).all({.bypass = true})), "10 sql fresh");
  EXPECT_EQ(told(read.bind(1).all()), "10 sql fresh") << "a call past the cache leaves nothing there";
  EXPECT_EQ(told(read.bind(1).all({.bypass = true})), "10 sql fresh");
  EXPECT_EQ(read.bind(1).first({.bypass = true})->source(), Source::kSql);
  EXPECT_EQ(told(read.bind(1).all()), "10 hot fresh");
  EXPECT_EQ(db->stats().bypassed.at("asked to"), 3u);
}

TEST_F(PolicyOf, AStatementShowsInExplain) {
  Statement read = by_id({.ttl = milliseconds(60'000),
                          .stale_while_revalidate = milliseconds(5000),
                          .stale_if_error = milliseconds(1),
                          .refresh_ahead = milliseconds(2),
                          .negative_caching = false,
                          .admit_max_bytes = 3,
                          .admit_min_cost = std::chrono::nanoseconds(4),
                          .admit_second_time = true,
                          .pin = true});
  const std::vector<std::string> lines = {"ttl 60000 ms, up to 10 % less",
                                          "stale while revalidate 5000 ms",
                                          "stale if error 1 ms",
                                          "refresh ahead 2 ms",
                                          "answers without a row are not cached",
                                          "cached up to 3 bytes",
                                          "cached if it took 4 ns or more",
                                          "cached from the second time on",
                                          "pinned in memory"};
  EXPECT_EQ(db->explain(read.bind(1)).policies, lines);
  EXPECT_TRUE(db->explain("SELECT 1").policies.empty());
}

TEST_F(PolicyOf, AStatementThatWritesIsRefused) {
  EXPECT_THROW(db->prepare("DELETE FROM t", {.ttl = milliseconds(1)}), Error);
  EXPECT_NO_THROW(db->prepare("DELETE FROM t", Policy{}));
}

TEST_F(PolicyOf, TheWorldMustBePossible) {
  const auto refused = [&](const Policy& policy, const char* field) {
    try {
      by_id(policy);
      return std::string("accepted");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kMisuse);
      return std::string(error.what()).find(field) != std::string::npos ? std::string() : std::string(error.what());
    }
  };
  for (const auto field : {&Policy::ttl, &Policy::stale_while_revalidate, &Policy::stale_if_error}) {
    Policy policy;
    policy.*field = milliseconds(-1);
    EXPECT_EQ(refused(policy, "is -1 ms"), "");
    policy.*field = kMaxPolicyTime;
    EXPECT_EQ(refused(policy, ""), "accepted");
    policy.*field = kMaxPolicyTime + milliseconds(1);
    EXPECT_EQ(refused(policy, "366 days"), "");
  }
  EXPECT_EQ(refused({.ttl_jitter = -0.1}, "ttl_jitter"), "");
  EXPECT_EQ(refused({.ttl_jitter = 1.1}, "ttl_jitter"), "");
  EXPECT_EQ(refused({.ttl_jitter = std::numeric_limits<double>::quiet_NaN()}, "ttl_jitter"), "");
  EXPECT_EQ(refused({.ttl_jitter = 1}, ""), "accepted");
  EXPECT_EQ(refused({.refresh_ahead = milliseconds(1)}, "refresh_ahead"), "");
  EXPECT_EQ(refused({.ttl = milliseconds(5), .refresh_ahead = milliseconds(5)}, "refresh_ahead"), "");
  EXPECT_EQ(refused({.ttl = milliseconds(5), .refresh_ahead = milliseconds(4)}, ""), "accepted");
  EXPECT_EQ(refused({.admit_min_cost = std::chrono::nanoseconds(-1)}, "admit_min_cost"), "");
  EXPECT_THROW(open(temp.file("x.db"), {.policy = {.ttl = milliseconds(-1)}}), Error);
}

TEST(PolicyNames, DifferWheneverPoliciesDo) {
  std::vector<Policy> policies(13);
  policies[1].ttl = milliseconds(1);
  policies[2].ttl = milliseconds(1);
  policies[2].ttl_jitter = 0.5;
  policies[3].stale_while_revalidate = milliseconds(1);
  policies[4].stale_if_error = milliseconds(1);
  policies[5].refresh_ahead = milliseconds(1);
  policies[6].negative_caching = false;
  policies[7].admit_max_bytes = 1;
  policies[8].admit_min_cost = std::chrono::nanoseconds(1);
  policies[9].admit_second_time = true;
  policies[10].pin = true;
  policies[11].tags = {"a"};
  policies[12].tags = {"a", "b"};
  for (size_t a = 0; a < policies.size(); ++a) {
    for (size_t b = 0; b < a; ++b) EXPECT_NE(internal::encode(policies[a]), internal::encode(policies[b])) << a << b;
  }
}

}  // namespace
}  // namespace tern
