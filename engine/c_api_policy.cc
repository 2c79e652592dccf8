// tern_policy.h: policies and invalidation by hand, over the public C++ API.

#include "engine/c_api_handles.h"
#include "engine/c_api_options.h"

using tern::internal::fail_null;
using tern::internal::guarded;

static_assert(TERN_STALE_REVALIDATING == static_cast<int>(tern::StaleReason::kRevalidating) &&
              TERN_STALE_ERROR == static_cast<int>(tern::StaleReason::kError));

extern "C" {

tern_status tern_prepare_with(tern_database* db, const char* sql, size_t sql_len, const tern_policy* policy,
                              tern_statement** out) {
  if (out == nullptr) return fail_null("tern_prepare_with", "out");
  *out = nullptr;
  if (db == nullptr) return fail_null("tern_prepare_with", "db");
  if (sql == nullptr) return fail_null("tern_prepare_with", "sql");
  if (policy == nullptr) return tern_prepare(db, sql, sql_len, out);
  return guarded([&] {
    const tern::Policy wanted = tern::internal::policy_of(*policy);
    *out = new tern_statement(*db, db->database.prepare({sql, sql_len}, wanted));
  });
}

tern_status tern_invalidate_statement(tern_statement* statement) {
  if (statement == nullptr) return fail_null("tern_invalidate_statement", "statement");
  return guarded([&] {
    if (statement->owner == nullptr)
      throw tern::Error(tern::ErrorCode::kMisuse,
                        "tern_invalidate_statement: a session's statement has no answers that are cached");
    statement->owner->database.invalidate(statement->statement);
  });
}

tern_status tern_invalidate_tag(tern_database* db, const char* tag, size_t tag_len) {
  if (db == nullptr) return fail_null("tern_invalidate_tag", "db");
  if (tag == nullptr) return fail_null("tern_invalidate_tag", "tag");
  return guarded([&] { db->database.invalidate_tag({tag, tag_len}); });
}

tern_status tern_invalidate_table(tern_database* db, const char* table, size_t table_len) {
  if (db == nullptr) return fail_null("tern_invalidate_table", "db");
  if (table == nullptr) return fail_null("tern_invalidate_table", "table");
  return guarded([&] { db->database.invalidate_table({table, table_len}); });
}

tern_status tern_invalidate_all(tern_database* db) {
  if (db == nullptr) return fail_null("tern_invalidate_all", "db");
  return guarded([&] { db->database.invalidate_all(); });
}

int tern_result_stale(const tern_result* result, int64_t* age_ms) {
  if (age_ms != nullptr) *age_ms = 0;
  if (result == nullptr) {
    fail_null("tern_result_stale", "result");
    return 0;
  }
  const tern::Freshness freshness = result->rows.freshness();
  if (age_ms != nullptr) *age_ms = freshness.age_ms;
  return static_cast<int>(freshness.reason);
}

}  // extern "C"
