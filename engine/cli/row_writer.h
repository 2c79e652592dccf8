// Writes records into one table inside a transaction, preparing one INSERT for each set of columns that occurs.
//
// Contract. Lives within the transaction's function. write() throws BadLine for a record whose row is refused, with the
// value that was refused where SQLite names its column; what SQLite did for that row is undone.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "engine/cli/record_source.h"
#include "tern/transaction.hpp"

namespace tern::cli {

class RowWriter {
 public:
  // `columns`: those of the table.
  RowWriter(Transaction& transaction, std::string table, std::vector<std::string> columns);
  void write(const Record& record);
  // The first name in `names` that is no column of the table; empty if all are.
  std::string unknown_column(const std::vector<std::string>& names) const;

 private:
  // Kept statements; past it, which only a file with ever new sets of keys reaches, they are prepared anew.
  static constexpr size_t kMaxStatements = 64;

  const Statement& statement_for(const Record& record);
  std::string insert_sql(const std::vector<std::string>& columns) const;
  std::string refused_value(const Record& record, const std::string& message) const;

  Transaction& transaction_;
  const std::string table_;
  const std::vector<std::string> columns_;
  std::unordered_map<std::string, Statement> statements_;  // by their SQL
  std::vector<std::string> last_columns_;
  const Statement* last_ = nullptr;
};

}  // namespace tern::cli
