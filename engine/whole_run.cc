#include "engine/whole_run.h"

#include <new>

#include "engine/access.h"
#include "engine/host_call.h"
#include "engine/result_reader.h"
#include "engine/statement_kind.h"
#include "sql/library.h"

namespace tern::internal {
namespace {

// What a thread keeps between runs, unless a result was unusually large.
constexpr uint64_t kKeptBodyBytes = uint64_t{4} << 20;

void name_all(Prepared& prepared, const sql::Statement& statement) {
  prepared.parameter_count = static_cast<size_t>(statement.parameter_count());
  for (int i = 1; i <= statement.parameter_count(); ++i) prepared.parameters.emplace_back(statement.parameter_name(i));
  for (int i = 0; i < statement.column_count(); ++i) prepared.columns.emplace_back(statement.column_name(i));
  prepared.returns_rows = !prepared.columns.empty();
}

}  // namespace

Rows run_whole(sql::Connection& connection, sql::StatementCache& statements, const Prepared& prepared,
               const cache::KeyBuilder& key) {
  HostCall::refuse_inside();  // body is in use
  thread_local cache::BodyBuilder body;
  const int64_t changed_before = connection.total_changes();
  {
    auto use = statements.get(prepared.sql);
    bind_arguments(use.statement(), key);
    read_rows(use.statement(), body);
  }
  cache::EntryRef entry = cache::Entry::make({}, body);
  if (body.size() > kKeptBodyBytes) body = cache::BodyBuilder();
  if (!entry) throw std::bad_alloc();
  Rows rows = Access::rows(std::move(entry), Source::kSql);
  // SQLite's changes() is of the last INSERT, UPDATE or DELETE, which may have been another statement's.
  const bool changed = connection.total_changes() != changed_before;
  if (prepared.kind == StatementKind::kWrite)
    Access::set_effects(rows, changed ? connection.changes() : 0, changed ? connection.last_insert_rowid() : 0);
  return rows;
}

std::shared_ptr<Prepared> examine(std::string_view sql, sql::StatementCache& statements, uint64_t generation) {
  auto use = statements.get(sql);
  auto prepared = std::make_shared<Prepared>();
  prepared->sql = std::string(sql);
  prepared->stored = std::make_shared<cache::StoredStatement>(sql::initialize({.accept_wal_reset_bug = true}).version +
                                                              '\n' + prepared->sql);
  name_all(*prepared, use.statement());
  prepared->changes_schema = changes_schema(sql);
  if (is_pragma(sql)) {
    prepared->kind = StatementKind::kPragma;
  } else {
    prepared->kind =
        use.statement().readonly() && !prepared->changes_schema ? StatementKind::kRead : StatementKind::kWrite;
  }
  const sql::Cacheability& found = use.cacheability();
  prepared->cacheable.store(found.kind != sql::Cacheability::Kind::kNever, std::memory_order_relaxed);
  prepared->sharable_in.store(found.foreign.empty() ? generation : 0, std::memory_order_relaxed);
  return prepared;
}

}  // namespace tern::internal
