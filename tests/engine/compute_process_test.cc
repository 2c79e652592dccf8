// get_or_compute() over processes, of values made from rows and from KV keys: each sees at once what the other changed.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "tern/tern.hpp"
#include "tests/support/peer.h"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

// One process's: a page of a row, two keys, and how many keys there are.
class Pages {
 public:
  explicit Pages(const std::string& path) : db_(open(path)), kv_(db_.kv("x")) {}

  std::string truth() {
    const auto of = [&](const char* key) {
      const auto value = kv_.get(key);
      return value ? value->copy() : std::string("-");
    };
    return db_.query("SELECT v FROM t")[0].get<std::string>(0) + " " + of("a") + " " + of("n") + " " +
           std::to_string(kv_.list().keys.size());
  }
  Computed page() {
    return db_.get_or_compute("page", {}, [&] { return truth(); });
  }
  std::string done(std::istringstream command) {
    std::string verb;
    std::string value;
    command >> verb >> value;
    if (verb == "put") kv_.put("a", value);
    if (verb == "add") kv_.put(value, "1");
    if (verb == "remove") kv_.remove(value);
    if (verb == "update") db_.query("UPDATE t SET v = ?", value);
    if (verb == "count") {
      for (;;) kv_.increment("n");
    }
    if (verb == "source") return std::string(source_name(page().source()));
    return page().cached() ? std::string(page().text()) : "uncached";
  }
  int64_t counted() {
    const auto n = kv_.get("n");
    return n ? std::stoll(n->copy()) : 0;
  }
  int64_t counted_on_page() {
    std::istringstream text{std::string(page().text())};
    std::string row;
    std::string a;
    std::string n;
    text >> row >> a >> n;
    return n == "-" ? 0 : std::stoll(n);
  }

 private:
  Database db_;
  KvNamespace kv_;
};

struct Peer : test::Peer {
  explicit Peer(const std::string& path)
      : test::Peer([&path]() -> Answer {
          return [pages = std::make_shared<Pages>(path)](std::istringstream command) {
            return pages->done(std::move(command));
          };
        }) {}
};

struct ComputeProcesses : testing::Test {
  ComputeProcesses() {
    test::PlainSqlite(path).exec("CREATE TABLE t (v); INSERT INTO t VALUES ('row')");
    mine.truth();  // publishes that
  }
  // Both, from memory from the second time on.
  void expect(const std::string& text) {
    EXPECT_EQ(peer.ask("page"), text);
    EXPECT_EQ(peer.ask("source"), "hot");
    EXPECT_EQ(mine.page().text(), text);
    EXPECT_EQ(mine.page().source(), Source::kHot);
  }

  test::TempFolder temp;
  std::string path = temp.file("app.db");
  Peer peer{path};
  Pages mine{path};
};

TEST_F(ComputeProcesses, EachSeesAtOnceWhatTheOtherChanged) {
  expect("row - - 0");
  for (int i = 0; i < 10; ++i) {
    const std::string n = std::to_string(i);
    mine.done(std::istringstream("put " + n));
    expect((i == 0 ? "row " : "row" + std::to_string(i - 1) + " ") + n + " - 1");
    peer.ask("update row" + n);
    expect("row" + n + " " + n + " - 1");
    peer.ask("add k" + n);
    expect("row" + n + " " + n + " - 2");
    mine.done(std::istringstream("remove k" + n));
    expect("row" + n + " " + n + " - 1");
  }
}

TEST_F(ComputeProcesses, AKilledOneLeavesNothingStaleAndHoldsNobodyUp) {
  expect("row - - 0");
  peer.tell("count");
  // What is on the page lies between what was counted before and after it was asked for.
  for (int64_t before = 0; before < 50;) {
    before = mine.counted();
    const int64_t on_page = mine.counted_on_page();
    const int64_t after = mine.counted();
    ASSERT_LE(before, on_page);
    ASSERT_LE(on_page, after);
  }
  peer.kill();
  EXPECT_EQ(peer.ask("page"), "gone");  // and dead
  EXPECT_EQ(mine.page().text(), mine.truth());
  mine.done(std::istringstream("put new"));
  EXPECT_EQ(mine.page().text(), mine.truth());
  EXPECT_EQ(mine.page().source(), Source::kHot);
}

}  // namespace
}  // namespace tern
