// get_or_compute(): what a value hangs on in the database, and when that voids it.
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/engine/compute_support.h"

namespace tern::test {
namespace {

TEST_F(Compute, IsVoidOnceARowThatItReadChanges) {
  const auto make = [&] { return t(1) + t(5); };
  ask("k", make);
  db.query("UPDATE t SET v = 'x1' WHERE id = 1");
  EXPECT_EQ(ask("k", make).text(), "x1v5");
  PlainSqlite(path).exec("UPDATE t SET v = 'x5' WHERE id = 5");
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

TEST_F(Compute, TooLargeAnAnswerIsStillAReadSet) {
  const auto make = [&] { return std::to_string(db.query("SELECT id, zeroblob(2000000) FROM u").size()); };
  EXPECT_TRUE(ask("k", make).cached());
  EXPECT_EQ(ask("k", make).source(), Source::kHot);
  db.query("INSERT INTO u VALUES (2, 'u2')");
  EXPECT_EQ(ask("k", make).text(), "2");
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

}  // namespace
}  // namespace tern::test
