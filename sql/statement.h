// One prepared statement: bind, step, read columns; nothing of a value is lost on the way in or out.
//
//   Statement by_id(connection, "SELECT name FROM t WHERE id = ?");
//   by_id.bind_int64(1, 7);
//   while (by_id.step()) use(by_id.column_text(0));
//   by_id.reset();                                  // ends the read; step() after the last row does so too
//
// Values are SQLite's five. 64-bit integers stay whole; NaN becomes NULL, as SQLite has it; texts and blobs carry their
// size and may hold NUL bytes; an empty blob is not NULL. Integer, real and text are told apart by column_type().
//
// Contract. Belongs to its connection and shares its one-thread rule; must not outlive it. The connection object may
// move meanwhile. Throws Error with SQLite's message, extended code and, for text that does not parse, the place.
// Parameters are numbered from 1, columns from 0. A column view is valid until the next step(), reset() or the end of
// the statement. `bind_*` copies by default; `bind_*_borrowed` does not, and its bytes must live until
// reset_and_clear().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace tern::sql {

class Connection;

enum class ColumnType : uint8_t { kInteger = 1, kReal = 2, kText = 3, kBlob = 4, kNull = 5 };  // SQLite's own codes

class Statement {
 public:
  // Prepares the one statement in `sql`. Error if there is none (empty, only comments) or a second one follows.
  // `persistent`: it will be used many times (SQLITE_PREPARE_PERSISTENT).
  Statement(Connection& connection, std::string_view sql, bool persistent = false);

  // The first statement of a text, and in `consumed` how many bytes it took; none if only blanks and comments remain.
  static std::optional<Statement> prepare_first(Connection& connection, std::string_view sql, size_t& consumed);

  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  sqlite3_stmt* handle() const noexcept { return handle_; }
  std::string_view sql() const noexcept;

  int parameter_count() const noexcept;
  // ":name" with its prefix; empty for "?". 1-based.
  std::string_view parameter_name(int index) const noexcept;
  int parameter_index(const std::string& name) const noexcept;  // 0 = no such parameter
  // Error that names both counts and the SQL, unless `given` values are exactly what the statement takes.
  void check_parameter_count(size_t given) const;

  void bind_null(int index);
  void bind_int64(int index, int64_t value);
  void bind_double(int index, double value);
  void bind_text(int index, std::string_view value);
  void bind_blob(int index, std::span<const std::byte> value);
  void bind_text_borrowed(int index, std::string_view value);
  void bind_blob_borrowed(int index, std::span<const std::byte> value);

  // True: a row is there. False: done. Error otherwise; the statement is reset then.
  bool step();
  void reset() noexcept;
  void reset_and_clear() noexcept;  // bindings become NULL

  int column_count() const noexcept;
  std::string_view column_name(int column) const noexcept;
  std::string_view column_declared_type(int column) const noexcept;  // empty for an expression
  ColumnType column_type(int column) const noexcept;
  int64_t column_int64(int column) const noexcept;
  double column_double(int column) const noexcept;
  std::string_view column_text(int column) const noexcept;  // the bytes of a TEXT value, or of a number's text
  std::span<const std::byte> column_blob(int column) const noexcept;

  bool readonly() const noexcept;  // sqlite3_stmt_readonly: writes no database file
  bool is_explain() const noexcept;
  bool busy() const noexcept;  // stepped and neither done nor reset
  // How often SQLite has prepared it anew by itself since it was made: a change makes what was known about it void.
  int reprepared() const noexcept;

 private:
  explicit Statement(sqlite3_stmt* handle) noexcept : handle_(handle) {}
  void check_bind(int result, int index) const;

  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace tern::sql
