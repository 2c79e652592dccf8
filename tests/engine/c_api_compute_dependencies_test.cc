// tern_compute.h: what a value hangs on, what is declared, and other threads.

#include <future>
#include <thread>

#include "engine/c_api_handles.h"
#include "tests/cache/support.h"
#include "tests/engine/c_api_compute_support.h"

namespace tern::test {
namespace {

using CApiComputeDependencies = CApiCompute;

TEST_F(CApiComputeDependencies, AnInnerValueIsAPartOfTheOuter) {
  const Function outer = [&](tern_computation* computation) {
    Function inner = first_of(a);
    tern_computed* value = nullptr;
    if (const tern_status status = tern_get_or_compute(db, "inner", 5, nullptr, run, &inner, &value); status != TERN_OK)
      return status;
    const tern_status status = append(computation, "<" + text(value) + ">");
    tern_computed_free(value);
    return status;
  };
  EXPECT_EQ(ask_text("outer", outer), "<1>");
  EXPECT_EQ(ask_text("outer, inner hot", outer), "<1>");
  exec("UPDATE t SET n = 5");
  EXPECT_EQ(ask_text("outer", outer), "<5>");
  EXPECT_EQ(ask_text("outer, inner hot", outer), "<5>");
  EXPECT_EQ(runs, 4);
}

TEST_F(CApiComputeDependencies, AFailureInsideAnInnerFunctionComesOutOfBoth) {
  const Function outer = [&](tern_computation*) {
    Function inner = [](tern_computation* of) { return tern_computation_fail(of, TERN_FULL, "inner", 5); };
    tern_computed* value = nullptr;
    return tern_get_or_compute(db, "inner", 5, nullptr, run, &inner, &value);
  };
  EXPECT_FAILURE(try_to("outer", outer), TERN_FULL, "inner");
  EXPECT_FAILURE(try_to("inner", outer), TERN_MISUSE, "the key itself");
}

TEST_F(CApiComputeDependencies, MoreCanBeDeclared) {
  tern_statement* const of_id = prepare("SELECT n FROM t WHERE id = ?");
  const tern_value b = test::text("b");
  const auto ask_all = [&] {
    runs = 0;
    ask("query", [&](tern_computation* of) { return tern_computation_depend_on(of, of_id, &b, 1); });
    ask("table", [&](tern_computation* of) { return tern_computation_depend_on_table(of, "u", 1); });
    ask("tag", [&](tern_computation* of) { return tern_computation_depend_on_tag(of, "tag", 3); });
    return runs;
  };
  EXPECT_EQ(ask_all(), 3);
  EXPECT_EQ(ask_all(), 0);
  exec("UPDATE t SET n = 7 WHERE id = 'b'");
  EXPECT_EQ(ask_all(), 1);
  exec("INSERT INTO u VALUES ('u2')");
  EXPECT_EQ(ask_all(), 1);
  ASSERT_EQ(tern_invalidate_tag(db, "tag", 3), TERN_OK);
  EXPECT_EQ(ask_all(), 1);
  const auto declares = [&](Function function) { return try_to("wrong", std::move(function)); };
  EXPECT_FAILURE(declares([&](tern_computation* of) { return tern_computation_depend_on(of, of_id, nullptr, 0); }),
                 TERN_MISUSE, "parameter");
  EXPECT_FAILURE(declares([](tern_computation* of) { return tern_computation_depend_on_table(of, "x", 1); }),
                 TERN_SQL_ERROR, "x");
  EXPECT_FAILURE(declares([](tern_computation* of) { return tern_computation_depend_on_tag(of, "", 0); }), TERN_MISUSE,
                 "tag");
}

TEST_F(CApiComputeDependencies, AValueThatIsNotKeptSaysSo) {
  ask("random", first_of(prepare("SELECT random()")));
  EXPECT_NE(why(last).find("random()"), std::string::npos) << why(last);
  ask("refused", [](tern_computation* of) { return tern_computation_do_not_cache(of, "read a file", 11); });
  EXPECT_EQ(why(last), "read a file");
  ask("refused", fixed("v"));
  EXPECT_EQ(tern_computed_source(last), TERN_COMPUTED);
  ask("over", [](tern_computation* of) { return tern_computation_expire_in(of, 0); });
  EXPECT_NE(why(last).find("ttl"), std::string::npos) << why(last);
  EXPECT_FAILURE(try_to("before", [](tern_computation* of) { return tern_computation_expire_in(of, -1); }), TERN_MISUSE,
                 "ttl");
}

TEST_F(CApiComputeDependencies, ItsTtlBeginsWithItsComputing) {
  cache::ManualClock clock;
  clock.advance_ms(1'000'000);
  tern_database timed(open(folder.file("timed.db"), {.clock = &clock}));
  tern_database* const before = std::exchange(db, &timed);
  tern_compute_options options = sized();
  options.ttl_ms = 10;
  ask("k", fixed("v"), &options);
  clock.advance_ms(9);
  EXPECT_EQ(tern_computed_source(ask("k", fixed("v"), &options)), TERN_HOT);
  clock.advance_ms(1);
  EXPECT_EQ(tern_computed_source(ask("k", fixed("v"), &options)), TERN_COMPUTED);
  db = before;
}

TEST_F(CApiComputeDependencies, AStaleAnswerMakesAStaleValue) {
  tern_policy policy{};
  policy.size = sizeof policy;
  policy.stale_while_revalidate_ms = 3'600'000;
  tern_statement* lenient = nullptr;
  ASSERT_EQ(tern_prepare_with(db, "SELECT v FROM u", 15, &policy, &lenient), TERN_OK) << last_error();
  statements.push_back(lenient);
  int64_t age_ms = -1;
  EXPECT_EQ(tern_computed_stale(ask("fresh", first_of(lenient)), &age_ms), 0);
  EXPECT_EQ(age_ms, 0);
  exec("UPDATE u SET v = 'x'");
  const tern_computed* const old = ask("stale", first_of(lenient));
  EXPECT_EQ(text(old), "u1");
  EXPECT_EQ(tern_computed_stale(old, &age_ms), TERN_STALE_REVALIDATING);
  EXPECT_GE(age_ms, 0);
  EXPECT_NE(why(old).find("stale"), std::string::npos) << why(old);
}

TEST_F(CApiComputeDependencies, OtherThreadsTakePartWhenTheySaySo) {
  const Function function = [&](tern_computation* computation) {
    std::thread([&] {
      tern_computation_part* part = nullptr;
      ASSERT_EQ(tern_computation_enter(computation, &part), TERN_OK) << last_error();
      EXPECT_EQ(first_of(u)(computation), TERN_OK);
      tern_computation_leave(part);
    }).join();
    return TERN_OK;
  };
  EXPECT_EQ(ask_text("k", function), "u1");
  EXPECT_EQ(why(last), "");
  exec("UPDATE u SET v = 'x'");
  EXPECT_EQ(ask_text("k", function), "x");
}

TEST_F(CApiComputeDependencies, WhoHasNoPatienceComputesForHimself) {
  std::promise<void> begun, over;
  std::thread other([&] {
    Function slow = [&](tern_computation* computation) {
      begun.set_value();
      over.get_future().wait();
      return append(computation, "other");
    };
    tern_computed* value = nullptr;
    EXPECT_EQ(tern_get_or_compute(db, "k", 1, nullptr, run, &slow, &value), TERN_OK);
    tern_computed_free(value);
  });
  begun.get_future().wait();
  tern_compute_options options = sized();
  options.flags = TERN_NO_PATIENCE;
  EXPECT_EQ(text(ask(
                "k",
                [](tern_computation* of) {
                  EXPECT_EQ(tern_computation_do_not_cache(of, "mine", 4), TERN_OK);
                  return append(of, "mine");
                },
                &options)),
            "mine");
  options = sized();
  options.patience_ms = 1;
  EXPECT_EQ(text(ask("k", fixed("after a while"), &options)), "after a while");
  over.set_value();
  other.join();
}

}  // namespace
}  // namespace tern::test
