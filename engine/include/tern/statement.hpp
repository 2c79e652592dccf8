// A prepared statement, and the same with its parameters bound.
//
// Statement is a cheap, copyable, thread-safe handle that keeps the database open: threads may share one and run it at
// the same time. BoundStatement is a value that owns copies of its arguments; it belongs to one thread at a time and
// may be run again and again. It borrows the Statement that it was bound from, which must not be gone before it (a
// temporary one it keeps itself: db.prepare(…).bind(…) may be kept), so that binding writes to nothing that threads
// share.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tern/export.hpp"
#include "tern/rows.hpp"
#include "tern/value.hpp"

namespace tern {

namespace internal {
class StatementImpl;
class SessionImpl;
}  // namespace internal

// What one call asks for.
struct CallOptions {
  // SQLite answers, whatever is cached, and its answer is not cached. For a statement that writes it means nothing.
  bool bypass = false;
};

class TERN_EXPORT BoundStatement {
 public:
  BoundStatement(const BoundStatement& other);
  BoundStatement(BoundStatement&& other) noexcept;
  BoundStatement& operator=(const BoundStatement& other);
  BoundStatement& operator=(BoundStatement&& other) noexcept;
  ~BoundStatement();

  // The first row, or nothing. The whole result is what is cached, so a statement that is only asked for its first row
  // should say LIMIT 1. Never stale, unless the statement has a policy that asks for it (policy.hpp). A hot hit does
  // not allocate, takes no lock and calls nothing of the system.
  std::optional<PinnedRow> first() const;
  std::optional<PinnedRow> first(CallOptions call) const;
  // All rows. Like first(), read-through: hot, then store, then SQLite.
  Rows all() const;
  Rows all(CallOptions call) const;
  // For a statement that writes: runs it in a transaction of its own, commits, makes the commit visible to every cached
  // read in every process, then returns what it changed (and what RETURNING yields). For a reading statement: all().
  Rows run() const;

 private:
  friend class Statement;
  friend class internal::Access;
  explicit BoundStatement(const internal::StatementImpl& borrowed);
  // Binds the values: as many as parameters, or Error::kMisuse naming both counts.
  BoundStatement(const internal::StatementImpl& borrowed, std::span<const Value> values);

  const internal::StatementImpl* statement_;
  std::shared_ptr<internal::StatementImpl> kept_;  // where the Statement was a temporary
  // The fingerprint and the arguments in canonical form: what the entry's key is made of. (A cache::KeyBuilder.)
  static constexpr size_t kKeyBytes = 320;
  alignas(16) std::byte key_[kKeyBytes];
};

class TERN_EXPORT Statement {
 public:
  // Binds every parameter, ?1 first. Error::kMisuse when their number is not parameter_count().
  template <typename... Args>
  BoundStatement bind(const Args&... args) const& {
    const std::array<Value, sizeof...(Args)> values{Value(args)...};
    return bind_values(values);
  }
  template <typename... Args>
  BoundStatement bind(const Args&... args) && {
    const std::array<Value, sizeof...(Args)> values{Value(args)...};
    return std::move(*this).bind_values(values);
  }
  BoundStatement bind_values(std::span<const Value> values) const&;
  BoundStatement bind_values(std::span<const Value> values) &&;

  // For statements without parameters.
  std::optional<PinnedRow> first() const { return bind().first(); }
  Rows all() const { return bind().all(); }
  Rows run() const { return bind().run(); }

  // For each value the statement bound to it alone; all answers are from one committed state of the database.
  std::vector<Rows> all_many(std::span<const Value> values) const;
  template <typename T>
  std::vector<std::optional<PinnedRow>> first_many(std::span<T> values) const {
    const std::vector<Value> borrowed(values.begin(), values.end());
    std::vector<std::optional<PinnedRow>> firsts;
    firsts.reserve(borrowed.size());
    for (Rows& rows : all_many(borrowed)) firsts.push_back(std::move(rows).first());
    return firsts;
  }

  std::string_view sql() const noexcept;
  size_t parameter_count() const noexcept;
  bool reads_only() const noexcept;

 private:
  friend class Database;
  friend class internal::Access;
  explicit Statement(std::shared_ptr<internal::StatementImpl> statement) : statement_(std::move(statement)) {}

  std::shared_ptr<internal::StatementImpl> statement_;
};

}  // namespace tern
