// get_or_compute(): what a value hangs on, when it is kept and when not, and what its key and its bytes may be.
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "tern/tern.hpp"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

using namespace std::chrono_literals;

struct Compute : testing::Test {
  Compute() {
    // One page for each row of t.
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE TABLE u (id INTEGER PRIMARY KEY, v)");
    db.exec("INSERT INTO t SELECT value, 'v' || value || hex(zeroblob(1500)) FROM json_each('[1,2,3,4,5,6,7,8,9]')");
    db.exec("INSERT INTO u VALUES (1, 'u1')");
  }
  std::string t(int id) { return db.query("SELECT substr(v, 1, 2) FROM t WHERE id = ?", id)[0].get<std::string>(0); }
  std::string u() { return db.query("SELECT v FROM u WHERE id = 1")[0].get<std::string>(0); }
  // Runs `what`, counting.
  template <typename F>
  Computed ask(const std::string& key, F&& what, const ComputeOptions& options = {}) {
    return db.get_or_compute(key, options, [&] {
      ++runs;
      return what();
    });
  }
  void expect_uncached(const Computed& computed, const std::string& why) {
    EXPECT_FALSE(computed.cached());
    EXPECT_NE(std::string(computed.why_not_cached()).find(why), std::string::npos) << computed.why_not_cached();
  }

  test::TempFolder temp;
  std::string path = temp.file("app.db");
  Database db = open(path);
  int runs = 0;
};

TEST_F(Compute, IsComputedOnceAndHitAfterwards) {
  const auto make = [&] { return t(1) + "," + t(5); };
  const Computed first = ask("k", make);
  EXPECT_EQ(first.text(), "v1,v5");
  EXPECT_EQ(first.source(), Source::kComputed);
  EXPECT_TRUE(first.cached()) << first.why_not_cached();
  const Computed second = ask("k", make);
  EXPECT_EQ(second.text(), "v1,v5");
  EXPECT_EQ(second.source(), Source::kHot);
  EXPECT_EQ(runs, 1);
}

TEST_F(Compute, IsVoidOnceARowThatItReadChanges) {
  const auto make = [&] { return t(1) + t(5); };
  ask("k", make);
  db.query("UPDATE t SET v = 'x1' WHERE id = 1");
  EXPECT_EQ(ask("k", make).text(), "x1v5");
  test::PlainSqlite(path).exec("UPDATE t SET v = 'x5' WHERE id = 5");
  EXPECT_EQ(ask("k", make).text(), "x1x5");
  EXPECT_EQ(runs, 3);
}

TEST_F(Compute, OutlivesCommitsToWhatItDidNotRead) {
  const auto make = [&] { return t(1); };
  ask("k", make);
  db.query("UPDATE u SET v = 'x'");
  db.query("UPDATE t SET v = 'x9' WHERE id = 9");
  EXPECT_EQ(ask("k", make).source(), Source::kHot);
}

// The answers that it uses may be much older than it, and of different ages.
TEST_F(Compute, IsKeptWhenTheAnswersThatItUsesAreOldEntries) {
  t(1);
  db.query("UPDATE u SET v = 'x'");
  u();
  db.query("UPDATE t SET v = 'x9' WHERE id = 9");
  const auto make = [&] { return t(1) + u(); };
  EXPECT_TRUE(ask("k", make).cached());
  EXPECT_EQ(ask("k", make).source(), Source::kHot);
}

TEST_F(Compute, HangsOnAnswersWhateverTierGaveThem) {
  const Statement by_id = db.prepare("SELECT substr(v, 1, 2) FROM t WHERE id = ?");
  const std::vector<Value> ids = {Value(1), Value(2)};
  const auto make = [&] {
    std::string all;
    for (const Rows& rows : by_id.all_many(ids)) all += rows[0].get<std::string>(0);
    return all;
  };
  EXPECT_EQ(ask("cold", make).text(), "v1v2");
  EXPECT_EQ(ask("hot", make).text(), "v1v2");
  db.query("UPDATE t SET v = 'x2' WHERE id = 2");
  EXPECT_EQ(ask("cold", make).text(), "v1x2");
  EXPECT_EQ(ask("hot", make).text(), "v1x2");
}

TEST_F(Compute, HangsOnWhatIsAbsent) {
  const auto make = [&] { return std::to_string(db.query("SELECT 1 FROM t WHERE id = 77").size()); };
  EXPECT_EQ(ask("k", make).text(), "0");
  EXPECT_EQ(ask("k", make).source(), Source::kHot);
  db.query("INSERT INTO t VALUES (77, 'x')");
  EXPECT_EQ(ask("k", make).text(), "1");
}

TEST_F(Compute, AChangeOfTheSchemaVoidsIt) {
  const auto make = [&] { return u(); };
  ask("k", make);
  db.exec("CREATE TABLE other (n)");
  EXPECT_EQ(ask("k", make).source(), Source::kComputed);
}

TEST_F(Compute, AnInnerValueIsAPartOfTheOuter) {
  const auto inner = [&] { return ask("inner", [&] { return u(); }); };
  const auto outer = [&] { return "<" + std::string(inner().text()) + ">"; };
  EXPECT_EQ(ask("outer", outer).text(), "<u1>");
  EXPECT_EQ(ask("second outer, inner hot", outer).text(), "<u1>");
  EXPECT_EQ(ask("outer", outer).source(), Source::kHot);
  db.query("UPDATE u SET v = 'x'");
  EXPECT_EQ(ask("outer", outer).text(), "<x>");
  EXPECT_EQ(ask("second outer, inner hot", outer).text(), "<x>");
}

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

TEST_F(Compute, AReadOfAKvNamespaceKeepsItFromBeingCached) {
  KvNamespace kv = db.kv("names");
  kv.put("a", "1");
  const auto make = [&] { return kv.get("a")->copy(); };
  EXPECT_EQ(ask("k", make).text(), "1");
  kv.put("a", "2");
  const Computed computed = ask("k", make);
  EXPECT_EQ(computed.text(), "2");
  expect_uncached(computed, "KV");
  expect_uncached(ask("list", [&] { return std::to_string(kv.list().keys.size()); }), "KV");
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

TEST_F(Compute, TooLargeAnAnswerIsStillAReadSet) {
  const auto make = [&] { return std::to_string(db.query("SELECT id, zeroblob(2000000) FROM u").size()); };
  EXPECT_TRUE(ask("k", make).cached());
  EXPECT_EQ(ask("k", make).source(), Source::kHot);
  db.query("INSERT INTO u VALUES (2, 'u2')");
  EXPECT_EQ(ask("k", make).text(), "2");
}

TEST_F(Compute, TooLargeAValueIsReturnedUncached) {
  const Computed at = ask("at", [&] { return std::string(1 << 20, 'x'); });
  EXPECT_TRUE(at.cached()) << at.why_not_cached();
  const Computed above = ask("above", [&] { return std::string((1 << 20) + 1, 'x'); });
  EXPECT_EQ(above.size(), (1u << 20) + 1);
  expect_uncached(above, "max_entry_bytes");
}

TEST_F(Compute, FullTextSearchIsValidUntilAnyCommit) {
  db.exec("CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES ('alpha')");
  const auto make = [&] {
    return std::to_string(db.query("SELECT count(*) FROM f WHERE f MATCH 'alpha'")[0].get<int64_t>(0));
  };
  ask("k", make);
  EXPECT_EQ(ask("k", make).source(), Source::kHot);
  db.query("UPDATE u SET v = 'x'");
  EXPECT_EQ(ask("k", make).source(), Source::kComputed);
}

TEST_F(Compute, KeysAreAnyBytesAndANamespaceOfTheirOwn) {
  const std::string nul("a\0b", 3);
  for (const std::string& key : {std::string(), nul, std::string("a"), std::string("\xff\xfe")})
    EXPECT_EQ(ask(key, [&] { return "value of " + key; }).text(), "value of " + key);
  runs = 0;
  for (const std::string& key : {std::string(), nul, std::string("a"), std::string("\xff\xfe")})
    EXPECT_EQ(ask(key, [&] { return std::string("?"); }).text(), "value of " + key);
  EXPECT_EQ(runs, 0);
}

TEST_F(Compute, KeysHaveALimit) {
  for (const size_t below : {kMaxComputedKeyBytes - 1, kMaxComputedKeyBytes}) {
    const std::string key(below, 'k');
    ask(key, [] { return "v"; });
    EXPECT_EQ(ask(key, [] { return "v"; }).source(), Source::kHot);
  }
  try {
    ask(std::string(kMaxComputedKeyBytes + 1, 'k'), [] { return "v"; });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kLimit);
    EXPECT_NE(std::string(error.what()).find("65536"), std::string::npos);
  }
}

TEST_F(Compute, ValuesAreBytesOfAnyKind) {
  const std::vector<std::byte> blob = {std::byte{0}, std::byte{255}, std::byte{1}};
  db.get_or_compute("blob", {}, [&] { return blob; });
  const Computed hit = db.get_or_compute("blob", {}, [&] { return std::vector<std::byte>(); });
  EXPECT_TRUE(std::equal(hit.bytes().begin(), hit.bytes().end(), blob.begin(), blob.end()));
  EXPECT_EQ(db.get_or_compute("view", {}, [] { return std::string_view("view"); }).text(), "view");
  EXPECT_EQ(db.get_or_compute("literal", {}, [] { return "literal"; }).text(), "literal");
  EXPECT_EQ(db.get_or_compute("empty", {}, [] { return ""; }).size(), 0u);
  EXPECT_EQ(db.get_or_compute("empty", {}, [] { return "?"; }).source(), Source::kHot);
}

TEST_F(Compute, AHitIsAViewThatOutlivesTheDatabase) {
  ask("k", [] { return "kept"; });
  Computed hit = ask("k", [] { return "?"; });
  const Computed copy = hit;
  EXPECT_EQ(copy.text().data(), hit.text().data()) << "copied";
  hit = Computed();
  db = open(temp.file("other.db"));
  EXPECT_EQ(copy.text(), "kept");
}

TEST_F(Compute, AFunctionThatThrowsLeavesNothing) {
  EXPECT_THROW(ask("k", []() -> std::string { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(ask("k", [] { return "yes"; }).text(), "yes");
  EXPECT_EQ(runs, 2);
}

TEST_F(Compute, AFunctionThatAsksForItsOwnKeyIsToldSo) {
  try {
    ask("a",
        [&] { return std::string(ask("b", [&] { return std::string(ask("a", [] { return "?"; }).text()); }).text()); });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kMisuse);
  }
}

TEST_F(Compute, MoreCanBeDeclared) {
  const Statement count = db.prepare("SELECT count(*) FROM u");
  const auto on_query = [&](Computation& computation) {
    ++runs;
    computation.depend_on(count.bind());
    return "q";
  };
  const auto on_table = [&](Computation& computation) {
    ++runs;
    computation.depend_on_table("T");
    return "t";
  };
  const auto both = [&] {
    db.get_or_compute("q", {}, on_query);
    db.get_or_compute("t", {}, on_table);
    return std::exchange(runs, 0);
  };
  EXPECT_EQ(both(), 2);
  EXPECT_EQ(both(), 0);
  db.query("INSERT INTO u VALUES (3, 'u3')");
  EXPECT_EQ(both(), 1);
  for (const char* const change : {"UPDATE t SET v = 'x' WHERE id = 3", "DELETE FROM t WHERE id = 4",
                                   "INSERT INTO t VALUES (4, 'new')", "INSERT INTO t VALUES (99, zeroblob(9000))"}) {
    db.exec(change);
    EXPECT_EQ(both(), 1) << change;
  }
  EXPECT_EQ(both(), 0);
}

TEST_F(Compute, InvalidationByHandVoidsWhatWasComputed) {
  const Statement tagged = db.prepare("SELECT v FROM u WHERE id = 1", {.tags = {"tag"}});
  const Statement other = db.prepare("SELECT count(*) FROM u");
  const auto ask_all = [&] {
    runs = 0;
    for (const char* const key : {"from a miss", "from a hit"})
      ask(key, [&] { return tagged.all()[0].get<std::string>(0); });
    ask("other", [&] { return std::to_string(other.all()[0].get<int64_t>(0)); });
    db.get_or_compute("own tag", {}, [&](Computation& computation) {
      ++runs;
      computation.depend_on_tag("own");
      return "v";
    });
    return runs;
  };
  EXPECT_EQ(ask_all(), 4);
  EXPECT_EQ(ask_all(), 0);
  db.invalidate_tag("tag");
  EXPECT_EQ(ask_all(), 2);
  db.invalidate(tagged);
  EXPECT_EQ(ask_all(), 2);
  db.invalidate_tag("own");
  EXPECT_EQ(ask_all(), 1);
  db.invalidate_table("u");
  EXPECT_EQ(ask_all(), 3);
  db.invalidate_all();
  EXPECT_EQ(ask_all(), 4);
}

TEST_F(Compute, OnlyTablesCanBeDeclaredWhole) {
  db.exec("CREATE VIEW w AS SELECT v FROM t; CREATE VIRTUAL TABLE f USING fts5(x)");
  const auto on = [&](const char* name) {
    return db.get_or_compute(name, {}, [&](Computation& computation) {
      computation.depend_on_table(name);
      return name;
    });
  };
  EXPECT_THROW(on("missing"), Error);
  EXPECT_THROW(on("w"), Error);
  EXPECT_TRUE(on("f").cached());
  EXPECT_EQ(on("f").source(), Source::kHot);
  db.query("UPDATE u SET v = 'x'");
  EXPECT_EQ(on("f").source(), Source::kComputed) << "a virtual table is any commit";
}

TEST_F(Compute, TheFunctionMayKeepItOut) {
  const Computed computed = db.get_or_compute("k", {}, [](Computation& computation) {
    computation.do_not_cache("read a file");
    return "v";
  });
  expect_uncached(computed, "read a file");
}

TEST_F(Compute, OtherThreadsTakePartWhenTheySaySo) {
  const auto make = [&](Computation& computation) {
    std::string part;
    std::thread([&] {
      const Computation::OnThisThread on(computation);
      part = u();
    }).join();
    return part;
  };
  EXPECT_TRUE(db.get_or_compute("k", {}, make).cached());
  db.query("UPDATE u SET v = 'x'");
  EXPECT_EQ(db.get_or_compute("k", {}, make).text(), "x");
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

TEST_F(Compute, TheHandleMayBeReplacedByItsOwnFunction) {
  const std::string other = temp.file("other.db");
  const Computed computed = db.get_or_compute("k", {}, [&] {
    db = open(other);
    return "v";
  });
  EXPECT_EQ(computed.text(), "v");
}

TEST_F(Compute, SurvivesARestartInTheStore) {
  const auto make = [&] { return t(1) + u(); };
  ask("k", make);
  db = open(temp.file("elsewhere.db"));
  db = open(path);
  runs = 0;
  const Computed stored = ask("k", make);
  EXPECT_EQ(stored.text(), "v1u1");
  EXPECT_EQ(stored.source(), Source::kStore);
  EXPECT_EQ(ask("k", make).source(), Source::kHot);
  db = open(temp.file("elsewhere.db"));
  test::PlainSqlite plain(path);
  plain.keep_log_on_close();
  plain.exec("UPDATE u SET v = 'x'");
  db = open(path);
  EXPECT_EQ(ask("k", make).text(), "v1x");
  EXPECT_EQ(runs, 1);
}

TEST_F(Compute, WhatHangsOnFunctionsOfTheHostStaysInTheProcess) {
  db.create_function("own", 1, {.deterministic = true}, [](Arguments args) { return args[0].text(); });
  const auto make = [&] { return db.query("SELECT own(v) FROM u")[0].get<std::string>(0); };
  const auto outer = [&] { return std::string(ask("inner", make).text()); };
  ask("k", make);
  ask("inner", make);
  ask("outer", outer);
  EXPECT_EQ(ask("k", make).source(), Source::kHot);
  db = open(temp.file("elsewhere.db"));
  db = open(path);
  EXPECT_EQ(ask("k", [] { return "fresh"; }).source(), Source::kComputed);
  EXPECT_EQ(ask("outer", [] { return "fresh"; }).source(), Source::kComputed);
}

TEST_F(Compute, AProcessWithFunctionsOfItsOwnAsksTheStoreForNone) {
  ask("k", [&] { return u(); });
  db = open(temp.file("elsewhere.db"));
  db = open(path);
  db.create_function("own", 1, {.deterministic = true}, [](Arguments args) { return args[0].text(); });
  EXPECT_EQ(ask("k", [&] { return u(); }).source(), Source::kComputed);
}

}  // namespace
}  // namespace tern
