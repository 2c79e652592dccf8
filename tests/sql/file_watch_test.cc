#include "sql/file_watch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/sql/support.h"

namespace tern::sql {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using test::open_at;

struct FileWatchTest : testing::Test {
  FileWatchTest() {
    connection.begin_read();  // SQLite makes the log and its index when they are first needed
    connection.end_transaction();
  }
  bool replaced(const std::string& suffix) {
    FileWatch watch(path);
    EXPECT_TRUE(watch.look());
    fs::copy_file(path + suffix, path + ".copy");
    fs::rename(path + ".copy", path + suffix);
    EXPECT_FALSE(watch.lost()) << "it has not looked";
    return !watch.look() && watch.lost();
  }
  bool deleted(const std::string& suffix) {
    FileWatch watch(path);
    fs::remove(path + suffix);
    return !watch.look();
  }

  test::TempFolder folder;
  std::string path = folder.file("a.db");
  Connection connection = open_at(path);
};

TEST_F(FileWatchTest, NoticesThatTheDatabaseWasReplaced) { EXPECT_TRUE(replaced("")); }
TEST_F(FileWatchTest, NoticesThatTheLogWasReplaced) { EXPECT_TRUE(replaced("-wal")); }
TEST_F(FileWatchTest, NoticesThatItsSharedMemoryWasReplaced) { EXPECT_TRUE(replaced("-shm")); }
TEST_F(FileWatchTest, NoticesThatTheDatabaseWasDeleted) { EXPECT_TRUE(deleted("")); }
TEST_F(FileWatchTest, NoticesThatTheLogWasDeleted) { EXPECT_TRUE(deleted("-wal")); }
TEST_F(FileWatchTest, NoticesThatItsSharedMemoryWasDeleted) { EXPECT_TRUE(deleted("-shm")); }

TEST_F(FileWatchTest, CommitsAndCheckpointsLeaveItInPeace) {
  FileWatch watch(path);
  connection.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1); PRAGMA wal_checkpoint(TRUNCATE); VACUUM");
  EXPECT_TRUE(watch.look());
  EXPECT_NO_THROW(watch.demand());
}

TEST_F(FileWatchTest, AFileThatIsLostStaysLostThoughItComesBack) {
  FileWatch watch(path);
  fs::rename(path, path + ".aside");
  EXPECT_FALSE(watch.look());
  fs::rename(path + ".aside", path);
  EXPECT_FALSE(watch.look()) << "who knows what was written meanwhile";
}

TEST_F(FileWatchTest, TheErrorNamesTheFileAndTheRemedy) {
  FileWatch watch(path);
  fs::remove(path + "-shm");
  watch.look();
  const std::string message = message_of([&] { watch.demand(); });
  EXPECT_NE(message.find(path + "-shm"), std::string::npos) << message;
  EXPECT_NE(message.find("open it again"), std::string::npos) << message;
}

}  // namespace
}  // namespace tern::sql
