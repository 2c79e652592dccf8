#include "engine/cli/row_writer.h"

#include <strings.h>

#include <algorithm>

#include "engine/cli/catalog.h"
#include "engine/cli/text.h"

namespace tern::cli {
namespace {

// What SQLite can hold against one row. Anything else (a full disk, a lock) ends the import.
bool is_fault_of_the_row(ErrorCode code) noexcept {
  return code == ErrorCode::kConstraint || code == ErrorCode::kSql || code == ErrorCode::kLimit;
}

// A message without the frame that names the INSERT: it was not the user who wrote that.
std::string reason_of(std::string_view message) {
  constexpr std::string_view kBefore = "cannot run the statement: ";
  if (message.starts_with(kBefore)) message.remove_prefix(kBefore.size());
  return std::string(message.substr(0, message.find(", in: INSERT INTO ")));
}

bool same_name(const std::string& a, const std::string& b) noexcept {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;  // as SQLite: ASCII alone
}

}  // namespace

RowWriter::RowWriter(Transaction& transaction, std::string table, std::vector<std::string> columns)
    : transaction_(transaction), table_(std::move(table)), columns_(std::move(columns)) {}

std::string RowWriter::unknown_column(const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    const auto is_it = [&name](const std::string& column) { return same_name(column, name); };
    if (std::none_of(columns_.begin(), columns_.end(), is_it)) return name;
  }
  return {};
}

std::string RowWriter::insert_sql(const std::vector<std::string>& columns) const {
  std::string sql = "INSERT INTO " + quote_name(table_);
  if (columns.empty()) return sql + " DEFAULT VALUES";
  std::string marks;
  for (size_t i = 0; i < columns.size(); ++i) {
    sql += (i == 0 ? " (" : ", ") + quote_name(columns[i]);
    marks += i == 0 ? "?" : ", ?";
  }
  return sql + ") VALUES (" + marks + ")";
}

const Statement& RowWriter::statement_for(const Record& record) {
  if (last_ != nullptr && record.columns == last_columns_) return *last_;
  if (const std::string unknown = unknown_column(record.columns); !unknown.empty()) {
    throw BadLine{record.line, shorten(unknown, kShownCells),
                  "no such column in table " + table_ + ", which has " + list_names(columns_)};
  }
  const std::string sql = insert_sql(record.columns);
  if (statements_.size() >= kMaxStatements && !statements_.contains(sql)) statements_.clear();
  auto found = statements_.find(sql);
  if (found == statements_.end()) found = statements_.emplace(sql, transaction_.prepare(sql)).first;
  last_ = &found->second;
  last_columns_ = record.columns;
  return *last_;
}

void RowWriter::write(const Record& record) {
  const Statement& insert = statement_for(record);
  try {
    transaction_.run(insert.bind_values(record.values));
  } catch (const Error& error) {
    if (!is_fault_of_the_row(error.code())) throw;
    throw BadLine{record.line, refused_value(record, error.what()), reason_of(error.what())};
  }
}

// SQLite names the column as table.column: "UNIQUE constraint failed: places.id".
std::string RowWriter::refused_value(const Record& record, const std::string& message) const {
  for (size_t i = 0; i < record.columns.size(); ++i) {
    const std::string name = table_ + "." + record.columns[i];
    const size_t at = message.find(name);
    if (at == std::string::npos) continue;
    const size_t end = at + name.size();
    const bool whole = end == message.size() || message[end] == ',' || message[end] == ' ' || message[end] == ';';
    if (whole) return record.columns[i] + " = " + shorten(literal(record.values[i]), kShownCells);
  }
  std::string all;
  for (size_t i = 0; i < record.values.size() && all.size() < 2 * kShownCells; ++i) {
    all += (i == 0 ? "" : ", ") + shorten(literal(record.values[i]), kShownCells / 2);
  }
  return shorten(all, kShownCells);
}

}  // namespace tern::cli
