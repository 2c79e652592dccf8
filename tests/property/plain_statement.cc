#include "tests/property/plain_statement.h"

#include <sqlite3.h>

#include <memory>

namespace tern::test {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

void bind(sqlite3_stmt* statement, int index, const Cell& cell) {
  const auto size = static_cast<sqlite3_uint64>(cell.bytes.size());
  switch (cell.type) {
    case Type::kNull:
      sqlite3_bind_null(statement, index);
      return;
    case Type::kInteger:
      sqlite3_bind_int64(statement, index, cell.integer);
      return;
    case Type::kReal:
      sqlite3_bind_double(statement, index, cell.real);
      return;
    case Type::kText:
      sqlite3_bind_text64(statement, index, cell.bytes.data(), size, SQLITE_STATIC, SQLITE_UTF8);
      return;
    case Type::kBlob:
      sqlite3_bind_blob64(statement, index, cell.bytes.data(), size, SQLITE_STATIC);
      return;
  }
}

Cell column(sqlite3_stmt* statement, int index) {
  const auto bytes = [&](const void* data) {
    const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, index));
    return size == 0 ? std::string() : std::string(static_cast<const char*>(data), size);
  };
  switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
      return Cell::of(static_cast<int64_t>(sqlite3_column_int64(statement, index)));
    case SQLITE_FLOAT:
      return Cell::of(sqlite3_column_double(statement, index));
    case SQLITE_TEXT:
      return Cell::text(bytes(sqlite3_column_text(statement, index)));
    case SQLITE_BLOB:
      return Cell::blob(bytes(sqlite3_column_blob(statement, index)));
    default:
      return Cell::null();
  }
}

}  // namespace

void bind_all(sqlite3_stmt* statement, std::span<const Cell> arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) bind(statement, static_cast<int>(i) + 1, arguments[i]);
}

Outcome outcome_of(sqlite3* db, const Call& call) {
  Outcome outcome;
  const auto failed = [&] {
    outcome.error = sqlite3_extended_errcode(db);
    outcome.message = sqlite3_errmsg(db);
    return outcome;
  };
  sqlite3_stmt* raw = nullptr;
  const int length = static_cast<int>(call.sql.size());
  if (sqlite3_prepare_v2(db, call.sql.data(), length, &raw, nullptr) != SQLITE_OK) return failed();
  const Statement statement(raw);
  bind_all(raw, call.arguments);
  int result = sqlite3_step(raw);
  const int columns = sqlite3_column_count(raw);  // behind the first step, in which SQLite may prepare anew
  for (; result == SQLITE_ROW; result = sqlite3_step(raw)) {
    auto& row = outcome.rows.emplace_back();
    for (int i = 0; i < columns; ++i) row.push_back(column(raw, i));
  }
  if (result != SQLITE_DONE) return failed();
  for (int i = 0; i < columns; ++i) outcome.columns.emplace_back(sqlite3_column_name(raw, i));
  return outcome;
}

}  // namespace tern::test
