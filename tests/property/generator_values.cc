#include <limits>

#include "tests/property/generator.h"

namespace tern::test {

std::string Generator::text_value() {
  static const std::vector<std::string> kTexts = {"",
                                                  "a",
                                                  "A",
                                                  "ab",
                                                  "abc",
                                                  "b",
                                                  "B%",
                                                  "_b",
                                                  "1",
                                                  "01",
                                                  "1.0",
                                                  " 1",
                                                  "1e3",
                                                  "-0",
                                                  "absent",
                                                  "\xc3\xa9",
                                                  "\xc3\x89",
                                                  std::string("a\0b", 3),
                                                  std::string("\0", 1),
                                                  "\xff\xfe",
                                                  "\xf0\x9f\x90\xa6",
                                                  "9223372036854775808"};
  if (one_in(40)) return std::string(4000 + below(3), 'o');  // past a page: overflow pages
  return pick(kTexts);
}

Cell Generator::value() {
  static const std::vector<int64_t> kIntegers = {0,
                                                 1,
                                                 2,
                                                 3,
                                                 4,
                                                 5,
                                                 -1,
                                                 -2,
                                                 10,
                                                 99,
                                                 127,
                                                 128,
                                                 65536,
                                                 int64_t{1} << 53,
                                                 (int64_t{1} << 53) + 1,
                                                 -(int64_t{1} << 47),
                                                 std::numeric_limits<int64_t>::max(),
                                                 std::numeric_limits<int64_t>::min()};
  static const std::vector<double> kReals = {0.0,
                                             -0.0,
                                             1.0,
                                             2.0,
                                             0.5,
                                             -1.5,
                                             1e300,
                                             1e-300,
                                             9007199254740993.0,
                                             -9223372036854775808.0,
                                             9223372036854775808.0,
                                             std::numeric_limits<double>::infinity(),
                                             -std::numeric_limits<double>::infinity(),
                                             std::numeric_limits<double>::quiet_NaN(),
                                             std::numeric_limits<double>::denorm_min()};
  const ForValues drawn(*this);
  switch (below(10)) {
    case 0:
      return Cell::null();
    case 1:
    case 2:
    case 3:
    case 4:
      return Cell::of(one_in(2) ? static_cast<int64_t>(below(6)) : kIntegers[below(kIntegers.size())]);
    case 5:
      return Cell::of(kReals[below(kReals.size())]);
    case 6:
      return Cell::blob(text_value());
    default:
      return Cell::text(text_value());
  }
}

std::string Generator::writable_column(const Table& table) {
  for (;;) {
    const Column& column = table.columns[below(table.columns.size())];
    if (!column.generated) return column.name;
  }
}

// A condition on the table; what it compares with is appended to the call. `prefix` is the table's alias and a dot.
std::string Generator::condition(const Table& table, const std::string& prefix, Call& call) {
  const std::string left = prefix + column(table);
  const auto argument = [&] {
    call.arguments.push_back(value());
    return "?";
  };
  switch (below(12)) {
    case 0:
    case 1:
    case 2:
      return left + " = " + argument();
    case 3:
      return left + " IN (" + argument() + ", " + argument() + ", " + argument() + ")";
    case 4:
      return left + " BETWEEN " + argument() + " AND " + argument();
    case 5:
      return left + " > " + argument();
    case 6:
      return left + " <= " + argument();
    case 7:
      return left + " LIKE " + argument();
    case 8:
      return left + " IS " + argument();
    case 9:
      return left + " IS NOT NULL";
    case 10:
      return "NOT (" + condition(table, prefix, call) + ")";
    default: {
      const std::string first = condition(table, prefix, call);
      return "(" + first + (one_in(2) ? " AND " : " OR ") + condition(table, prefix, call) + ")";
    }
  }
}

Call Generator::insert() {
  static const std::vector<std::string> kVerbs = {"INSERT", "INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE",
                                                  "INSERT OR ABORT"};
  const Table& into = table();
  Call call;
  std::string names;
  std::string marks;
  for (const Column& column : into.columns) {
    if (column.generated || one_in(8)) continue;
    names += (names.empty() ? "" : ", ") + column.name;
    marks += marks.empty() ? "?" : ", ?";
    call.arguments.push_back(value());
  }
  if (names.empty()) return {"INSERT INTO " + into.name + " DEFAULT VALUES", {}};
  call.sql = pick(kVerbs) + " INTO " + into.name + "(" + names + ") VALUES(" + marks + ")";
  if (one_in(8)) {
    call.sql += ", (" + marks + ")";
    const size_t columns = call.arguments.size();
    for (size_t i = 0; i < columns; ++i) call.arguments.push_back(value());
  }
  if (one_in(10)) call.sql += " ON CONFLICT DO NOTHING";
  if (one_in(5)) call.sql += " RETURNING *, typeof(" + column(into) + ")";
  return call;
}

Call Generator::update() {
  const Table& changed = table();
  Call call;
  call.sql = one_in(6) ? "UPDATE OR IGNORE " : one_in(6) ? "UPDATE OR REPLACE " : "UPDATE ";
  call.sql += changed.name + " SET " + writable_column(changed) + " = ";
  if (one_in(3)) {
    call.sql += column(changed) + " || 'x'";
  } else {
    call.sql += "?";
    call.arguments.push_back(value());
  }
  const std::string where = condition(changed, "", call);
  call.sql += " WHERE " + where;
  if (one_in(5)) call.sql += " RETURNING " + column(changed) + ", *";
  return call;
}

Call Generator::remove() {
  const Table& from = table();
  Call call;
  const std::string where = condition(from, "", call);
  call.sql = "DELETE FROM " + from.name + (one_in(60) ? "" : " WHERE " + where);
  if (call.sql.find('?') == std::string::npos) call.arguments.clear();
  if (one_in(5)) call.sql += " RETURNING *";
  return call;
}

Call Generator::write_virtual() {
  static const std::vector<std::string> kWords = {"ab", "ab cd", "cd", "abc de", "de fg ab", ""};
  const auto id = Cell::of(static_cast<int64_t>(below(12)));
  switch (below(4)) {
    case 0:
      return {"INSERT INTO words(body) VALUES(?)", {Cell::text(pick(kWords))}};
    case 1:
      return {"UPDATE words SET body = ? WHERE rowid = ?", {Cell::text(pick(kWords)), id}};
    case 2:
      return {"DELETE FROM words WHERE rowid = ?", {id}};
    default: {
      const auto low = static_cast<double>(below(10));
      return {"INSERT OR REPLACE INTO boxes VALUES(?, ?, ?)", {id, Cell::of(low), Cell::of(low + 2)}};
    }
  }
}

Call Generator::write() {
  const size_t dice = below(20);
  if (dice < 9) return insert();
  if (dice < 15) return update();
  if (dice < 19) return remove();
  return write_virtual();
}

}  // namespace tern::test
