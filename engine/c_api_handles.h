// What the opaque handles of tern.h are, and how an exception becomes a tern_status.
//
// A handle owns its C++ counterpart. A statement, a transaction, a queue and a KV namespace count themselves in their
// database, so that tern_close() can tell; a result, a value and a page count nowhere. Every extern "C" function that
// can throw runs inside guarded(), the one place where exceptions end. Thread-safety is that of the C++ objects, which
// see.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/held_transaction.h"
#include "tern/database.hpp"
#include "tern/error.hpp"
#include "tern/kv.hpp"
#include "tern/rows.hpp"
#include "tern/session.hpp"
#include "tern/statement.hpp"
#include "tern/tern.h"

struct tern_database {
  explicit tern_database(tern::Database opened) : database(std::move(opened)) {}

  tern::Database database;
  std::atomic<size_t> statements_out{0};
  std::atomic<size_t> transactions_out{0};
  std::atomic<size_t> queues_out{0};
  std::atomic<size_t> sessions_out{0};
  std::atomic<size_t> namespaces_out{0};
};

namespace tern::internal {

// Counts whoever is out. relaxed: who closes must have seen the calls return, which orders more than the counter.
class CountedOut {
 public:
  explicit CountedOut(std::atomic<size_t>& count) noexcept : count_(count) {
    count_.fetch_add(1, std::memory_order_relaxed);
  }
  ~CountedOut() { count_.fetch_sub(1, std::memory_order_relaxed); }
  CountedOut(const CountedOut&) = delete;
  CountedOut& operator=(const CountedOut&) = delete;

 private:
  std::atomic<size_t>& count_;
};

}  // namespace tern::internal

struct tern_session {
  // `from` is null for a database in memory.
  tern_session(tern_database* from, tern::Session opened) : session(std::move(opened)) {
    if (from != nullptr) counted.emplace(from->sessions_out);
  }

  tern::Session session;
  std::atomic<size_t> statements_out{0};
  std::optional<tern::internal::CountedOut> counted;
};

struct tern_statement {
  // Counts itself last: nothing may throw after that.
  tern_statement(tern_database& from, tern::Statement prepared)
      : owner(&from), statement(std::move(prepared)), counted(from.statements_out) {}
  tern_statement(tern_session& from, tern::Statement prepared)
      : statement(std::move(prepared)), counted(from.statements_out) {}

  tern_database* owner = nullptr;  // null for a session's
  tern::Statement statement;
  tern::internal::CountedOut counted;
};

struct tern_transaction {
  tern_transaction(tern_database& from, tern::internal::HeldTransaction::Threads threads)
      : owner(&from), held(tern::internal::Access::engine(from.database), threads), counted(from.transactions_out) {}

  tern_database* const owner;
  tern::internal::HeldTransaction held;
  tern::internal::CountedOut counted;
};

struct tern_kv {
  tern_kv(tern_database& from, tern::KvNamespace opened) : names(std::move(opened)), counted(from.namespaces_out) {}

  tern::KvNamespace names;
  tern::internal::CountedOut counted;
};

struct tern_kv_value {
  // Empty until it is given out, so that it can be made before what it is to hold.
  std::optional<tern::Pinned> pinned;
};

struct tern_kv_page {
  tern::KvPage page;
};

struct tern_result {
  explicit tern_result(tern::Rows answered) noexcept : rows(std::move(answered)) {}

  tern::Rows rows;
};

namespace tern::internal {

// Makes `message` this thread's last error and returns `status`.
tern_status fail(tern_status status, std::string_view message) noexcept;
// How many messages this thread has had.
uint64_t failures() noexcept;
// TERN_MISUSE: "tern_open: out is NULL".
tern_status fail_null(const char* function, const char* argument) noexcept;
// The status of the exception that is being handled, whose message becomes the last error.
tern_status fail_current_exception() noexcept;
// The same of one that is kept, without touching the last error; without memory the message is left empty.
tern_status status_of_error(const std::exception_ptr& error, std::string& message) noexcept;

template <typename Work>
tern_status guarded(Work&& work) noexcept {
  try {
    work();
    return TERN_OK;
  } catch (...) {
    return fail_current_exception();
  }
}

}  // namespace tern::internal
