// The hard bound of the log: letting go together, and what may be believed afterwards.
#include <atomic>
#include <thread>

#include "tests/engine/coherence_support.h"

namespace tern::internal {
namespace {

struct LogBound : Joined {
  LogBound() { max_log_bytes = 4096 * 150; }
  void fill_log() {
    for (int i = 0; i < 60; ++i) plain.exec("UPDATE u SET v = v + 1");
  }
  bool everything(const std::function<void()>& what) { return published_by(what).everything; }
};

TEST_F(LogBound, AllProcessesLetGoTogetherAndTheNextWriterRestartsTheLog) {
  let_go_window = std::chrono::minutes(1);  // it ends when the log can be restarted
  const auto one = join();
  const auto other = join();
  fill_log();
  // The other's guardian stands at the log's beginning, and does not move by itself here.
  std::atomic<bool> done{false};
  std::thread other_process([&] {
    while (!done) {
      other->let_go_if_asked();
      std::this_thread::yield();
    }
  });
  const uint64_t before = counters.sum(Counter::kGuardianLost);
  one->bound_log();
  done = true;
  other_process.join();
  EXPECT_EQ(counters.sum(Counter::kGuardianLost), before + 2) << "both, and counted";
  EXPECT_TRUE(one->stamps().guarded_by_others()) << "and both hold again";
  EXPECT_TRUE(other->stamps().guarded_by_others());
  plain.exec("UPDATE u SET v = 0");
  EXPECT_EQ(one->log_frames(), 1u);
  EXPECT_FALSE(everything([&] { one->try_publish(0, false); })) << "from then on it is precise again";
}

TEST_F(LogBound, NothingIsLetGoOfBelowTheBoundNorWhenAllIsCopied) {
  const auto coherence = join();
  plain.exec("UPDATE u SET v = 1");
  coherence->bound_log();
  fill_log();
  fill_log();
  ASSERT_TRUE(coherence->checkpoint_if_due([] {}));
  coherence->bound_log();
  EXPECT_EQ(counters.sum(Counter::kGuardianLost), 0u);
}

TEST_F(LogBound, ALogThatCouldNotBeRestartedProvesWhatHappenedMeanwhile) {
  const auto coherence = join();
  test::PlainSqlite foreign(path);
  foreign.exec("BEGIN; SELECT * FROM u");  // a snapshot that nobody can ask to go
  fill_log();
  EXPECT_FALSE(everything([&] { coherence->bound_log(); })) << "the log holds it all";
  EXPECT_EQ(counters.sum(Counter::kGuardianLost), 1u);
  EXPECT_TRUE(coherence->observe().published);
  EXPECT_GT(coherence->log_frames(), 60u);
}

TEST_F(LogBound, ALogThatWasRestartedMeanwhileProvesNothing) {
  let_go_window = std::chrono::minutes(1);  // as long as it takes: it ends when the log can be restarted
  const auto coherence = join();
  std::string why;
  const auto watcher = cache::Stamps::open(stamps_options(), why);  // sees whether the guardian is there
  ASSERT_NE(watcher, nullptr) << why;
  fill_log();
  // As long as somebody writes, the log is not restarted by us, and the time to let go is used to its end.
  plain.exec("BEGIN IMMEDIATE; UPDATE t SET v = v || 'x' WHERE id = 1");
  const uint64_t seq = coherence->stamps().seq();
  std::jthread bounding([&] { coherence->bound_log(); });
  while (watcher->guarded_by_others()) std::this_thread::yield();
  {
    // Whoever takes up a guardian again cannot publish as long as this is held.
    const auto held = coherence->stamps().lock(1000);
    ASSERT_TRUE(held);
    plain.exec("COMMIT");
    while (coherence->log_frames() > 100) plain.exec("UPDATE u SET v = v + 1");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // so that the new guardian's snapshot has begun
  }
  coherence->try_publish(0, false);
  bounding.join();
  EXPECT_GT(coherence->stamps().stamp_all(), seq) << "the log no longer holds the change of t";
}

TEST_F(LogBound, AProcessThatAskedAndDiedHoldsNobodyUp) {
  const auto coherence = join();
  std::string why;
  const auto dead = cache::Stamps::open(stamps_options(), why);
  ASSERT_NE(dead, nullptr) << why;
  dead->request_let_go(std::chrono::steady_clock::now() + std::chrono::milliseconds(20));
  coherence->let_go_if_asked();
  EXPECT_TRUE(dead->guarded_by_others());
  coherence->let_go_if_asked();
  EXPECT_EQ(counters.sum(Counter::kGuardianLost), 1u) << "each request is followed once";
}

TEST_F(LogBound, ASnapshotThatNobodyCanAskToGoBarsWritersLessAndLess) {
  checkpoint_patience = std::chrono::milliseconds(5);
  const auto coherence = join();
  test::PlainSqlite foreign(path);
  foreign.exec("BEGIN; SELECT * FROM u");
  for (int i = 0; i < 3; ++i) fill_log();
  EXPECT_FALSE(coherence->checkpoint_if_due([] {}));
  const uint64_t moves = counters.sum(Counter::kGuardianMoves);
  EXPECT_FALSE(coherence->checkpoint_if_due([] {}));
  EXPECT_EQ(counters.sum(Counter::kGuardianMoves), moves) << "not tried again at once";
}

}  // namespace
}  // namespace tern::internal
