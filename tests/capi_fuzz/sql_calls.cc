// Databases, statements, sessions.
#include "tests/capi_fuzz/fuzz.h"

namespace tern::capi_fuzz {
namespace {

void open(World& w) {
  // No path of another program's.
  const char* const names[] = {"a.db", "b.db", "no/such/folder.db", ":memory:", "", "."};
  const size_t which = w.random.below(w.random.one_in(4) ? 6 : 2);
  const std::string_view path = w.keep(which < 3 ? w.shared.folder + "/" + names[which] : std::string(names[which]));
  tern_options options{};
  // Patience would only make a seed take longer.
  options.busy_timeout_ms = 5;
  options.flags = TERN_NO_BUSY_RETRIES | (w.random.one_in(4) ? w.some_flags() : 0) | (w.random.one_in(8) ? 1u << 2 : 0);
  options.hot_bytes = w.random.one_in(4) ? 64 << 10 : 1 << 20;
  options.store_bytes = 4 << 20;
  options.kv_map_bytes = uint64_t{1} << 30;
  if (w.random.one_in(20)) options.extension_count = w.random.below(3);
  tern_options* const given = w.sized(options);
  if (given == nullptr) return;  // the defaults have patience, and so has what a shorter struct leaves out
  if (given->size >= sizeof given->size && given->size < sizeof options) given->size = 1;
  tern_database* out = nullptr;
  const tern_status status = tern_open(w.or_null(path.data()), given, &out);
  w.demand("tern_open", status);
  if ((status == TERN_OK) != (out != nullptr)) World::fail("tern_open", "gave what it should not");
  if (out == nullptr) return;
  if (w.databases.size() < 4) return w.databases.push_back(out);
  w.demand("tern_close", tern_close(out));
}

void close(World& w) {
  if (w.databases.empty()) return;
  const size_t at = w.random.below(w.databases.size());
  const tern_status status = tern_close(w.databases[at]);
  w.demand("tern_close", status);
  if (status == TERN_OK) w.databases.erase(w.databases.begin() + static_cast<std::ptrdiff_t>(at));
}

void exec(World& w) {
  const std::string_view sql = w.some_sql();
  int64_t ran = 0;
  w.demand("tern_exec", tern_exec(w.some_db(), w.or_null(sql.data()), sql.size(), w.or_null(&ran)));
}

void prepare(World& w) {
  const std::string_view sql = w.some_sql();
  tern_statement* out = nullptr;
  const tern_status status = tern_prepare(w.some_db(), w.or_null(sql.data()), sql.size(), &out);
  w.take("tern_prepare", status, out, w.statements, tern_statement_free);
}

void prepare_with(World& w) {
  const std::string_view sql = w.some_sql();
  const char* tags[] = {w.some_name().data(), w.some_name().data()};
  tern_policy policy{};
  policy.ttl_ms = w.some_number();
  policy.stale_while_revalidate_ms = w.some_number();
  policy.stale_if_error_ms = w.some_number();
  policy.refresh_ahead_ms = w.random.below(5) == 0 ? w.some_number() : 0;
  policy.admit_max_bytes = w.random.below(3);
  policy.tags = tags;
  policy.tag_count = w.random.below(3);
  policy.flags = w.some_flags();
  tern_statement* out = nullptr;
  const tern_status status = tern_prepare_with(w.some_db(), w.or_null(sql.data()), sql.size(), w.sized(policy), &out);
  w.take("tern_prepare_with", status, out, w.statements, tern_statement_free);
}

void query(World& w) {
  tern_statement* const statement = w.some_statement();
  const auto params = w.some_values(statement);
  tern_result* out = nullptr;
  const tern_status status = tern_query(statement, w.or_null(params.data()), params.size(), &out);
  w.take("tern_query", status, out, w.results, tern_result_free);
}

void query_with(World& w) {
  tern_statement* const statement = w.some_statement();
  const auto params = w.some_values(statement);
  tern_result* out = nullptr;
  const tern_status status = tern_query_with(statement, w.or_null(params.data()), params.size(), w.some_flags(), &out);
  w.take("tern_query_with", status, out, w.results, tern_result_free);
}

void query_packed(World& w) {
  tern_statement* const statement = w.some_statement();
  const std::string_view params = w.some_packed(statement);
  size_t len = 0;
  const size_t cap = w.some_room();
  w.demand("tern_query_packed_with",
           tern_query_packed_with(statement, w.or_null(params.data()), params.size(), w.some_flags(),
                                  w.or_null(w.buffer.data()), cap, w.or_null(&len)));
  w.demand("tern_query_packed", tern_query_packed(statement, w.or_null(params.data()), params.size(),
                                                  w.or_null(w.buffer.data()), cap, w.or_null(&len)));
}

void query_pinned(World& w) {
  tern_statement* const statement = w.some_statement();
  const std::string_view params = w.some_packed(statement);
  tern_result* out = nullptr;
  const tern_status status =
      tern_query_pinned(statement, w.or_null(params.data()), params.size(), w.some_flags(), &out);
  w.take("tern_query_pinned", status, out, w.results, tern_result_free);
}

void batch(World& w) {
  tern_call calls[4] = {};
  tern_packed_call packed[4] = {};
  tern_result* outs[4] = {};
  const size_t count = w.random.below(5);
  const bool as_packed = w.random.one_in(2);
  for (size_t i = 0; i < count; ++i) {
    tern_statement* const statement = w.some_statement();
    const auto params = w.some_values(statement);
    const std::string_view bytes = w.some_packed(statement);
    calls[i] = {statement, params.data(), params.size()};
    packed[i] = {statement, w.or_null(bytes.data()), bytes.size()};
  }
  const char* const name = as_packed ? "tern_batch_packed" : "tern_batch";
  const tern_status status = as_packed ? tern_batch_packed(w.some_db(), w.or_null(&packed[0]), count, outs)
                                       : tern_batch(w.some_db(), w.or_null(&calls[0]), count, outs);
  w.demand(name, status);
  for (size_t i = 0; i < count; ++i) {
    if ((outs[i] != nullptr) != (status == TERN_OK)) World::fail(name, "gave results that do not go with its status");
    tern_result_free(outs[i]);
  }
}

void describe(World& w) {
  tern_statement* const statement = w.some_statement();
  tern_statement_info info{};
  w.demand("tern_statement_describe", tern_statement_describe(statement, w.sized(info)));
  w.count("tern_statement_column");
  tern_statement_column(statement, w.random.below(5));
  w.count("tern_statement_parameter");
  tern_statement_parameter(statement, w.random.below(9));
}

void free_statement(World& w) {
  w.count("tern_statement_free");
  if (w.statements.empty()) return tern_statement_free(nullptr);
  tern_statement_free(w.statements.back());
  w.statements.pop_back();
}

void stats(World& w) {
  size_t len = 0;
  w.demand("tern_stats", tern_stats(w.some_db(), w.or_null(w.buffer.data()), w.some_room(), w.or_null(&len)));
}

void explain(World& w) {
  const std::string_view sql = w.some_sql();
  const auto params = w.some_values(nullptr);
  size_t len = 0;
  w.demand("tern_explain", tern_explain(w.some_db(), w.or_null(sql.data()), sql.size(), params.data(), params.size(),
                                        w.buffer.data(), w.some_room(), w.or_null(&len)));
}

void invalidate(World& w) {
  const std::string_view name = w.some_name();
  w.demand("tern_invalidate_tag", tern_invalidate_tag(w.some_db(), w.or_null(name.data()), name.size()));
  w.demand("tern_invalidate_table", tern_invalidate_table(w.some_db(), w.or_null(name.data()), name.size()));
  w.demand("tern_invalidate_statement", tern_invalidate_statement(w.some_statement()));
  if (w.random.one_in(8)) w.demand("tern_invalidate_all", tern_invalidate_all(w.some_db()));
}

void session_open(World& w) {
  if (w.sessions.size() >= 4) return;
  tern_session* out = nullptr;
  const tern_status status = tern_session_open(w.some_db(), &out);
  w.take("tern_session_open", status, out, w.sessions, [](tern_session*) {});
}

void session_close(World& w) {
  if (w.sessions.empty()) return;
  const tern_status status = tern_session_close(w.sessions.back());
  w.demand("tern_session_close", status);
  if (status == TERN_OK) w.sessions.pop_back();
}

void session_exec(World& w) {
  const std::string_view sql = w.some_sql();
  int64_t ran = 0;
  w.demand("tern_session_exec",
           tern_session_exec(w.some(w.sessions), w.or_null(sql.data()), sql.size(), w.or_null(&ran)));
}

void session_prepare(World& w) {
  const std::string_view sql = w.some_sql();
  tern_statement* out = nullptr;
  const tern_status status = tern_session_prepare(w.some(w.sessions), w.or_null(sql.data()), sql.size(), &out);
  w.take("tern_session_prepare", status, out, w.statements, tern_statement_free);
}

constexpr Call kCalls[] = {{open, 1},          {close, 1},        {exec, 6},           {prepare, 8},
                           {prepare_with, 2},  {query, 20},       {query_with, 10},    {query_packed, 20},
                           {query_pinned, 10}, {batch, 6},        {describe, 4},       {free_statement, 2},
                           {stats, 1},         {explain, 1},      {invalidate, 1},     {session_open, 1},
                           {session_close, 2}, {session_exec, 4}, {session_prepare, 3}};

}  // namespace

std::span<const Call> sql_calls() { return kCalls; }

}  // namespace tern::capi_fuzz
