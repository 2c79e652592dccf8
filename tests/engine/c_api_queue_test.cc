// tern_queue.h: writes that nobody waits for.
#include <poll.h>

#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <thread>

#include "engine/c_api_handles.h"
#include "tests/engine/c_api_queue_support.h"

namespace tern::test {
namespace {

bool readable(tern_queue* queue, int timeout_ms = 0) {
  pollfd fd{tern_queue_fd(queue), POLLIN, 0};
  return ::poll(&fd, 1, timeout_ms) == 1;
}

TEST_F(Queue, AWriteIsDoneAndVisibleWhenItsFunctionIsTold) {
  open_queue();
  struct Seen {
    Queue* test;
    int64_t count = -1;
  } seen{this};
  const auto told = [](void* of, tern_outcome* outcome) {
    auto* const mine = static_cast<Seen*>(of);
    EXPECT_EQ(outcome->status, TERN_OK);
    EXPECT_STREQ(outcome->message, "");
    tern_statement* count = nullptr;
    tern_result* result = nullptr;
    tern_value value{};
    EXPECT_EQ(tern_prepare(mine->test->db, "SELECT count(*) FROM t", 22, &count), TERN_OK);
    EXPECT_EQ(tern_query(count, nullptr, 0, &result), TERN_OK);
    EXPECT_EQ(tern_result_value(result, 0, 0, &value), TERN_OK);
    mine->count = value.as.integer;
    tern_result_free(result);
    tern_statement_free(count);
  };
  const Params params = Params().text("a").integer(1);
  ASSERT_EQ(tern_queue_query(queue, insert, params.bytes.data(), params.bytes.size(), told, &seen), TERN_OK);
  flush();
  EXPECT_EQ(seen.count, 1);
}

TEST_F(Queue, TheOrderOfOneThreadIsKeptAcrossTablesAndKeys) {
  open_queue();
  tern_transaction* const held = hold_the_writer();
  for (int64_t i = 0; i < 300; ++i) {
    const std::string key = std::to_string(i % 7), value = std::to_string(i);
    const tern_status status = i % 3 != 0 ? put_in(i)
                                          : tern_queue_kv_put(queue, kv, key.data(), key.size(), value.data(),
                                                              value.size(), nullptr, Journal::told, journal.ticket(i));
    ASSERT_EQ(status, TERN_OK) << last_error();
  }
  tern_transaction_free(held);
  flush();
  EXPECT_EQ(journal.numbers(), up_to(300));
  for (const auto& entry : journal.entries()) EXPECT_EQ(entry.status, TERN_OK) << entry.message;
  EXPECT_EQ(count(), 200);
  EXPECT_EQ(get("6"), "279") << "the last put of the key";
}

TEST_F(Queue, WhatWaitsTogetherIsCommittedTogether) {
  open_queue();
  tern_transaction* const held = hold_the_writer();
  const uint64_t commits = db->database.stats().commits.own, kv_commits = db->database.stats().kv.commits;
  for (int64_t i = 0; i < 100; ++i) ASSERT_EQ(put_in(i), TERN_OK);
  for (int64_t i = 100; i < 200; ++i)
    ASSERT_EQ(tern_queue_kv_put(queue, kv, &i, sizeof i, "v", 1, nullptr, Journal::told, journal.ticket(i)), TERN_OK);
  for (int64_t i = 100; i < 200; ++i)
    ASSERT_EQ(tern_queue_kv_delete(queue, kv, &i, sizeof i, Journal::told, journal.ticket(i + 100)), TERN_OK);
  tern_transaction_free(held);
  flush();
  EXPECT_EQ(journal.numbers(), up_to(300));
  EXPECT_EQ(count(), 100);
  EXPECT_LE(db->database.stats().commits.own - commits, 3u);
  EXPECT_LE(db->database.stats().kv.commits - kv_commits, 4u);
}

TEST_F(Queue, OneThatFailsFailsAloneAndSaysWhy) {
  open_queue();
  tern_transaction* const held = hold_the_writer();
  ASSERT_EQ(put_in(0), TERN_OK);
  ASSERT_EQ(put_in(1, insert, Params().text("0").integer(7)), TERN_OK);
  ASSERT_EQ(put_in(2), TERN_OK);
  tern_transaction_free(held);
  flush();
  const auto entries = journal.entries();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].changes, 1);
  EXPECT_EQ(entries[1].status, TERN_CONSTRAINT);
  EXPECT_NE(entries[1].message.find("t.id"), std::string::npos) << entries[1].message;
  EXPECT_EQ(entries[1].changes, -1) << "a result of what was not done";
  EXPECT_EQ(entries[2].status, TERN_OK);
  EXPECT_EQ(count(), 2);
}

TEST_F(Queue, ABatchIsAllOrNothing) {
  open_queue();
  const Params a = Params().text("a").integer(1), b = Params().text("b").integer(2);
  tern_packed_call calls[] = {{insert, a.bytes.data(), a.bytes.size()}, {insert, a.bytes.data(), a.bytes.size()}};
  ASSERT_EQ(tern_queue_batch(queue, calls, 2, Journal::told, journal.ticket(0)), TERN_OK);
  calls[1].params = b.bytes.data();
  ASSERT_EQ(tern_queue_batch(queue, calls, 2, Journal::told, journal.ticket(1)), TERN_OK);
  flush();
  EXPECT_EQ(journal.entries()[0].status, TERN_CONSTRAINT);
  EXPECT_EQ(journal.entries()[1].status, TERN_OK);
  EXPECT_EQ(count(), 2);
}

TEST_F(Queue, AResultIsKeptByWhoTakesIt) {
  open_queue();
  tern_statement* const returning = prepare("INSERT INTO t VALUES (?, ?) RETURNING n");
  const auto keep = [](void* of, tern_outcome* outcome) {
    ASSERT_EQ(outcome->result_count, 1u);
    *static_cast<tern_result**>(of) = std::exchange(outcome->results[0], nullptr);
  };
  tern_result* kept = nullptr;
  const Params params = Params().text("a").integer(7);
  ASSERT_EQ(tern_queue_query(queue, returning, params.bytes.data(), params.bytes.size(), keep, &kept), TERN_OK);
  flush();
  ASSERT_NE(kept, nullptr);
  results.push_back(kept);
  EXPECT_EQ(value(kept).as.integer, 7);
}

TEST_F(Queue, DrainedItTellsOnTheThreadThatDrains) {
  open_queue(TERN_QUEUE_DRAINED);
  EXPECT_FALSE(readable(queue));
  for (int64_t i = 0; i < 5; ++i) ASSERT_EQ(put_in(i), TERN_OK);
  flush();
  EXPECT_EQ(journal.entries().size(), 0u) << "told by another thread";
  EXPECT_TRUE(readable(queue));
  size_t drained = 0;
  ASSERT_EQ(tern_queue_drain(queue, 2, &drained), TERN_OK);
  EXPECT_EQ(drained, 2u);
  EXPECT_TRUE(readable(queue)) << "three are left";
  ASSERT_EQ(tern_queue_drain(queue, 0, &drained), TERN_OK);
  EXPECT_EQ(drained, 3u);
  EXPECT_FALSE(readable(queue));
  EXPECT_EQ(journal.numbers(), up_to(5));
  for (const auto& entry : journal.entries()) EXPECT_EQ(entry.thread, std::this_thread::get_id());
  ASSERT_EQ(put_in(5), TERN_OK);
  EXPECT_TRUE(readable(queue, 10'000));
}

TEST_F(Queue, AFullOneRefusesAtOnceAndTakesMoreWhenSomeHaveBeenTold) {
  open_queue(TERN_QUEUE_DRAINED, 3);
  for (int64_t i = 0; i < 3; ++i) ASSERT_EQ(put_in(i), TERN_OK);
  EXPECT_FAILURE(put_in(3), TERN_WOULD_BLOCK, "3 of 3 places");
  flush();
  EXPECT_EQ(put_in(3), TERN_WOULD_BLOCK) << "what has completed and was not drained keeps its place";
  ASSERT_EQ(tern_queue_drain(queue, 1, nullptr), TERN_OK);
  EXPECT_EQ(put_in(3), TERN_OK);
  EXPECT_EQ(put_in(4), TERN_WOULD_BLOCK);
}

TEST_F(Queue, BytesAreBoundedToo) {
  open_queue(TERN_QUEUE_DRAINED, 0, 1000);
  const std::string large(600, 'x'), too_large(1000, 'x');
  ASSERT_EQ(put_in(0, insert, Params().text(large).null()), TERN_OK);
  EXPECT_FAILURE(put_in(1, insert, Params().text(large).null()), TERN_WOULD_BLOCK, "of 1000 bytes");
  EXPECT_FAILURE(tern_queue_kv_put(queue, kv, "k", 1, too_large.data(), 1000, nullptr, nullptr, nullptr), TERN_LIMIT,
                 "1001 bytes");
  flush();
  ASSERT_EQ(tern_queue_drain(queue, 0, nullptr), TERN_OK);
  EXPECT_EQ(put_in(1, insert, Params().text(large + "y").null()), TERN_OK);
}

TEST_F(Queue, PuttingInDoesNotWaitForAnotherWriter) {
  open_queue();
  tern_transaction* const held = hold_the_writer();
  const auto before = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < 100; ++i) ASSERT_EQ(put_in(i), TERN_OK);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(4)) << "the busy timeout is 5 s";
  EXPECT_EQ(tern_queue_flush(queue, 20), TERN_BUSY);
  EXPECT_EQ(journal.entries().size(), 0u);
  tern_transaction_free(held);
  flush();
  EXPECT_EQ(count(), 100);
}

TEST_F(Queue, ClosingDoesAndTellsAllThatIsIn) {
  for (const uint32_t flags : {0u, uint32_t{TERN_QUEUE_DRAINED}}) {
    exec("DELETE FROM t");
    open_queue(flags);
    const size_t told = journal.entries().size();
    for (int64_t i = 0; i < 50; ++i) ASSERT_EQ(put_in(i), TERN_OK);
    close_queue();
    EXPECT_EQ(journal.entries().size(), told + 50);
    EXPECT_EQ(count(), 50);
  }
}

TEST_F(Queue, WhatItWasGivenMayGoAtOnce) {
  open_queue();
  tern_transaction* const held = hold_the_writer();
  tern_statement* gone = nullptr;
  ASSERT_EQ(tern_prepare(db, "INSERT INTO t VALUES (?, 1)", 27, &gone), TERN_OK);
  auto params = std::make_unique<Params>();
  params->text("gone");
  ASSERT_EQ(put_in(0, gone, *params), TERN_OK);
  tern_statement_free(gone);
  params.reset();
  tern_kv* names = nullptr;
  ASSERT_EQ(tern_kv_open(db, "names", &names), TERN_OK);
  ASSERT_EQ(tern_queue_kv_put(queue, names, "k", 1, "v", 1, nullptr, nullptr, nullptr), TERN_OK);
  tern_kv_free(names);
  tern_transaction_free(held);
  flush();
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(get("k"), "v");
}

TEST_F(Queue, ManyThreadsEachKeepTheirOrder) {
  open_queue();
  constexpr int64_t kThreads = 4, kEach = 200;
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < kEach; ++i) {
        while (put_in(t * kEach + i) == TERN_WOULD_BLOCK) std::this_thread::yield();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  flush();
  std::map<int64_t, int64_t> last;
  for (const int64_t number : journal.numbers()) {
    const auto [at, is_new] = last.try_emplace(number / kEach, number);
    EXPECT_TRUE(is_new || at->second + 1 == number) << number << " after " << at->second;
    at->second = number;
  }
  EXPECT_EQ(count(), kThreads * kEach);
}

TEST_F(Queue, ClosingTellsEachOnceThoughTheFunctionsDrain) {
  open_queue(TERN_QUEUE_DRAINED);
  struct Draining {
    tern_queue* queue;
    int told = 0;
    tern_status drained = TERN_OK;
  } draining{queue};
  const auto told = [](void* of, tern_outcome*) {
    auto* const mine = static_cast<Draining*>(of);
    ++mine->told;
    const tern_status status = tern_queue_drain(mine->queue, 0, nullptr);
    if (status != TERN_OK) mine->drained = status;
  };
  for (const std::string key : {"a", "b", "c"})
    ASSERT_EQ(tern_queue_kv_put(queue, kv, key.data(), key.size(), "v", 1, nullptr, told, &draining), TERN_OK);
  flush();
  close_queue();
  EXPECT_EQ(draining.told, 3);
  EXPECT_EQ(draining.drained, TERN_OK);
}

TEST_F(Queue, WhatWaitsTogetherWaitsInVainTogether) {
  tern_kv_free(std::exchange(kv, nullptr));
  ASSERT_EQ(tern_close(std::exchange(db, nullptr)), TERN_OK) << last_error();
  tern_options options{};
  options.size = sizeof options;
  options.busy_timeout_ms = 200;
  options.flags = TERN_NO_BUSY_RETRIES;
  ASSERT_EQ(tern_open(path.c_str(), &options, &db), TERN_OK) << last_error();
  open_queue();
  tern_transaction* const held = hold_the_writer();
  const auto before = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < 30; ++i) ASSERT_EQ(put_in(i), TERN_OK);
  flush();
  // The first may have been taken before the others were in.
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(3)) << "30 busy timeouts are 6 s";
  tern_transaction_free(held);
  EXPECT_EQ(journal.numbers(), up_to(30));
  for (const auto& entry : journal.entries()) {
    EXPECT_EQ(entry.status, TERN_BUSY);
    EXPECT_NE(entry.message.find("busy timeout of 200 ms"), std::string::npos) << entry.message;
  }
  EXPECT_EQ(count(), 0);
}

TEST_F(Queue, AMomentThatPassesWhileAPutWaitsExpiresWhatItPuts) {
  open_queue();
  tern_kv_options workers{};
  workers.size = sizeof workers;
  workers.limits = TERN_KV_WORKERS;
  tern_kv* strict = nullptr;
  ASSERT_EQ(tern_kv_open_with(db, "strict", &workers, &strict), TERN_OK) << last_error();
  ASSERT_EQ(put("passed", "old"), TERN_OK);
  EXPECT_EQ(get("passed"), "old") << "and is hot now";

  tern_transaction* const held = hold_the_writer();
  ASSERT_EQ(put_in(0), TERN_OK);
  using std::chrono::system_clock;
  const int64_t now = std::chrono::floor<std::chrono::milliseconds>(system_clock::now()).time_since_epoch().count();
  tern_kv_put_options soon{}, minute{}, later{};
  soon.size = minute.size = later.size = sizeof soon;
  soon.expires_at_ms = now + 200;
  minute.expires_at_ms = now + 60'200;
  later.expires_at_ms = now + kHourMs;
  ASSERT_EQ(tern_queue_kv_put(queue, kv, "passed", 6, "new", 3, &soon, Journal::told, journal.ticket(1)), TERN_OK)
      << last_error();
  ASSERT_EQ(tern_queue_kv_put(queue, kv, "later", 5, "new", 3, &later, Journal::told, journal.ticket(2)), TERN_OK);
  ASSERT_EQ(tern_queue_kv_put(queue, strict, "k", 1, "new", 3, &minute, Journal::told, journal.ticket(3)), TERN_OK)
      << last_error();
  while (system_clock::now().time_since_epoch() <= std::chrono::milliseconds(soon.expires_at_ms))
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  tern_transaction_free(held);
  flush();
  EXPECT_EQ(journal.numbers(), up_to(4));
  for (const auto& entry : journal.entries()) EXPECT_EQ(entry.status, TERN_OK) << entry.number << entry.message;
  EXPECT_EQ(get("passed"), "not found");
  EXPECT_EQ(get("later"), "new");
  EXPECT_EQ(info("later").expires_at_ms, later.expires_at_ms);
  std::swap(kv, strict);
  EXPECT_EQ(info("k").expires_at_ms, minute.expires_at_ms);
  std::swap(kv, strict);
  tern_kv_free(strict);
}

TEST_F(Queue, FlushedForALongTimeItWaits) {
  open_queue();
  tern_transaction* const held = hold_the_writer();
  ASSERT_EQ(put_in(0), TERN_OK);
  std::thread releasing([held] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    tern_transaction_free(held);
  });
  EXPECT_EQ(tern_queue_flush(queue, std::numeric_limits<int64_t>::max()), TERN_OK) << last_error();
  releasing.join();
  EXPECT_EQ(journal.entries().size(), 1u);
}

}  // namespace
}  // namespace tern::test
