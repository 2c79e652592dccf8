// Functions, aggregates and collations of the host, and extensions: what they answer, what is cached, and what voids
// it.
#include <gtest/gtest.h>

#include <filesystem>

#include "tern/tern.hpp"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

const std::string kExtension = std::string(TERN_TEST_TOOLS_DIR) + "/tern_test_extension.so";

struct HostFunctions : testing::Test {
  HostFunctions() { db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, s); INSERT INTO t VALUES (1, 'ab'), (2, 'cd')"); }

  int64_t number(std::string_view sql) { return db.query(sql)[0].get<int64_t>(0); }
  std::string text(std::string_view sql) { return db.query(sql)[0].get<std::string>(0); }
  // Of the second run: whether it was cached.
  Source again(std::string_view sql) {
    db.query(sql);
    return db.query(sql).source();
  }

  test::TempFolder temp;
  std::string path = temp.file("app.db");
  Database db = open(path);
};

TEST_F(HostFunctions, ADeterministicOneIsCachedAndVoidedByItsPages) {
  db.create_function("twice", 1, {.deterministic = true}, [](Arguments args) { return args[0].integer * 2; });
  const char* const sql = "SELECT twice(id) FROM t ORDER BY id DESC";
  EXPECT_EQ(number(sql), 4);
  EXPECT_EQ(again(sql), Source::kHot);
  test::PlainSqlite(path).exec("INSERT INTO t VALUES (3, 'ef')");
  EXPECT_EQ(number(sql), 6);
}

TEST_F(HostFunctions, OneThatIsNotDeterministicIsNotCachedAndNamed) {
  auto calls = std::make_shared<std::atomic<int>>(0);
  db.create_function("ticket", 0, {}, [calls](Arguments) { return ++*calls; });
  EXPECT_EQ(again("SELECT ticket()"), Source::kSql);
  EXPECT_EQ(number("SELECT ticket()"), 3);
  const Explanation explanation = db.explain("SELECT ticket() FROM t");
  EXPECT_FALSE(explanation.cached);
  EXPECT_NE(explanation.reason.find("ticket()"), std::string::npos) << explanation.reason;
}

TEST_F(HostFunctions, RegisteringAgainVoidsWhatWasCached) {
  const auto returns = [](int64_t n) { return [n](Arguments) { return n; }; };
  db.create_function("version", 0, {.deterministic = true}, returns(1));
  const Statement select = db.prepare("SELECT version() FROM t WHERE id = ?");
  const BoundStatement bound = select.bind(1);
  EXPECT_EQ(bound.first()->get<int64_t>(0), 1);
  EXPECT_EQ(bound.first()->source(), Source::kHot);
  db.create_function("VERSION", 0, {.deterministic = true}, returns(2));
  EXPECT_EQ(bound.first()->get<int64_t>(0), 2);
  EXPECT_EQ(bound.first()->source(), Source::kHot);
  db.create_function("version", 0, {}, returns(3));
  EXPECT_EQ(bound.first()->get<int64_t>(0), 3);
  EXPECT_EQ(bound.first()->source(), Source::kSql);
  EXPECT_EQ(db.query("UPDATE t SET s = version() WHERE id = 1 RETURNING s")[0].get<int64_t>(0), 3);
}

TEST_F(HostFunctions, ReplacingOneOfSqlitesOwnVoidsWhatUsedIt) {
  EXPECT_EQ(text("SELECT upper(s) FROM t WHERE id = 1"), "AB");
  EXPECT_EQ(again("SELECT upper(s) FROM t WHERE id = 1"), Source::kHot);
  db.create_function("upper", 1, {.deterministic = true}, [](Arguments) { return "mine"; });
  EXPECT_EQ(text("SELECT upper(s) FROM t WHERE id = 1"), "mine");
}

TEST_F(HostFunctions, ANewNameVoidsNothing) {
  EXPECT_EQ(again("SELECT s FROM t WHERE id = 1"), Source::kHot);
  db.create_function("brand_new", 0, {.deterministic = true}, [](Arguments) { return 1; });
  EXPECT_EQ(db.query("SELECT s FROM t WHERE id = 1").source(), Source::kHot);
}

TEST(HostFunctionsAndTheStore, TheirAnswersAreNeitherPutInTheStoreNorTakenFromIt) {
  test::TempFolder temp;
  const std::string path = temp.file("app.db");
  const char* const sql = "SELECT upper(s) FROM t";
  const auto upper = [](Arguments) { return "mine"; };
  {
    Database db = open(path);
    db.exec("CREATE TABLE t (s); INSERT INTO t VALUES ('ab')");
    EXPECT_EQ(db.query(sql)[0].get<std::string>(0), "AB");
  }
  {
    // Prepared before the function is there, when the store could still be asked.
    Database db = open(path);
    const Statement select = db.prepare(sql);
    EXPECT_EQ(select.first()->source(), Source::kStore);
    db.create_function("upper", 1, {.deterministic = true}, upper);
    EXPECT_EQ(select.first()->get<std::string>(0), "mine");
    EXPECT_EQ(select.first()->source(), Source::kHot);
  }
  {
    Database db = open(path);
    EXPECT_EQ(db.query(sql)[0].get<std::string>(0), "AB");
    EXPECT_EQ(db.query(sql).source(), Source::kHot);
  }
  Database db = open(path);
  EXPECT_EQ(db.query(sql).source(), Source::kStore) << "what SQLite's own upper() answered can be shared";
}

TEST_F(HostFunctions, ValuesOfAllTypesGoInAndComeOut) {
  db.create_function("echo", 1, {.deterministic = true},
                     [](Arguments args, FunctionResult& result) { result.set(args[0]); });
  const std::string with_nul("a\0b", 3);
  const std::vector<std::byte> blob = {std::byte{0}, std::byte{255}};
  const Statement echo = db.prepare("SELECT echo(?1), typeof(echo(?1))");
  EXPECT_EQ(echo.bind(int64_t{-5}).first()->get<int64_t>(0), -5);
  EXPECT_EQ(echo.bind(2.5).first()->get<double>(0), 2.5);
  EXPECT_EQ(echo.bind(with_nul).first()->get<std::string>(0), with_nul);
  EXPECT_EQ(echo.bind(blob).first()->get<std::vector<std::byte>>(0), blob);
  EXPECT_TRUE(echo.bind(nullptr).first()->is_null(0));
  EXPECT_EQ(echo.bind("").first()->get<std::string>(1), "text");
  EXPECT_EQ(echo.bind(std::vector<std::byte>()).first()->get<std::string>(1), "blob");
}

TEST_F(HostFunctions, TextThatTheFunctionMadeIsCopied) {
  db.create_function("quoted", -1, {.deterministic = true}, [](Arguments args) {
    std::string all;
    for (const Value& value : args) all += "<" + std::string(value.text()) + ">";
    return all;
  });
  EXPECT_EQ(text("SELECT quoted('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i')"), "<a><b><c><d><e><f><g><h><i>");
  EXPECT_EQ(text("SELECT quoted()"), "");
}

TEST_F(HostFunctions, AnExceptionIsAnErrorOfTheSqlWithItsMessage) {
  db.create_function("broken", 0, {}, [](Arguments) -> int { throw std::runtime_error("no fuel left"); });
  try {
    db.query("SELECT broken()");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kSql);
    EXPECT_NE(std::string(error.what()).find("no fuel left"), std::string::npos) << error.what();
  }
  EXPECT_THROW(db.query("UPDATE t SET s = broken()"), Error);
  EXPECT_EQ(text("SELECT s FROM t WHERE id = 1"), "ab");
}

TEST_F(HostFunctions, OneThatCallsTheDatabaseIsToldSo) {
  const Statement cold = db.prepare("SELECT s FROM t WHERE id = 2");
  std::string why;
  const auto said = [&](auto&& call) {
    db.create_function("reads", 0, {}, [&](Arguments) {
      call();
      return 1;
    });
    try {
      db.query("SELECT reads()");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  const std::string expected = "must not itself call a database";
  EXPECT_NE(said([&] { db.query("SELECT 1"); }).find(expected), std::string::npos);
  EXPECT_NE(said([&] { cold.first(); }).find(expected), std::string::npos);
  EXPECT_NE(said([&] { db.exec("DELETE FROM t"); }).find(expected), std::string::npos);
  EXPECT_NE(said([&] { db.session(); }).find(expected), std::string::npos);
  EXPECT_NE(said([&] { db.create_function("f", 0, {}, [](Arguments) { return 1; }); }).find(expected),
            std::string::npos);
  EXPECT_EQ(number("SELECT count(*) FROM t"), 2);
}

TEST_F(HostFunctions, WhatIsInTheSchemaMayCallThoseAlone_ThatAreSaidToBeHarmless) {
  db.create_function("plain_one", 1, {.deterministic = true}, [](Arguments args) { return args[0].integer; });
  db.exec("CREATE VIEW careless AS SELECT plain_one(id) AS n FROM t");
  EXPECT_THROW(db.query("SELECT n FROM careless"), Error);
  db.create_function("harmless", 1, {.deterministic = true, .in_schema = true},
                     [](Arguments args) { return args[0].integer + 10; });
  db.exec("CREATE VIEW careful AS SELECT harmless(id) AS n FROM t; CREATE INDEX t_h ON t(harmless(id))");
  EXPECT_EQ(number("SELECT n FROM careful ORDER BY n"), 11);
  EXPECT_EQ(number("SELECT id FROM t WHERE harmless(id) = 12"), 2);
  const Explanation through_view = db.explain("SELECT n FROM careful");
  EXPECT_TRUE(through_view.cached);
  EXPECT_FALSE(through_view.stored) << through_view.reason;
}

TEST_F(HostFunctions, AGeneratedColumnThatUsesOneIsNotShared) {
  db.create_function("tag", 1, {.deterministic = true, .in_schema = true}, [](Arguments) { return "tagged"; });
  db.exec("CREATE TABLE g (id INTEGER PRIMARY KEY, v AS (tag(id))); INSERT INTO g VALUES (1)");
  EXPECT_EQ(text("SELECT v FROM g"), "tagged");
  const Explanation explanation = db.explain("SELECT v FROM g");
  EXPECT_TRUE(explanation.cached);
  EXPECT_FALSE(explanation.stored);
  EXPECT_NE(explanation.reason.find("\"tag\""), std::string::npos) << explanation.reason;
  db.create_function("tag", 1, {.deterministic = true, .in_schema = true}, [](Arguments) { return "again"; });
  EXPECT_EQ(text("SELECT v FROM g"), "again");
}

TEST_F(HostFunctions, RefusesNamesAndAritiesThatSqliteDoes) {
  const auto one = [](Arguments) { return 1; };
  EXPECT_THROW(db.create_function("", 0, {}, one), Error);
  EXPECT_THROW(db.create_function("f", 5000, {}, one), Error);
  EXPECT_THROW(db.create_function(std::string(300, 'f'), 0, {}, one), Error);
  EXPECT_THROW(db.create_function("f", 0, {}, Function()), Error);
  EXPECT_THROW(db.create_collation("Binary", [](std::string_view, std::string_view) { return 0; }), Error);
  db.transaction([&](Transaction&) { EXPECT_THROW(db.create_function("f", 0, {}, one), Error); });
  EXPECT_THROW(db.query("SELECT f()"), Error);
}

TEST_F(HostFunctions, IsDestroyedWhenReplacedAndWhenTheDatabaseCloses) {
  auto held = std::make_shared<int>(7);
  const std::weak_ptr<int> seen = held;
  db.create_function("f", 0, {.deterministic = true}, [held](Arguments) { return *held; });
  held.reset();
  EXPECT_EQ(number("SELECT f()"), 7);
  db.create_function("f", 0, {.deterministic = true}, [](Arguments) { return 8; });
  EXPECT_TRUE(seen.expired());
  EXPECT_EQ(number("SELECT f()"), 8);
}

TEST_F(HostFunctions, RunsOnManyThreadsAtOnceWhileItIsReplaced) {
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::atomic<int64_t> newest{0};
  db.create_function("newest", 1, {.deterministic = true}, [](Arguments) { return int64_t{0}; });
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      const Statement select = db.prepare("SELECT newest(id) FROM t WHERE id = ?");
      while (!stop) {
        const int64_t before = newest;
        if (select.bind(1).first()->get<int64_t>(0) < before) ++wrong;
      }
    });
  }
  for (int64_t n = 1; n <= 20; ++n) {
    db.create_function("newest", 1, {.deterministic = true}, [n](Arguments) { return n; });
    newest = n;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

struct Longest : Aggregate {
  void step(Arguments args) override {
    if (args[0].text().empty()) throw std::runtime_error("an empty one");
    all.emplace_back(args[0].text());
  }
  void inverse(Arguments) override { all.erase(all.begin()); }
  void value(FunctionResult& result) override {
    std::string longest;
    for (const std::string& one : all) {
      if (one.size() > longest.size()) longest = one;
    }
    result.set(all.empty() ? Value() : Value(longest));
  }
  std::vector<std::string> all;
};

TEST_F(HostFunctions, AggregatesGroupRowsAndSlideOverWindows) {
  db.create_aggregate("longest", 1, {.deterministic = true, .window = true},
                      [] { return std::make_unique<Longest>(); });
  db.exec("DELETE FROM t; INSERT INTO t VALUES (1, 'a'), (2, 'bbb'), (3, 'cc'), (4, 'd')");
  EXPECT_EQ(text("SELECT longest(s) FROM t"), "bbb");
  EXPECT_EQ(again("SELECT longest(s) FROM t"), Source::kHot);
  EXPECT_TRUE(db.query("SELECT longest(s) FROM t WHERE id > 9")[0].is_null(0));
  const Rows rows = db.query("SELECT longest(s) OVER (ORDER BY id ROWS 1 PRECEDING) FROM t ORDER BY id");
  EXPECT_EQ(rows[1].get<std::string>(0), "bbb");
  EXPECT_EQ(rows[3].get<std::string>(0), "cc");
  db.exec("INSERT INTO t VALUES (5, '')");
  EXPECT_THROW(db.query("SELECT longest(s) FROM t"), Error);
}

TEST_F(HostFunctions, ACollationSortsAndIsNeverShared) {
  EXPECT_THROW(db.query("SELECT s FROM t ORDER BY s COLLATE backwards"), Error);
  db.create_collation("Backwards", [](std::string_view a, std::string_view b) { return b.compare(a); });
  const char* const sql = "SELECT s FROM t ORDER BY s COLLATE backwards LIMIT 1";
  EXPECT_EQ(text(sql), "cd");
  EXPECT_EQ(again(sql), Source::kHot);
  EXPECT_FALSE(db.explain(sql).stored);
  EXPECT_TRUE(db.explain("SELECT s FROM t ORDER BY s").stored);
  db.create_collation("backwards", [](std::string_view a, std::string_view b) { return a.compare(b); });
  EXPECT_EQ(text(sql), "ab");
}

TEST_F(HostFunctions, ACollationInATableOrIndexKeepsItsReadsInThisProcess) {
  db.create_collation("byte_order", [](std::string_view a, std::string_view b) { return a.compare(b); });
  db.exec("CREATE TABLE c (v COLLATE byte_order); CREATE TABLE d (v); CREATE INDEX d_v ON d(v COLLATE byte_order)");
  EXPECT_FALSE(db.explain("SELECT max(v) FROM c").stored);
  EXPECT_FALSE(db.explain("SELECT v FROM d").stored);
  EXPECT_TRUE(db.explain("SELECT s FROM t").stored);
  db.exec("INSERT INTO c VALUES ('x'), ('y')");
  EXPECT_EQ(text("SELECT max(v) FROM c"), "y");
  // A program without the collation cannot write what is ordered by it.
  test::PlainSqlite plain(path);
  EXPECT_NE(sqlite3_exec(plain.handle(), "INSERT INTO d VALUES ('z')", nullptr, nullptr, nullptr), SQLITE_OK);
}

TEST(Extensions, AreLoadedIntoEveryConnectionAndClassifiedByTheirFlags) {
  test::TempFolder temp;
  Database db = open(temp.file("app.db"), {.extensions = {kExtension}});
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (20), (21)");
  EXPECT_EQ(db.query("SELECT ext_twice(id) FROM t WHERE id = 21")[0].get<int64_t>(0), 42);
  EXPECT_EQ(db.query("SELECT ext_twice(id) FROM t WHERE id = 21").source(), Source::kHot);
  EXPECT_FALSE(db.explain("SELECT ext_twice(id) FROM t").stored);
  db.query("SELECT ext_next()");
  EXPECT_EQ(db.query("SELECT ext_next()").source(), Source::kSql);
  EXPECT_NE(db.explain("SELECT ext_next()").reason.find("ext_next()"), std::string::npos);
  EXPECT_EQ(db.query("SELECT id FROM t ORDER BY id || '' COLLATE ext_backwards")[0].get<int64_t>(0), 21);
  EXPECT_EQ(db.query("UPDATE t SET id = ext_twice(100) WHERE id = 20 RETURNING id")[0].get<int64_t>(0), 200);
  EXPECT_EQ(db.session().query("SELECT ext_twice(4)")[0].get<int64_t>(0), 8);
}

TEST(Extensions, AreOffByDefaultAndSqlCannotLoadThem) {
  test::TempFolder temp;
  Database db = open(temp.file("app.db"));
  EXPECT_THROW(db.query("SELECT ext_twice(1)"), Error);
  EXPECT_THROW(db.query("SELECT load_extension(?)", kExtension), Error);
  EXPECT_THROW(open(temp.file("b.db"), {.extensions = {kExtension}}).query("SELECT load_extension(?)", kExtension),
               Error);
}

TEST(Extensions, OneThatCannotBeLoadedIsNamedWithTheReason) {
  test::TempFolder temp;
  const auto said = [&](const std::string& library) {
    try {
      open(temp.file("app.db"), {.extensions = {library}});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  EXPECT_NE(said("/nowhere/x.so").find("cannot load the extension /nowhere/x.so: there is no such file"),
            std::string::npos)
      << said("/nowhere/x.so");
  const std::string broken = std::string(TERN_TEST_TOOLS_DIR) + "/broken_extension.so";
  EXPECT_NE(said(broken).find("no licence was found"), std::string::npos) << said(broken);
  EXPECT_NE(said(temp.file("app.db")).find("app.db"), std::string::npos);
}

}  // namespace
}  // namespace tern
