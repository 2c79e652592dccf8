#include "sql/connection.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "sql/fork_guard.h"
#include "sql/library.h"
#include "tests/sql/support.h"

namespace tern::sql {
namespace {

using test::message_of;
using test::open_at;
using test::options_for;
using test::TempFolder;

// Runs `action` as a user without special rights, so that modes count.
template <typename Action>
void without_rights(Action&& action) {
  if (::geteuid() != 0) return action();
  ASSERT_EQ(::seteuid(65534), 0);
  action();
  ASSERT_EQ(::seteuid(0), 0);
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Connection, CreatesADatabaseInWalModeWithTheSettingsOfTern) {
  const TempFolder folder;
  Connection connection = open_at(folder.file("new.db"));
  EXPECT_EQ(connection.query_text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(connection.query_int64("PRAGMA wal_autocheckpoint"), 0);
  EXPECT_EQ(connection.query_int64("PRAGMA synchronous"), 1);
  EXPECT_EQ(connection.query_int64("PRAGMA foreign_keys"), 0);
  EXPECT_EQ(connection.query_int64("PRAGMA trusted_schema"), 0);
  EXPECT_EQ(connection.query_int64("PRAGMA busy_timeout"), 2'000);
  EXPECT_EQ(connection.query_int64("PRAGMA query_only"), 0);
  int on = -1;
  EXPECT_EQ(sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_DEFENSIVE, -1, &on), SQLITE_OK);
  EXPECT_EQ(on, 1);
  EXPECT_EQ(sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, -1, &on), SQLITE_OK);
  EXPECT_EQ(on, 1);
}

TEST(Connection, SynchronousFullIsAnOption) {
  const TempFolder folder;
  ConnectionOptions options = options_for(folder.file("a.db"));
  options.synchronous = Synchronous::kFull;
  Connection connection = Connection::open(options);
  EXPECT_EQ(connection.query_int64("PRAGMA synchronous"), 2);
}

TEST(Connection, KeepsTheLogWhenTheLastOneCloses) {
  const TempFolder folder;
  { open_at(folder.file("a.db")).execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)"); }
  ASSERT_TRUE(std::filesystem::exists(folder.file("a.db-wal")));
  EXPECT_GT(std::filesystem::file_size(folder.file("a.db-wal")), 0u);
  EXPECT_EQ(open_at(folder.file("a.db")).query_int64("SELECT a FROM t"), 1);
}

TEST(Connection, ForReadingRefusesWrites) {
  const TempFolder folder;
  open_at(folder.file("a.db")).execute("CREATE TABLE t(a)");
  Connection reader = open_at(folder.file("a.db"), OpenMode::kRead);
  EXPECT_TRUE(contains(message_of([&] { reader.execute("INSERT INTO t VALUES(1)"); }), "readonly"));
}

TEST(Connection, ForReadingRecoversALogThatAnotherLeft) {
  const TempFolder folder;
  open_at(folder.file("a.db")).execute("CREATE TABLE t(a); INSERT INTO t VALUES(7)");
  std::filesystem::remove(folder.file("a.db-shm"));
  EXPECT_EQ(open_at(folder.file("a.db"), OpenMode::kRead).query_int64("SELECT a FROM t"), 7);
}

TEST(Connection, MissingFolderIsNamed) {
  const TempFolder folder;
  const std::string message = message_of([&] { open_at(folder.file("no/such/a.db")); });
  EXPECT_TRUE(contains(message, folder.file("no/such")) && contains(message, "no folder")) << message;
}

TEST(Connection, MissingFileIsNamedUnlessItMayBeCreated) {
  const TempFolder folder;
  for (const OpenMode mode : {OpenMode::kRead, OpenMode::kReadWrite}) {
    const std::string message = message_of([&] { open_at(folder.file("a.db"), mode); });
    EXPECT_TRUE(contains(message, folder.file("a.db")) && contains(message, "no such file")) << message;
  }
  EXPECT_FALSE(std::filesystem::exists(folder.file("a.db")));
}

TEST(Connection, AFolderInTheFilesPlaceIsNamed) {
  const TempFolder folder;
  const std::string message = message_of([&] { open_at(folder.path()); });
  EXPECT_TRUE(contains(message, folder.path()) && contains(message, "it is a folder")) << message;
}

TEST(Connection, AFileThatIsNoDatabaseIsNamedAndLeftAlone) {
  const TempFolder folder;
  const std::string text(5'000, 'x');
  std::ofstream(folder.file("a.db")) << text;
  try {
    open_at(folder.file("a.db"));
    FAIL() << "text was opened as a database";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, SQLITE_NOTADB);
    EXPECT_TRUE(contains(error.what(), folder.file("a.db")) && contains(error.what(), "not a SQLite database"))
        << error.what();
  }
  EXPECT_EQ(std::filesystem::file_size(folder.file("a.db")), text.size());
}

TEST(Connection, InMemoryAndTemporaryDatabasesAreRefused) {
  for (const char* path : {"", ":memory:", "file:a?mode=memory"}) {
    EXPECT_TRUE(contains(message_of([&] { open_at(path); }), "in a file")) << path;
  }
}

TEST(Connection, AReadOnlyFolderIsNamed) {
  const TempFolder folder;
  open_at(folder.file("a.db")).execute("CREATE TABLE t(a)");
  std::filesystem::remove(folder.file("a.db-shm"));
  ASSERT_EQ(::chmod(folder.file("a.db").c_str(), 0666), 0);
  ASSERT_EQ(::chmod(folder.path().c_str(), 0555), 0);
  std::string existing, created;
  without_rights([&] {
    existing = message_of([&] { open_at(folder.file("a.db")); });
    created = message_of([&] { open_at(folder.file("new.db")); });
  });
  ::chmod(folder.path().c_str(), 0755);
  EXPECT_TRUE(contains(existing, folder.file("a.db")) && contains(existing, "not writable")) << existing;
  EXPECT_TRUE(contains(created, folder.file("new.db")) && contains(created, "not writable")) << created;
}

TEST(Connection, AFileWithoutPermissionIsNamed) {
  const TempFolder folder;
  open_at(folder.file("a.db"));
  ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
  ASSERT_EQ(::chmod(folder.file("a.db").c_str(), 0444), 0);
  std::string message;
  without_rights([&] { message = message_of([&] { open_at(folder.file("a.db")); }); });
  EXPECT_TRUE(contains(message, folder.file("a.db")) && contains(message, "no permission")) << message;
}

TEST(Connection, ADatabaseInAnotherJournalModeIsConvertedOnlyByOption) {
  const TempFolder folder;
  { test::PlainConnection(folder.file("a.db")).run("CREATE TABLE t(a)"); }
  const std::string message = message_of([&] { open_at(folder.file("a.db")); });
  EXPECT_TRUE(contains(message, "not in WAL mode") && contains(message, "convert")) << message;
  ConnectionOptions options = options_for(folder.file("a.db"));
  options.convert_to_wal = true;
  EXPECT_EQ(Connection::open(options).query_text("PRAGMA journal_mode"), "wal");
}

TEST(Connection, ManyThreadsMayCreateOneDatabaseAtOnce) {
  const TempFolder folder;
  std::vector<std::thread> threads;
  std::atomic<int> opened{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      try {
        if (open_at(folder.file("a.db")).query_text("PRAGMA journal_mode") == "wal") ++opened;
      } catch (const Error& error) {
        ADD_FAILURE() << error.what();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(opened.load(), 8);
}

TEST(Connection, ExecuteRunsAllStatementsAndSaysHowMany) {
  const TempFolder folder;
  Connection connection = open_at(folder.file("a.db"));
  EXPECT_EQ(connection.execute("CREATE TABLE t(a); ; INSERT INTO t VALUES(1); -- done\n"), 2);
  EXPECT_EQ(connection.execute(""), 0);
  EXPECT_EQ(connection.execute("  /* nothing */ "), 0);
  EXPECT_EQ(connection.changes(), 1);
  EXPECT_EQ(connection.last_insert_rowid(), 1);
}

TEST(Connection, AReadThatBeganHoldsItsSnapshotAndEndsWithoutTrace) {
  const TempFolder folder;
  Connection writer = open_at(folder.file("a.db"));
  writer.execute("CREATE TABLE t(a)");
  Connection reader = open_at(folder.file("a.db"), OpenMode::kRead);
  ASSERT_TRUE(reader.begin_read());
  EXPECT_EQ(reader.transaction_state(), TransactionState::kRead);
  writer.execute("INSERT INTO t VALUES(1)");
  EXPECT_EQ(reader.query_int64("SELECT count(*) FROM t"), 0);
  reader.end_transaction();
  EXPECT_EQ(reader.transaction_state(), TransactionState::kNone);
  EXPECT_EQ(reader.query_int64("SELECT count(*) FROM t"), 1);
}

TEST(Connection, EndingATransactionResetsRunningStatementsAndUndoesWrites) {
  const TempFolder folder;
  Connection connection = open_at(folder.file("a.db"));
  connection.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1), (2); BEGIN; INSERT INTO t VALUES(3)");
  Statement running(connection, "SELECT a FROM t");
  ASSERT_TRUE(running.step());
  connection.end_transaction();
  EXPECT_FALSE(running.busy());
  EXPECT_FALSE(connection.in_transaction());
  EXPECT_EQ(connection.query_int64("SELECT count(*) FROM t"), 2);

  ASSERT_TRUE(connection.begin_read());
  ASSERT_TRUE(running.step());
  connection.end_transaction();
  EXPECT_EQ(connection.transaction_state(), TransactionState::kNone);
}

TEST(Connection, NoticesThatItsFileWasMoved) {
  const TempFolder folder;
  Connection connection = open_at(folder.file("a.db"));
  EXPECT_FALSE(connection.has_moved());
  std::filesystem::rename(folder.file("a.db"), folder.file("b.db"));
  EXPECT_TRUE(connection.has_moved());
}

TEST(Connection, IsRefusedInAForkedChildWithAClearMessage) {
  const TempFolder folder;
  Connection connection = open_at(folder.file("a.db"));
  connection.execute("CREATE TABLE t(a)");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    int refused = 0;
    try {
      connection.execute("SELECT 1");
    } catch (const Error& error) {
      refused += contains(error.what(), "forked") ? 1 : 0;
    }
    try {
      open_at(folder.file("b.db"));
    } catch (const Error& error) {
      refused += contains(error.what(), "forked") ? 1 : 0;
    }
    ::_exit(forked() && refused == 2 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(forked());
  connection.execute("INSERT INTO t VALUES(1)");
}

TEST(Connection, WorksInAChildThatWasForkedBeforeAnythingWasOpen) {
  const TempFolder folder;
  initialize({.accept_wal_reset_bug = true});
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    try {
      open_at(folder.file("a.db")).execute("CREATE TABLE t(a); INSERT INTO t VALUES(5)");
      ::_exit(0);
    } catch (...) {
      ::_exit(1);
    }
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(open_at(folder.file("a.db")).query_int64("SELECT a FROM t"), 5);
}

}  // namespace
}  // namespace tern::sql
