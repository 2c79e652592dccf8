// get_or_compute() over KV namespaces: a value is void the moment a key that it was made from is another one.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "engine/access.h"
#include "engine/engine.h"
#include "tern/tern.hpp"
#include "tests/cache/support.h"
#include "tests/support/temp_folder.h"

namespace tern::internal {
namespace {

using namespace std::chrono_literals;

// The wall clock can be set.
struct SettableClock final : cache::Clock {
  int64_t monotonic_ns() noexcept override { return monotonic_ms * 1'000'000; }
  int64_t wall_ms() noexcept override { return monotonic_ms + ahead_ms; }
  std::atomic<int64_t> monotonic_ms{1000};
  std::atomic<int64_t> ahead_ms{1'800'000'000'000};
};

struct ComputeKv : testing::Test {
  ComputeKv() { db.exec("CREATE TABLE t (v); INSERT INTO t VALUES ('1')"); }
  std::string of(std::string_view key) {
    const auto value = kv.get(key);
    return value ? value->copy() : "-";
  }
  std::string row() { return db.query("SELECT v FROM t")[0].get<std::string>(0); }
  template <typename F>
  Computed ask(const std::string& key, F&& what) {
    return db.get_or_compute(key, {}, [&] { return what(); });
  }
  // It is hot, and that value.
  template <typename F>
  void expect_hot(const std::string& text, F&& what) {
    const Computed hit = ask("k", what);
    EXPECT_EQ(hit.source(), Source::kHot) << hit.why_not_cached();
    EXPECT_EQ(hit.text(), text);
  }
  // It is made anew, comes to that, and is kept.
  template <typename F>
  void expect_anew(const std::string& text, F&& what) {
    const Computed computed = ask("k", what);
    EXPECT_EQ(computed.source(), Source::kComputed);
    EXPECT_EQ(computed.text(), text);
    EXPECT_TRUE(computed.cached()) << computed.why_not_cached();
    expect_hot(text, what);
  }
  template <typename F>
  void expect_uncached(const std::string& why, F&& what) {
    const Computed computed = ask(why, what);
    EXPECT_NE(computed.why_not_cached().find(why), std::string_view::npos) << computed.why_not_cached();
  }

  test::TempFolder temp;
  SettableClock clock;
  std::string path = temp.file("app.db");
  Options options{.clock = &clock};
  Database db = open(path, options);
  KvNamespace kv = db.kv("one");
};

TEST_F(ComputeKv, IsVoidOnceAKeyThatItReadIsPutIncrementedOrRemoved) {
  const auto make = [&] { return of("a") + of("b"); };
  expect_anew("--", make);
  kv.put("a", "1");
  expect_anew("1-", make);
  kv.put("b", "2");
  expect_anew("12", make);
  kv.increment("b");
  expect_anew("13", make);
  kv.remove("a");
  expect_anew("-3", make);
  kv.put_if_version("b", kv.get("b")->version(), "4");
  expect_anew("-4", make);
  kv.remove_prefix("b");
  expect_anew("--", make);
}

TEST_F(ComputeKv, OutlivesWritesOfOtherKeys) {
  kv.put("a", "1");
  const auto make = [&] { return of("a"); };
  expect_anew("1", make);
  kv.put("b", "2");
  db.kv("two").put("a", "3");
  expect_hot("1", make);
}

TEST_F(ComputeKv, HangsOnKeysWhateverTierGaveThem) {
  for (const bool hot_before : {false, true}) {
    kv.put("a", "1");
    kv.put("large", std::string(100'000, 'x'));
    internal::Access::engine(db)->tiers().hot->clear();
    const auto make = [&] { return of("a") + std::to_string(of("large").size()); };
    if (hot_before) make();
    expect_anew("1100000", make);
    kv.put("a", "2");
    expect_anew("2100000", make);
    kv.put("large", "y");
    expect_anew("21", make);
  }
}

TEST_F(ComputeKv, HangsOnEachOfManyThereOrNot) {
  const auto make = [&] {
    std::string all;
    const std::string_view keys[] = {"a", "b", "c"};
    for (const auto& value : kv.get_many(keys)) all += value ? value->copy() : "-";
    return all;
  };
  kv.put("a", "1");
  expect_anew("1--", make);
  kv.put("c", "3");
  expect_anew("1-3", make);
  make();  // hot by now
  kv.remove("a");
  make();
  expect_anew("--3", make);
  kv.put("b", "2");
  expect_anew("-23", make);
}

TEST_F(ComputeKv, AListingHangsOnItsNamespace) {
  const auto make = [&] {
    std::string all;
    for (const KvKey& key : kv.list({.prefix = "p/", .limit = 2}).keys) all += key.name.substr(2);
    return all;
  };
  expect_anew("", make);
  kv.put("p/b", "1");
  expect_anew("b", make);
  kv.put("p/a", "1");
  expect_anew("ab", make);
  db.kv("two").put("p/0", "1");
  expect_hot("ab", make);
  kv.remove("p/a");
  expect_anew("b", make);
}

TEST_F(ComputeKv, RowsAndKeysEachVoidIt) {
  const auto make = [&] { return row() + of("a"); };
  expect_anew("1-", make);
  db.query("UPDATE t SET v = '2'");
  expect_anew("2-", make);
  kv.put("a", "x");
  expect_anew("2x", make);
  db.exec("CREATE TABLE other (x)");
  row();  // a statement's first run behind a change of the schema is not cached
  expect_anew("2x", make);
}

TEST_F(ComputeKv, EndsWithTheFirstKeyThatExpires) {
  kv.put("a", "1", {.ttl = 1000ms});
  kv.put("b", "2", {.ttl = 2000ms});
  const auto make = [&] { return of("a") + of("b"); };
  expect_anew("12", make);
  clock.monotonic_ms += 999;
  expect_hot("12", make);
  clock.monotonic_ms += 1;
  expect_anew("-2", make);
  clock.monotonic_ms += 999;
  expect_hot("-2", make);
  clock.monotonic_ms += 1;
  expect_anew("--", make);
  clock.monotonic_ms += 1'000'000;
  expect_hot("--", make);
}

// Keys expire by the wall clock, which people set.
TEST_F(ComputeKv, EndsWithItsKeyThoughTheWallClockIsSet) {
  kv.put("a", "1", {.ttl = 1000ms});
  const auto make = [&] { return of("a"); };
  expect_anew("1", make);
  clock.ahead_ms += 999;
  expect_hot("1", make);
  clock.ahead_ms += 1;
  expect_anew("-", make);
  clock.ahead_ms -= 500'000;
  expect_hot("-", make);
  EXPECT_EQ(of("a"), "-");
}

TEST_F(ComputeKv, AListingEndsWithItsFirstKeyThatExpires) {
  kv.put("a", "1", {.ttl = 1000ms});
  kv.put("b", "1");
  const auto make = [&] { return std::to_string(kv.list().keys.size()); };
  expect_anew("2", make);
  clock.monotonic_ms += 999;
  expect_hot("2", make);
  clock.monotonic_ms += 1;
  expect_anew("1", make);
}

// That there is more says a key which is not on the page.
TEST_F(ComputeKv, APageEndsWithTheKeyBehindIt) {
  kv.put("a", "1");
  kv.put("b", "1", {.ttl = 1000ms});
  const auto make = [&] { return std::string(kv.list({.limit = 1}).complete ? "all" : "more"); };
  expect_anew("more", make);
  clock.monotonic_ms += 1000;
  while (db.stats().kv.keys != 1) std::this_thread::yield();  // the sweep, on its own thread
  EXPECT_EQ(ask("k", make).text(), "all");
}

TEST_F(ComputeKv, AnInnerValueIsAPartOfTheOuter) {
  kv.put("a", "1");
  const auto inner = [&] { return std::string(ask("inner", [&] { return of("a"); }).text()); };
  const auto outer = [&] { return "<" + inner() + of("b") + ">"; };
  expect_anew("<1->", outer);
  kv.put("a", "2");
  inner();
  kv.put("b", "3");  // newer than the inner value
  expect_anew("<23>", outer);
  kv.put("a", "4", {.ttl = 1000ms});
  expect_anew("<43>", outer);
  kv.put("b", "5");
  expect_anew("<45>", outer);
  clock.monotonic_ms += 1000;
  expect_anew("<-5>", outer);
}

TEST_F(ComputeKv, IsFoundInTheStoreWhileTheNamespacesAreOpen) {
  kv.put("a", "1");
  const auto make = [&] { return row() + of("a"); };
  expect_anew("11", make);
  const Tiers& tiers = Access::engine(db)->tiers();
  ASSERT_TRUE(tiers.store_writer->flush(60'000));
  tiers.hot->clear();
  EXPECT_EQ(ask("k", make).source(), Source::kStore);
  expect_hot("11", make);
  tiers.hot->clear();
  kv.put("a", "2");
  EXPECT_EQ(ask("k", make).text(), "12");
}

// Whatever was done to the folder meanwhile.
TEST_F(ComputeKv, DoesNotOutliveATimeInWhichNobodyHadThemOpen) {
  kv.put("a", "1");
  const auto make = [&] { return of("a"); };
  expect_anew("1", make);
  db = open(temp.file("elsewhere.db"), options);
  kv = db.kv("x");
  db = open(path, options);
  kv = db.kv("one");
  expect_anew("1", make);
}

TEST_F(ComputeKv, OtherThreadsTakePartWhenTheySaySo) {
  const auto make = [&](Computation& computation) {
    std::string part;
    std::thread([&] {
      const Computation::OnThisThread on(computation);
      part = of("a");
    }).join();
    return part;
  };
  kv.put("a", "1");
  EXPECT_TRUE(db.get_or_compute("k", {}, make).cached());
  kv.put("a", "2");
  EXPECT_EQ(db.get_or_compute("k", {}, make).text(), "2");
}

TEST_F(ComputeKv, WritesKeepItFromBeingCached) {
  kv.put("n", "1");
  expect_uncached("writes to a KV", [&] {
    kv.put("a", "1");
    return "v";
  });
  const auto each = [&](auto&& write) {
    const Computed computed = ask("writes", [&] {
      write();
      return "v";
    });
    EXPECT_FALSE(computed.cached());
  };
  each([&] { kv.remove("a"); });
  each([&] { kv.increment("n"); });
  each([&] { kv.get_and_touch("n", 1000ms); });
  each([&] { kv.remove_prefix("zzz"); });
  each([&] { kv.remove_if_version("n", 0); });
}

TEST_F(ComputeKv, WhatIsNoReadOfAKeyKeepsItFromBeingCached) {
  Database other = open(temp.file("other.db"), options);
  KvNamespace foreign = other.kv("one");
  expect_uncached("another database", [&] { return foreign.get("a") ? "there" : "not"; });
  expect_uncached("lists the KV namespaces", [&] { return std::to_string(db.kv_namespaces().size()); });
}

TEST_F(ComputeKv, TooManyKeysKeepItFromBeingCached) {
  const auto make = [&](size_t keys) {
    return [this, keys] {
      for (size_t i = 0; i < keys; ++i) kv.get("key " + std::to_string(i));
      for (size_t i = 0; i < 9000; ++i) kv.get("key 0");  // again, and again, is once
      return "v";
    };
  };
  expect_anew("v", make(1000));
  expect_uncached("more than 4096 different keys", make(5000));
}

TEST_F(ComputeKv, ACopyOfThemInTheHotTierIsTheirs) {
  kv.put("a", "1", {.ttl = 1000ms});
  kv.put("b", "2");
  const std::vector<std::string> keys{"both clocks", std::string(300, 'k')};  // narrow and wide (hot_entry.h)
  for (const std::string& key : keys) {
    const auto make = [&] { return row() + of("a") + of("b"); };
    EXPECT_EQ(db.get_or_compute(key, {.ttl = 500ms}, make).text(), "112");
    EXPECT_EQ(ask(key, make).source(), Source::kHot);
  }
  clock.monotonic_ms += 500;
  for (const std::string& key : keys) {
    EXPECT_EQ(ask(key, [&] { return row() + of("b"); }).source(), Source::kComputed);
    kv.put("b", "3");
    EXPECT_EQ(ask(key, [&] { return row() + of("b"); }).text(), "13");
  }
}

}  // namespace
}  // namespace tern::internal
