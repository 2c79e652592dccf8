#include "sql/ofd_locks.h"

#include <fcntl.h>
#include <unistd.h>

#include "sql/library.h"
#include "sql/parked_descriptors.h"
#include "sql/wal_index.h"
#include "tests/sql/support.h"

namespace tern::sql {
namespace {

using test::open_at;
using test::OtherCopy;
using test::run_in_other_process;
using test::TempFolder;

// UNIX_SHM_DMS of SQLite's os_unix.c: the byte of the -shm that everyone who has it open holds a shared lock on.
constexpr off_t kDeadManSwitch = 128;

class OfdLocks : public ::testing::Test {
 protected:
  void SetUp() override {
    if (initialize({.accept_wal_reset_bug = true}).locks != LocksKind::kOpenFileDescription) {
      GTEST_SKIP() << "this process takes POSIX locks";
    }
  }

  // True if some other owner, be it in this process, holds a lock on any byte of the file.
  static bool locked(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock probe {};
    probe.l_type = F_WRLCK;
    probe.l_whence = SEEK_SET;
    EXPECT_EQ(::fcntl(fd, kOfdGetLock, &probe), 0);
    ::close(fd);
    return probe.l_type != F_UNLCK;
  }

  TempFolder folder_;
  std::string path_ = folder_.file("a.db");
};

TEST_F(OfdLocks, AnotherProcessIsKeptOutWhileWeWrite) {
  Connection connection = open_at(path_);
  connection.execute("CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES(1)");
  EXPECT_EQ(run_in_other_process(path_, "INSERT INTO t VALUES(2)"), SQLITE_BUSY);
  connection.execute("COMMIT");
  EXPECT_EQ(run_in_other_process(path_, "INSERT INTO t VALUES(2)"), SQLITE_OK);
  EXPECT_EQ(connection.query_int64("SELECT count(*) FROM t"), 2);
}

TEST_F(OfdLocks, ClosingTheFilesByHandDropsNoLock) {
  Connection connection = open_at(path_);
  connection.execute("CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES(1)");
  for (const char* suffix : {"", "-wal", "-shm"}) ::close(::open((path_ + suffix).c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_EQ(run_in_other_process(path_, "INSERT INTO t VALUES(2)"), SQLITE_BUSY);
}

TEST_F(OfdLocks, WithoutConnectionsThereAreNoMastersAndNoLocks) {
  const int before = open_masters();
  {
    Connection one = open_at(path_);
    Connection two = open_at(path_);
    one.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)");
    EXPECT_EQ(two.query_int64("SELECT a FROM t"), 1);
    EXPECT_EQ(open_masters(), before + 2) << "one for the database, one for the -shm";
    EXPECT_TRUE(locked(path_ + "-shm")) << "the dead man switch";
    EXPECT_TRUE(locked(path_));
  }
  EXPECT_EQ(open_masters(), before);
  EXPECT_FALSE(locked(path_ + "-shm"));
  EXPECT_FALSE(locked(path_));
}

TEST_F(OfdLocks, ADescriptorThatIsClosedLeavesTheLocksOfItsSiblings) {
  Connection one = open_at(path_);
  one.execute("CREATE TABLE t(a)");
  Connection two = open_at(path_);
  two.execute("BEGIN IMMEDIATE; INSERT INTO t VALUES(1)");
  { Connection three = open_at(path_); }
  one = open_at(folder_.file("b.db"));  // closes the connection that took the first locks
  EXPECT_EQ(run_in_other_process(path_, "INSERT INTO t VALUES(2)"), SQLITE_BUSY);
  two.execute("COMMIT");
  EXPECT_EQ(run_in_other_process(path_, "INSERT INTO t VALUES(2)"), SQLITE_OK);
}

TEST_F(OfdLocks, ConnectionsOfOneProcessStillExcludeEachOther) {
  Connection one = open_at(path_);
  one.execute("CREATE TABLE t(a)");
  Connection two = open_at(path_);
  two.set_busy_timeout_ms(0);
  one.execute("BEGIN IMMEDIATE");
  EXPECT_THROW(two.execute("BEGIN IMMEDIATE"), Error);
  one.execute("ROLLBACK");
  two.execute("BEGIN IMMEDIATE; ROLLBACK");
}

TEST_F(OfdLocks, AChildsEndLeavesTheParentsLocks) {
  Connection connection = open_at(path_);
  connection.execute("CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES(1)");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(0);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(run_in_other_process(path_, "INSERT INTO t VALUES(2)"), SQLITE_BUSY);
}

TEST_F(OfdLocks, AChildThatLivesOnHoldsNothingOfItsDeadParents) {
  // The parent here is a child of ours: it opens the database, forks, and ends. What it forked stays alive until told.
  // It has copies of the parent's descriptors until it runs for the first time, which nobody can make sooner: so it is
  // waited for, and only then does "nothing" hold.
  { open_at(path_).execute("CREATE TABLE t(a)"); }
  int runs[2], go[2];
  ASSERT_EQ(::pipe(runs), 0);
  ASSERT_EQ(::pipe(go), 0);
  const pid_t parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    Connection connection = open_at(path_);
    connection.execute("BEGIN IMMEDIATE; INSERT INTO t VALUES(1)");
    if (::fork() == 0) {
      ::close(go[1]);
      char byte = 'r';
      if (::write(runs[1], &byte, 1) == 1)
        while (::read(go[0], &byte, 1) > 0) {
        }
    }
    ::_exit(0);
  }
  ::close(runs[1]);  // so that the wait ends if nobody comes
  int status = -1;
  ASSERT_EQ(::waitpid(parent, &status, 0), parent);
  char byte = 0;
  ASSERT_EQ(::read(runs[0], &byte, 1), 1);
  EXPECT_EQ(run_in_other_process(path_, "INSERT INTO t VALUES(2)"), SQLITE_OK);
  ::close(runs[0]);
  ::close(go[0]);
  ::close(go[1]);
}

class TwoCopies : public OfdLocks {
 protected:
  void SetUp() override {
    OfdLocks::SetUp();
    if (!IsSkipped() && !other_.usable()) GTEST_SKIP() << "there is no other copy of SQLite on this machine";
  }

  OtherCopy other_;
};

TEST_F(TwoCopies, TheOtherCopyMayOpenAndCloseTheFileWhileWeWrite) {
  Connection connection = open_at(path_);
  connection.execute("CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES(1)");
  for (int i = 0; i < 3; ++i) {
    OtherCopy::Database database(other_, path_);
    EXPECT_EQ(database.run("SELECT count(*) FROM t"), SQLITE_OK);
  }
  EXPECT_TRUE(std::filesystem::exists(path_ + "-wal")) << "the other copy took itself for the last one";
  EXPECT_EQ(run_in_other_process(path_, "INSERT INTO t VALUES(2)"), SQLITE_BUSY);
  connection.execute("COMMIT");
  EXPECT_EQ(connection.query_int64("SELECT count(*) FROM t"), 1);
  EXPECT_EQ(run_in_other_process(path_, "INSERT INTO t VALUES(2)"), SQLITE_OK);
  EXPECT_EQ(connection.query_int64("SELECT count(*) FROM t"), 2);
}

TEST_F(TwoCopies, OurClosingDropsNoLockOfTheOtherCopy) {
  { open_at(path_).execute("CREATE TABLE t(a)"); }
  const size_t parked = parked_descriptors();
  {
    OtherCopy::Database database(other_, path_);
    ASSERT_EQ(database.run("BEGIN IMMEDIATE; INSERT INTO t VALUES(1)"), SQLITE_OK);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(open_at(path_).query_int64("SELECT count(*) FROM t"), 0);
    EXPECT_EQ(run_in_other_process(path_, "INSERT INTO t VALUES(2)"), SQLITE_BUSY);
    EXPECT_EQ(database.run("COMMIT"), SQLITE_OK);
    EXPECT_GT(parked_descriptors(), parked);
  }
  { EXPECT_EQ(open_at(path_).query_int64("SELECT count(*) FROM t"), 1); }
  EXPECT_EQ(parked_descriptors(), parked) << "closed as soon as the other copy had gone";
}

TEST_F(TwoCopies, OurClosingKeepsTheOtherCopysMarkThatItIsThereAlsoAmongReaders) {
  { open_at(path_).execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)"); }
  OtherCopy::Database database(other_, path_);
  ASSERT_EQ(database.run("BEGIN; SELECT * FROM t"), SQLITE_OK);
  // Another process with the same shared locks: the kernel may name it instead of us.
  int ready[2], go[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(go), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(go[1]);
    const int fd = ::open((path_ + "-shm").c_str(), O_RDWR);
    struct flock mark {};
    mark.l_type = F_RDLCK;
    mark.l_whence = SEEK_SET;
    mark.l_start = kDeadManSwitch;
    mark.l_len = 1;
    const bool locked = ::fcntl(fd, F_SETLK, &mark) == 0;
    char byte = locked ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) == 1)
      while (::read(go[0], &byte, 1) > 0) {
      }
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  { EXPECT_EQ(open_at(path_).query_int64("SELECT a FROM t"), 1); }
  for (int* end : {ready, go}) ::close(end[0]), ::close(end[1]);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(locked(path_ + "-shm")) << "another process would truncate the -shm now";
}

TEST_F(TwoCopies, TheyExcludeEachOther) {
  Connection connection = open_at(path_);
  connection.execute("CREATE TABLE t(a)");
  connection.set_busy_timeout_ms(0);
  OtherCopy::Database database(other_, path_);
  connection.execute("BEGIN IMMEDIATE; INSERT INTO t VALUES(1)");
  EXPECT_EQ(database.run("INSERT INTO t VALUES(2)"), SQLITE_BUSY);
  connection.execute("COMMIT");
  ASSERT_EQ(database.run("BEGIN IMMEDIATE"), SQLITE_OK);
  EXPECT_THROW(connection.execute("INSERT INTO t VALUES(3)"), Error);
  EXPECT_EQ(database.run("INSERT INTO t VALUES(2); COMMIT"), SQLITE_OK);
  EXPECT_EQ(connection.query_int64("SELECT count(*) FROM t"), 2);
}

TEST_F(TwoCopies, CommitsOfTheOtherCopyShowInTheWalState) {
  Connection connection = open_at(path_);
  connection.execute("CREATE TABLE t(a)");
  const auto index = WalIndex::open(test::options_for(path_));
  const uint64_t before = index->state();
  OtherCopy::Database database(other_, path_);
  EXPECT_EQ(database.run("INSERT INTO t VALUES(1)"), SQLITE_OK);
  EXPECT_NE(index->state(), before);
  EXPECT_EQ(connection.query_int64("SELECT count(*) FROM t"), 1);
}

TEST_F(TwoCopies, NothingIsLostWhileTheOtherComesAndGoes) {
  Connection connection = open_at(path_);
  connection.execute("CREATE TABLE t(a)");
  Statement insert(connection, "INSERT INTO t VALUES(1)");
  for (int i = 0; i < 200; ++i) {
    OtherCopy::Database database(other_, path_);
    EXPECT_EQ(database.run("PRAGMA busy_timeout=1000; INSERT INTO t VALUES(2)"), SQLITE_OK);
    insert.step();
  }
  EXPECT_EQ(connection.query_int64("SELECT count(*) FROM t"), 400);
  EXPECT_EQ(connection.query_text("PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace tern::sql
