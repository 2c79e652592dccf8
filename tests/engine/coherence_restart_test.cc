// What may be believed when nobody has watched for a while: the marks that the last one to leave has left.
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/engine/coherence_support.h"

namespace tern::internal {
namespace {

struct Restarted : Joined {
  // A log that is too long to be kept, and a close that cuts it.
  void leave_clean() {
    for (int i = 0; i < 150; ++i) plain.exec("UPDATE u SET v = v + 1");
    const auto coherence = join();
    coherence->final_checkpoint();
    ASSERT_EQ(std::filesystem::file_size(path + "-wal"), 0u);
  }
  bool everything_at_join() {
    return published_by([&] { last = join(); }).everything;
  }
  std::unique_ptr<Coherence> last;
};

TEST_F(Restarted, ALongLogThatWasCutByTheLastToLeaveVoidsNothing) {
  leave_clean();
  EXPECT_FALSE(everything_at_join());
  plain.exec("UPDATE u SET v = 3");
  const auto [everything, pages] = published_by([&] { last->try_publish(0, false); });
  EXPECT_FALSE(everything);
  EXPECT_EQ(pages, 1u) << "and it is followed from there";
}

TEST_F(Restarted, OneThatOnlyReadAndLeftAgainLeavesItClean) {
  leave_clean();
  EXPECT_FALSE(everything_at_join());
  last->final_checkpoint();
  last.reset();
  EXPECT_FALSE(everything_at_join());
}

TEST_F(Restarted, APlainReaderInBetweenLeavesItClean) {
  leave_clean();
  EXPECT_EQ(test::PlainSqlite(path).number("SELECT v FROM u"), 151);
  EXPECT_FALSE(everything_at_join());
}

TEST_F(Restarted, ACommitInBetweenThatIsStillInTheLogIsEverything) {
  leave_clean();
  plain.exec("UPDATE u SET v = 3");
  EXPECT_TRUE(everything_at_join());
}

TEST_F(Restarted, ACommitInBetweenThatWasCopiedIntoTheFileIsEverything) {
  leave_clean();
  plain.exec("UPDATE u SET v = 3; PRAGMA wal_checkpoint(TRUNCATE)");
  ASSERT_EQ(std::filesystem::file_size(path + "-wal"), 0u) << "as empty as it was left";
  EXPECT_TRUE(everything_at_join());
}

TEST_F(Restarted, AFileWhoseTimeWasSetBackIsEverything) {
  leave_clean();
  struct stat before {};
  ASSERT_EQ(::stat(path.c_str(), &before), 0);
  plain.exec("UPDATE u SET v = 3; PRAGMA wal_checkpoint(TRUNCATE)");
  const timespec times[] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  EXPECT_TRUE(everything_at_join()) << "nobody sets the time of change back";
}

TEST_F(Restarted, AMarkOfBeforeAnotherPublicationIsNotBelieved) {
  leave_clean();
  EXPECT_FALSE(everything_at_join());
  plain.exec("UPDATE u SET v = 3");
  last->try_publish(0, false);
  last.reset();  // without a word, as a process that dies
  plain.exec("UPDATE u SET v = 4; PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_TRUE(everything_at_join());
}

TEST_F(Restarted, ACommitDuringTheCloseLeavesNoMark) {
  for (int i = 0; i < 150; ++i) plain.exec("UPDATE u SET v = v + 1");
  const auto leaving = join();
  const auto staying = join();
  leaving->final_checkpoint();
  EXPECT_GT(std::filesystem::file_size(path + "-wal"), 0u) << "another one is there";
  EXPECT_FALSE(staying->stamps().clean_mark(*staying->stamps().try_lock()));
}

TEST_F(Restarted, AnotherBootStartsEmpty) {
  boot_id = "boot one";
  const std::string uuid = join()->stamps().uuid();
  EXPECT_FALSE(everything_at_join());
  EXPECT_EQ(last->stamps().uuid(), uuid);
  last.reset();
  boot_id = "boot two";
  EXPECT_TRUE(everything_at_join());
  EXPECT_NE(last->stamps().uuid(), uuid) << "no store of before is opened again";
}

}  // namespace
}  // namespace tern::internal
