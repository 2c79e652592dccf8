// tern_compute.h: what a function of the host gives, how it fails, and who owns what.

#include <stdexcept>
#include <thread>

#include "tests/engine/c_api_compute_support.h"
#include "tests/support/plain_sqlite.h"

namespace tern::test {
namespace {

TEST_F(CApiCompute, IsComputedOnceAndHitUntilWhatItReadChanges) {
  EXPECT_EQ(ask_text("k", first_of(a)), "1");
  EXPECT_EQ(tern_computed_source(last), TERN_COMPUTED);
  EXPECT_EQ(why(last), "");
  EXPECT_EQ(ask_text("k", first_of(a)), "1");
  EXPECT_EQ(tern_computed_source(last), TERN_HOT);
  EXPECT_EQ(runs, 1);
  exec("UPDATE t SET n = 5 WHERE id = 'a'");
  EXPECT_EQ(ask_text("k", first_of(a)), "5");
  PlainSqlite(path).exec("UPDATE t SET n = 6 WHERE id = 'a'");
  EXPECT_EQ(ask_text("k", first_of(a)), "6");
  EXPECT_EQ(runs, 3);
}

TEST_F(CApiCompute, APackedQueryCountsAsAnyRead) {
  const Function packed = [&](tern_computation* computation) {
    char answer[256];
    size_t len = 0;
    if (const tern_status status = tern_query_packed(u, nullptr, 0, answer, sizeof answer, &len); status != TERN_OK)
      return status;
    return tern_computation_append(computation, answer + 24, len - 24);  // behind what tells where it was found
  };
  const std::string cold = ask_text("cold", packed), hot = ask_text("hot", packed);
  EXPECT_EQ(cold, hot);
  exec("UPDATE u SET v = 'x'");
  EXPECT_NE(ask_text("cold", packed), cold);
  EXPECT_NE(ask_text("hot", packed), hot);
}

TEST_F(CApiCompute, IsFoundInTheStoreByALaterProcess) {
  ask("k", first_of(a));
  TearDown();
  statements.clear();
  computed.clear();
  ASSERT_EQ(tern_open(path.c_str(), nullptr, &db), TERN_OK) << last_error();
  EXPECT_EQ(ask_text("k", fixed("?")), "1");
  EXPECT_EQ(tern_computed_source(last), TERN_STORE);
}

TEST_F(CApiCompute, TheFunctionRunsOnTheThreadThatAsks) {
  std::thread::id ran;
  ask("k", [&](tern_computation*) {
    ran = std::this_thread::get_id();
    return TERN_OK;
  });
  EXPECT_EQ(ran, std::this_thread::get_id());
}

TEST_F(CApiCompute, AValueIsAppendedPieceByPieceOrEmpty) {
  const std::string_view zero("\0y", 2);
  const Function pieces = [&](tern_computation* computation) {
    EXPECT_EQ(append(computation, "x"), TERN_OK);
    EXPECT_EQ(tern_computation_append(computation, nullptr, 0), TERN_OK);
    return append(computation, zero);
  };
  EXPECT_EQ(ask_text("pieces", pieces), std::string_view("x\0y", 3));
  EXPECT_EQ(ask_text("empty", [](tern_computation*) { return TERN_OK; }), "");
  EXPECT_EQ(ask_text("empty", fixed("?")), "");
}

TEST_F(CApiCompute, AValueThatLostAPieceIsNotGivenOut) {
  const Function careless = [](tern_computation* computation) {
    EXPECT_FAILURE(tern_computation_append(computation, "x", SIZE_MAX), TERN_LIMIT, "2 GiB");
    EXPECT_EQ(append(computation, "behind it"), TERN_LIMIT);
    return TERN_OK;
  };
  EXPECT_FAILURE(try_to("k", careless), TERN_LIMIT, "2 GiB");
  EXPECT_EQ(ask_text("k", fixed("v")), "v");
}

TEST_F(CApiCompute, KeysAreAnyBytesUpToALimit) {
  EXPECT_EQ(ask_text("", fixed("of none")), "of none");
  Function none = fixed("?");
  ASSERT_EQ(tern_get_or_compute(db, nullptr, 0, nullptr, run, &none, &last), TERN_OK) << last_error();
  computed.push_back(last);
  EXPECT_EQ(text(last), "of none");
  EXPECT_EQ(ask_text(std::string_view("a\0b", 3), fixed("1")), "1");
  EXPECT_EQ(ask_text("a", fixed("2")), "2");
  EXPECT_EQ(ask_text(std::string(TERN_COMPUTED_KEY_BYTES, 'k'), fixed("3")), "3");
  EXPECT_FAILURE(try_to(std::string(TERN_COMPUTED_KEY_BYTES + 1, 'k'), fixed("4")), TERN_LIMIT, "65536");
}

// ---- Failing ----

TEST_F(CApiCompute, AFailureOfItsFunctionIsPassedOnWithItsMessageAndNothingIsKept) {
  const Function failing = [&](tern_computation*) {
    tern_statement* none = nullptr;
    return tern_prepare(db, "SELECT * FROM missing", 21, &none);
  };
  EXPECT_FAILURE(try_to("k", failing), TERN_SQL_ERROR, "no such table: missing");
  EXPECT_EQ(ask_text("k", first_of(a)), "1");
  EXPECT_TRUE(why(last).empty()) << why(last);
}

TEST_F(CApiCompute, AFunctionMaySayWhyItFailed) {
  const Function own = [](tern_computation* computation) {
    return tern_computation_fail(computation, TERN_IO, "the template is gone", 20);
  };
  EXPECT_FAILURE(try_to("k", own), TERN_IO, "the template is gone");
  EXPECT_FAILURE(try_to("k", [](tern_computation*) { return TERN_BUSY; }), TERN_BUSY, "said no more");
  const Function handled = [&](tern_computation* computation) {
    tern_statement* none = nullptr;
    EXPECT_EQ(tern_prepare(db, "?", 1, &none), TERN_SQL_ERROR);
    return append(computation, "all the same");
  };
  EXPECT_EQ(ask_text("k", handled), "all the same");
  EXPECT_EQ(runs, 3);
}

TEST_F(CApiCompute, WhatIsNoStatusIsRefused) {
  EXPECT_FAILURE(try_to("k", [](tern_computation*) { return static_cast<tern_status>(16); }), TERN_MISUSE,
                 "returned 16, which is no tern_status");
  const Function fine = [](tern_computation* computation) {
    EXPECT_FAILURE(tern_computation_fail(computation, TERN_OK, "m", 1), TERN_MISUSE, "status is TERN_OK");
    return TERN_OK;
  };
  ask("k", fine);
}

TEST_F(CApiCompute, NoExceptionCrosses) {
  EXPECT_FAILURE(try_to("k", [](tern_computation*) -> tern_status { throw std::runtime_error("thrown"); }),
                 TERN_INTERNAL, "thrown");
  EXPECT_FAILURE(try_to("k", [](tern_computation*) -> tern_status { throw 1; }), TERN_INTERNAL, "unknown type");
  EXPECT_EQ(ask_text("k", fixed("v")), "v");
}

TEST_F(CApiCompute, NullIsRefusedByName) {
  Function function = [&](tern_computation* computation) {
    EXPECT_FAILURE(tern_computation_append(nullptr, "x", 1), TERN_MISUSE, "tern_computation_append: computation");
    EXPECT_FAILURE(tern_computation_append(computation, nullptr, 1), TERN_MISUSE, "data");
    EXPECT_FAILURE(tern_computation_fail(nullptr, TERN_IO, "m", 1), TERN_MISUSE, "tern_computation_fail: computation");
    EXPECT_FAILURE(tern_computation_fail(computation, TERN_IO, nullptr, 0), TERN_MISUSE, "message");
    EXPECT_FAILURE(tern_computation_depend_on(nullptr, a, nullptr, 0), TERN_MISUSE, "computation");
    EXPECT_FAILURE(tern_computation_depend_on(computation, nullptr, nullptr, 0), TERN_MISUSE, "statement");
    EXPECT_FAILURE(tern_computation_depend_on_table(nullptr, "t", 1), TERN_MISUSE, "computation");
    EXPECT_FAILURE(tern_computation_depend_on_table(computation, nullptr, 1), TERN_MISUSE, "table");
    EXPECT_FAILURE(tern_computation_depend_on_tag(nullptr, "t", 1), TERN_MISUSE, "computation");
    EXPECT_FAILURE(tern_computation_depend_on_tag(computation, nullptr, 1), TERN_MISUSE, "tag");
    EXPECT_FAILURE(tern_computation_do_not_cache(nullptr, "", 0), TERN_MISUSE, "computation");
    EXPECT_FAILURE(tern_computation_do_not_cache(computation, nullptr, 0), TERN_MISUSE, "why");
    EXPECT_FAILURE(tern_computation_expire_in(nullptr, 1), TERN_MISUSE, "computation");
    tern_computation_part* part = nullptr;
    EXPECT_FAILURE(tern_computation_enter(nullptr, &part), TERN_MISUSE, "computation");
    EXPECT_FAILURE(tern_computation_enter(computation, nullptr), TERN_MISUSE, "out");
    return append(computation, "v");
  };
  EXPECT_EQ(ask_text("k", function), "v");
  EXPECT_EQ(why(last), "") << "a wrong call has changed nothing";
  tern_computed* out = last;
  EXPECT_FAILURE(tern_get_or_compute(nullptr, "k", 1, nullptr, run, &function, &out), TERN_MISUSE, "db is NULL");
  EXPECT_EQ(out, nullptr);
  EXPECT_FAILURE(tern_get_or_compute(db, nullptr, 1, nullptr, run, &function, &out), TERN_MISUSE, "key is NULL");
  EXPECT_FAILURE(tern_get_or_compute(db, "k", 1, nullptr, nullptr, nullptr, &out), TERN_MISUSE, "compute is NULL");
  EXPECT_FAILURE(tern_get_or_compute(db, "k", 1, nullptr, run, &function, nullptr), TERN_MISUSE, "out is NULL");
  size_t len = 0;
  EXPECT_EQ(tern_computed_data(nullptr, &len), nullptr);
  EXPECT_EQ(tern_computed_data(last, nullptr), nullptr);
  EXPECT_EQ(tern_computed_source(nullptr), 0);
  EXPECT_EQ(tern_computed_stale(nullptr, nullptr), 0);
  EXPECT_EQ(tern_computed_why_not_cached(nullptr, nullptr), nullptr);
  tern_computed_free(nullptr);
  tern_computation_leave(nullptr);
}

TEST_F(CApiCompute, OptionsThatCannotBeAreRefusedByName) {
  const auto refused = [&](const tern_compute_options& options, tern_status status, const std::string& part) {
    EXPECT_FAILURE(try_to("k", fixed("v"), &options), status, part);
  };
  tern_compute_options options = sized();
  options.size = 4;
  refused(options, TERN_MISUSE, "options->size");
  options = sized();
  options.flags = 2;
  refused(options, TERN_UNSUPPORTED, "flags is 2");
  options = sized();
  options.reserved = 1;
  refused(options, TERN_UNSUPPORTED, "reserved 1");
  options = sized();
  options.patience_ms = -1;
  refused(options, TERN_MISUSE, "patience_ms is -1");
  options.patience_ms = 1;
  options.flags = TERN_NO_PATIENCE;
  refused(options, TERN_MISUSE, "TERN_NO_PATIENCE is set");
  options = sized();
  options.ttl_ms = -1;
  refused(options, TERN_MISUSE, "ttl of -1 ms");
  struct {
    tern_compute_options known;
    uint64_t later;
  } longer{sized(), 1};
  longer.known.size = sizeof longer;
  refused(longer.known, TERN_UNSUPPORTED, "options->size");
  EXPECT_EQ(runs, 0);
  longer.later = 0;
  EXPECT_EQ(text(ask("k", fixed("v"), &longer.known)), "v");
  longer.known.size = 16;  // an older caller's
  longer.known.flags = 77;
  EXPECT_EQ(text(ask("k", fixed("v"), &longer.known)), "v");
}

TEST_F(CApiCompute, AFunctionThatSqliteCallsMustNotAsk) {
  const auto asks = [](void* user_data, const tern_value*, size_t, tern_function_result* result) {
    tern_computed* none = nullptr;
    Function function = fixed("v");
    const tern_status status =
        tern_get_or_compute(static_cast<tern_database*>(user_data), "k", 1, nullptr, run, &function, &none);
    if (status != TERN_OK) tern_function_fail(result, tern_last_error(), std::strlen(tern_last_error()));
    tern_computed_free(none);
  };
  ASSERT_EQ(tern_create_function(db, "asks", 0, 0, asks, db, nullptr), TERN_OK) << last_error();
  tern_result* result = nullptr;
  EXPECT_FAILURE(tern_query(prepare("SELECT asks()"), nullptr, 0, &result), TERN_SQL_ERROR, "must not itself call");
}

TEST_F(CApiCompute, AValueOutlivesWhatReplacesItAndItsDatabase) {
  tern_computed* const fresh = ask("k", first_of(a));
  tern_computed* const hit = ask("k", first_of(a));
  exec("UPDATE t SET n = 5");
  ask("k", first_of(a));
  tern_statement_free(a);
  tern_statement_free(u);
  statements.clear();
  ASSERT_EQ(tern_close(std::exchange(db, nullptr)), TERN_OK) << "values do not count: " << last_error();
  EXPECT_EQ(text(fresh), "1");
  EXPECT_EQ(text(hit), "1");
}

}  // namespace
}  // namespace tern::test
