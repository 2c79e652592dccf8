#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "tern/tern.hpp"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

struct GroupCommit : testing::Test {
  GroupCommit() : db(open(path)), engine(internal::Engine::open(path, {})) {
    db.exec(
        "PRAGMA foreign_keys = ON; CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE);"
        "CREATE TABLE child (id INTEGER PRIMARY KEY, parent REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)");
    db.exec("PRAGMA foreign_keys = ON");
    db.query("INSERT INTO t VALUES (1, 'taken')");
  }

  // Runs all of them so that they wait for their turn together. An outcome is what the exception says, or nothing.
  std::vector<std::string> together(const std::vector<std::function<void()>>& writes) {
    std::vector<std::string> outcomes(writes.size());
    std::vector<std::thread> threads;
    db.transaction([&](Transaction&) {
      for (size_t i = 0; i < writes.size(); ++i) {
        threads.emplace_back([&, i] {
          try {
            writes[i]();
          } catch (const Error& error) {
            outcomes[i] = error.what();
          }
        });
        while (engine->writer().waiting() <= i) std::this_thread::yield();
      }
      before = db.stats().commits;
    });
    for (std::thread& thread : threads) thread.join();
    return outcomes;
  }
  std::function<void()> insert(int id, const std::string& value) {
    return [this, id, value] { db.query("INSERT INTO t VALUES (?, ?)", id, value); };
  }
  uint64_t commits() { return db.stats().commits.own - before.own; }
  int64_t rows() { return test::PlainSqlite(path).number("SELECT count(*) FROM t"); }

  test::TempFolder temp;
  std::string path = temp.file("app.db");
  Database db;
  std::shared_ptr<internal::Engine> engine;
  Stats::Commits before;
};

TEST_F(GroupCommit, WritesThatWaitTogetherShareACommit) {
  std::vector<int64_t> ids(6);
  std::vector<std::function<void()>> writes;
  for (int i = 0; i < 6; ++i)
    writes.emplace_back(
        [&, i] { ids[static_cast<size_t>(i)] = db.query("INSERT INTO t (v) VALUES (?)", i).last_row_id(); });
  EXPECT_EQ(together(writes), std::vector<std::string>(6));
  EXPECT_EQ(commits(), 1u);
  EXPECT_EQ(db.stats().commits.grouped - before.grouped, 5u);
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(db.query("SELECT id FROM t WHERE v = ?", i)[0].get<int64_t>(0), ids[static_cast<size_t>(i)]);
}

TEST_F(GroupCommit, AUnitThatFailsFailsAlone) {
  const auto outcomes = together({insert(2, "a"), insert(3, "taken"), insert(4, "b")});
  EXPECT_EQ(outcomes[0] + outcomes[2], "");
  EXPECT_NE(outcomes[1].find("UNIQUE constraint failed: t.v"), std::string::npos) << outcomes[1];
  EXPECT_EQ(commits(), 1u);
  EXPECT_EQ(rows(), 3);
}

TEST_F(GroupCommit, ABatchThatFailsLeavesNothingOfItself) {
  const auto outcomes = together({insert(2, "a"),
                                  [&] {
                                    const Statement add = db.prepare("INSERT INTO t VALUES (?, ?)");
                                    db.batch(std::vector{add.bind(3, "c"), add.bind(4, "taken")});
                                  },
                                  insert(5, "b")});
  EXPECT_EQ(outcomes[0] + outcomes[2], "");
  EXPECT_NE(outcomes[1], "");
  EXPECT_EQ(commits(), 1u);
  EXPECT_EQ(db.query("SELECT group_concat(id) FROM t")[0].get<std::string_view>(0), "1,2,5");
}

TEST_F(GroupCommit, AUnitThatRollsBackEverythingTakesNobodyWithIt) {
  const auto outcomes =
      together({insert(2, "a"), [&] { db.query("INSERT OR ROLLBACK INTO t VALUES (3, 'taken')"); }, insert(4, "b")});
  EXPECT_EQ(outcomes[0] + outcomes[2], "");
  EXPECT_NE(outcomes[1].find("UNIQUE constraint failed"), std::string::npos) << outcomes[1];
  EXPECT_EQ(rows(), 3);
}

TEST_F(GroupCommit, ADeferredConstraintFailsWhoeverBrokeIt) {
  const auto outcomes = together({insert(2, "a"), [&] { db.query("INSERT INTO child VALUES (1, 77)"); }, insert(4, "b"),
                                  [&] { db.query("INSERT INTO child VALUES (2, 1)"); }});
  EXPECT_EQ(outcomes[0] + outcomes[2] + outcomes[3], "");
  EXPECT_NE(outcomes[1].find("FOREIGN KEY constraint failed"), std::string::npos) << outcomes[1];
  EXPECT_EQ(rows(), 3);
  EXPECT_EQ(test::PlainSqlite(path).number("SELECT count(*) FROM child"), 1);
}

TEST_F(GroupCommit, WhatChangesTheSchemaHasTheTurnToItself) {
  const auto outcomes = together({insert(2, "a"), [&] { db.query("CREATE TABLE u (v)"); }, [&] { db.query("VACUUM"); },
                                  insert(3, "b"), insert(4, "c")});
  EXPECT_EQ(outcomes, std::vector<std::string>(5));
  EXPECT_EQ(rows(), 4);
}

TEST_F(GroupCommit, RowsAreReturnedToTheirOwnThread) {
  std::vector<int64_t> returned(4);
  std::vector<std::function<void()>> writes;
  for (int i = 0; i < 4; ++i) {
    writes.emplace_back([&, i] {
      const Rows rows = db.query("INSERT INTO t VALUES (?, ?) RETURNING id * 10", i + 10, i);
      returned[static_cast<size_t>(i)] = rows[0].get<int64_t>(0);
    });
  }
  EXPECT_EQ(together(writes), std::vector<std::string>(4));
  EXPECT_EQ(returned, (std::vector<int64_t>{100, 110, 120, 130}));
  EXPECT_EQ(commits(), 1u);
}

TEST_F(GroupCommit, EachWriterReadsWhatItWroteOnceAcknowledged) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int writer = 0; writer < 4; ++writer) {
    threads.emplace_back([&, writer] {
      const Statement write = db.prepare("INSERT INTO t VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET v = excluded.v");
      const Statement read = db.prepare("SELECT v FROM t WHERE id = ?");
      for (int i = 0; i < 100; ++i) {
        const int64_t value = writer * 1000 + i;
        write.bind(writer + 100, value).run();
        if (read.bind(writer + 100).first()->get<int64_t>(0) != value) wrong.fetch_add(1, std::memory_order_relaxed);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(std::memory_order_relaxed), 0);
}

}  // namespace
}  // namespace tern
