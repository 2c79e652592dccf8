/* Uses tern.h as a C99 program does. Compiled twice: as C99, pedantic, and as C++ (c_api_as_cxx.cc). */
#include <stddef.h>
#include <string.h>

#include <tern/tern.h>

#ifndef C_API_ROUND_TRIP
#define C_API_ROUND_TRIP c_api_round_trip_c99
#endif

const char* C_API_ROUND_TRIP(const char* path);

static const char kMake[] = "CREATE TABLE t (a); INSERT INTO t VALUES (42)";
static const char kAsk[] = "SELECT a, ? AS b FROM t";

static const char* check_row(const tern_result* result) {
  tern_value a, b;
  if (tern_result_rows(result) != 1 || tern_result_columns(result) != 2) return "not one row of two columns";
  if (strcmp(tern_result_column(result, 1), "b") != 0) return "the second column is not named b";
  if (tern_result_value(result, 0, 0, &a) != TERN_OK) return tern_last_error();
  if (tern_result_value(result, 0, 1, &b) != TERN_OK) return tern_last_error();
  if (a.type != TERN_INTEGER || a.as.integer != 42) return "a is not 42";
  if (b.type != TERN_TEXT || b.len != 3 || memcmp(b.as.data, "x\0y", 3) != 0) return "b is not what was bound";
  return NULL;
}

static const char* check_kv(tern_database* db) {
  tern_kv_put_options hour = {sizeof hour, 3600000, 0, "{}", 2};
  tern_kv_info info;
  tern_kv* kv = NULL;
  char buf[4];
  size_t len = 0;

  memset(&info, 0, sizeof info);
  info.size = sizeof info;
  if (tern_kv_open(db, "names", &kv) != TERN_OK) return tern_last_error();
  if (tern_kv_put(kv, "k", 1, "x\0y", 3, &hour) != TERN_OK) return tern_last_error();
  if (tern_kv_get(kv, "k", 1, buf, sizeof buf, &len, &info) != TERN_OK) return tern_last_error();
  if (tern_kv_get_with(kv, "k", 1, TERN_ONLY_HOT, buf, sizeof buf, &len, &info) != TERN_OK) return tern_last_error();
  tern_kv_free(kv);
  if (len != 3 || memcmp(buf, "x\0y", 3) != 0) return "the value is not what was put";
  return info.metadata_len == 2 && info.expires_at_ms != 0 ? NULL : "the value has other facts than were put";
}

static tern_status make_answer(void* user_data, tern_computation* computation) {
  tern_value n;
  tern_result* result = NULL;
  tern_status status = tern_query((tern_statement*)user_data, NULL, 0, &result);
  if (status != TERN_OK) return status;
  status = tern_result_value(result, 0, 0, &n);
  if (status == TERN_OK && n.as.integer == 42) status = tern_computation_append(computation, "x\0y", 3);
  tern_result_free(result);
  return status;
}

static const char* check_compute(tern_database* db) {
  tern_compute_options hour = {sizeof hour, 3600000, 0, 0, 0};
  tern_computed* computed = NULL;
  tern_statement* statement = NULL;
  const char* wrong = NULL;
  const void* data;
  size_t len = 0;

  if (tern_prepare(db, "SELECT a FROM t", 15, &statement) != TERN_OK) return tern_last_error();
  if (tern_get_or_compute(db, "k", 1, &hour, make_answer, statement, &computed) != TERN_OK) return tern_last_error();
  data = tern_computed_data(computed, &len);
  if (len != 3 || memcmp(data, "x\0y", 3) != 0) wrong = "the value is not what was computed";
  if (tern_computed_why_not_cached(computed, NULL) != NULL) wrong = "the value is not cached";
  tern_computed_free(computed);
  tern_statement_free(statement);
  return wrong;
}

static const char* check_packed(tern_database* db) {
  static const unsigned char text[] = {TERN_TEXT, 3, 0, 0, 0, 'x', 0, 'y'};
  tern_statement_info info = {sizeof info, 0, 0, 0, 0};
  tern_packed_call call;
  tern_statement* statement = NULL;
  tern_result* result = NULL;
  unsigned char buf[256];
  const void* body;
  size_t len = 0;
  const char* wrong = NULL;

  if (tern_prepare(db, kAsk, sizeof kAsk - 1, &statement) != TERN_OK) return tern_last_error();
  if (tern_statement_describe(statement, &info) != TERN_OK) return tern_last_error();
  if (info.parameters != 1 || info.columns != 2 || !info.reads_only) wrong = "the statement is described as another";
  if (strcmp(tern_statement_column(statement, 1), "b") != 0) wrong = "the second column is not named b";
  if (tern_statement_parameter(statement, 0) != NULL) wrong = "a question mark has a name";
  if (tern_query_packed(statement, text, sizeof text, buf, sizeof buf, &len) != TERN_OK) return tern_last_error();
  if (tern_query_packed_with(statement, text, sizeof text, TERN_BYPASS, buf, sizeof buf, &len) != TERN_OK)
    return tern_last_error();
  if (tern_query_pinned(statement, text, sizeof text, 0, &result) != TERN_OK) return tern_last_error();
  body = tern_result_body(result, &len);
  if (memcmp(buf + 24, body, len) != 0) wrong = "two ways give two bodies";
  tern_result_free(result);
  call.statement = statement;
  call.params = text;
  call.params_len = sizeof text;
  if (tern_batch_packed(db, &call, 1, &result) != TERN_OK) return tern_last_error();
  if (wrong == NULL) wrong = check_row(result);
  tern_result_free(result);
  tern_statement_free(statement);
  return wrong;
}

static const char* check_transaction(tern_database* db) {
  tern_transaction* transaction = NULL;
  tern_statement* statement = NULL;
  tern_result* result = NULL;
  tern_value b;
  const char* wrong;

  memset(&b, 0, sizeof b);
  b.type = TERN_TEXT;
  b.as.data = "x\0y";
  b.len = 3;
  if (tern_begin(db, &transaction) != TERN_OK) return tern_last_error();
  if (tern_transaction_exec(transaction, "UPDATE t SET a = 42", 19, NULL) != TERN_OK) return tern_last_error();
  if (tern_transaction_prepare(transaction, kAsk, sizeof kAsk - 1, &statement) != TERN_OK) return tern_last_error();
  if (tern_transaction_query(transaction, statement, &b, 1, &result) != TERN_OK) return tern_last_error();
  wrong = check_row(result);
  tern_result_free(result);
  if (tern_transaction_query_pinned(transaction, statement, "", 1, &result) != TERN_OK) return tern_last_error();
  tern_result_free(result);
  if (tern_transaction_commit(transaction) != TERN_OK) return tern_last_error();
  tern_transaction_free(transaction);
  tern_statement_free(statement);
  if (tern_begin_with(db, TERN_ANY_THREAD, &transaction) != TERN_OK) return tern_last_error();
  if (tern_transaction_rollback(transaction) != TERN_OK) return tern_last_error();
  tern_transaction_free(transaction);
  return wrong;
}

static void count_done(void* user_data, tern_outcome* outcome) {
  if (outcome->status == TERN_OK) ++*(int*)user_data;
}

static const char* check_queue(tern_database* db) {
  tern_queue_options options = {sizeof options, 8, TERN_QUEUE_DRAINED, 0};
  tern_packed_call call = {NULL, NULL, 0};
  tern_queue* queue = NULL;
  tern_kv* kv = NULL;
  size_t drained = 0;
  int done = 0;

  if (tern_prepare(db, "UPDATE t SET a = 42", 19, &call.statement) != TERN_OK) return tern_last_error();
  if (tern_kv_open(db, "names", &kv) != TERN_OK) return tern_last_error();
  if (tern_queue_open(db, &options, &queue) != TERN_OK) return tern_last_error();
  if (tern_queue_fd(queue) < 0) return "the queue has no descriptor";
  if (tern_queue_query(queue, call.statement, NULL, 0, count_done, &done) != TERN_OK) return tern_last_error();
  if (tern_queue_batch(queue, &call, 1, count_done, &done) != TERN_OK) return tern_last_error();
  if (tern_queue_kv_put(queue, kv, "q", 1, "v", 1, NULL, count_done, &done) != TERN_OK) return tern_last_error();
  if (tern_queue_flush(queue, -1) != TERN_OK) return tern_last_error();
  if (tern_queue_drain(queue, 0, &drained) != TERN_OK) return tern_last_error();
  if (drained != 3 || done != 3) return "three writes were not told three times";
  if (tern_queue_kv_delete(queue, kv, "q", 1, count_done, &done) != TERN_OK) return tern_last_error();
  if (tern_queue_close(queue) != TERN_OK) return tern_last_error();
  tern_kv_free(kv);
  tern_statement_free(call.statement);
  return done == 4 ? NULL : "closing told nobody";
}

/* NULL if all went well, else what did not. */
const char* C_API_ROUND_TRIP(const char* path) {
  tern_options options;
  tern_database* db = NULL;
  tern_statement* statement = NULL;
  tern_result* result = NULL;
  tern_value text;
  const char* wrong;

  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.hot_bytes = 1 << 20;
  options.flags = TERN_STORE_OFF | TERN_SYNCHRONOUS_FULL;
  memset(&text, 0, sizeof text);
  text.type = TERN_TEXT;
  text.as.data = "x\0y";
  text.len = 3;

  if (tern_open(path, &options, &db) != TERN_OK) return tern_last_error();
  if (tern_exec(db, kMake, sizeof kMake - 1, NULL) != TERN_OK) return tern_last_error();
  if (tern_prepare(db, kAsk, sizeof kAsk - 1, &statement) != TERN_OK) return tern_last_error();
  if (tern_query(statement, &text, 1, &result) != TERN_OK) return tern_last_error();
  wrong = check_row(result);
  tern_result_free(result);
  tern_statement_free(statement);
  if (wrong == NULL) wrong = check_kv(db);
  if (wrong == NULL) wrong = check_compute(db);
  if (wrong == NULL) wrong = check_packed(db);
  if (wrong == NULL) wrong = check_transaction(db);
  if (wrong == NULL) wrong = check_queue(db);
  if (tern_close(db) != TERN_OK) return tern_last_error();
  return wrong;
}
