// get_or_compute(): what is not kept, and says why.
#include <future>
#include <string>
#include <thread>

#include "tests/engine/compute_support.h"

namespace tern::test {
namespace {

TEST_F(Compute, AnInnerValueThatIsNotCachedKeepsTheOuterFromIt) {
  const auto inner = [&] { return std::to_string(db.query("SELECT random()")[0].get<int64_t>(0)); };
  const Computed outer = ask("outer", [&] { return std::string(ask("inner", inner).text()); });
  expect_uncached(outer, "random()");
}

TEST_F(Compute, WhatCannotBeTiedToPagesIsNotCachedAndSaysWhy) {
  expect_uncached(ask("1", [&] { return std::to_string(db.query("SELECT random()")[0].get<int64_t>(0)); }), "random()");
  expect_uncached(ask("2", [&] { return db.query("SELECT date('now')")[0].get<std::string>(0); }), "time");
  expect_uncached(ask("3", [&] { return std::to_string(db.query("PRAGMA user_version")[0].get<int64_t>(0)); }),
                  "PRAGMA");
  expect_uncached(ask("4",
                      [&] {
                        db.query("UPDATE u SET v = v");
                        return u();
                      }),
                  "writes");
  expect_uncached(ask("5", [&] { return db.session().query("SELECT v FROM u")[0].get<std::string>(0); }), "session");
  expect_uncached(
      ask("6",
          [&] {
            std::string v;
            db.transaction([&](Transaction& tx) { v = tx.query("SELECT v FROM u")[0].get<std::string>(0); });
            return v;
          }),
      "transaction");
  expect_uncached(ask("7", [&] { return db.explain("SELECT v FROM u").reason; }), "explains");
  expect_uncached(ask("8",
                      [&] {
                        db.exec("UPDATE u SET v = v");
                        return u();
                      }),
                  "writes");
  EXPECT_EQ(db.stats().computed.uncached, 8u);
  EXPECT_EQ(db.stats().computed.runs, 8u);
}

TEST_F(Compute, AStatementThatFailedKeepsItFromBeingCached) {
  const auto make = [&] {
    try {
      return db.query("SELECT abs(-9223372036854775807 - id) FROM u")[0].get<std::string>(0);
    } catch (const Error&) {
      return std::string("none");
    }
  };
  expect_uncached(ask("k", make), "failed");
  const auto prepares = [&] {
    try {
      return db.query("SELECT * FROM missing")[0].get<std::string>(0);
    } catch (const Error&) {
      return std::string("none");
    }
  };
  expect_uncached(ask("p", prepares), "failed");
}

TEST_F(Compute, WhatIsMadeInsteadOfAnErrorIsNotCached) {
  const auto instead = [](auto&& of) {
    try {
      return std::string(of());
    } catch (const Error&) {
      return std::string("none");
    }
  };
  const auto asks_itself = [&] {
    return instead([&] { return std::string(ask("k", [] { return std::string("inner"); }).text()); });
  };
  expect_uncached(ask("k", asks_itself), "failed");
  expect_uncached(ask("n", [&] { return instead([&] { return db.kv("").name(); }); }), "failed");
}

TEST_F(Compute, AnotherDatabaseIsNoPartOfIt) {
  Database other = open(temp.file("other.db"));
  other.exec("CREATE TABLE o (v); INSERT INTO o VALUES ('o1')");
  const auto foreign = [&] { return other.query("SELECT v FROM o")[0].get<std::string>(0); };
  expect_uncached(ask("k", foreign), "another database");
  const Computed outer = ask("outer", [&] {
    const Computed inner = other.get_or_compute("inner", {}, foreign);
    EXPECT_TRUE(inner.cached());
    return std::string(inner.text());
  });
  expect_uncached(outer, "another database");
  expect_uncached(
      ask("outer again, inner hot", [&] { return std::string(other.get_or_compute("inner", {}, foreign).text()); }),
      "another database");
}

TEST_F(Compute, TooLargeAValueIsReturnedUncached) {
  const Computed at = ask("at", [&] { return std::string(1 << 20, 'x'); });
  EXPECT_TRUE(at.cached()) << at.why_not_cached();
  const Computed above = ask("above", [&] { return std::string((1 << 20) + 1, 'x'); });
  EXPECT_EQ(above.size(), (1u << 20) + 1);
  expect_uncached(above, "max_entry_bytes");
}

TEST_F(Compute, TheFunctionMayKeepItOut) {
  const Computed computed = db.get_or_compute("k", {}, [](Computation& computation) {
    computation.do_not_cache("read a file");
    return "v";
  });
  expect_uncached(computed, "read a file");
}

TEST_F(Compute, AThreadThatGoesOnKeepsItFromBeingCached) {
  std::promise<void> begun, over;
  std::thread thread;
  const Computed computed = db.get_or_compute("k", {}, [&](Computation& computation) {
    thread = std::thread([&] {
      const Computation::OnThisThread on(computation);
      begun.set_value();
      over.get_future().wait();
      u();  // adds to what is over
    });
    begun.get_future().wait();
    return "v";
  });
  over.set_value();
  thread.join();
  expect_uncached(computed, "went on");
  EXPECT_TRUE(ask("k", [] { return "v"; }).cached());
}

TEST_F(Compute, WithoutACacheItIsComputedEachTime) {
  Database off = open(temp.file("off.db"), {.cache = false});
  off.exec("CREATE TABLE o (v)");
  for (int i = 0; i < 2; ++i) {
    const Computed computed =
        off.get_or_compute("k", {}, [&] { return std::to_string(off.query("SELECT * FROM o").size()); });
    EXPECT_EQ(computed.text(), "0");
    expect_uncached(computed, "the cache is off");
  }
}

}  // namespace
}  // namespace tern::test
