// get_or_compute(): what its key and its bytes may be, and how long a value is there.
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/engine/compute_support.h"

namespace tern::test {
namespace {

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
  PlainSqlite plain(path);
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
}  // namespace tern::test
