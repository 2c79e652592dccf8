// KV namespaces through the public interface: what each verb does.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tern/tern.hpp"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

using namespace std::chrono_literals;

struct Kv : ::testing::Test {
  Database open(const Options& options = {}) { return tern::open((folder.path() / "app.db").string(), options); }
  static std::string text(const std::optional<Pinned>& value) { return value ? value->copy() : "(none)"; }

  test::TempFolder folder;
};

TEST_F(Kv, WhatWasPutIsThereAlsoAfterReopening) {
  {
    KvNamespace kv = open().kv("sessions");
    EXPECT_EQ(text(kv.get("a")), "(none)");
    kv.put("a", "one", {.metadata = R"({"n":1})"});
    EXPECT_EQ(text(kv.get("a")), "one");
    EXPECT_EQ(kv.get("a")->metadata(), R"({"n":1})");
    EXPECT_EQ(kv.get("a")->expires_at_ms(), 0);
    EXPECT_EQ(kv.name(), "sessions");
  }
  KvNamespace kv = open().kv("sessions");
  EXPECT_EQ(text(kv.get("a")), "one");
  EXPECT_EQ(kv.get("a")->metadata(), R"({"n":1})");
}

TEST_F(Kv, ASecondReadIsHot) {
  KvNamespace kv = open().kv("x");
  kv.put("a", "one");
  EXPECT_EQ(kv.get("a")->source(), Source::kStore);
  EXPECT_EQ(kv.get("a")->source(), Source::kHot);
  kv.put("a", "two");
  EXPECT_EQ(kv.get("a")->source(), Source::kStore);
  EXPECT_EQ(text(kv.get("a")), "two");
}

TEST_F(Kv, WithoutTheHotTierTheStoreAnswers) {
  Database db = open({.hot_bytes = 0});
  KvNamespace kv = db.kv("x");
  kv.put("a", "one");
  kv.get("a");
  EXPECT_EQ(kv.get("a")->source(), Source::kStore);
  Options off;
  off.cache = false;
  const std::string other = (folder.path() / "other.db").string();
  KvNamespace uncached = tern::open(other, off).kv("x");
  uncached.put("a", "two");
  EXPECT_EQ(text(uncached.get("a")), "two");
}

TEST_F(Kv, NamespacesAreApart) {
  Database db = open();
  KvNamespace one = db.kv("one");
  KvNamespace two = db.kv("two");
  one.put("k", "1");
  two.put("k", "2");
  EXPECT_EQ(text(one.get("k")), "1");
  EXPECT_EQ(text(two.get("k")), "2");
  EXPECT_TRUE(two.remove("k"));
  EXPECT_EQ(text(one.get("k")), "1");
  EXPECT_EQ(text(db.kv("one").get("k")), "1");
  EXPECT_EQ(db.kv_namespaces(), (std::vector<std::string>{"one", "two"}));
}

TEST_F(Kv, RemovingTellsWhetherThereWasOne) {
  KvNamespace kv = open().kv("x");
  EXPECT_FALSE(kv.remove("a"));
  kv.put("a", "1");
  kv.get("a");
  kv.get("a");
  EXPECT_TRUE(kv.remove("a"));
  EXPECT_EQ(text(kv.get("a")), "(none)");
  EXPECT_FALSE(kv.remove("a"));
  kv.put("b", "1");
  kv.put("c", "1");
  const std::string_view keys[] = {"b", "nothing", "c", "c"};
  EXPECT_EQ(kv.remove_many(keys), 2u);
}

TEST_F(Kv, ManyAreReadInTheirOrderHotAndCold) {
  KvNamespace kv = open().kv("x");
  const KvItem items[] = {{"a", "1"}, {"b", "2"}, {"c", "3", {.metadata = "m"}}};
  const uint64_t version = kv.put_many(items);
  const std::string_view keys[] = {"c", "nothing", "a", "b", "a"};
  for (int round = 0; round < 3; ++round) {
    const auto values = kv.get_many(keys);
    ASSERT_EQ(values.size(), 5u);
    EXPECT_EQ(text(values[0]), "3");
    EXPECT_EQ(values[0]->metadata(), "m");
    EXPECT_FALSE(values[1]);
    EXPECT_EQ(text(values[2]), "1");
    EXPECT_EQ(text(values[3]), "2");
    EXPECT_EQ(text(values[4]), "1");
    EXPECT_EQ(values[3]->version(), version);
  }
  EXPECT_EQ(kv.get_many({}).size(), 0u);
}

TEST_F(Kv, APutIfVersionPutsOnlyOverThatVersion) {
  KvNamespace kv = open().kv("x");
  EXPECT_FALSE(kv.put_if_version("a", 7, "no"));
  const auto first = kv.put_if_version("a", 0, "1");
  ASSERT_TRUE(first);
  EXPECT_FALSE(kv.put_if_version("a", 0, "again"));
  const uint64_t second = kv.put("a", "2");
  EXPECT_NE(*first, second);
  EXPECT_FALSE(kv.put_if_version("a", *first, "late"));
  EXPECT_EQ(text(kv.get("a")), "2");
  EXPECT_EQ(kv.get("a")->version(), second);
  EXPECT_FALSE(kv.remove_if_version("a", *first));
  EXPECT_TRUE(kv.remove_if_version("a", second));
  EXPECT_FALSE(kv.get("a"));
  const auto anew = kv.put_if_version("a", 0, "1");
  ASSERT_TRUE(anew);
  EXPECT_NE(*anew, *first);
}

TEST_F(Kv, IncrementingAddsAndKeepsTheRest) {
  KvNamespace kv = open().kv("x");
  EXPECT_EQ(kv.increment("n", 5, {.metadata = "m"}), 5);
  EXPECT_EQ(kv.increment("n"), 6);
  EXPECT_EQ(kv.increment("n", -10), -4);
  EXPECT_EQ(text(kv.get("n")), "-4");
  EXPECT_EQ(kv.get("n")->metadata(), "m");
  kv.put("t", "twelve");
  EXPECT_THROW(kv.increment("t"), Error);
  EXPECT_EQ(text(kv.get("t")), "twelve");
  kv.put("max", std::to_string(INT64_MAX));
  try {
    kv.increment("max");
    FAIL() << "added past 64 bits";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kLimit);
  }
  EXPECT_EQ(kv.increment("max", 0), INT64_MAX);
}

TEST_F(Kv, IncrementsOfManyThreadsAllCount) {
  Database db = open();
  KvNamespace kv = db.kv("x");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([kv]() mutable {
      for (int i = 0; i < 25; ++i) kv.increment("n");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(text(kv.get("n")), "100");
  EXPECT_EQ(db.stats().kv.writes, 100u);
}

TEST_F(Kv, TouchingGivesANewTime) {
  KvNamespace kv = open().kv("x");
  EXPECT_FALSE(kv.get_and_touch("a", 1h));
  kv.put("a", "1", {.metadata = "m"});
  const auto touched = kv.get_and_touch("a", 1h);
  ASSERT_TRUE(touched);
  EXPECT_EQ(touched->text(), "1");
  EXPECT_EQ(touched->metadata(), "m");
  EXPECT_GT(touched->expires_at_ms(), 0);
  EXPECT_EQ(kv.get("a")->expires_at_ms(), touched->expires_at_ms());
  EXPECT_EQ(kv.get("a")->version(), touched->version());
}

TEST_F(Kv, APrefixIsRemovedInBatches) {
  KvNamespace kv = open().kv("x");
  std::vector<std::string> names;
  for (int i = 0; i < 600; ++i) names.push_back("user/" + std::to_string(i));
  std::vector<KvItem> items;
  for (const std::string& name : names) items.push_back({name, "v"});
  kv.put_many(items);
  kv.put("users", "stays");
  kv.put("use", "stays");
  EXPECT_EQ(kv.remove_prefix("user/"), 600u);
  EXPECT_FALSE(kv.get("user/17"));
  EXPECT_EQ(kv.list().keys.size(), 2u);
  EXPECT_EQ(kv.remove_prefix(""), 2u);
}

TEST_F(Kv, AListingBeginsAtItsStart) {
  KvNamespace kv = open().kv("x");
  const std::string deep(600, 'b');  // parted
  for (const std::string& key : {std::string("a1"), std::string("a2"), deep, std::string("c")}) kv.put(key, "v");
  const auto names = [&](KvListOptions options) {
    std::vector<std::string> all;
    std::string cursor;
    for (;;) {
      const KvPage page = kv.list(options);
      for (const KvKey& key : page.keys) all.push_back(key.name);
      if (page.complete) return all;
      cursor = page.cursor;
      options.cursor = cursor;
    }
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names({.start = "a2"}), (Names{"a2", deep, "c"})) << "itself included";
  EXPECT_EQ(names({.start = "a11"}), (Names{"a2", deep, "c"})) << "it need not be there";
  EXPECT_EQ(names({.limit = 1, .start = "a2"}), (Names{"a2", deep, "c"})) << "over pages";
  EXPECT_EQ(names({.start = deep}), (Names{deep, "c"}));
  EXPECT_EQ(names({.start = deep + "b"}), (Names{"c"}));
  EXPECT_EQ(names({.prefix = "a", .start = "a2"}), (Names{"a2"}));
  EXPECT_EQ(names({.prefix = "a", .start = "Z"}), (Names{"a1", "a2"})) << "before all of the prefix";
  EXPECT_EQ(names({.prefix = "a", .start = "b"}), Names{}) << "behind all of it";
  EXPECT_EQ(names({.start = "d"}), Names{});
  EXPECT_EQ(names({.start = ""}), (Names{"a1", "a2", deep, "c"}));
}

TEST_F(Kv, PagesOfAListingGoOnWithTheirCursor) {
  KvNamespace kv = open().kv("x");
  std::vector<std::string> names = {"a", "b/\xc3\xa4", "b/\xe2\x82\xac", "b/\xf0\x9f\x98\x80", "b/1", "b/2", "b", "c"};
  for (const std::string& name : names) kv.put(name, "v", {.metadata = "m:" + name});
  std::sort(names.begin(), names.end());
  std::vector<std::string> listed;
  std::string cursor;
  int pages = 0;
  for (bool complete = false; !complete; ++pages) {
    const KvPage page = kv.list({.limit = 3, .cursor = cursor});
    for (const KvKey& key : page.keys) {
      listed.push_back(key.name);
      EXPECT_EQ(key.metadata, "m:" + key.name);
      EXPECT_EQ(key.version, kv.get(key.name)->version());
    }
    complete = page.complete;
    EXPECT_EQ(page.cursor.empty(), complete);
    cursor = page.cursor;
  }
  EXPECT_EQ(listed, names);
  EXPECT_EQ(pages, 3);
  const KvPage within = kv.list({.prefix = "b/", .limit = 5});
  EXPECT_EQ(within.keys.size(), 5u);
  EXPECT_TRUE(within.complete);
  const KvPage first = kv.list({.prefix = "b/", .limit = 4});
  EXPECT_FALSE(first.complete);
  EXPECT_EQ(kv.list({.prefix = "b/", .cursor = first.cursor}).keys.size(), 1u);
  EXPECT_THROW(kv.list({.cursor = "k1.!"}), Error);
}

TEST_F(Kv, LargeValuesAreShownWhereTheyLie) {
  Database db = open();
  KvNamespace kv = db.kv("x");
  const std::string large(1 << 20, 'x');
  kv.put("large", large);
  {
    const auto value = kv.get("large");
    EXPECT_EQ(db.stats().kv.pages_held, 1u);
    const auto copy = value;
    kv.put("large", "small");
    kv.put("other", large);
    kv.remove("other");
    EXPECT_EQ(value->text(), large);
    EXPECT_EQ(text(kv.get("large")), "small");
    EXPECT_EQ(copy->text(), large);
  }
  EXPECT_EQ(db.stats().kv.pages_held, 0u);
}

TEST_F(Kv, ALargeValueKeepsItsDatabaseOpen) {
  std::optional<Pinned> value;
  {
    KvNamespace kv = open().kv("x");
    kv.put("large", std::string(1 << 20, 'y'));
    value = kv.get("large");
  }
  EXPECT_EQ(value->text(), std::string(1 << 20, 'y'));
  value.reset();
  EXPECT_EQ(open().kv("x").get("large")->size(), size_t{1} << 20);
}

TEST_F(Kv, PastTheBoundLargeValuesAreCopies) {
  Database db = open();
  KvNamespace kv = db.kv("x");
  kv.put("large", std::string(40'000, 'z'));
  std::vector<std::optional<Pinned>> held;
  for (int i = 0; i < 66; ++i) held.push_back(kv.get("large"));
  EXPECT_EQ(db.stats().kv.pages_held, 64u);
  for (const auto& value : held) EXPECT_EQ(value->text(), std::string(40'000, 'z'));
}

}  // namespace
}  // namespace tern
