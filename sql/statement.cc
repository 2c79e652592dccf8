#include "sql/statement.h"

#include <sqlite3.h>

#include <cstring>
#include <limits>
#include <utility>

#include "sql/connection.h"
#include "sql/error.h"
#include "sql/fork_guard.h"

namespace tern::sql {
namespace {

// sqlite3_prepare_v3(), but for one thing: SQLite measures the whole text, and here what counts is the first statement,
// whatever stands behind it. Text that ends in a zero is measured by the parser alone, token by token as far as it
// reads; one byte more than the limit is as much as it can need, since whatever touches that byte is too long.
int prepare_first_of(sqlite3* db, std::string_view sql, unsigned flags, sqlite3_stmt** statement, const char** tail) {
  const auto limit = static_cast<size_t>(sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, -1));
  if (sql.size() <= limit)
    return sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()), flags, statement, tail);
  const std::string head(sql.substr(0, limit + 1));
  const char* end = head.c_str();
  const int result = sqlite3_prepare_v3(db, head.c_str(), static_cast<int>(head.size() + 1), flags, statement, &end);
  *tail = sql.data() + (end - head.c_str());
  return result;
}

// Null if only blanks and comments are there. `tail` is where the next statement may begin.
sqlite3_stmt* prepare(sqlite3* db, std::string_view sql, unsigned flags, const char*& tail) {
  if (forked()) {
    throw Error(SQLITE_MISUSE, describe("prepare a statement", "this process was forked while tern had a database open",
                                        "open databases after the fork, or start the child with exec"));
  }
  if (sql.size() > static_cast<size_t>(std::numeric_limits<int>::max() - 1)) {
    throw Error(SQLITE_TOOBIG, describe("prepare a statement", "its text has " + std::to_string(sql.size()) + " bytes",
                                        "bind large values as parameters"));
  }
  // SQLite ends the text at a NUL byte; what stands behind it would silently not run.
  if (const size_t nul = sql.find('\0'); nul != std::string_view::npos) {
    throw Error(SQLITE_ERROR,
                describe("prepare a statement",
                         "there is a NUL byte at byte " + std::to_string(nul) + " of " + shorten_sql(sql),
                         "bind values that hold NUL as parameters"),
                static_cast<int>(nul));
  }
  sqlite3_stmt* statement = nullptr;
  const int result = prepare_first_of(db, sql, flags, &statement, &tail);
  if (result == SQLITE_TOOBIG) {
    const int limit = sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, -1);
    if (sql.size() > static_cast<size_t>(limit)) {
      Error error(result,
                  describe("prepare a statement",
                           "statement too long: more than " + std::to_string(limit) + " bytes, in: " + shorten_sql(sql),
                           "bind large values as parameters"));
      // What SQLite says to such a text alone.
      error.reason = std::make_shared<const std::string>("statement too long");
      throw error;
    }
  }
  if (result != SQLITE_OK) throw error_of(db, "prepare the statement", sql);
  return statement;
}

}  // namespace

Statement::Statement(Connection& connection, std::string_view sql, bool persistent) {
  const char* tail = nullptr;
  handle_ = prepare(connection.handle(), sql, persistent ? SQLITE_PREPARE_PERSISTENT : 0, tail);
  if (handle_ == nullptr) {
    throw Error(SQLITE_ERROR, describe("prepare a statement", "there is none in the text: " + shorten_sql(sql)));
  }
  std::string_view rest = sql.substr(static_cast<size_t>(tail - sql.data()));
  // A further statement is an error; blanks, comments and semicolons are not.
  while (!rest.empty()) {
    sqlite3_stmt* next = nullptr;
    const char* next_tail = nullptr;
    const int result = prepare_first_of(connection.handle(), rest, 0, &next, &next_tail);
    if (next != nullptr || result != SQLITE_OK) {
      sqlite3_finalize(next);
      sqlite3_finalize(std::exchange(handle_, nullptr));
      const auto at = static_cast<int>(rest.data() - sql.data());
      throw Error(SQLITE_ERROR,
                  describe("prepare more than one statement at once",
                           "a second one begins at byte " + std::to_string(at) + " of " + shorten_sql(sql),
                           "run several statements by exec"),
                  at);
    }
    rest.remove_prefix(static_cast<size_t>(next_tail - rest.data()));
  }
}

std::optional<Statement> Statement::prepare_first(Connection& connection, std::string_view sql, size_t& consumed) {
  const char* tail = sql.data();
  consumed = 0;
  while (consumed < sql.size()) {
    const std::string_view rest = sql.substr(consumed);
    sqlite3_stmt* const handle = prepare(connection.handle(), rest, 0, tail);
    consumed = static_cast<size_t>(tail - sql.data());
    if (handle != nullptr) return Statement(handle);
    if (tail == rest.data()) break;
  }
  consumed = sql.size();
  return std::nullopt;
}

Statement::Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Statement::~Statement() {
  if (handle_ != nullptr && !forked()) sqlite3_finalize(handle_);
}

std::string_view Statement::sql() const noexcept {
  const char* const text = sqlite3_sql(handle_);
  return text == nullptr ? std::string_view() : text;
}

int Statement::parameter_count() const noexcept { return sqlite3_bind_parameter_count(handle_); }

std::string_view Statement::parameter_name(int index) const noexcept {
  const char* const name = sqlite3_bind_parameter_name(handle_, index);
  return name == nullptr ? std::string_view() : name;
}

int Statement::parameter_index(const std::string& name) const noexcept {
  return sqlite3_bind_parameter_index(handle_, name.c_str());
}

void Statement::check_parameter_count(size_t given) const {
  const auto wanted = static_cast<size_t>(parameter_count());
  if (given == wanted) return;
  throw Error(SQLITE_RANGE, describe("bind parameters", std::to_string(given) + " given, the statement takes " +
                                                            std::to_string(wanted) + ": " + shorten_sql(sql())));
}

void Statement::check_bind(int result, int index) const {
  if (result == SQLITE_OK) return;
  sqlite3* const db = sqlite3_db_handle(handle_);
  std::string reason = sqlite3_errstr(result);
  if (result == SQLITE_RANGE) reason = "the statement takes " + std::to_string(parameter_count());
  if (result == SQLITE_MISUSE) reason = "the statement is running: reset it first";
  if (result == SQLITE_TOOBIG) {
    reason = "the value is larger than SQLite's limit of " +
             std::to_string(sqlite3_limit(db, SQLITE_LIMIT_LENGTH, -1)) + " bytes";
  }
  throw Error(result, describe("bind parameter " + std::to_string(index), reason + ": " + shorten_sql(sql())));
}

void Statement::bind_null(int index) { check_bind(sqlite3_bind_null(handle_, index), index); }

void Statement::bind_int64(int index, int64_t value) { check_bind(sqlite3_bind_int64(handle_, index, value), index); }

void Statement::bind_double(int index, double value) { check_bind(sqlite3_bind_double(handle_, index, value), index); }

// A null pointer would bind NULL: an empty view may have one, and an empty value is not NULL.
void Statement::bind_text(int index, std::string_view value) {
  const char* const data = value.data() == nullptr ? "" : value.data();
  check_bind(sqlite3_bind_text64(handle_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8), index);
}

void Statement::bind_text_borrowed(int index, std::string_view value) {
  const char* const data = value.data() == nullptr ? "" : value.data();
  check_bind(sqlite3_bind_text64(handle_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8), index);
}

void Statement::bind_blob(int index, std::span<const std::byte> value) {
  const void* const data = value.data() == nullptr ? static_cast<const void*>("") : value.data();
  check_bind(sqlite3_bind_blob64(handle_, index, data, value.size(), SQLITE_TRANSIENT), index);
}

void Statement::bind_blob_borrowed(int index, std::span<const std::byte> value) {
  const void* const data = value.data() == nullptr ? static_cast<const void*>("") : value.data();
  check_bind(sqlite3_bind_blob64(handle_, index, data, value.size(), SQLITE_STATIC), index);
}

bool Statement::step() {
  if (forked()) {
    throw Error(SQLITE_MISUSE, describe("run a statement", "this process was forked while tern had a database open",
                                        "open databases after the fork, or start the child with exec"));
  }
  const int result = sqlite3_step(handle_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) {
    sqlite3_reset(handle_);
    return false;
  }
  const Error error = error_of(sqlite3_db_handle(handle_), "run the statement", sql());
  sqlite3_reset(handle_);
  throw error;
}

void Statement::reset() noexcept {
  if (handle_ != nullptr && !forked()) sqlite3_reset(handle_);
}

void Statement::reset_and_clear() noexcept {
  if (handle_ == nullptr || forked()) return;
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
}

int Statement::column_count() const noexcept { return sqlite3_column_count(handle_); }

std::string_view Statement::column_name(int column) const noexcept {
  const char* const name = sqlite3_column_name(handle_, column);
  return name == nullptr ? std::string_view() : name;
}

std::string_view Statement::column_declared_type(int column) const noexcept {
  const char* const type = sqlite3_column_decltype(handle_, column);
  return type == nullptr ? std::string_view() : type;
}

ColumnType Statement::column_type(int column) const noexcept {
  return static_cast<ColumnType>(sqlite3_column_type(handle_, column));
}

int64_t Statement::column_int64(int column) const noexcept { return sqlite3_column_int64(handle_, column); }
double Statement::column_double(int column) const noexcept { return sqlite3_column_double(handle_, column); }

// The pointer before the size, as SQLite demands: asking for the text may convert the value
// (https://www.sqlite.org/c3ref/column_blob.html).
std::string_view Statement::column_text(int column) const noexcept {
  const unsigned char* const text = sqlite3_column_text(handle_, column);
  const int bytes = sqlite3_column_bytes(handle_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<size_t>(bytes)};
}

std::span<const std::byte> Statement::column_blob(int column) const noexcept {
  const void* const data = sqlite3_column_blob(handle_, column);
  const int bytes = sqlite3_column_bytes(handle_, column);
  if (data == nullptr) return {};
  return {static_cast<const std::byte*>(data), static_cast<size_t>(bytes)};
}

bool Statement::readonly() const noexcept { return sqlite3_stmt_readonly(handle_) != 0; }
bool Statement::is_explain() const noexcept { return sqlite3_stmt_isexplain(handle_) != 0; }
bool Statement::busy() const noexcept { return sqlite3_stmt_busy(handle_) != 0; }
int Statement::reprepared() const noexcept { return sqlite3_stmt_status(handle_, SQLITE_STMTSTATUS_REPREPARE, 0); }

}  // namespace tern::sql
