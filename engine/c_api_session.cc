// tern.h: sessions, and explain.

#include <string>

#include "engine/c_api_handles.h"
#include "engine/c_api_values.h"

using tern::internal::fail_null;
using tern::internal::guarded;
using tern::internal::Parameters;

extern "C" {

tern_status tern_explain(tern_database* db, const char* sql, size_t sql_len, const tern_value* params, size_t count,
                         char* json, size_t cap, size_t* len) {
  if (db == nullptr) return fail_null("tern_explain", "db");
  if (sql == nullptr) return fail_null("tern_explain", "sql");
  if (len == nullptr) return fail_null("tern_explain", "len");
  if (json == nullptr && cap > 0) return fail_null("tern_explain", "json");
  return guarded([&] {
    const Parameters parameters("tern_explain", params, count);
    const std::string text = db->database.explain({sql, sql_len}, parameters.values()).to_json();
    tern::internal::give_text("tern_explain", text, json, cap, len);
  });
}

tern_status tern_session_open(tern_database* db, tern_session** out) {
  if (out == nullptr) return fail_null("tern_session_open", "out");
  *out = nullptr;
  return guarded(
      [&] { *out = new tern_session(db, db == nullptr ? tern::Session::in_memory() : db->database.session()); });
}

tern_status tern_session_close(tern_session* session) {
  if (session == nullptr) return TERN_OK;
  const size_t out = session->statements_out.load(std::memory_order_relaxed);
  if (out != 0) {
    return guarded([&] {
      throw tern::Error(tern::ErrorCode::kBusy, "tern_session_close: " + std::to_string(out) +
                                                    (out == 1 ? " statement" : " statements") +
                                                    " not freed yet (tern_statement_free)");
    });
  }
  delete session;
  return TERN_OK;
}

tern_status tern_session_exec(tern_session* session, const char* sql, size_t sql_len, int64_t* statements_run) {
  if (session == nullptr) return fail_null("tern_session_exec", "session");
  if (sql == nullptr) return fail_null("tern_session_exec", "sql");
  return guarded([&] {
    const int64_t ran = session->session.exec({sql, sql_len});
    if (statements_run != nullptr) *statements_run = ran;
  });
}

tern_status tern_session_in_transaction(tern_session* session, int* out) {
  if (session == nullptr) return fail_null("tern_session_in_transaction", "session");
  if (out == nullptr) return fail_null("tern_session_in_transaction", "out");
  return guarded([&] { *out = session->session.in_transaction() ? 1 : 0; });
}

tern_status tern_session_prepare(tern_session* session, const char* sql, size_t sql_len, tern_statement** out) {
  if (out == nullptr) return fail_null("tern_session_prepare", "out");
  *out = nullptr;
  if (session == nullptr) return fail_null("tern_session_prepare", "session");
  if (sql == nullptr) return fail_null("tern_session_prepare", "sql");
  return guarded([&] { *out = new tern_statement(*session, session->session.prepare({sql, sql_len})); });
}

}  // extern "C"
