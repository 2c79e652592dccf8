// tern_transaction.h: write transactions that are held across calls.

#include <memory>
#include <string>

#include "engine/c_api_flags.h"
#include "engine/c_api_handles.h"
#include "engine/c_api_values.h"
#include "engine/prepared.h"

using tern::internal::Access;
using tern::internal::fail_null;
using tern::internal::guarded;
using tern::internal::Parameters;

extern "C" {

tern_status tern_begin(tern_database* db, tern_transaction** out) { return tern_begin_with(db, 0, out); }

tern_status tern_begin_with(tern_database* db, uint32_t flags, tern_transaction** out) {
  if (out == nullptr) return fail_null("tern_begin", "out");
  *out = nullptr;
  if (db == nullptr) return fail_null("tern_begin", "db");
  return guarded([&] {
    tern::internal::check_flags("tern_begin", flags, TERN_ANY_THREAD);
    using Threads = tern::internal::HeldTransaction::Threads;
    *out = new tern_transaction(*db, (flags & TERN_ANY_THREAD) != 0 ? Threads::kAny : Threads::kOne);
  });
}

tern_status tern_transaction_query(tern_transaction* transaction, tern_statement* statement, const tern_value* params,
                                   size_t count, tern_result** out) {
  if (out == nullptr) return fail_null("tern_transaction_query", "out");
  *out = nullptr;
  if (transaction == nullptr) return fail_null("tern_transaction_query", "transaction");
  if (statement == nullptr) return fail_null("tern_transaction_query", "statement");
  return guarded([&] {
    const Parameters parameters("tern_transaction_query", params, count);
    const tern::BoundStatement bound = statement->statement.bind_values(parameters.values());
    auto result = std::make_unique<tern_result>(tern::Rows());
    result->rows = transaction->held.run(statement->statement, Access::key(bound));
    *out = result.release();
  });
}

tern_status tern_transaction_exec(tern_transaction* transaction, const char* sql, size_t sql_len,
                                  int64_t* statements_run) {
  if (transaction == nullptr) return fail_null("tern_transaction_exec", "transaction");
  if (sql == nullptr) return fail_null("tern_transaction_exec", "sql");
  return guarded([&] {
    const int64_t ran = transaction->held.exec({sql, sql_len});
    if (statements_run != nullptr) *statements_run = ran;
  });
}

tern_status tern_transaction_prepare(tern_transaction* transaction, const char* sql, size_t sql_len,
                                     tern_statement** out) {
  if (out == nullptr) return fail_null("tern_transaction_prepare", "out");
  *out = nullptr;
  if (transaction == nullptr) return fail_null("tern_transaction_prepare", "transaction");
  if (sql == nullptr) return fail_null("tern_transaction_prepare", "sql");
  return guarded([&] { *out = new tern_statement(*transaction->owner, transaction->held.prepare({sql, sql_len})); });
}

tern_status tern_transaction_commit(tern_transaction* transaction) {
  if (transaction == nullptr) return fail_null("tern_transaction_commit", "transaction");
  return guarded([&] { transaction->held.commit(); });
}

tern_status tern_transaction_rollback(tern_transaction* transaction) {
  if (transaction == nullptr) return fail_null("tern_transaction_rollback", "transaction");
  return guarded([&] { transaction->held.rollback(); });
}

void tern_transaction_free(tern_transaction* transaction) { delete transaction; }

}  // extern "C"
