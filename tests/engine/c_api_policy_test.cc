// tern_policy.h: policies, invalidation by hand, and what a result says of its freshness.
#include <gtest/gtest.h>

#include <cstring>

#include "engine/c_api_handles.h"
#include "tests/engine/c_api_support.h"

namespace tern::test {
namespace {

struct CApiPolicy : CApi {
  CApiPolicy() { policy.size = sizeof policy; }
  void SetUp() override {
    CApi::SetUp();
    exec("INSERT INTO t VALUES ('a', 1)");
  }
  tern_status prepare_with(const tern_policy* wanted, const char* sql = "SELECT n FROM t WHERE id = 'a'") {
    tern_statement* statement = nullptr;
    const tern_status status = tern_prepare_with(db, sql, std::strlen(sql), wanted, &statement);
    if (statement != nullptr) statements.push_back(last = statement);
    return status;
  }
  int source(tern_statement* statement) { return tern_result_source(query(statement)); }

  tern_policy policy{};
  tern_statement* last = nullptr;
};

TEST_F(CApiPolicy, AStaleResultSaysWhyAndHowOld) {
  policy.stale_while_revalidate_ms = 3'600'000;
  ASSERT_EQ(prepare_with(&policy), TERN_OK) << last_error();
  int64_t age_ms = -1;
  EXPECT_EQ(tern_result_stale(query(last), &age_ms), 0);
  EXPECT_EQ(age_ms, 0);
  exec("UPDATE t SET n = 2");
  tern_result* const old = query(last);
  EXPECT_EQ(value(old).as.integer, 1);
  EXPECT_EQ(tern_result_stale(old, &age_ms), TERN_STALE_REVALIDATING);
  EXPECT_GE(age_ms, 0);
  EXPECT_EQ(tern_result_stale(old, nullptr), TERN_STALE_REVALIDATING);
}

TEST_F(CApiPolicy, APackedResultSaysItBesideItsSource) {
  policy.stale_while_revalidate_ms = 3'600'000;
  ASSERT_EQ(prepare_with(&policy), TERN_OK) << last_error();
  uint64_t buf[64];
  size_t len = 0;
  tern_query_packed(last, nullptr, 0, buf, sizeof buf, &len);
  exec("UPDATE t SET n = 2");
  ASSERT_EQ(tern_query_packed(last, nullptr, 0, buf, sizeof buf, &len), TERN_OK) << last_error();
  EXPECT_EQ(buf[2] & 0xff, static_cast<uint64_t>(TERN_HOT));
  EXPECT_EQ(buf[2] >> 8 & 0xff, static_cast<uint64_t>(TERN_STALE_REVALIDATING));
  EXPECT_EQ(buf[2] >> 16 & 0xffff, 0u);
}

TEST_F(CApiPolicy, OneCallMayGoPastTheCache) {
  tern_statement* const statement = prepare("SELECT n FROM t");
  query(statement);
  EXPECT_EQ(source(statement), TERN_HOT);
  tern_result* result = nullptr;
  ASSERT_EQ(tern_query_with(statement, nullptr, 0, TERN_BYPASS, &result), TERN_OK) << last_error();
  results.push_back(result);
  EXPECT_EQ(tern_result_source(result), TERN_SQL);
  EXPECT_FAILURE(tern_query_with(statement, nullptr, 0, 1U << 31, &result), TERN_UNSUPPORTED, "flags");
}

TEST_F(CApiPolicy, InvalidationByHand) {
  const char* const tags[] = {"a", "b"};
  policy.tags = tags;
  policy.tag_count = 2;
  ASSERT_EQ(prepare_with(&policy), TERN_OK) << last_error();
  tern_statement* const statement = last;
  const auto void_after = [&](tern_status status) {
    EXPECT_EQ(status, TERN_OK) << last_error();
    const int first = source(statement);
    EXPECT_EQ(source(statement), TERN_HOT);
    return first == TERN_SQL;
  };
  source(statement);
  EXPECT_TRUE(void_after(tern_invalidate_statement(statement)));
  EXPECT_TRUE(void_after(tern_invalidate_tag(db, "b", 1)));
  EXPECT_FALSE(void_after(tern_invalidate_tag(db, "c", 1)));
  EXPECT_TRUE(void_after(tern_invalidate_table(db, "t", 1)));
  EXPECT_TRUE(void_after(tern_invalidate_all(db)));
  EXPECT_FAILURE(tern_invalidate_table(db, "x", 1), TERN_NOT_FOUND, "\"x\"");
  EXPECT_FAILURE(tern_invalidate_tag(db, "", 0), TERN_MISUSE, "tag");
  EXPECT_FAILURE(tern_invalidate_tag(db, nullptr, 0), TERN_MISUSE, "tag");
  EXPECT_FAILURE(tern_invalidate_statement(nullptr), TERN_MISUSE, "statement");
  EXPECT_FAILURE(tern_invalidate_all(nullptr), TERN_MISUSE, "db");
}

TEST_F(CApiPolicy, EveryFieldArrives) {
  const char* const tags[] = {"a"};
  policy.ttl_ms = 60'000;
  policy.stale_while_revalidate_ms = 1;
  policy.stale_if_error_ms = 2;
  policy.refresh_ahead_ms = 3;
  policy.admit_max_bytes = 4;
  policy.admit_min_cost_ns = 5;
  policy.tags = tags;
  policy.tag_count = 1;
  policy.ttl_jitter_permille = 250;
  policy.flags = TERN_NO_NEGATIVE_CACHING | TERN_ADMIT_SECOND_TIME | TERN_PIN;
  ASSERT_EQ(prepare_with(&policy), TERN_OK) << last_error();
  const Explanation explanation = db->database.explain(last->statement.bind());
  const std::vector<std::string> lines = {"ttl 60000 ms, up to 25 % less",
                                          "stale while revalidate 1 ms",
                                          "stale if error 2 ms",
                                          "refresh ahead 3 ms",
                                          "answers without a row are not cached",
                                          "cached up to 4 bytes",
                                          "cached if it took 5 ns or more",
                                          "cached from the second time on",
                                          "pinned in memory"};
  EXPECT_EQ(explanation.policies, lines);
  EXPECT_EQ(explanation.tags, std::vector<std::string>{"a"});
  policy.flags = TERN_NO_TTL_JITTER;
  policy.ttl_jitter_permille = 0;
  ASSERT_EQ(prepare_with(&policy), TERN_OK) << last_error();
  EXPECT_EQ(db->database.explain(last->statement.bind()).policies[0], "ttl 60000 ms");
}

TEST_F(CApiPolicy, ThatOfTheOptionsIsTheDefault) {
  TearDown();
  statements.clear();
  results.clear();
  policy.ttl_ms = 60'000;
  tern_options options{};
  options.size = sizeof options;
  options.policy = &policy;
  ASSERT_EQ(tern_open(path.c_str(), &options, &db), TERN_OK) << last_error();
  EXPECT_FALSE(db->database.explain("SELECT n FROM t").policies.empty());
  ASSERT_EQ(prepare_with(nullptr), TERN_OK) << last_error();
  EXPECT_FALSE(db->database.explain(last->statement.bind()).policies.empty());
}

TEST_F(CApiPolicy, WhatCannotBeIsRefusedByName) {
  policy.size = 4;
  EXPECT_FAILURE(prepare_with(&policy), TERN_MISUSE, "policy->size");
  policy.size = sizeof policy;
  policy.flags = 1u << 31;
  EXPECT_FAILURE(prepare_with(&policy), TERN_UNSUPPORTED, "policy->flags");
  policy.flags = TERN_NO_TTL_JITTER;
  policy.ttl_jitter_permille = 1;
  EXPECT_FAILURE(prepare_with(&policy), TERN_MISUSE, "ttl_jitter_permille");
  policy.flags = 0;
  policy.ttl_jitter_permille = 1001;
  EXPECT_FAILURE(prepare_with(&policy), TERN_MISUSE, "ttl_jitter");
  policy.ttl_jitter_permille = 0;
  policy.ttl_ms = -1;
  EXPECT_FAILURE(prepare_with(&policy), TERN_MISUSE, "ttl");
  policy.ttl_ms = 1;
  EXPECT_FAILURE(prepare_with(&policy, "DELETE FROM t"), TERN_MISUSE, "reads");
  policy.tag_count = 1;
  EXPECT_FAILURE(prepare_with(&policy), TERN_MISUSE, "policy->tags");
}

}  // namespace
}  // namespace tern::test
