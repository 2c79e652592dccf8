// tern.h: running statements, and what is known of them before they run.

#include <memory>
#include <optional>

#include "engine/c_api_flags.h"
#include "engine/c_api_handles.h"
#include "engine/c_api_options.h"
#include "engine/c_api_values.h"
#include "engine/prepared.h"
#include "engine/result_reader.h"

using tern::internal::Access;
using tern::internal::fail_null;
using tern::internal::guarded;
using tern::internal::Parameters;
using tern::internal::Prepared;

// Callers compiled against this version rely on the layout; fields are only ever added at the end.
static_assert(sizeof(tern_statement_info) == 32 && offsetof(tern_statement_info, reads_only) == 24);

namespace {

const Prepared& prepared_of(const tern_statement& statement) noexcept {
  return *Access::impl(statement.statement).prepared;
}

}  // namespace

extern "C" {

void tern_statement_free(tern_statement* statement) { delete statement; }

tern_status tern_query(tern_statement* statement, const tern_value* params, size_t count, tern_result** out) {
  if (out == nullptr) return fail_null("tern_query", "out");
  *out = nullptr;
  if (statement == nullptr) return fail_null("tern_query", "statement");
  return guarded([&] {
    const Parameters parameters("tern_query", params, count);
    // Before the statement runs: a write that is committed must not fail for want of memory.
    auto result = std::make_unique<tern_result>(tern::Rows());
    result->rows = statement->statement.bind_values(parameters.values()).run();
    *out = result.release();
  });
}

tern_status tern_query_with(tern_statement* statement, const tern_value* params, size_t count, uint32_t flags,
                            tern_result** out) {
  if (out == nullptr) return fail_null("tern_query_with", "out");
  *out = nullptr;
  if (statement == nullptr) return fail_null("tern_query_with", "statement");
  const tern_status failed = guarded([&] {
    tern::internal::check_call_flags("tern_query_with", flags);
    const Parameters parameters("tern_query_with", params, count);
    const tern::BoundStatement bound = statement->statement.bind_values(parameters.values());
    auto result = std::make_unique<tern_result>(tern::Rows());
    auto rows = tern::internal::run_by_flags(Access::impl(bound), Access::key(bound), flags);
    if (!rows) return;
    result->rows = *std::move(rows);
    *out = result.release();
  });
  if (failed != TERN_OK) return failed;
  return *out != nullptr ? TERN_OK : tern::internal::fail_would_block("tern_query_with");
}

tern_status tern_statement_describe(const tern_statement* statement, tern_statement_info* out) {
  if (out == nullptr) return fail_null("tern_statement_describe", "out");
  if (statement == nullptr) return fail_null("tern_statement_describe", "statement");
  if (const tern_status bad = tern::internal::clear_behind("tern_statement_describe", out); bad != TERN_OK) return bad;
  const Prepared& prepared = prepared_of(*statement);
  out->parameters = prepared.parameter_count;
  out->columns = prepared.columns.size();
  out->reads_only = prepared.kind == tern::internal::StatementKind::kRead ? 1 : 0;
  out->reserved = 0;
  return TERN_OK;
}

const char* tern_statement_column(const tern_statement* statement, size_t column) {
  if (statement == nullptr) {
    fail_null("tern_statement_column", "statement");
    return nullptr;
  }
  const auto& columns = prepared_of(*statement).columns;
  return column < columns.size() ? columns[column].c_str() : nullptr;
}

const char* tern_statement_parameter(const tern_statement* statement, size_t parameter) {
  if (statement == nullptr) {
    fail_null("tern_statement_parameter", "statement");
    return nullptr;
  }
  const auto& parameters = prepared_of(*statement).parameters;
  return parameter < parameters.size() && !parameters[parameter].empty() ? parameters[parameter].c_str() : nullptr;
}

}  // extern "C"
