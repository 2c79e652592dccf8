#include "tern/statement.hpp"

#include <new>

#include "engine/access.h"
#include "engine/engine.h"
#include "engine/result_reader.h"
#include "engine/session.h"

namespace tern {

using cache::KeyBuilder;
using internal::Access;

namespace {

[[noreturn]] void refuse_count(size_t given, const internal::Prepared& prepared) {
  const size_t wanted = prepared.parameter_count;
  throw Error(ErrorCode::kMisuse, "the statement takes " + std::to_string(wanted) +
                                      (wanted == 1 ? " parameter" : " parameters") + ", but " + std::to_string(given) +
                                      (given == 1 ? " was" : " were") + " bound: " + prepared.sql.substr(0, 200));
}

void demand_complete(const KeyBuilder& key, const internal::Prepared& prepared) {
  if (!key.complete()) throw std::bad_alloc();
  if (key.arguments() != prepared.parameter_count) refuse_count(key.arguments(), prepared);
}

}  // namespace

Rows internal::StatementImpl::run(const KeyBuilder& key) const {
  // One that was moved or copied without memory.
  if (!key.complete()) throw std::bad_alloc();
  return session != nullptr ? session->run(*prepared, key) : engine->run(*prepared, key);
}

Rows internal::StatementImpl::run_past_cache(const KeyBuilder& key) const {
  if (session != nullptr) return run(key);
  if (!key.complete()) throw std::bad_alloc();
  return engine->run_past_cache(*prepared, key);
}

std::optional<Rows> internal::StatementImpl::run_if_hot(const KeyBuilder& key) const {
  return session != nullptr ? std::nullopt : engine->run_if_hot(*prepared, key);
}

std::vector<Rows> internal::StatementImpl::read_many(std::span<const Value> values) const {
  return session != nullptr ? session->read_many(*prepared, values) : engine->read_many(*prepared, values);
}

static_assert(sizeof(KeyBuilder) <= Access::key_room() && alignof(KeyBuilder) <= 16);

BoundStatement::BoundStatement(const internal::StatementImpl& borrowed) : statement_(&borrowed) {
  new (key_) KeyBuilder(statement_->prepared->stored->fingerprint());
}

BoundStatement::BoundStatement(const internal::StatementImpl& borrowed, std::span<const Value> values)
    : BoundStatement(borrowed) {
  KeyBuilder& key = Access::key(*this);
  for (const Value& value : values) internal::add_argument(key, value);
  demand_complete(key, *statement_->prepared);
}

BoundStatement::BoundStatement(const BoundStatement& other) : statement_(other.statement_), kept_(other.kept_) {
  new (key_) KeyBuilder(Access::key(other));
  if (!Access::key(*this).complete()) {
    Access::key(*this).~KeyBuilder();
    throw std::bad_alloc();
  }
}

// A key lies in place and cannot be moved without the chance of failing, but for short ones, which are copied: the
// source keeps its own. No memory for a long one leaves the target incomplete, and its use says so.
// NOLINTNEXTLINE(performance-move-constructor-init): a moved-from one stays whole, and can be run.
BoundStatement::BoundStatement(BoundStatement&& other) noexcept : statement_(other.statement_), kept_(other.kept_) {
  new (key_) KeyBuilder(Access::key(other));
}

BoundStatement& BoundStatement::operator=(const BoundStatement& other) {
  if (this == &other) return *this;
  return *this = BoundStatement(other);
}

BoundStatement& BoundStatement::operator=(BoundStatement&& other) noexcept {
  if (this == &other) return *this;
  statement_ = other.statement_;
  kept_ = other.kept_;
  Access::key(*this).~KeyBuilder();
  new (key_) KeyBuilder(Access::key(other));
  return *this;
}

BoundStatement::~BoundStatement() { Access::key(*this).~KeyBuilder(); }

Rows BoundStatement::run() const { return statement_->run(Access::key(*this)); }

Rows BoundStatement::all() const { return run(); }

Rows BoundStatement::all(CallOptions call) const {
  return call.bypass ? statement_->run_past_cache(Access::key(*this)) : run();
}

std::optional<PinnedRow> BoundStatement::first(CallOptions call) const { return all(call).first(); }

std::optional<PinnedRow> BoundStatement::first() const { return run().first(); }

BoundStatement Statement::bind_values(std::span<const Value> values) const& { return {*statement_, values}; }

BoundStatement Statement::bind_values(std::span<const Value> values) && {
  BoundStatement bound(*statement_, values);
  bound.kept_ = std::move(statement_);
  return bound;
}

std::vector<Rows> Statement::all_many(std::span<const Value> values) const {
  if (statement_->prepared->parameter_count != 1) bind(Value());  // throws, naming both numbers
  return statement_->read_many(values);
}

std::string_view Statement::sql() const noexcept { return statement_->prepared->sql; }

size_t Statement::parameter_count() const noexcept { return statement_->prepared->parameter_count; }

bool Statement::reads_only() const noexcept { return statement_->prepared->kind == internal::StatementKind::kRead; }

}  // namespace tern
