// tern.h: reading a result.

#include <cstdio>
#include <cstring>

#include "engine/c_api_handles.h"
#include "engine/c_api_values.h"

using tern::internal::fail;
using tern::internal::fail_null;

namespace {

tern_status fail_past_end(const char* function, const char* what, size_t index, size_t count) noexcept {
  char message[128];
  std::snprintf(message, sizeof message, "%s: %s %zu, but the result has %zu", function, what, index, count);
  return fail(TERN_MISUSE, message);
}

// For functions that return no status: the message is left all the same.
bool is_null(const tern_result* result, const char* function) noexcept {
  if (result != nullptr) return false;
  fail_null(function, "result");
  return true;
}

}  // namespace

static_assert(TERN_HOT == static_cast<int>(tern::Source::kHot) &&
              TERN_STORE == static_cast<int>(tern::Source::kStore) && TERN_SQL == static_cast<int>(tern::Source::kSql));

extern "C" {

size_t tern_result_rows(const tern_result* result) {
  return is_null(result, "tern_result_rows") ? 0 : result->rows.size();
}

size_t tern_result_columns(const tern_result* result) {
  return is_null(result, "tern_result_columns") ? 0 : result->rows.columns();
}

const char* tern_result_column(const tern_result* result, size_t column) {
  if (is_null(result, "tern_result_column")) return nullptr;
  if (column >= result->rows.columns()) {
    fail_past_end("tern_result_column", "column", column, result->rows.columns());
    return nullptr;
  }
  return result->rows.column_name(column).data();
}

tern_status tern_result_value(const tern_result* result, size_t row, size_t column, tern_value* out) {
  if (out == nullptr) return fail_null("tern_result_value", "out");
  *out = tern_value{};
  if (result == nullptr) return fail_null("tern_result_value", "result");
  const tern::Rows& rows = result->rows;
  if (row >= rows.size()) return fail_past_end("tern_result_value", "row", row, rows.size());
  if (column >= rows.columns()) {
    return fail_past_end("tern_result_value", "column", column, rows.columns());
  }
  const tern::Value value = rows[row].value(column);
  std::memcpy(out, &value, sizeof value);
  return TERN_OK;
}

int64_t tern_result_changes(const tern_result* result) {
  return is_null(result, "tern_result_changes") ? 0 : result->rows.changes();
}

int64_t tern_result_last_row_id(const tern_result* result) {
  return is_null(result, "tern_result_last_row_id") ? 0 : result->rows.last_row_id();
}

int tern_result_source(const tern_result* result) {
  return is_null(result, "tern_result_source") ? 0 : static_cast<int>(result->rows.source());
}

void tern_result_free(tern_result* result) { delete result; }

}  // extern "C"
