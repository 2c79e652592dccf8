// tern.h: databases and statements, over the public C++ API.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/c_api_handles.h"
#include "engine/c_api_options.h"
#include "engine/c_api_values.h"

using tern::internal::fail_null;
using tern::internal::guarded;
using tern::internal::Parameters;

namespace {

// A text that comes with its length; only an empty one may be NULL for C++, and none for C.
tern_status check_text(const char* function, const char* sql) noexcept {
  return sql == nullptr ? fail_null(function, "sql") : TERN_OK;
}

tern_status check_nothing_out(const tern_database& db) noexcept {
  const struct {
    const std::atomic<size_t>& count;
    const char* what;
    const char* remedy;
  } all[] = {{db.statements_out, "statement", "tern_statement_free"},
             {db.transactions_out, "transaction", "tern_transaction_free"},
             {db.queues_out, "queue", "tern_queue_close"},
             {db.sessions_out, "session", "tern_session_close"},
             {db.namespaces_out, "KV namespace", "tern_kv_free"}};
  return guarded([&] {
    for (const auto& one : all) {
      // relaxed: see CountedOut.
      const size_t out = one.count.load(std::memory_order_relaxed);
      if (out == 0) continue;
      throw tern::Error(tern::ErrorCode::kBusy, "tern_close: " + std::to_string(out) + " " + one.what +
                                                    (out == 1 ? "" : "s") + " of " + db.database.path() +
                                                    " not freed yet (" + one.remedy + ")");
    }
  });
}

tern::BoundStatement bind_call(const tern_database& db, const tern_call& call, size_t index) {
  const std::string name = "tern_batch: calls[" + std::to_string(index) + "]";
  if (call.statement == nullptr) {
    throw tern::Error(tern::ErrorCode::kMisuse, name + ".statement is NULL");
  }
  if (call.statement->owner != &db) {
    throw tern::Error(tern::ErrorCode::kMisuse, name + ".statement was prepared on another database handle");
  }
  const Parameters params(name.c_str(), call.params, call.count);
  return call.statement->statement.bind_values(params.values());
}

void run_batch(tern_database& db, std::span<const tern_call> calls, tern_result** outs) {
  std::vector<tern::BoundStatement> bound;
  bound.reserve(calls.size());
  for (size_t i = 0; i < calls.size(); ++i) bound.push_back(bind_call(db, calls[i], i));

  // Made before the commit: afterwards there must be nothing left that could fail.
  std::vector<std::unique_ptr<tern_result>> results(calls.size());
  for (auto& result : results) result = std::make_unique<tern_result>(tern::Rows());

  std::vector<tern::Rows> answers = db.database.batch(bound);
  for (size_t i = 0; i < results.size(); ++i) {
    results[i]->rows = std::move(answers[i]);
    outs[i] = results[i].release();
  }
}

}  // namespace

extern "C" {

tern_status tern_open(const char* path, const tern_options* options, tern_database** out) {
  if (out == nullptr) return fail_null("tern_open", "out");
  *out = nullptr;
  if (path == nullptr) return fail_null("tern_open", "path");
  return guarded([&] { *out = new tern_database(tern::open(path, tern::internal::options_of(options))); });
}

tern_status tern_close(tern_database* db) {
  if (db == nullptr) return TERN_OK;
  if (const tern_status out = check_nothing_out(*db); out != TERN_OK) return out;
  delete db;
  return TERN_OK;
}

tern_status tern_exec(tern_database* db, const char* sql, size_t sql_len, int64_t* statements_run) {
  if (db == nullptr) return fail_null("tern_exec", "db");
  if (const tern_status bad = check_text("tern_exec", sql); bad != TERN_OK) return bad;
  return guarded([&] {
    const int64_t ran = db->database.exec({sql, sql_len});
    if (statements_run != nullptr) *statements_run = ran;
  });
}

tern_status tern_batch(tern_database* db, const tern_call* calls, size_t count, tern_result** outs) {
  if (outs == nullptr && count > 0) return fail_null("tern_batch", "outs");
  for (size_t i = 0; i < count; ++i) outs[i] = nullptr;
  if (db == nullptr) return fail_null("tern_batch", "db");
  if (count == 0) return TERN_OK;
  if (calls == nullptr) return fail_null("tern_batch", "calls");
  return guarded([&] { run_batch(*db, {calls, count}, outs); });
}

tern_status tern_stats(tern_database* db, char* json, size_t cap, size_t* len) {
  if (db == nullptr) return fail_null("tern_stats", "db");
  if (len == nullptr) return fail_null("tern_stats", "len");
  if (json == nullptr && cap > 0) return fail_null("tern_stats", "json");
  return guarded([&] { tern::internal::give_text("tern_stats", db->database.stats().to_json(), json, cap, len); });
}

tern_status tern_prepare(tern_database* db, const char* sql, size_t sql_len, tern_statement** out) {
  if (out == nullptr) return fail_null("tern_prepare", "out");
  *out = nullptr;
  if (db == nullptr) return fail_null("tern_prepare", "db");
  if (const tern_status bad = check_text("tern_prepare", sql); bad != TERN_OK) return bad;
  return guarded([&] { *out = new tern_statement(*db, db->database.prepare({sql, sql_len})); });
}

}  // extern "C"
