// TERN_ONLY_HOT: answered by the hot tier, or not at all.
#include <filesystem>
#include <thread>

#include "engine/c_api_handles.h"
#include "tests/engine/c_api_kv_support.h"
#include "tests/engine/c_api_packed_support.h"
#include "tests/support/plain_sqlite.h"

namespace tern::test {
namespace {

struct OnlyHot : CApiKv {
  void SetUp() override {
    CApiKv::SetUp();
    exec("INSERT INTO t VALUES ('a', 1), ('b', 2)");
    by_id = prepare("SELECT n FROM t WHERE id = ?");
  }
  tern_status ask(tern_statement* statement, const Params& params, uint32_t flags = TERN_ONLY_HOT) {
    return tern_query_packed_with(statement, params.bytes.data(), params.bytes.size(), flags, buffer, sizeof buffer,
                                  &len);
  }
  // Until the hot tier has it: an answer is cached by the run after the one that made the table known.
  void warm(std::string_view id) {
    for (int i = 0; i < 1000 && ask(by_id, Params().text(id)) != TERN_OK; ++i) ask(by_id, Params().text(id), 0);
    ASSERT_EQ(ask(by_id, Params().text(id)), TERN_OK) << last_error();
  }
  tern_status get_hot(std::string_view key, size_t cap = 64) {
    return tern_kv_get_with(kv, key.data(), key.size(), TERN_ONLY_HOT, buffer, cap, &len, nullptr);
  }
  uint64_t counted(std::string_view what) {
    const Stats stats = db->database.stats();
    return what == "sql" ? stats.sql.reads : what == "kv" ? stats.kv.store_reads : stats.hot.misses;
  }

  tern_statement* by_id = nullptr;
  alignas(8) std::byte buffer[4096];
  size_t len = 0;
};

TEST_F(OnlyHot, AMissIsRefusedAndAsksNoOtherTier) {
  const uint64_t sql = counted("sql"), misses = counted("misses");
  EXPECT_FAILURE(ask(by_id, Params().text("a")), TERN_WOULD_BLOCK,
                 "tern_query_packed: the hot tier has no fresh answer");
  EXPECT_EQ(len, 0u);
  EXPECT_EQ(counted("sql"), sql);
  EXPECT_EQ(counted("misses"), misses);
}

TEST_F(OnlyHot, AHitIsAnsweredAsWithoutTheFlag) {
  warm("a");
  const std::string hot(reinterpret_cast<const char*>(buffer), len);
  ASSERT_EQ(ask(by_id, Params().text("a"), 0), TERN_OK);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(buffer), len), hot);
  const tern_value id = test::text("a");
  tern_result* result = nullptr;
  ASSERT_EQ(tern_query_with(by_id, &id, 1, TERN_ONLY_HOT, &result), TERN_OK) << last_error();
  results.push_back(result);
  EXPECT_EQ(tern_result_source(result), TERN_HOT);
  EXPECT_EQ(value(result).as.integer, 1);
}

TEST_F(OnlyHot, WhatACommitHasVoidedIsRefused) {
  warm("a");
  exec("UPDATE t SET n = 10 WHERE id = 'a'");
  EXPECT_EQ(ask(by_id, Params().text("a")), TERN_WOULD_BLOCK);
  ASSERT_EQ(ask(by_id, Params().text("a"), 0), TERN_OK);
  EXPECT_EQ(ask(by_id, Params().text("a")), TERN_OK) << last_error();
}

TEST_F(OnlyHot, AForeignCommitThatNobodyHasPublishedIsRefused) {
  warm("a");
  PlainSqlite(path).exec("UPDATE t SET n = 10 WHERE id = 'a'");
  // A housekeeper may have published it meanwhile; the entry is void then.
  EXPECT_EQ(ask(by_id, Params().text("a")), TERN_WOULD_BLOCK);
}

TEST_F(OnlyHot, AWriteAPragmaAndASessionAreRefusedAndNotRun) {
  EXPECT_EQ(ask(prepare("INSERT INTO t VALUES ('c', 3)"), {}), TERN_WOULD_BLOCK);
  EXPECT_EQ(ask(prepare("INSERT INTO t VALUES ('c', 3) RETURNING n"), {}), TERN_WOULD_BLOCK);
  EXPECT_EQ(ask(prepare("PRAGMA user_version"), {}), TERN_WOULD_BLOCK);
  EXPECT_EQ(count(), 2);
  tern_session* session = nullptr;
  tern_statement* statement = nullptr;
  ASSERT_EQ(tern_session_open(db, &session), TERN_OK);
  ASSERT_EQ(tern_session_prepare(session, "SELECT 1", 8, &statement), TERN_OK);
  EXPECT_EQ(ask(statement, {}), TERN_WOULD_BLOCK);
  tern_statement_free(statement);
  EXPECT_EQ(tern_session_close(session), TERN_OK);
}

TEST_F(OnlyHot, WhatIsNeverCachedIsRefused) {
  tern_statement* const random = prepare("SELECT random()");
  for (int i = 0; i < 3; ++i) ask(random, {}, 0);
  EXPECT_EQ(ask(random, {}), TERN_WOULD_BLOCK);
}

TEST_F(OnlyHot, ItAnswersWhileAnotherThreadHoldsTheWriter) {
  warm("a");
  tern_transaction* transaction = nullptr;
  ASSERT_EQ(tern_begin(db, &transaction), TERN_OK) << last_error();
  ASSERT_EQ(tern_transaction_exec(transaction, "UPDATE t SET n = 5", 18, nullptr), TERN_OK);
  tern_status meanwhile = TERN_INTERNAL;
  std::thread([&] { meanwhile = ask(by_id, Params().text("a")); }).join();
  EXPECT_EQ(meanwhile, TERN_OK);
  ASSERT_EQ(tern_transaction_commit(transaction), TERN_OK);
  tern_transaction_free(transaction);
  EXPECT_EQ(ask(by_id, Params().text("a")), TERN_WOULD_BLOCK);
}

TEST_F(OnlyHot, APolicyIsKeptByTheCallsThatMayWait) {
  tern_policy policy{};
  policy.size = sizeof policy;
  policy.stale_while_revalidate_ms = 60'000;
  ASSERT_EQ(tern_prepare_with(db, "SELECT n FROM t WHERE id = ?", 28, &policy, &by_id), TERN_OK) << last_error();
  statements.push_back(by_id);
  warm("a");
  exec("UPDATE t SET n = 10 WHERE id = 'a'");
  EXPECT_EQ(ask(by_id, Params().text("a")), TERN_WOULD_BLOCK) << "a stale answer";
}

TEST_F(OnlyHot, TheBufferIsHeldToAsEver) {
  warm("a");
  EXPECT_FAILURE(tern_query_packed_with(by_id, Params().text("a").bytes.data(), 6, TERN_ONLY_HOT, buffer, 8, &len),
                 TERN_LIMIT, "cap is 8");
  EXPECT_GT(len, 24u);
}

TEST_F(OnlyHot, FlagsThatCannotBeAreRefused) {
  EXPECT_FAILURE(ask(by_id, Params().text("a"), TERN_ONLY_HOT | TERN_BYPASS), TERN_MISUSE, "contradict");
  EXPECT_FAILURE(ask(by_id, Params().text("a"), 4), TERN_UNSUPPORTED, "does not know here: 4");
  tern_result* result = nullptr;
  EXPECT_FAILURE(tern_query_with(by_id, nullptr, 0, 8, &result), TERN_UNSUPPORTED, "tern_query_with");
  EXPECT_FAILURE(tern_kv_get_with(kv, "k", 1, TERN_BYPASS, buffer, 8, &len, nullptr), TERN_UNSUPPORTED, "tern_kv_get");
}

TEST_F(OnlyHot, BypassGoesPastTheCache) {
  warm("a");
  const uint64_t sql = counted("sql");
  ASSERT_EQ(ask(by_id, Params().text("a"), TERN_BYPASS), TERN_OK) << last_error();
  EXPECT_EQ(counted("sql"), sql + 1);
}

TEST_F(OnlyHot, WithoutACacheEverythingIsRefused) {
  const TempFolder elsewhere;
  tern_options options{};
  options.size = sizeof options;
  options.flags = TERN_CACHE_OFF;
  tern_database* off = nullptr;
  tern_statement* one = nullptr;
  tern_kv* names = nullptr;
  ASSERT_EQ(tern_open(elsewhere.file("off.db").c_str(), &options, &off), TERN_OK) << last_error();
  ASSERT_EQ(tern_prepare(off, "SELECT 1", 8, &one), TERN_OK);
  ask(one, {}, 0);
  EXPECT_EQ(ask(one, {}), TERN_WOULD_BLOCK);
  ASSERT_EQ(tern_kv_open(off, "n", &names), TERN_OK);
  EXPECT_EQ(tern_kv_get_with(names, "k", 1, TERN_ONLY_HOT, buffer, 8, &len, nullptr), TERN_WOULD_BLOCK);
  tern_kv_free(names);
  tern_statement_free(one);
  EXPECT_EQ(tern_close(off), TERN_OK);
}

TEST_F(OnlyHot, AKeyIsGivenOnceItIsHot) {
  ASSERT_EQ(put("k", "v1"), TERN_OK);
  const uint64_t reads = counted("kv");
  EXPECT_FAILURE(get_hot("k"), TERN_WOULD_BLOCK, "tern_kv_get: the hot tier");
  EXPECT_EQ(counted("kv"), reads);
  EXPECT_EQ(get("k"), "v1");
  tern_kv_info facts = sized();
  ASSERT_EQ(tern_kv_get_with(kv, "k", 1, TERN_ONLY_HOT, buffer, 64, &len, &facts), TERN_OK) << last_error();
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(buffer), len), "v1");
  EXPECT_EQ(facts.source, TERN_HOT);
  EXPECT_FAILURE(get_hot("k", 1), TERN_LIMIT, "needs 2 bytes");
}

TEST_F(OnlyHot, AKeyThatWasWrittenIsRefusedUntilItIsReadAgain) {
  ASSERT_EQ(put("k", "v1"), TERN_OK);
  EXPECT_EQ(get("k"), "v1");
  ASSERT_EQ(put("k", "v2"), TERN_OK);
  EXPECT_EQ(get_hot("k"), TERN_WOULD_BLOCK);
  EXPECT_EQ(get("k"), "v2");
  EXPECT_EQ(get_hot("k"), TERN_OK);
}

TEST_F(OnlyHot, AKeyThatIsKnownToBeAbsentIsNotFound) {
  EXPECT_EQ(get_hot("k"), TERN_WOULD_BLOCK);
  EXPECT_EQ(get("k"), "not found");
  EXPECT_FAILURE(get_hot("k"), TERN_NOT_FOUND, "no such key");
  ASSERT_EQ(put("k", "v"), TERN_OK);
  EXPECT_EQ(get_hot("k"), TERN_WOULD_BLOCK);
}

TEST_F(OnlyHot, AKeyThatHasExpiredIsNotGiven) {
  const tern_kv_put_options soon = expiring(30);
  ASSERT_EQ(put("k", "v", &soon), TERN_OK);
  EXPECT_EQ(get("k"), "v");
  std::this_thread::sleep_for(std::chrono::milliseconds(40));
  EXPECT_EQ(get_hot("k"), TERN_WOULD_BLOCK);
}

TEST_F(OnlyHot, AKeyOfFilesThatAreNotInTheirPlaceIsNotGiven) {
  ASSERT_EQ(put("k", "v"), TERN_OK);
  EXPECT_EQ(get("k"), "v");
  ASSERT_EQ(get_hot("k"), TERN_OK);
  std::filesystem::rename(path + "-tern/kv/data.mdb", path + "-tern/kv/gone.mdb");
  ASSERT_EQ(put("k2", "v"), TERN_IO);  // who writes looks
  EXPECT_EQ(get_hot("k"), TERN_WOULD_BLOCK);
  EXPECT_EQ(get("k"), "io");
}

TEST_F(OnlyHot, AKeyThatCannotBeIsNamed) {
  EXPECT_FAILURE(get_hot(""), TERN_LIMIT, "");
  EXPECT_FAILURE(tern_kv_get_with(kv, nullptr, 1, TERN_ONLY_HOT, buffer, 8, &len, nullptr), TERN_MISUSE, "key is NULL");
}

TEST_F(OnlyHot, WhatAFunctionReadsSoIsPartOfItsValue) {
  warm("a");
  ASSERT_EQ(put("k", "v"), TERN_OK);
  EXPECT_EQ(get("k"), "v");
  const auto compute = [](void* of, tern_computation*) -> tern_status {
    auto* const test = static_cast<OnlyHot*>(of);
    const tern_status asked = test->ask(test->by_id, Params().text("a"));
    return asked == TERN_OK ? test->get_hot("k") : asked;
  };
  const auto source = [&] {
    tern_computed* computed = nullptr;
    EXPECT_EQ(tern_get_or_compute(db, "c", 1, nullptr, compute, this, &computed), TERN_OK) << last_error();
    const int from = tern_computed_source(computed);
    tern_computed_free(computed);
    return from;
  };
  EXPECT_EQ(source(), TERN_COMPUTED);
  EXPECT_EQ(source(), TERN_HOT);
  ASSERT_EQ(put("k", "v2"), TERN_OK);
  EXPECT_EQ(get("k"), "v2");
  EXPECT_EQ(source(), TERN_COMPUTED);
  EXPECT_EQ(source(), TERN_HOT);
  exec("UPDATE t SET n = 7 WHERE id = 'a'");
  warm("a");
  EXPECT_EQ(source(), TERN_COMPUTED);
}

}  // namespace
}  // namespace tern::test
