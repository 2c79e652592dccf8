// A write transaction: several statements that become visible together, or not at all.
//
// Made by Database::transaction(), which begins it (BEGIN IMMEDIATE), commits it when the function returns, and rolls
// it back when the function throws. It belongs to the thread that runs the function and ends with it. Its reads see its
// own writes; they bypass the cache. While it is open no other writer of any process can commit, so keep it short.
#pragma once

#include <string_view>

#include "tern/export.hpp"
#include "tern/rows.hpp"
#include "tern/statement.hpp"

namespace tern {

class TERN_EXPORT Transaction {
 public:
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Runs a bound statement, reading or writing.
  Rows run(const BoundStatement& statement);
  template <typename... Args>
  Rows query(std::string_view sql, const Args&... args) {
    return run(prepare(sql).bind(args...));
  }
  // Runs each statement of `sql` in turn; returns how many ran.
  int64_t exec(std::string_view sql);
  Statement prepare(std::string_view sql);

 private:
  friend class internal::Access;
  explicit Transaction(void* engine) noexcept : engine_(engine) {}
  void* engine_;  // null once it has ended
};

}  // namespace tern
