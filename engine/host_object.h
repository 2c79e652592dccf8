// A function, aggregate or collation of the host, and how it is given to a connection.
//
// Thread-safety: immutable; apply_to() for different connections at once. Lifetime: each connection shares it until it
// is replaced there or the connection closes. Errors: apply_to() throws sql::Error where SQLite refuses the name or the
// arity, and leaves the connection as it was.
#pragma once

#include <memory>
#include <string>

#include "sql/connection.h"
#include "tern/function.hpp"

namespace tern::internal {

class HostObject {
 public:
  enum class Kind { kFunction, kCollation };

  virtual ~HostObject() = default;
  virtual void apply_to(sql::Connection& connection) const = 0;

  // SQLite takes an aggregate and a scalar function of one name and arity for one thing.
  bool replaces(const HostObject& other) const noexcept {
    return kind_ == other.kind_ && arity_ == other.arity_ && folded_name_ == other.folded_name_;
  }
  // Whether the connection has something of that kind and name, SQLite's own included.
  bool name_is_taken(sql::Connection& connection) const;
  const std::string& folded_name() const noexcept { return folded_name_; }

 protected:
  HostObject(Kind kind, std::string_view name, int arity);
  void note_in(sql::Connection& connection, int sqlite_result) const;

  const Kind kind_;
  const std::string name_;
  const std::string folded_name_;  // in lower case: SQLite's names know no case
  const int arity_;
};

// Error::kMisuse for an empty name, one with a NUL, or an empty function.
std::shared_ptr<const HostObject> host_function(std::string_view name, int arity, FunctionOptions options,
                                                Function function);
std::shared_ptr<const HostObject> host_aggregate(std::string_view name, int arity, AggregateOptions options,
                                                 AggregateFactory factory);
std::shared_ptr<const HostObject> host_collation(std::string_view name, Collation compare);

}  // namespace tern::internal
