#include "sql/library.h"

#include "tests/sql/support.h"

namespace tern::sql {
namespace {

TEST(Library, SaysWhichSqliteRunsAndWhatItCanDo) {
  const Library& library = initialize({.accept_wal_reset_bug = true});
  EXPECT_EQ(library.version, sqlite3_libversion());
  EXPECT_EQ(library.version_number, sqlite3_libversion_number());
  EXPECT_EQ(library.pages_recordable, library.why_not_recordable.empty());
  EXPECT_EQ(&initialize({.accept_wal_reset_bug = true}), &library);
}

TEST(Library, TheBundledSqliteCanDoAll) {
  const Library& library = initialize({.accept_wal_reset_bug = true});
  if (!library.bundled) GTEST_SKIP() << "built with the system's SQLite";
  EXPECT_TRUE(library.pages_recordable) << library.why_not_recordable;
  EXPECT_TRUE(library.local_time_noted);
  EXPECT_FALSE(library.wal_reset_bug);
  EXPECT_EQ(sqlite3_threadsafe(), 2);
  for (const char* option : {"ENABLE_SESSION", "ENABLE_PREUPDATE_HOOK", "ENABLE_FTS5", "ENABLE_RTREE",
                             "ENABLE_MATH_FUNCTIONS", "ENABLE_COLUMN_METADATA", "ENABLE_DBSTAT_VTAB"}) {
    EXPECT_EQ(sqlite3_compileoption_used(option), 1) << option;
  }
  EXPECT_EQ(sqlite3_compileoption_used("DIRECT_OVERFLOW_READ"), 0);
}

TEST(Library, AVersionThatLosesDataIsRefusedUnlessAccepted) {
  if (!initialize({.accept_wal_reset_bug = true}).wal_reset_bug) {
    EXPECT_NO_THROW(initialize());
    return;
  }
  EXPECT_NE(test::message_of([] { initialize(); }).find("WAL-reset bug"), std::string::npos);
}

TEST(Library, TheVfsOfTernIsNotTheDefaultOfTheProcess) {
  initialize({.accept_wal_reset_bug = true});
  EXPECT_NE(sqlite3_vfs_find(kVfsName), nullptr);
  EXPECT_STRNE(sqlite3_vfs_find(nullptr)->zName, kVfsName);
}

}  // namespace
}  // namespace tern::sql
