#include "sql/read_pool.h"

#include <atomic>
#include <thread>

#include "tests/sql/support.h"

namespace tern::sql {
namespace {

using std::chrono::milliseconds;

class ReadPoolTest : public ::testing::Test {
 protected:
  ReadPoolTest() { writer_.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)"); }

  ReadPoolOptions pool_options(size_t max_connections = 4) {
    ReadPoolOptions options;
    options.connection = test::options_for(path_);
    options.max_connections = max_connections;
    return options;
  }

  static int64_t rows(const ReadPool::Lease& lease) {
    auto use = lease.statements().get("SELECT count(*) FROM t");
    EXPECT_TRUE(use.statement().step());
    return use.statement().column_int64(0);
  }

  test::TempFolder folder_;
  std::string path_ = folder_.file("a.db");
  Connection writer_ = test::open_at(path_);
  std::unique_ptr<WalIndex> index_ = WalIndex::open(test::options_for(path_));
  ReadPool pool_{pool_options(), index_.get()};
};

TEST_F(ReadPoolTest, ASnapshotIsReusedWhileNothingIsCommitted) {
  {
    const auto lease = pool_.acquire();
    const auto first = lease.snapshot();
    EXPECT_FALSE(first.reused);
    EXPECT_EQ(first.wal_state, index_->state());
    EXPECT_EQ(rows(lease), 1);
  }
  const auto lease = pool_.acquire();
  const auto second = lease.snapshot();
  EXPECT_TRUE(second.reused);
  EXPECT_EQ(second.wal_state, index_->state());
  EXPECT_EQ(rows(lease), 1);
  EXPECT_EQ(pool_.stats().snapshots_begun, 1u);
  EXPECT_EQ(pool_.stats().snapshots_reused, 1u);
}

TEST_F(ReadPoolTest, AfterAForeignCommitTheSnapshotIsNew) {
  {
    const auto lease = pool_.acquire();
    lease.snapshot();
  }
  { test::PlainConnection(path_).run("INSERT INTO t VALUES(2)"); }
  const auto lease = pool_.acquire();
  EXPECT_FALSE(lease.snapshot().reused);
  EXPECT_EQ(rows(lease), 2);
}

TEST_F(ReadPoolTest, TwiceInOneLeaseFollowsCommitsToo) {
  const auto lease = pool_.acquire();
  lease.snapshot();
  EXPECT_TRUE(lease.snapshot().reused);
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_FALSE(lease.snapshot().reused);
  EXPECT_EQ(rows(lease), 2);
}

TEST_F(ReadPoolTest, AnOlderWalStateThanTheSnapshotsIsNotReused) {
  const auto lease = pool_.acquire();
  const uint64_t old = index_->state();
  writer_.execute("INSERT INTO t VALUES(2)");
  lease.snapshot();
  EXPECT_FALSE(lease.snapshot(old).reused);
  EXPECT_EQ(lease.snapshot().wal_state, index_->state());
}

TEST_F(ReadPoolTest, IdleSnapshotsAreReleasedAndThenNothingHoldsTheLog) {
  {
    const auto lease = pool_.acquire();
    lease.snapshot();
  }
  EXPECT_EQ(pool_.stats().idle_snapshots, 1u);
  EXPECT_EQ(pool_.release_idle(milliseconds(60'000)), 0u) << "current, and just used";
  EXPECT_EQ(pool_.release_idle(milliseconds(0)), 1u);
  EXPECT_EQ(pool_.stats().idle_snapshots, 0u);
  writer_.execute("PRAGMA wal_checkpoint(RESTART)");
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_EQ(index_->read_header().value().last_frame, 1u);
}

TEST_F(ReadPoolTest, SnapshotsOfThePastAreReleasedHoweverYoung) {
  {
    const auto lease = pool_.acquire();
    lease.snapshot();
  }
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_EQ(pool_.release_idle(milliseconds(60'000)), 1u);
}

TEST_F(ReadPoolTest, AllAreReleasedAtOnceButThoseInUse) {
  {
    const auto one = pool_.acquire();
    const auto two = pool_.acquire();
    one.snapshot();
    two.snapshot();
  }
  const auto lease = pool_.acquire();
  lease.snapshot();
  EXPECT_EQ(pool_.release_all(), 1u);
  EXPECT_EQ(rows(lease), 1);
}

TEST_F(ReadPoolTest, TheLastGivenBackIsTheFirstTaken) {
  const sqlite3* recent = nullptr;
  {
    const auto one = pool_.acquire();
    {
      const auto two = pool_.acquire();
      EXPECT_NE(one.connection().handle(), two.connection().handle());
    }
    recent = one.connection().handle();
  }
  EXPECT_EQ(pool_.acquire().connection().handle(), recent);
  EXPECT_EQ(pool_.stats().open, 2u);
}

TEST_F(ReadPoolTest, PastItsBoundItWaitsAndThenSaysSo) {
  ReadPool small(pool_options(1), index_.get());
  auto held = std::make_optional(small.acquire());
  const std::string message = test::message_of([&] { small.acquire(milliseconds(1)); });
  EXPECT_NE(message.find("all 1 are in use"), std::string::npos) << message;
  std::thread waiter([&] { small.acquire(milliseconds(10'000)).snapshot(); });
  held.reset();
  waiter.join();
  EXPECT_EQ(small.stats().open, 1u);
}

TEST_F(ReadPoolTest, ConnectionsRefuseWritesAndAreMadeReadyByTheHook) {
  ReadPoolOptions options = pool_options();
  int opened = 0;
  options.on_open = [&](Connection& connection) {
    ++opened;
    connection.query_int64("SELECT 1");
  };
  ReadPool pool(options, index_.get());
  const auto lease = pool.acquire();
  EXPECT_EQ(opened, 1);
  EXPECT_THROW(lease.connection().execute("DELETE FROM t"), Error);
}

TEST_F(ReadPoolTest, RenewedItOpensConnectionsAnew) {
  auto lease = std::make_optional(pool_.acquire());
  { const auto other = pool_.acquire(); }
  pool_.renew_connections();
  EXPECT_EQ(pool_.stats().open, 1u) << "the one in use";
  lease.reset();
  EXPECT_EQ(pool_.stats().open, 0u);
  EXPECT_EQ(rows(pool_.acquire()), 1);
}

TEST_F(ReadPoolTest, WithoutAnIndexEverySnapshotIsNewAndItsStateUnknown) {
  ReadPool pool(pool_options(), nullptr);
  const auto lease = pool.acquire();
  EXPECT_EQ(lease.snapshot().wal_state, std::nullopt);
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_FALSE(lease.snapshot().reused);
  EXPECT_EQ(rows(lease), 2);
}

TEST_F(ReadPoolTest, AFailedOpenFreesItsPlace) {
  ReadPoolOptions options = pool_options(1);
  bool fail = true;
  options.on_open = [&](Connection&) {
    if (fail) throw Error(SQLITE_ERROR, "no");
  };
  ReadPool pool(options, index_.get());
  EXPECT_THROW(pool.acquire(), Error);
  fail = false;
  EXPECT_NO_THROW(pool.acquire());
}

TEST_F(ReadPoolTest, ManyThreadsNeverReadThePast) {
  std::atomic<int64_t> acknowledged{0};
  std::atomic<bool> stop{false};
  std::atomic<int> stale{0};
  writer_.execute("UPDATE t SET a = 0");
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop.load()) {
        const int64_t at_least = acknowledged.load();
        const auto lease = pool_.acquire();
        lease.snapshot();
        auto use = lease.statements().get("SELECT a FROM t");
        if (!use.statement().step() || use.statement().column_int64(0) < at_least) ++stale;
      }
    });
  }
  std::thread housekeeper([&] {
    while (!stop.load()) {
      pool_.release_idle(milliseconds(0));
      std::this_thread::yield();
    }
  });
  Statement update(writer_, "UPDATE t SET a = ?");
  for (int64_t i = 1; i <= 1'000; ++i) {
    update.bind_int64(1, i);
    update.step();
    acknowledged.store(i);
  }
  stop.store(true);
  for (auto& reader : readers) reader.join();
  housekeeper.join();
  EXPECT_EQ(stale.load(), 0);
}

TEST_F(ReadPoolTest, ASnapshotInUseEndsWithItsLeaseOnceAllWereReleased) {
  {
    const auto lease = pool_.acquire();
    lease.snapshot();
    EXPECT_EQ(pool_.release_all(), 0u) << "it is in use";
    EXPECT_EQ(lease.connection().transaction_state(), TransactionState::kRead);
  }
  EXPECT_EQ(pool_.stats().idle_snapshots, 0u);
}

TEST_F(ReadPoolTest, ASnapshotOfBeforeAReleaseIsNotReusedThoughNothingWasCommitted) {
  const auto lease = pool_.acquire();
  lease.snapshot();
  EXPECT_TRUE(lease.snapshot().reused);
  pool_.release_all();
  EXPECT_FALSE(lease.snapshot().reused);
  EXPECT_TRUE(lease.snapshot().reused);
}

TEST_F(ReadPoolTest, WhoeverIsHeldBackWaitsUntilHeIsLetIn) {
  pool_.hold_back(std::chrono::steady_clock::now() + std::chrono::hours(1));
  std::atomic<bool> let_in{false};
  std::thread reader([&] {
    const auto lease = pool_.acquire();
    EXPECT_TRUE(let_in);
  });
  std::this_thread::sleep_for(milliseconds(5));  // so that a reader who does not wait is caught
  let_in = true;
  pool_.let_in();
  reader.join();
}

TEST_F(ReadPoolTest, HoldingBackEndsByItself) {
  pool_.hold_back(std::chrono::steady_clock::now() + milliseconds(5));
  EXPECT_EQ(rows(pool_.acquire()), 1);
}

}  // namespace
}  // namespace tern::sql
