#include "cache/store_writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/cache/store_support.h"

namespace tern::cache {
namespace {

constexpr int64_t kLongEnoughMs = 60'000;

// Holds the writer's thread inside the predicate until it is opened.
class Gate {
 public:
  bool pass(const EntryView&) {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    return true;
  }
  void wait_until_reached() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return arrived_ > 0; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int arrived_ = 0;
};

struct Writer : StoreTest {
  Writer() { start(); }

  void make_writer(StoreWriter::StillValid still_valid = always) {
    writer = std::make_unique<StoreWriter>(*store, std::move(still_valid), clock, writer_options);
  }
  bool offer(const EntrySpec& spec) { return writer->offer(make_entry(spec), statement); }

  // Before the writer, whose thread uses them to its end.
  ManualClock clock;
  Gate gate;
  std::atomic<bool> dead{false};
  StoreWriterOptions writer_options;
  std::unique_ptr<StoreWriter> writer;
};

TEST_F(Writer, CarriesWhatIsOfferedToTheStore) {
  make_writer();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(offer({.key = std::to_string(i), .value = std::to_string(i)}));
  ASSERT_TRUE(writer->flush(kLongEnoughMs));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(value_of(std::to_string(i)), std::to_string(i));
  const auto stats = writer->stats();
  EXPECT_EQ(stats.offered, 1000u);
  EXPECT_EQ(stats.written, 1000u);
  EXPECT_EQ(stats.dropped, 0u);
  EXPECT_EQ(stats.queued_entries, 0u);
  EXPECT_EQ(stats.queued_bytes, 0u);
}

TEST_F(Writer, WritesWithoutBeingFlushed) {
  make_writer();
  offer({.key = "a"});
  while (writer->stats().written == 0) std::this_thread::yield();
  EXPECT_TRUE(find("a"));
}

TEST_F(Writer, DropsAndCountsWhatAFullQueueCannotTake) {
  writer_options.queue_entries = 4;
  writer_options.linger_ms = 0;
  make_writer([this](const EntryView& view) { return gate.pass(view); });
  offer({.key = "first"});
  gate.wait_until_reached();
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(offer({.key = std::to_string(i)}));
  EXPECT_FALSE(offer({.key = "one too many"}));
  EXPECT_EQ(writer->stats().dropped, 1u);
  EXPECT_EQ(writer->stats().queued_entries, 4u);
  gate.open();
  ASSERT_TRUE(writer->flush(kLongEnoughMs));
  EXPECT_TRUE(find("3"));
  EXPECT_FALSE(find("one too many"));
}

TEST_F(Writer, DropsWhatWouldPassItsBytes) {
  writer_options.queue_bytes = 10'000;
  writer_options.linger_ms = 0;
  make_writer([this](const EntryView& view) { return gate.pass(view); });
  EXPECT_FALSE(offer({.value = std::string(10'000, 'v')}));
  offer({.key = "first"});
  gate.wait_until_reached();
  EXPECT_TRUE(offer({.key = "a", .value = std::string(6000, 'v')}));
  EXPECT_FALSE(offer({.key = "b", .value = std::string(6000, 'v')}));
  EXPECT_TRUE(offer({.key = "c", .value = std::string(3000, 'v')}));
  EXPECT_LE(writer->stats().queued_bytes, 10'000u);
  gate.open();
}

TEST_F(Writer, DropsNothingIntoNowhere) {
  make_writer();
  EXPECT_FALSE(writer->offer({}, statement));
  EXPECT_FALSE(writer->offer(make_entry({}), nullptr));
}

TEST_F(Writer, WritesOnlyWhatIsStillValidWhenItsTurnComes) {
  make_writer([](const EntryView& view) { return view.label() != 1; });
  offer({.key = "dead", .label = 1});
  offer({.key = "alive", .label = 2});
  ASSERT_TRUE(writer->flush(kLongEnoughMs));
  EXPECT_FALSE(find("dead"));
  EXPECT_TRUE(find("alive"));
}

TEST_F(Writer, FlushGivesUpWhenItsTimeIsOver) {
  make_writer([this](const EntryView& view) { return gate.pass(view); });
  offer({.key = "a"});
  EXPECT_FALSE(writer->flush(1));
  gate.open();
  EXPECT_TRUE(writer->flush(kLongEnoughMs));
}

TEST_F(Writer, FlushOfNothingIsDoneAtOnce) {
  make_writer();
  EXPECT_TRUE(writer->flush(kLongEnoughMs));
}

TEST_F(Writer, StoppedDropsWhatIsQueuedAndWhatIsOffered) {
  writer_options.linger_ms = 0;
  make_writer([this](const EntryView& view) { return gate.pass(view); });
  offer({.key = "first"});
  gate.wait_until_reached();
  for (int i = 0; i < 10; ++i) offer({.key = std::to_string(i)});
  std::thread stopper([&] { writer->stop(); });
  while (offer({.key = "until it stops"})) std::this_thread::yield();
  gate.open();
  stopper.join();
  EXPECT_TRUE(find("first")) << "the batch under way is finished";
  EXPECT_FALSE(find("5"));
  EXPECT_GE(writer->stats().dropped, 11u);
  EXPECT_EQ(writer->stats().queued_entries, 0u);
  EXPECT_FALSE(writer->flush(kLongEnoughMs)) << "and does not wait";
  writer->stop();
}

TEST_F(Writer, SweepsWhenItIsTimeAndNotBefore) {
  make_writer([this](const EntryView&) { return !dead; });
  offer({.key = "a"});
  ASSERT_TRUE(writer->flush(kLongEnoughMs));
  dead = true;
  clock.advance_ms(writer_options.sweep_interval_ms - 1);
  ASSERT_TRUE(writer->flush(kLongEnoughMs));
  EXPECT_EQ(writer->stats().sweeps, 0u);
  EXPECT_TRUE(find("a"));
  clock.advance_ms(1);
  ASSERT_TRUE(writer->flush(kLongEnoughMs));
  EXPECT_EQ(writer->stats().sweeps, 1u);
  EXPECT_FALSE(find("a"));
}

TEST_F(Writer, SweepsLessOftenWhileNothingIsDead) {
  make_writer();
  const auto sweeps_after = [&](int64_t ms) {
    clock.advance_ms(ms);
    EXPECT_TRUE(writer->flush(kLongEnoughMs));
    return writer->stats().sweeps;
  };
  EXPECT_EQ(sweeps_after(1000), 1u);
  EXPECT_EQ(sweeps_after(1999), 1u);
  EXPECT_EQ(sweeps_after(1), 2u);
  EXPECT_EQ(sweeps_after(3999), 2u);
  EXPECT_EQ(sweeps_after(1), 3u);
  for (uint64_t sweep = 4; sweep < 20; ++sweep) {
    EXPECT_EQ(sweeps_after(writer_options.sweep_interval_max_ms), sweep) << "and no less than that";
  }
}

TEST_F(Writer, TakesOffersFromManyThreads) {
  make_writer();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) offer({.key = std::to_string(t) + ":" + std::to_string(i)});
      EXPECT_TRUE(writer->flush(kLongEnoughMs));
    });
  }
  for (auto& thread : threads) thread.join();
  const auto stats = writer->stats();
  EXPECT_EQ(stats.written + stats.dropped, 800u);
  EXPECT_EQ(store->stats().entries, stats.written);
}

TEST(SystemClock, GoesForwardAndKnowsTheDate) {
  Clock& clock = system_clock();
  const int64_t before = clock.monotonic_ns();
  EXPECT_GE(clock.monotonic_ns(), before);
  EXPECT_GT(clock.wall_ms(), int64_t{1'577'836'800'000}) << "2020-01-01";
}

}  // namespace
}  // namespace tern::cache
