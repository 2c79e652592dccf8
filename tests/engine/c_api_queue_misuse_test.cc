// tern_queue.h: what a queue of writes refuses, and what it says then.
#include <sys/wait.h>
#include <unistd.h>

#include "tests/engine/c_api_queue_support.h"

namespace tern::test {
namespace {

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

TEST_F(Queue, AFunctionMayNotWaitForItThroughAnotherQueue) {
  open_queue();
  struct Chain {
    tern_queue* outer;
    tern_queue* inner = nullptr;
    tern_status drained = TERN_OK, flushed = TERN_OK;
    std::string why = {};
  } chain{queue};
  const tern_queue_options drained{sizeof drained, 0, TERN_QUEUE_DRAINED, 0};
  ASSERT_EQ(tern_queue_open(db, &drained, &chain.inner), TERN_OK) << last_error();
  const auto told_of_inner = [](void* of, tern_outcome*) {
    auto* const mine = static_cast<Chain*>(of);
    mine->flushed = tern_queue_flush(mine->outer, 0);
    mine->why = last_error();
  };
  const auto told_of_outer = [](void* of, tern_outcome*) {
    auto* const mine = static_cast<Chain*>(of);
    mine->drained = tern_queue_drain(mine->inner, 0, nullptr);
  };
  ASSERT_EQ(tern_queue_kv_put(chain.inner, kv, "k", 1, "v", 1, nullptr, told_of_inner, &chain), TERN_OK);
  ASSERT_EQ(tern_queue_flush(chain.inner, -1), TERN_OK);
  ASSERT_EQ(tern_queue_kv_put(queue, kv, "k", 1, "v", 1, nullptr, told_of_outer, &chain), TERN_OK);
  flush();
  EXPECT_EQ(chain.drained, TERN_OK);
  EXPECT_EQ(chain.flushed, TERN_MISUSE);
  EXPECT_NE(chain.why.find("wait for itself"), std::string::npos) << chain.why;
  EXPECT_EQ(tern_queue_close(chain.inner), TERN_OK);
}

}  // namespace
}  // namespace tern::test
