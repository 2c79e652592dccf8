#include "tern/database.hpp"

#include "engine/access.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "engine/translate.h"
#include "tern/tern.hpp"

namespace tern {

using internal::Access;

const char* version() noexcept { return TERN_VERSION; }

Database open(const std::string& path, const Options& options) {
  return Database(internal::Engine::open(path, options));
}

Statement Database::prepare(std::string_view sql) {
  return Access::statement(std::make_shared<internal::StatementImpl>(engine_, engine_->prepare(sql)));
}

Statement Database::prepare(std::string_view sql, const Policy& policy) {
  return Access::statement(std::make_shared<internal::StatementImpl>(engine_, engine_->prepare(sql, &policy)));
}

int64_t Database::exec(std::string_view sql) {
  return internal::translated([&] { return engine_->writer().exec(sql); });
}

std::vector<Rows> Database::batch(std::span<const BoundStatement> statements) {
  std::vector<internal::WriterCall> calls;
  calls.reserve(statements.size());
  for (const BoundStatement& bound : statements) {
    if (Access::impl(bound).engine != engine_)
      throw Error(ErrorCode::kMisuse, "a statement of this batch was prepared on another database");
    calls.push_back({Access::impl(bound).prepared.get(), &Access::key(bound)});
  }
  if (calls.empty()) return {};
  return internal::translated([&] { return engine_->writer().batch(calls); });
}

void Database::transaction(const std::function<void(Transaction&)>& work) {
  // `work` may assign to the very handle that it was called through.
  const std::shared_ptr<internal::Engine> engine = engine_;
  internal::translated([&] {
    internal::Writer& writer = engine->writer();
    writer.transaction([&] {
      Transaction transaction(Access::transaction(engine.get()));
      struct End {
        Transaction& of;
        ~End() { Access::end(of); }
      } end{transaction};
      work(transaction);
    });
  });
}

Explanation Database::explain(std::string_view sql, std::span<const Value> args) {
  const Statement statement = prepare(sql);
  const BoundStatement bound = statement.bind_values(args);
  return engine_->explain(*Access::impl(bound).prepared, Access::key(bound));
}

void Database::invalidate(const Statement& statement) {
  if (Access::impl(statement).engine != engine_)
    throw Error(ErrorCode::kMisuse, "this statement was prepared on another database");
  engine_->invalidate(*Access::impl(statement).prepared);
}

void Database::invalidate_tag(std::string_view tag) { engine_->invalidate_tag(tag); }

void Database::invalidate_table(std::string_view table) { engine_->invalidate_table(table); }

void Database::invalidate_all() { engine_->invalidate_all(); }

Explanation Database::explain(const BoundStatement& statement) {
  if (Access::impl(statement).engine != engine_)
    throw Error(ErrorCode::kMisuse, "this statement was prepared on another database");
  return engine_->explain(*Access::impl(statement).prepared, Access::key(statement));
}

Session Database::session() { return Access::session(engine_->open_session()); }

void Database::register_function(std::string_view name, int arity, FunctionOptions options, Function function) {
  engine_->adopt(internal::host_function(name, arity, options, std::move(function)));
}

void Database::create_aggregate(std::string_view name, int arity, AggregateOptions options, AggregateFactory factory) {
  engine_->adopt(internal::host_aggregate(name, arity, options, std::move(factory)));
}

void Database::create_collation(std::string_view name, Collation compare) {
  engine_->adopt(internal::host_collation(name, std::move(compare)));
}

Stats Database::stats() const { return engine_->stats(); }

const std::string& Database::path() const noexcept { return engine_->path(); }

namespace {

internal::Engine& engine_of(const Transaction& transaction) {
  internal::Engine* engine = Access::engine(transaction);
  if (engine == nullptr) throw Error(ErrorCode::kMisuse, "this transaction has ended: its function has returned");
  if (!engine->writer().turn_is_mine())
    throw Error(ErrorCode::kMisuse, "a transaction belongs to the thread that its function runs on");
  if (!engine->writer().transaction_open())
    throw Error(
        ErrorCode::kMisuse,
        "this transaction was rolled back by a statement that failed in it, and takes no more: let the error out");
  return *engine;
}

}  // namespace

Statement Transaction::prepare(std::string_view sql) {
  internal::Engine& engine = engine_of(*this);
  return Access::statement(std::make_shared<internal::StatementImpl>(engine.shared_from_this(), engine.prepare(sql)));
}

Rows Transaction::run(const BoundStatement& statement) {
  internal::Engine& engine = engine_of(*this);
  if (Access::impl(statement).engine.get() != &engine)
    throw Error(ErrorCode::kMisuse, "this statement was prepared on another database");
  return internal::translated(
      [&] { return engine.writer().run_within(*Access::impl(statement).prepared, Access::key(statement)); });
}

int64_t Transaction::exec(std::string_view sql) {
  internal::Engine& engine = engine_of(*this);
  return internal::translated([&] { return engine.writer().exec_within(sql); });
}

Session Session::in_memory() {
  return internal::translated([] {
    sql::ConnectionOptions options;
    options.accept_wal_reset_bug = true;  // without a log there is none to lose
    return Access::session(std::make_shared<internal::SessionImpl>(nullptr, sql::Connection::open_in_memory(options)));
  });
}

Statement Session::prepare(std::string_view sql) {
  return Access::statement(std::make_shared<internal::StatementImpl>(impl_, impl_->prepare(sql)));
}

int64_t Session::exec(std::string_view sql) { return impl_->exec(sql); }

void Session::transaction(const std::function<void(Session&)>& work) {
  impl_->transaction([&] { work(*this); });
}

void Session::snapshot(const std::function<void(Session&)>& work) {
  impl_->snapshot([&] { work(*this); });
}

bool Session::in_transaction() const { return impl_->in_transaction(); }

}  // namespace tern
