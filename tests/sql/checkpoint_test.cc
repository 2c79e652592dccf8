#include "sql/checkpoint.h"

#include "sql/guardian.h"
#include "sql/wal_index.h"
#include "tests/sql/support.h"

namespace tern::sql {
namespace {

using std::chrono::milliseconds;

class CheckpointTest : public ::testing::Test {
 protected:
  CheckpointTest() {
    writer_.execute("CREATE TABLE t(a)");
    for (int i = 0; i < 10; ++i) writer_.execute("INSERT INTO t VALUES(1)");
  }

  uint32_t last_frame() { return index_->read_header().value().last_frame; }

  test::TempFolder folder_;
  std::string path_ = folder_.file("a.db");
  Connection writer_ = test::open_at(path_);
  std::unique_ptr<WalIndex> index_ = WalIndex::open(test::options_for(path_));
  PlannedCheckpoint plan_{test::options_for(path_)};
};

TEST_F(CheckpointTest, NothingIsCopiedUnasked) {
  Connection other = test::open_at(path_);
  for (int i = 0; i < 1'500; ++i) other.execute("INSERT INTO t VALUES(1)");
  EXPECT_GT(last_frame(), 1'500u);
}

TEST_F(CheckpointTest, CopiesAllAndTheNextWriterRestartsTheLog) {
  ASSERT_TRUE(plan_.begin());
  const CheckpointResult result = plan_.run();
  EXPECT_TRUE(result.complete());
  EXPECT_EQ(result.log_frames, last_frame());
  plan_.end();
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_EQ(last_frame(), 1u);
}

TEST_F(CheckpointTest, KeepsWritersOutFromBeginToEnd) {
  ASSERT_TRUE(plan_.begin());
  writer_.set_busy_timeout_ms(0);
  EXPECT_THROW(writer_.execute("INSERT INTO t VALUES(2)"), Error);
  EXPECT_NE(test::run_in_other_process(path_, "INSERT INTO t VALUES(2)"), 0);
  plan_.end();
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_EQ(test::run_in_other_process(path_, "INSERT INTO t VALUES(2)"), 0);
}

TEST_F(CheckpointTest, DoesNotBeginWhileSomeoneWrites) {
  writer_.execute("BEGIN IMMEDIATE");
  EXPECT_FALSE(plan_.begin(milliseconds(0)));
  EXPECT_FALSE(plan_.begun());
  writer_.execute("ROLLBACK");
  EXPECT_TRUE(plan_.begin(milliseconds(0)));
}

TEST_F(CheckpointTest, StopsAtAReadersSnapshotAndSaysSo) {
  Connection reader = test::open_at(path_, OpenMode::kRead);
  ASSERT_TRUE(reader.begin_read());
  const uint32_t at_reader = last_frame();
  writer_.execute("UPDATE t SET a = 3");
  ASSERT_TRUE(plan_.begin());
  const CheckpointResult result = plan_.run(milliseconds(2));
  EXPECT_TRUE(result.ran);
  EXPECT_FALSE(result.complete());
  EXPECT_LE(result.copied_frames, at_reader);
  EXPECT_EQ(result.log_frames, last_frame());
}

TEST_F(CheckpointTest, WithAGuardianThatMovesTwiceTheLogRestarts) {
  Guardian guardian(test::options_for(path_));
  ASSERT_TRUE(guardian.open());
  writer_.execute("INSERT INTO t VALUES(2)");
  ASSERT_TRUE(plan_.begin());
  EXPECT_TRUE(guardian.move([] { return true; }));
  EXPECT_TRUE(plan_.run().complete());
  EXPECT_TRUE(guardian.move([] { return true; }));
  plan_.end();
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_EQ(last_frame(), 1u);
  EXPECT_TRUE(guardian.holds());
}

TEST_F(CheckpointTest, ARestartMakesReadersMoveOnAndWhoReadsLaterDoesNotUndoIt) {
  Guardian guardian(test::options_for(path_));
  ASSERT_TRUE(guardian.open());
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_TRUE(plan_.restart(milliseconds(5'000), [&] { guardian.move([] { return true; }); }));
  Connection late = test::open_at(path_, OpenMode::kRead);
  ASSERT_TRUE(late.begin_read());
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_EQ(last_frame(), 1u);
}

TEST_F(CheckpointTest, ARestartWaitsForTheOneWhoWritesAndForItsCheckpoint) {
  writer_.execute("BEGIN IMMEDIATE");
  EXPECT_TRUE(plan_.restart(milliseconds(5'000), [&] {
    if (writer_.in_transaction()) writer_.execute("ROLLBACK");
  }));
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_EQ(last_frame(), 1u);
}

TEST_F(CheckpointTest, ARestartGivesUpBeforeASnapshotThatStaysAndLetsWritersGoOn) {
  Connection reader = test::open_at(path_, OpenMode::kRead);
  ASSERT_TRUE(reader.begin_read());
  writer_.execute("INSERT INTO t VALUES(2)");
  int calls = 0;
  EXPECT_FALSE(plan_.restart(milliseconds(2), [&] { ++calls; }));
  EXPECT_GT(calls, 0);
  writer_.set_busy_timeout_ms(0);
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_GT(last_frame(), 2u);
}

TEST_F(CheckpointTest, WhatIsThrownWhileARestartWaitsLeavesItAndNothingStaysLocked) {
  Connection reader = test::open_at(path_, OpenMode::kRead);
  ASSERT_TRUE(reader.begin_read());
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_THROW(plan_.restart(milliseconds(5'000), [] { throw std::runtime_error("no more"); }), std::runtime_error);
  reader.end_transaction();
  writer_.set_busy_timeout_ms(0);
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_TRUE(plan_.restart(milliseconds(0), [] {}));
}

TEST_F(CheckpointTest, AtCloseTheDatabaseFileAloneIsComplete) {
  EXPECT_TRUE(checkpoint_now(writer_, milliseconds(100)).complete());
  std::filesystem::copy(path_, folder_.file("copy.db"));
  test::PlainConnection copy(folder_.file("copy.db"));
  int64_t rows = 0;
  sqlite3_exec(
      copy.handle(), "SELECT count(*) FROM t",
      [](void* out, int, char** values, char**) {
        *static_cast<int64_t*>(out) = std::atoll(values[0]);
        return 0;
      },
      &rows, nullptr);
  EXPECT_EQ(rows, 10);
  EXPECT_GT(std::filesystem::file_size(path_ + "-wal"), 0u) << "the log stays";
}

TEST_F(CheckpointTest, NeedsNoWriteLockOfItsOwn) {
  writer_.execute("BEGIN IMMEDIATE");
  Connection other = test::open_at(path_);
  EXPECT_TRUE(checkpoint_now(other, milliseconds(0)).complete());
}

}  // namespace
}  // namespace tern::sql
