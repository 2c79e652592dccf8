// tern_queue.h: writes that nobody waits for.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "engine/c_api_handles.h"
#include "tests/engine/c_api_kv_support.h"
#include "tests/engine/c_api_packed_support.h"

namespace tern::test {
namespace {

// What a function was told, by any thread.
class Journal {
 public:
  struct Entry {
    int64_t number;
    tern_status status;
    std::string message;
    int64_t changes;
    std::thread::id thread;
  };

  // What a queue calls with one of tickets().
  static void told(void* user_data, tern_outcome* outcome) {
    const auto* const ticket = static_cast<const std::pair<Journal*, int64_t>*>(user_data);
    const int64_t changes = outcome->result_count != 0 ? tern_result_changes(outcome->results[0]) : -1;
    const std::lock_guard lock(ticket->first->mutex_);
    ticket->first->entries_.push_back(
        {ticket->second, outcome->status, outcome->message, changes, std::this_thread::get_id()});
  }
  void* ticket(int64_t number) {
    const std::lock_guard lock(mutex_);
    return &tickets_.try_emplace(number, this, number).first->second;
  }
  std::vector<Entry> entries() const {
    const std::lock_guard lock(mutex_);
    return entries_;
  }
  std::vector<int64_t> numbers() const {
    std::vector<int64_t> all;
    for (const Entry& entry : entries()) all.push_back(entry.number);
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::map<int64_t, std::pair<Journal*, int64_t>> tickets_;
  std::vector<Entry> entries_;
};

struct Queue : CApiKv {
  void TearDown() override {
    close_queue();
    CApiKv::TearDown();
  }
  void open_queue(uint32_t flags = 0, uint32_t max_writes = 0, uint64_t max_bytes = 0) {
    const tern_queue_options options{sizeof options, max_writes, flags, max_bytes};
    ASSERT_EQ(tern_queue_open(db, &options, &queue), TERN_OK) << last_error();
    insert = prepare("INSERT INTO t VALUES (?, ?)");
  }
  void close_queue() { EXPECT_EQ(tern_queue_close(std::exchange(queue, nullptr)), TERN_OK) << last_error(); }
  tern_status put_in(int64_t number, tern_statement* statement, const Params& params = {}) {
    return tern_queue_query(queue, statement, params.bytes.data(), params.bytes.size(), Journal::told,
                            journal.ticket(number));
  }
  tern_status put_in(int64_t number) {
    return put_in(number, insert, Params().text(std::to_string(number)).integer(number));
  }
  void flush() { ASSERT_EQ(tern_queue_flush(queue, -1), TERN_OK) << last_error(); }
  bool readable(int timeout_ms = 0) {
    pollfd fd{tern_queue_fd(queue), POLLIN, 0};
    return ::poll(&fd, 1, timeout_ms) == 1;
  }
  // Keeps every write of the queue waiting.
  tern_transaction* hold_the_writer() {
    tern_transaction* transaction = nullptr;
    EXPECT_EQ(tern_begin_with(db, TERN_ANY_THREAD, &transaction), TERN_OK) << last_error();
    return transaction;
  }
  static std::vector<int64_t> up_to(int64_t count) {
    std::vector<int64_t> all;
    for (int64_t i = 0; i < count; ++i) all.push_back(i);
    return all;
  }

  Journal journal;
  tern_queue* queue = nullptr;
  tern_statement* insert = nullptr;
};

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
  EXPECT_FALSE(readable());
  for (int64_t i = 0; i < 5; ++i) ASSERT_EQ(put_in(i), TERN_OK);
  flush();
  EXPECT_EQ(journal.entries().size(), 0u) << "told by another thread";
  EXPECT_TRUE(readable());
  size_t drained = 0;
  ASSERT_EQ(tern_queue_drain(queue, 2, &drained), TERN_OK);
  EXPECT_EQ(drained, 2u);
  EXPECT_TRUE(readable()) << "three are left";
  ASSERT_EQ(tern_queue_drain(queue, 0, &drained), TERN_OK);
  EXPECT_EQ(drained, 3u);
  EXPECT_FALSE(readable());
  EXPECT_EQ(journal.numbers(), up_to(5));
  for (const auto& entry : journal.entries()) EXPECT_EQ(entry.thread, std::this_thread::get_id());
  ASSERT_EQ(put_in(5), TERN_OK);
  EXPECT_TRUE(readable(10'000));
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

TEST_F(Queue, AFunctionMayPutMoreInButNotWait) {
  open_queue();
  struct Chain {
    Queue* test;
    int left = 5;
    tern_status flushed = TERN_OK, closed = TERN_OK;
    static void next(void* of, tern_outcome*) {
      auto* const chain = static_cast<Chain*>(of);
      chain->flushed = tern_queue_flush(chain->test->queue, 0);
      chain->closed = tern_queue_close(chain->test->queue);
      if (--chain->left == 0) return;
      const Params params = Params().text(std::to_string(chain->left)).null();
      EXPECT_EQ(tern_queue_query(chain->test->queue, chain->test->insert, params.bytes.data(), params.bytes.size(),
                                 next, chain),
                TERN_OK);
    }
  } chain{this};
  ASSERT_EQ(tern_queue_kv_put(queue, kv, "k", 1, "v", 1, nullptr, Chain::next, &chain), TERN_OK);
  for (int i = 0; i < 5; ++i) flush();
  EXPECT_EQ(chain.left, 0);
  EXPECT_EQ(chain.flushed, TERN_MISUSE);
  EXPECT_EQ(chain.closed, TERN_MISUSE);
  EXPECT_EQ(count(), 4);
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

TEST_F(Queue, WhatCannotBeWrittenIsRefusedBeforeItIsIn) {
  open_queue();
  EXPECT_FAILURE(put_in(0, prepare("SELECT 1")), TERN_MISUSE, "only reads");
  EXPECT_FAILURE(put_in(0, insert, Params().null()), TERN_MISUSE, "tern_queue_query: the statement takes 2");
  EXPECT_FAILURE(put_in(0, insert, Params().type(9)), TERN_MISUSE, "byte 0: type 9");
  EXPECT_FAILURE(tern_queue_batch(queue, nullptr, 0, nullptr, nullptr), TERN_MISUSE, "calls is NULL");
  const tern_packed_call call{insert, nullptr, 0};
  EXPECT_FAILURE(tern_queue_batch(queue, &call, 0, nullptr, nullptr), TERN_MISUSE, "count is 0");
  EXPECT_FAILURE(tern_queue_batch(queue, &call, 1, nullptr, nullptr), TERN_MISUSE, "tern_queue_batch: calls[0]");
  EXPECT_FAILURE(tern_queue_kv_put(queue, kv, "", 0, "v", 1, nullptr, nullptr, nullptr), TERN_LIMIT, "key");
  const tern_kv_put_options past = {sizeof past, 0, 1, nullptr, 0};
  EXPECT_FAILURE(tern_queue_kv_put(queue, kv, "k", 1, "v", 1, &past, nullptr, nullptr), TERN_LIMIT, "");
  EXPECT_FAILURE(tern_queue_kv_delete(queue, kv, "", 0, nullptr, nullptr), TERN_LIMIT, "key");
  EXPECT_FAILURE(tern_queue_drain(queue, 0, nullptr), TERN_MISUSE, "TERN_QUEUE_DRAINED");
  EXPECT_EQ(tern_queue_fd(queue), -1);
  flush();
  EXPECT_EQ(journal.entries().size(), 0u);
}

TEST_F(Queue, WhatIsOfAnotherDatabaseIsRefused) {
  open_queue();
  const TempFolder elsewhere;
  tern_database* other = nullptr;
  tern_statement* of_other = nullptr;
  tern_kv* names = nullptr;
  ASSERT_EQ(tern_open(elsewhere.file("other.db").c_str(), nullptr, &other), TERN_OK);
  ASSERT_EQ(tern_prepare(other, "CREATE TABLE x (y)", 18, &of_other), TERN_OK);
  ASSERT_EQ(tern_kv_open(other, "n", &names), TERN_OK);
  EXPECT_FAILURE(put_in(0, of_other), TERN_MISUSE, "another database");
  EXPECT_FAILURE(tern_queue_kv_put(queue, names, "k", 1, "v", 1, nullptr, nullptr, nullptr), TERN_MISUSE, "another");
  EXPECT_FAILURE(tern_queue_kv_delete(queue, names, "k", 1, nullptr, nullptr), TERN_MISUSE, "another database");
  tern_kv_free(names);
  tern_statement_free(of_other);
  EXPECT_EQ(tern_close(other), TERN_OK);
}

TEST_F(Queue, ADatabaseDoesNotCloseUnderIt) {
  open_queue();
  for (tern_statement* statement : std::exchange(statements, {})) tern_statement_free(statement);
  tern_kv_free(std::exchange(kv, nullptr));
  EXPECT_FAILURE(tern_close(db), TERN_BUSY, "1 queue of");
}

TEST_F(Queue, InTheChildOfAForkItRefusesAndCloses) {
  open_queue(TERN_QUEUE_DRAINED);
  ASSERT_EQ(put_in(0), TERN_OK);
  flush();
  const pid_t child = ::fork();
  if (child == 0) {
    bool good = put_in(1) == TERN_MISUSE && tern_queue_flush(queue, 0) == TERN_MISUSE;
    good = good && tern_queue_drain(queue, 0, nullptr) == TERN_MISUSE && tern_queue_close(queue) == TERN_OK;
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  ASSERT_EQ(put_in(1), TERN_OK);
  flush();
  EXPECT_EQ(count(), 2);
}

TEST_F(Queue, OptionsAndNullAreNamed) {
  tern_queue_options options{};
  EXPECT_FAILURE(tern_queue_open(db, &options, &queue), TERN_MISUSE, "options->size is 0");
  options.size = sizeof options;
  options.flags = 2;
  EXPECT_FAILURE(tern_queue_open(db, &options, &queue), TERN_UNSUPPORTED, "tern_queue_open: flags");
  EXPECT_FAILURE(tern_queue_open(nullptr, nullptr, &queue), TERN_MISUSE, "db is NULL");
  EXPECT_FAILURE(tern_queue_open(db, nullptr, nullptr), TERN_MISUSE, "out is NULL");
  EXPECT_EQ(tern_queue_close(nullptr), TERN_OK);
  EXPECT_EQ(tern_queue_fd(nullptr), -1);
  EXPECT_FAILURE(tern_queue_drain(nullptr, 0, nullptr), TERN_MISUSE, "queue is NULL");
  EXPECT_FAILURE(tern_queue_flush(nullptr, 0), TERN_MISUSE, "queue is NULL");
  EXPECT_FAILURE(tern_queue_query(nullptr, nullptr, nullptr, 0, nullptr, nullptr), TERN_MISUSE, "queue is NULL");
  EXPECT_FAILURE(tern_queue_batch(nullptr, nullptr, 0, nullptr, nullptr), TERN_MISUSE, "queue is NULL");
  open_queue();
  EXPECT_FAILURE(tern_queue_query(queue, nullptr, nullptr, 0, nullptr, nullptr), TERN_MISUSE, "statement is NULL");
  EXPECT_FAILURE(tern_queue_query(queue, insert, nullptr, 1, nullptr, nullptr), TERN_MISUSE, "params is NULL");
  EXPECT_FAILURE(tern_queue_kv_put(queue, nullptr, "k", 1, "", 0, nullptr, nullptr, nullptr), TERN_MISUSE, "kv is");
  EXPECT_FAILURE(tern_queue_kv_put(queue, kv, nullptr, 1, "", 0, nullptr, nullptr, nullptr), TERN_MISUSE, "key is");
  EXPECT_FAILURE(tern_queue_kv_put(queue, kv, "k", 1, nullptr, 1, nullptr, nullptr, nullptr), TERN_MISUSE, "value is");
  EXPECT_FAILURE(tern_queue_kv_delete(queue, kv, nullptr, 1, nullptr, nullptr), TERN_MISUSE, "key is NULL");
}

}  // namespace
}  // namespace tern::test
