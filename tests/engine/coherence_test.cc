#include "engine/coherence.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "sql/error.h"
#include "tests/engine/coherence_support.h"

namespace tern::internal {
namespace {

TEST_F(Joined, AForeignCommitIsUnpublishedUntilSomebodyPublishesIt) {
  const auto coherence = join();
  EXPECT_TRUE(coherence->observe().published);
  plain.exec("UPDATE u SET v = 2");
  EXPECT_FALSE(coherence->observe().published);
  const auto [everything, pages] = published_by([&] { EXPECT_TRUE(coherence->try_publish(0, false)); });
  EXPECT_TRUE(coherence->observe().published);
  EXPECT_FALSE(everything);
  EXPECT_EQ(pages, 1u) << "one row of one page";
}

TEST_F(Joined, AReadAndARollbackPublishNothing) {
  const auto coherence = join();
  plain.exec("SELECT count(*) FROM t; BEGIN; UPDATE u SET v = 3; ROLLBACK");
  EXPECT_TRUE(coherence->observe().published);
}

TEST_F(Joined, ASchemaChangeIsEverything) {
  const auto coherence = join();
  plain.exec("CREATE INDEX t_v ON t (v)");
  EXPECT_TRUE(published_by([&] { coherence->try_publish(0, false); }).everything);
}

TEST_F(Joined, ACommitThatOnlyGrowsTheDatabaseIsNotEverything) {
  const auto coherence = join();
  plain.exec("INSERT INTO t (v) VALUES (zeroblob(50000))");
  const auto [everything, pages] = published_by([&] { coherence->try_publish(0, false); });
  EXPECT_FALSE(everything) << "page 1 changed, the schema cookie did not";
  EXPECT_GE(pages, 12u);
}

TEST_F(Joined, MorePagesThanAreWorthStampingVoidEverything) {
  const std::string grow = "INSERT INTO t (v) VALUES (zeroblob(50000))";
  uint64_t stamped = 0;
  {
    const auto coherence = join();
    plain.exec(grow);
    stamped = published_by([&] { coherence->try_publish(0, false); }).pages;
  }
  ASSERT_GT(stamped, 2u);
  for (const uint64_t bound : {stamped - 2, stamped + 2}) {
    max_pages_stamped = bound;
    const auto coherence = join();
    plain.exec(grow);
    const auto [everything, pages] = published_by([&] { coherence->try_publish(0, false); });
    EXPECT_EQ(everything, stamped > bound);
    EXPECT_EQ(pages == 0, stamped > bound);
  }
}

TEST_F(Joined, PagesThatADatabaseLosesCountAsChanged) {
  plain.exec("PRAGMA auto_vacuum = FULL; VACUUM");
  const auto coherence = join();
  const auto pages_before = static_cast<uint64_t>(plain.number("PRAGMA page_count"));
  plain.exec("DELETE FROM t WHERE id > 200");
  const auto pages_after = static_cast<uint64_t>(plain.number("PRAGMA page_count"));
  ASSERT_LT(pages_after, pages_before);
  const uint64_t seq = coherence->stamps().seq();
  coherence->try_publish(0, false);
  for (uint64_t page = pages_after + 1; page <= pages_before; ++page)
    EXPECT_GT(coherence->stamps().stamp(page), seq) << page;
}

TEST_F(Joined, ARestartedLogIsFollowedFromItsFirstFrame) {
  const auto coherence = join();
  plain.exec("UPDATE u SET v = 2");
  coherence->try_publish(0, false);
  // All guardians on lock 0 and all frames copied: the next writer begins the log anew.
  EXPECT_TRUE(coherence->checkpoint_if_due([] {}));
  plain.exec("UPDATE u SET v = 3");
  EXPECT_EQ(coherence->log_frames(), 1u);
  const auto [everything, pages] = published_by([&] { coherence->try_publish(0, false); });
  EXPECT_FALSE(everything);
  EXPECT_EQ(pages, 1u);
}

TEST_F(Joined, TheLogStaysBoundedAlthoughTheGuardianNeverEnds) {
  const auto coherence = join();
  uint64_t longest = 0;
  for (int i = 0; i < 1000; ++i) {
    plain.exec("UPDATE u SET v = v + 1");
    coherence->checkpoint_if_due([] {});
    longest = std::max(longest, coherence->log_frames());
  }
  EXPECT_GE(counters.sum(Counter::kCheckpoints), 3u);
  EXPECT_LT(longest, 500u);
  EXPECT_EQ(counters.sum(Counter::kEverything), 1u) << "the join alone";
}

TEST_F(Joined, TheLastToLeaveCutsALongLogAndKeepsAShortOne) {
  const auto log_bytes = [&] { return std::filesystem::file_size(path + "-wal"); };
  for (int i = 0; i < 150; ++i) plain.exec("UPDATE u SET v = v + 1");
  auto coherence = join();
  ASSERT_GT(coherence->log_frames(), 100u);
  auto another = join();
  coherence->final_checkpoint();
  coherence.reset();
  EXPECT_GT(log_bytes(), 0u) << "another one is there";
  another->final_checkpoint();
  another.reset();
  EXPECT_EQ(log_bytes(), 0u);
  EXPECT_EQ(plain.number("SELECT v FROM u"), 151);

  coherence = join();
  plain.exec("UPDATE u SET v = 7");
  coherence->final_checkpoint();
  coherence.reset();
  EXPECT_GT(log_bytes(), 0u) << "it proves what has happened since";
}

TEST_F(Joined, CommitsMadeWhileNobodyWatchedArePreciseWhenTheLogProvesThem) {
  join().reset();
  plain.exec("UPDATE u SET v = 9");
  std::unique_ptr<Coherence> again;
  const auto [everything, pages] = published_by([&] { again = join(); });
  EXPECT_FALSE(everything);
  EXPECT_EQ(pages, 1u);
}

TEST_F(Joined, ALogThatIsGoneIsEverything) {
  join().reset();
  plain.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  std::unique_ptr<Coherence> again;
  EXPECT_TRUE(published_by([&] { again = join(); }).everything);
}

TEST_F(Joined, ALogThatWasRewrittenToTheSameLengthIsEverything) {
  join().reset();
  const auto frames = plain.number("PRAGMA wal_checkpoint(RESTART)");
  ASSERT_EQ(frames, 0) << "not busy";
  plain.exec("UPDATE u SET v = 7");
  std::unique_ptr<Coherence> again;
  EXPECT_TRUE(published_by([&] { again = join(); }).everything);
}

TEST_F(Joined, TheSecondProcessTakesOverFromALiveGuardianWithoutVoidingAnything) {
  const auto first = join();
  plain.exec("UPDATE u SET v = 9");
  std::unique_ptr<Coherence> second;
  const auto [everything, pages] = published_by([&] { second = join(); });
  EXPECT_FALSE(everything);
  EXPECT_EQ(pages, 1u);
  EXPECT_TRUE(first->observe().published) << "published for both";
}

TEST_F(Joined, AGuardianThatIsGoneThoughItsWordStillStandsIsNotBelieved) {
  join().reset();
  std::string why;
  const auto dying = cache::Stamps::open(stamps_options(), why);
  ASSERT_NE(dying, nullptr) << why;
  dying->set_guarded(true);  // as of a process whose snapshots the kernel has closed, and this not yet
  plain.exec("UPDATE t SET v = 1 WHERE id = 1");
  ASSERT_EQ(plain.number("PRAGMA wal_checkpoint(RESTART)"), 0) << "not busy";
  plain.exec("UPDATE u SET v = 9");
  std::unique_ptr<Coherence> again;
  EXPECT_TRUE(published_by([&] { again = join(); }).everything) << "the log no longer holds the change of t";
}

TEST_F(Joined, ACheckpointThatFailsLetsWritersGoOn) {
  const auto coherence = join();
  plain.exec("INSERT INTO t (v) SELECT hex(zeroblob(2000)) FROM t");  // into the log, for which the file must grow
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit full = before;
  full.rlim_cur = static_cast<rlim_t>(status.st_size);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  EXPECT_THROW(coherence->checkpoint_if_due([] {}), sql::Error);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  sqlite3_busy_timeout(plain.handle(), 0);
  plain.exec("UPDATE u SET v = 2");
}

TEST_F(Joined, AMovedGuardianHasPublishedWhatItMovedPast) {
  const auto coherence = join();
  plain.exec("UPDATE u SET v = 2");
  EXPECT_TRUE(coherence->move_guardian());
  EXPECT_TRUE(coherence->observe().published);
}

TEST_F(Joined, AGuardianDoesNotMoveWhileItCannotPublish) {
  const auto coherence = join();
  plain.exec("UPDATE u SET v = 2");
  {
    const auto held = coherence->stamps().lock(1000);
    ASSERT_TRUE(held);
    EXPECT_FALSE(coherence->move_guardian());
    EXPECT_FALSE(coherence->try_publish(0, false));
  }
  EXPECT_TRUE(coherence->move_guardian());
}

}  // namespace
}  // namespace tern::internal
