// Single flight of computed values: threads that ask for one key, and ones that would wait for one another. Nothing
// here depends on time: functions wait until they see who waits for them.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/access.h"
#include "engine/computer.h"
#include "engine/engine.h"
#include "tern/tern.hpp"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

constexpr ComputeOptions kForEver{.ttl = {}, .patience = std::chrono::hours(1)};
constexpr int kThreads = 6;

struct ComputeThreads : testing::Test {
  ComputeThreads() { db.exec("CREATE TABLE t (v); INSERT INTO t VALUES ('1')"); }
  std::string v() { return db.query("SELECT v FROM t")[0].get<std::string>(0); }
  void until_waiting(size_t threads) {
    while (internal::Access::engine(db)->computer().waiting() < threads) std::this_thread::yield();
  }
  // All threads ask at once, each with `what`; their answers.
  template <typename F>
  std::vector<std::string> all_ask(F&& what) {
    std::vector<std::string> answers(kThreads);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back([&, i] { answers[i] = what(); });
    for (std::thread& thread : threads) thread.join();
    return answers;
  }

  test::TempFolder temp;
  std::string path = temp.file("app.db");
  Database db = open(path);
  std::atomic<int> runs{0};
};

TEST_F(ComputeThreads, OneComputesAndTheOthersGetItsValue) {
  const auto answers = all_ask([&] {
    return std::string(db.get_or_compute("k", kForEver, [&] {
                           ++runs;
                           until_waiting(kThreads - 1);
                           return v();
                         }).text());
  });
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(answers, std::vector<std::string>(kThreads, "1"));
  EXPECT_EQ(db.stats().computed.waits, kThreads - 1u);
}

TEST_F(ComputeThreads, OneThatThrowsDoesSoAloneAndTheOthersComputeForThemselves) {
  std::atomic<int> failures{0};
  const auto answers = all_ask([&] {
    try {
      return std::string(db.get_or_compute("k", kForEver, [&] {
                             if (runs++ == 0) {
                               until_waiting(kThreads - 1);
                               throw std::runtime_error("the first");
                             }
                             return v();
                           }).text());
    } catch (const std::runtime_error&) {
      ++failures;
      return std::string("1");
    }
  });
  EXPECT_EQ(failures, 1);
  EXPECT_EQ(answers, std::vector<std::string>(kThreads, "1"));
}

// What was read before a commit is no answer to who asks after it, although he waits for it.
TEST_F(ComputeThreads, AWaiterThatCameAfterACommitDoesNotGetAValueFromBefore) {
  std::promise<void> read;
  std::thread early([&] {
    db.get_or_compute("k", kForEver, [&] {
      std::string value = v();
      read.set_value();
      until_waiting(1);
      return value;
    });
  });
  read.get_future().wait();
  test::PlainSqlite(path).exec("UPDATE t SET v = '2'");
  EXPECT_EQ(db.get_or_compute("k", kForEver, [&] { return v(); }).text(), "2");
  early.join();
  EXPECT_EQ(db.get_or_compute("k", kForEver, [&] { return v(); }).text(), "2");
}

TEST_F(ComputeThreads, PatienceEnds) {
  std::promise<void> begun, done;
  std::thread slow([&] {
    db.get_or_compute("k", kForEver, [&] {
      begun.set_value();
      done.get_future().wait();
      return "slow";
    });
  });
  begun.get_future().wait();
  EXPECT_EQ(db.get_or_compute("k", {.ttl = {}, .patience = std::chrono::milliseconds(1)}, [] { return "own"; }).text(),
            "own");
  done.set_value();
  slow.join();
}

// a asks for b while b asks for a: whoever closes the circle goes alone.
TEST_F(ComputeThreads, ACircleOfWaitsIsNotMade) {
  std::latch both(2);
  const auto cross = [&](const char* mine, const char* others) {
    return std::string(db.get_or_compute(mine, kForEver, [&] {
                           both.arrive_and_wait();
                           const Computed other = db.get_or_compute(others, kForEver, [] { return "other"; });
                           return "of " + std::string(other.text());
                         }).text());
  };
  std::string a, b;
  std::thread one([&] { a = cross("a", "b"); });
  std::thread two([&] { b = cross("b", "a"); });
  one.join();
  two.join();
  // One of them went alone; the other waited for it, or came when it had its value.
  EXPECT_TRUE(a == "of other" || b == "of other") << a << ", " << b;
}

TEST_F(ComputeThreads, ACircleThroughAThreadOfTheFunctionIsNotMadeEither) {
  std::latch both(2);
  std::thread one([&] {
    db.get_or_compute("a", kForEver, [&](Computation& computation) {
      both.arrive_and_wait();
      std::thread([&] {
        const Computation::OnThisThread on(computation);
        db.get_or_compute("b", kForEver, [] { return "b of a's thread"; });
      }).join();
      return "a";
    });
  });
  db.get_or_compute("b", kForEver, [&] {
    both.arrive_and_wait();
    return std::string(db.get_or_compute("a", kForEver, [] { return "a of b"; }).text());
  });
  one.join();
}

TEST_F(ComputeThreads, WhoHasTheTurnToWriteDoesNotWaitForWhoMayWaitForIt) {
  std::promise<void> begun;
  std::thread computes([&] {
    begun.get_future().wait();
    db.get_or_compute("k", kForEver, [&] {
      db.query("UPDATE t SET v = '3'");
      return "wrote";
    });
  });
  std::string got;
  db.transaction([&](Transaction&) {
    begun.set_value();
    while (db.stats().computed.runs == 0 && got.empty())
      got = db.get_or_compute("k", kForEver, [] { return "own"; }).text();
  });
  computes.join();
  EXPECT_EQ(got, "own");
}

TEST_F(ComputeThreads, ReadersBesideAWriterNeverSeeAnOldValue) {
  std::atomic<int64_t> committed{1};
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!over.load()) {
        const int64_t before = committed.load();
        const Computed computed = db.get_or_compute("k", kForEver, [&] { return v(); });
        if (std::stoll(std::string(computed.text())) < before) ++wrong;
      }
    });
  }
  test::PlainSqlite plain(path);
  for (int64_t n = 2; n < 200; ++n) {
    if (n % 2 == 0) {
      db.query("UPDATE t SET v = ?", std::to_string(n));
    } else {
      plain.exec("UPDATE t SET v = '" + std::to_string(n) + "'");
    }
    committed.store(n);
  }
  over.store(true);
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(db.get_or_compute("k", kForEver, [&] { return v(); }).text(), "199");
}

}  // namespace
}  // namespace tern
