// Invalidation by hand: by statement, by tag, by table, of everything; in this process and in others.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "engine/marks.h"
#include "tests/engine/policy_support.h"

namespace tern {
namespace {

struct Invalidation : WithPolicies {
  // Whether the statement's answer for id 1 is still there.
  static bool is_hot(const Statement& read) { return read.bind(1).all().source() == Source::kHot; }
  static void warm(std::initializer_list<const Statement*> reads) {
    for (const Statement* read : reads) {
      read->bind(1).all();
      ASSERT_TRUE(is_hot(*read));
    }
  }
  Statement tagged(const std::string& text, std::vector<std::string> tags) {
    return db->prepare("SELECT v, '" + text + "' FROM t WHERE id = ?", {.tags = std::move(tags)});
  }
};

TEST_F(Invalidation, OfAStatementVoidsItsAnswersAndNoOthers) {
  Statement one = tagged("one", {});
  Statement two = tagged("two", {});
  warm({&one, &two});
  one.bind(2).all();
  db->invalidate(one);
  EXPECT_FALSE(is_hot(one));
  EXPECT_EQ(one.bind(2).all().source(), Source::kSql) << "whatever the parameters";
  EXPECT_TRUE(is_hot(two));
  EXPECT_TRUE(is_hot(one)) << "it is cached anew";
  EXPECT_EQ(db->stats().invalidated.statements, 1u);
}

TEST_F(Invalidation, OfATagVoidsTheStatementsThatHaveIt) {
  Statement a = tagged("1", {"a"});
  Statement ab = tagged("2", {"b", "a"});
  Statement b = tagged("3", {"b"});
  Statement none = tagged("4", {});
  warm({&a, &ab, &b, &none});
  db->invalidate_tag("a");
  EXPECT_FALSE(is_hot(a));
  EXPECT_FALSE(is_hot(ab));
  EXPECT_TRUE(is_hot(b));
  EXPECT_TRUE(is_hot(none));
  db->invalidate_tag("nobody has this one");
  EXPECT_TRUE(is_hot(a));
  EXPECT_EQ(db->stats().invalidated.tags, 2u);
}

TEST_F(Invalidation, StatementsOfOneTextWithOtherTagsAreOthers) {
  Statement with = tagged("x", {"a"});
  Statement without = tagged("x", {});
  warm({&with});
  EXPECT_FALSE(is_hot(without)) << "an answer that was filled without the tag would not hang on it";
  EXPECT_TRUE(is_hot(tagged("x", {"a", "a"})));
}

TEST_F(Invalidation, OfATableVoidsWhatWasReadFromIt) {
  db->exec(
      "CREATE TABLE u (id INTEGER PRIMARY KEY, v); CREATE INDEX u_v ON u (v); CREATE VIEW w AS SELECT * FROM u;"
      "INSERT INTO u VALUES (1, 1)");
  Statement of_t = db->prepare("SELECT v FROM t WHERE id = ?");
  Statement of_u = db->prepare("SELECT v FROM u WHERE id = ?");
  Statement by_index = db->prepare("SELECT count(v) FROM u WHERE v = ?");
  Statement by_view = db->prepare("SELECT v FROM w WHERE id = ?");
  warm({&of_t, &of_u, &by_index, &by_view});
  db->invalidate_table("U");
  EXPECT_TRUE(is_hot(of_t));
  EXPECT_FALSE(is_hot(of_u));
  EXPECT_FALSE(is_hot(by_index)) << "it has read the index alone";
  EXPECT_FALSE(is_hot(by_view));
  EXPECT_EQ(db->stats().invalidated.tables, 1u);
}

TEST_F(Invalidation, OfAVirtualTableVoidsWhatWasReadFromIt) {
  db->exec("CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1); INSERT INTO boxes VALUES (1, 0, 1)");
  db->exec("CREATE VIRTUAL TABLE texts USING fts5(body); INSERT INTO texts VALUES ('1')");
  Statement boxes = db->prepare("SELECT count(*) FROM boxes WHERE x0 < ?");
  Statement texts = db->prepare("SELECT count(*) FROM texts WHERE texts MATCH ?");
  warm({&boxes, &texts});
  db->invalidate_table("boxes");
  EXPECT_FALSE(is_hot(boxes));
  warm({&texts});
  db->invalidate_table("texts");
  EXPECT_FALSE(is_hot(texts));
}

TEST_F(Invalidation, OfNoTableOrAViewIsAnErrorThatNamesIt) {
  db->exec("CREATE VIEW w AS SELECT * FROM t");
  const auto refused = [&](const char* name) {
    try {
      db->invalidate_table(name);
    } catch (const Error& error) {
      return std::string(error_code_name(error.code())) +
             (std::string(error.what()).find(name) != std::string::npos ? "" : "?");
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refused("missing"), "not found");
  EXPECT_EQ(refused("w"), "misuse");
  EXPECT_EQ(refused("'; DROP TABLE t; --"), "not found");
}

TEST_F(Invalidation, OfEverythingVoidsEverything) {
  Statement one = tagged("one", {"a"});
  Statement two = tagged("two", {});
  warm({&one, &two});
  db->invalidate_all();
  EXPECT_FALSE(is_hot(one));
  EXPECT_FALSE(is_hot(two));
  EXPECT_EQ(db->stats().invalidated.everything, 1u);
}

TEST_F(Invalidation, ReachesTheStore) {
  const auto source_after_reopening = [&] {
    reopen({});
    return tagged("x", {"a"}).bind(1).all().source();
  };
  tagged("x", {"a"}).bind(1).all();
  EXPECT_EQ(source_after_reopening(), Source::kStore);
  db->invalidate_tag("a");
  EXPECT_EQ(source_after_reopening(), Source::kSql);
  EXPECT_EQ(source_after_reopening(), Source::kStore);
  db->invalidate(tagged("x", {"a"}));
  EXPECT_EQ(source_after_reopening(), Source::kSql);
}

TEST_F(Invalidation, AFillThatBeganBeforeItDoesNotSurviveIt) {
  db->create_function("meanwhile", 1, {.deterministic = true}, [this](Arguments args) {
    db->invalidate_tag("a");
    return args[0].integer;
  });
  Statement read = db->prepare("SELECT meanwhile(v) FROM t WHERE id = ?", {.tags = {"a"}});
  EXPECT_EQ(told(read.bind(1).all()), "10 sql fresh");
  EXPECT_EQ(told(read.bind(1).all()), "10 sql fresh") << "what was read before was cached after it";
}

TEST_F(Invalidation, WhatItVoidsIsNotServedStale) {
  const auto fresh_after = [&](const std::function<void(const Statement&)>& invalidate) {
    Statement read =
        db->prepare("SELECT v FROM t WHERE id = ?", {.stale_while_revalidate = milliseconds(1000), .tags = {"a"}});
    read.bind(1).all();
    invalidate(read);
    return told(read.bind(1).all());
  };
  EXPECT_EQ(fresh_after([&](const Statement& read) { db->invalidate(read); }), "10 sql fresh");
  EXPECT_EQ(fresh_after([&](const Statement&) { db->invalidate_tag("a"); }), "10 sql fresh");
  EXPECT_EQ(fresh_after([&](const Statement&) { db->invalidate_table("t"); }), "10 sql fresh");
  EXPECT_EQ(fresh_after([&](const Statement&) { db->invalidate_all(); }), "10 sql fresh");
  EXPECT_EQ(fresh_after([&](const Statement&) { foreign_update(11); }), "10 hot stale 0 revalidating");
}

// Marks are shared: of more tags than there are marks, two have the same.
TEST_F(Invalidation, TagsThatShareAMarkAreVoidedTogether) {
  std::string other;
  for (int i = 0; other.empty(); ++i) {
    if (internal::mark_of_tag(std::to_string(i)) == internal::mark_of_tag("a")) other = std::to_string(i);
  }
  Statement read = tagged("x", {other});
  warm({&read});
  db->invalidate_tag("a");
  EXPECT_FALSE(is_hot(read));
}

TEST_F(Invalidation, ShowsInExplain) {
  Statement read = tagged("x", {"a", "b"});
  warm({&read});
  db->invalidate(read);
  is_hot(read);
  db->invalidate_tag("b");
  is_hot(read);
  const Explanation explanation = db->explain(read.bind(1));
  EXPECT_EQ(explanation.tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(explanation.voided.times, 2u);
  EXPECT_EQ(explanation.voided.by_hand, 2u);
  EXPECT_EQ(explanation.voided.by_other_pages, 0u);
}

TEST_F(Invalidation, TagsHaveALengthAndAStatementANumberOfThem) {
  const auto accepted = [&](std::vector<std::string> tags) {
    try {
      tagged("x", std::move(tags));
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kMisuse);
      return false;
    }
  };
  EXPECT_FALSE(accepted({""}));
  EXPECT_TRUE(accepted({std::string(kMaxTagBytes, 'x')}));
  EXPECT_FALSE(accepted({std::string(kMaxTagBytes + 1, 'x')}));
  EXPECT_TRUE(accepted(std::vector<std::string>(kMaxTags, "x")));
  EXPECT_FALSE(accepted(std::vector<std::string>(kMaxTags + 1, "x")));
  EXPECT_THROW(db->invalidate_tag(""), Error);
}

TEST_F(Invalidation, WithoutACacheDoesNothing) {
  reopen({.cache = false});
  Statement read = tagged("x", {"a"});
  db->invalidate(read);
  db->invalidate_tag("a");
  db->invalidate_table("t");
  db->invalidate_all();
  EXPECT_EQ(told(read.bind(1).all()), "10 sql fresh");
}

// The other process is forked before anything is open here, and does as it is told through a pipe.
class OtherProcess {
 public:
  explicit OtherProcess(const std::string& path) {
    EXPECT_EQ(::pipe(to_), 0);
    EXPECT_EQ(::pipe(from_), 0);
    child_ = ::fork();
    if (child_ == 0) ::_exit(obey(path));
  }
  ~OtherProcess() {
    tell('q');
    ::waitpid(child_, nullptr, 0);
  }
  // What it has to say; it has done it then.
  char tell(char what) {
    char answer = 0;
    EXPECT_EQ(::write(to_[1], &what, 1), 1);
    EXPECT_EQ(::read(from_[0], &answer, 1), 1);
    return answer;
  }

 private:
  int obey(const std::string& path) {
    std::optional<Database> db;
    std::optional<Statement> read;
    for (char what = 0; ::read(to_[0], &what, 1) == 1;) {
      char answer = '.';
      if (what == 'o') {
        db.emplace(open(path));
        read.emplace(db->prepare("SELECT v FROM t WHERE id = 1", {.tags = {"a"}}));
      }
      if (what == 'r') answer = source_name(read->all().source())[0];
      if (what == 's') db->invalidate(*read);
      if (what == 'a') db->invalidate_tag("a");
      if (what == 't') db->invalidate_table("t");
      if (what == 'e') db->invalidate_all();
      if (what == 'q') {
        read.reset();
        db.reset();
      }
      if (::write(from_[1], &answer, 1) != 1 || what == 'q') break;
    }
    return 0;
  }

  int to_[2] = {}, from_[2] = {};
  pid_t child_ = -1;
};

TEST(InvalidationOverProcesses, EachKindReachesTheOther) {
  const test::TempFolder temp;
  const std::string path = temp.file("app.db");
  OtherProcess other(path);
  Database db = open(path);
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 10)");
  Statement read = db.prepare("SELECT v FROM t WHERE id = 1", {.tags = {"a"}});
  other.tell('o');
  const auto warm = [&] {
    read.all();
    ASSERT_EQ(read.all().source(), Source::kHot);
    other.tell('r');
    ASSERT_EQ(other.tell('r'), 'h');
  };
  for (const char kind : {'s', 'a', 't', 'e'}) {
    warm();
    other.tell(kind);
    EXPECT_NE(read.all().source(), Source::kHot) << kind;
  }
  const std::function<void()> kinds[] = {[&] { db.invalidate(read); }, [&] { db.invalidate_tag("a"); },
                                         [&] { db.invalidate_table("t"); }, [&] { db.invalidate_all(); }};
  for (const auto& invalidate : kinds) {
    warm();
    invalidate();
    EXPECT_NE(other.tell('r'), 'h');
  }
}

}  // namespace
}  // namespace tern
