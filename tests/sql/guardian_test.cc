#include "sql/guardian.h"

#include "sql/wal_index.h"
#include "tests/sql/support.h"

namespace tern::sql {
namespace {

class GuardianTest : public ::testing::Test {
 protected:
  GuardianTest() { writer_.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)"); }

  uint32_t last_frame() { return index_->read_header().value().last_frame; }
  bool restart_log() {
    test::PlainConnection other(path_);
    other.run("PRAGMA wal_checkpoint(RESTART)");
    const uint32_t before = last_frame();
    other.run("INSERT INTO t VALUES(1)");
    return last_frame() <= before;
  }

  test::TempFolder folder_;
  std::string path_ = folder_.file("a.db");
  Connection writer_ = test::open_at(path_);
  std::unique_ptr<WalIndex> index_ = WalIndex::open(test::options_for(path_));
  Guardian guardian_{test::options_for(path_)};
};

TEST_F(GuardianTest, HoldsNothingBeforeItIsOpened) {
  EXPECT_FALSE(guardian_.holds());
  EXPECT_TRUE(restart_log());
}

TEST_F(GuardianTest, WhileItHoldsTheLogIsNotRestarted) {
  ASSERT_TRUE(guardian_.open());
  EXPECT_TRUE(guardian_.holds());
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_FALSE(restart_log());
  guardian_.let_go();
  EXPECT_FALSE(guardian_.holds());
  EXPECT_TRUE(restart_log());
}

TEST_F(GuardianTest, OnACopiedLogItKeepsNewFramesFromBeingCopiedBack) {
  writer_.execute("PRAGMA wal_checkpoint(PASSIVE)");
  ASSERT_TRUE(guardian_.open());  // all is copied: it holds read lock 0
  writer_.execute("INSERT INTO t VALUES(2)");
  Statement checkpoint(writer_, "PRAGMA wal_checkpoint(PASSIVE)");
  ASSERT_TRUE(checkpoint.step());
  EXPECT_GT(checkpoint.column_int64(1), 0) << "frames in the log";
  EXPECT_EQ(checkpoint.column_int64(2), 0) << "frames copied";
}

TEST_F(GuardianTest, MovesOnlyIfItsStateWasPublished) {
  ASSERT_TRUE(guardian_.open());
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_FALSE(guardian_.move([] { return false; }));
  EXPECT_FALSE(restart_log()) << "the old snapshot is still there";
  EXPECT_TRUE(guardian_.move([] { return true; }));
  EXPECT_TRUE(guardian_.holds());
}

TEST_F(GuardianTest, MovedToTheEndOfACopiedLogItAllowsARestart) {
  ASSERT_TRUE(guardian_.open());
  writer_.execute("INSERT INTO t VALUES(2)");
  ASSERT_TRUE(guardian_.move([] { return true; }));
  writer_.execute("PRAGMA wal_checkpoint(PASSIVE)");
  ASSERT_TRUE(guardian_.move([] { return true; }));
  EXPECT_TRUE(restart_log());
}

TEST_F(GuardianTest, BothSnapshotsAreHeldWhileItPublishes) {
  ASSERT_TRUE(guardian_.open());
  writer_.execute("INSERT INTO t VALUES(2)");
  bool restarted = true;
  EXPECT_TRUE(guardian_.move([&] {
    restarted = restart_log();
    return true;
  }));
  EXPECT_FALSE(restarted);
}

TEST_F(GuardianTest, AThrowingPublishLeavesTheOldSnapshot) {
  ASSERT_TRUE(guardian_.open());
  EXPECT_THROW(guardian_.move([]() -> bool { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_TRUE(guardian_.holds());
  EXPECT_TRUE(guardian_.move([] { return true; }));
}

TEST_F(GuardianTest, DoesNotMoveWhatItDoesNotHold) {
  EXPECT_FALSE(guardian_.move([] { return true; }));
  EXPECT_FALSE(guardian_.holds());
}

}  // namespace
}  // namespace tern::sql
