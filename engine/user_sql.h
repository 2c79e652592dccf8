// While one of these lives, what is prepared on the connection is a user's, and held to the rules of the connection
// (sql/d1_rules.h), as what goes through a StatementCache is. For scripts, which are prepared statement by statement.
//
// Contract: of ConnectionOptions::d1_rules. Belongs to the connection's thread; do not nest.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "sql/connection.h"
#include "sql/statement.h"

namespace tern::internal {

class UserSql final : sql::PrepareObserver {
 public:
  explicit UserSql(sql::Connection& connection) noexcept : connection_(connection) { connection_.set_observer(this); }
  ~UserSql() override { connection_.set_observer(nullptr); }
  UserSql(const UserSql&) = delete;
  UserSql& operator=(const UserSql&) = delete;

 private:
  void on_action(int, const char*, const char*, const char*) noexcept override {}

  sql::Connection& connection_;
};

// sql::Statement::prepare_first() of a user's script.
inline std::optional<sql::Statement> prepare_of_user(sql::Connection& connection, std::string_view script,
                                                     size_t& consumed) {
  const UserSql user(connection);
  return sql::Statement::prepare_first(connection, script, consumed);
}

}  // namespace tern::internal
