// Transactions, and queues of writes.
#include <poll.h>

#include "tests/capi_fuzz/fuzz.h"

namespace tern::capi_fuzz {
namespace {

void begin(World& w) {
  if (w.transactions.size() >= 2) return;
  tern_transaction* out = nullptr;
  const bool with = w.random.one_in(2);
  const tern_status status =
      with ? tern_begin_with(w.some_db(), w.random.one_in(20) ? w.some_flags() : uint32_t{TERN_ANY_THREAD}, &out)
           : tern_begin(w.some_db(), &out);
  w.take(with ? "tern_begin_with" : "tern_begin", status, out, w.transactions, tern_transaction_free);
}

void transaction_query(World& w) {
  tern_transaction* const transaction = w.some(w.transactions);
  tern_statement* const statement = w.some_statement();
  tern_result* out = nullptr;
  if (w.random.one_in(2)) {
    const auto params = w.some_values(statement);
    const tern_status status =
        tern_transaction_query(transaction, statement, w.or_null(params.data()), params.size(), &out);
    return w.take("tern_transaction_query", status, out, w.results, tern_result_free);
  }
  const std::string_view params = w.some_packed(statement);
  const tern_status status =
      tern_transaction_query_pinned(transaction, statement, w.or_null(params.data()), params.size(), &out);
  w.take("tern_transaction_query_pinned", status, out, w.results, tern_result_free);
}

void transaction_exec(World& w) {
  const std::string_view sql = w.some_sql();
  int64_t ran = 0;
  w.demand("tern_transaction_exec",
           tern_transaction_exec(w.some(w.transactions), w.or_null(sql.data()), sql.size(), w.or_null(&ran)));
}

void transaction_prepare(World& w) {
  const std::string_view sql = w.some_sql();
  tern_statement* out = nullptr;
  const tern_status status = tern_transaction_prepare(w.some(w.transactions), w.or_null(sql.data()), sql.size(), &out);
  w.take("tern_transaction_prepare", status, out, w.statements, tern_statement_free);
}

void transaction_end(World& w) {
  tern_transaction* const transaction = w.some(w.transactions);
  const bool commit = w.random.one_in(2);
  w.demand(commit ? "tern_transaction_commit" : "tern_transaction_rollback",
           commit ? tern_transaction_commit(transaction) : tern_transaction_rollback(transaction));
  if (transaction == nullptr || w.random.one_in(4)) return;
  w.count("tern_transaction_free");
  tern_transaction_free(transaction);
  std::erase(w.transactions, transaction);
}

void transaction_free(World& w) {
  w.count("tern_transaction_free");
  if (w.transactions.empty()) return tern_transaction_free(nullptr);
  tern_transaction_free(w.transactions.back());
  w.transactions.pop_back();
}

void queue_open(World& w) {
  if (w.queues.size() >= 3) return;
  tern_queue_options options{};
  options.max_writes = static_cast<uint32_t>(w.random.below(40));
  options.max_bytes = w.random.one_in(3) ? w.random.below(2000) : 0;
  options.flags = w.random.one_in(20) ? w.some_flags() : static_cast<uint32_t>(w.random.below(2));
  tern_queue* out = nullptr;
  const tern_status status = tern_queue_open(w.some_db(), w.sized(options), &out);
  w.take("tern_queue_open", status, out, w.queues, [](tern_queue*) {});
}

void queue_close(World& w) {
  if (w.queues.empty()) return;
  const tern_status status = tern_queue_close(w.queues.back());
  w.demand("tern_queue_close", status);
  if (status != TERN_OK) World::fail("tern_queue_close", "did not close");
  w.queues.pop_back();
}

void queue_write(World& w) {
  tern_queue* const queue = w.some(w.queues);
  const bool tell = !w.random.one_in(8);
  const tern_done done = tell ? told : nullptr;
  tern_statement* const statement = w.some_statement();
  const std::string_view params = w.some_packed(statement), key = w.some_key(), value = w.some_bytes();
  tern_status status = TERN_OK;
  const char* name = nullptr;
  // Counted before: it may be told before the call has returned.
  if (tell) w.shared.put_in.fetch_add(1, std::memory_order_relaxed);
  switch (w.random.below(4)) {
    case 0:
      name = "tern_queue_query";
      status = tern_queue_query(queue, statement, w.or_null(params.data()), params.size(), done, &w.shared);
      break;
    case 1: {
      name = "tern_queue_batch";
      tern_statement* const other = w.some_statement();
      const std::string_view second = w.some_packed(other);
      const tern_packed_call calls[] = {{statement, params.data(), params.size()},
                                        {other, w.or_null(second.data()), second.size()}};
      status = tern_queue_batch(queue, w.or_null(&calls[0]), w.random.below(3), done, &w.shared);
      break;
    }
    case 2: {
      name = "tern_queue_kv_put";
      tern_kv_put_options options{};
      if (w.random.one_in(3)) options.ttl_ms = w.some_number();
      status = tern_queue_kv_put(queue, w.some_kv(), w.or_null(key.data()), key.size(), w.or_null(value.data()),
                                 value.size(), w.sized(options), done, &w.shared);
      break;
    }
    default:
      name = "tern_queue_kv_delete";
      status = tern_queue_kv_delete(queue, w.some_kv(), w.or_null(key.data()), key.size(), done, &w.shared);
  }
  if (tell && status != TERN_OK) w.shared.put_in.fetch_sub(1, std::memory_order_relaxed);
  w.demand(name, status);
}

void queue_drain(World& w) {
  tern_queue* const queue = w.some(w.queues);
  w.count("tern_queue_fd");
  pollfd descriptor{tern_queue_fd(queue), POLLIN, 0};
  if (descriptor.fd >= 0) ::poll(&descriptor, 1, 0);
  size_t drained = 0;
  w.demand("tern_queue_drain", tern_queue_drain(queue, w.random.below(4), w.or_null(&drained)));
}

void queue_flush(World& w) {
  w.demand("tern_queue_flush", tern_queue_flush(w.some(w.queues), static_cast<int64_t>(w.random.below(3))));
}

constexpr Call kCalls[] = {
    {begin, 3},           {transaction_query, 10}, {transaction_exec, 5}, {transaction_prepare, 2},
    {transaction_end, 4}, {transaction_free, 1},   {queue_open, 1},       {queue_close, 1},
    {queue_write, 14},    {queue_drain, 3},        {queue_flush, 1}};

}  // namespace

std::span<const Call> write_calls() { return kCalls; }

}  // namespace tern::capi_fuzz
