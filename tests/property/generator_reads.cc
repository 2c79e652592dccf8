#include "tests/property/generator.h"

namespace tern::test {

std::string Generator::result_expression(const Table& table) {
  static const std::vector<std::string> kFunctions = {"typeof", "quote", "length", "hex", "upper", "abs", "-", "+"};
  const std::string name = column(table);
  if (one_in(2)) return name;
  if (one_in(6)) return "CAST(" + name + " AS " + (one_in(2) ? "INTEGER" : "REAL") + ")";
  return pick(kFunctions) + "(" + name + ")";
}

Call Generator::read_rows() {
  const Table& from = table();
  Call call;
  std::string results = one_in(3) ? "*" : result_expression(from);
  while (one_in(2)) results += ", " + result_expression(from);
  const std::string distinct = one_in(8) ? "DISTINCT " : "";
  const std::string where = one_in(10) ? "" : " WHERE " + condition(from, "", call);
  call.sql = "SELECT " + distinct + results + " FROM " + from.name + where;
  return call;
}

Call Generator::read_ordered() {
  const Table& from = table();
  Call call;
  const std::string where = condition(from, "", call);
  call.sql = "SELECT * FROM " + from.name + " WHERE " + where + " ORDER BY " + column(from) +
             (one_in(2) ? " DESC" : "") + ", " + column(from) + " LIMIT ?";
  call.arguments.push_back(Cell::of(static_cast<int64_t>(below(5))));
  if (one_in(3)) {
    call.sql += " OFFSET ?";
    call.arguments.push_back(Cell::of(static_cast<int64_t>(below(3))));
  }
  return call;
}

Call Generator::read_joined() {
  const Table& left = table();
  const Table& right = table();
  Call call;
  const std::string kind = one_in(3) ? " LEFT JOIN " : " JOIN ";
  const std::string where = condition(left, "l.", call);
  call.sql = "SELECT l." + column(left) + ", r.* FROM " + left.name + " l" + kind + right.name + " r ON l." +
             column(left) + " = r." + column(right) + " WHERE " + where;
  return call;
}

Call Generator::read_aggregate() {
  const Table& from = table();
  const std::string what = column(from);
  Call call;
  call.sql = "SELECT count(*), count(" + what + "), sum(" + what + "), total(" + what + "), min(" + what + "), max(" +
             what + "), avg(" + what + "), group_concat(quote(" + what + ")) FROM " + from.name;
  if (one_in(2)) call.sql += " WHERE " + condition(from, "", call);
  if (one_in(2)) call.sql += " GROUP BY " + column(from) + (one_in(3) ? " HAVING count(*) > 1" : "");
  return call;
}

Call Generator::read_subquery() {
  const Table& outer = table();
  const Table& inner = table();
  Call call;
  const std::string correlated =
      "SELECT 1 FROM " + inner.name + " i WHERE i." + column(inner) + " = o." + column(outer);
  switch (below(3)) {
    case 0: {
      const std::string where = condition(outer, "o.", call);
      call.sql = "SELECT * FROM " + outer.name + " o WHERE " + where + " AND NOT EXISTS (" + correlated + ")";
      return call;
    }
    case 1: {
      const std::string where = condition(inner, "", call);
      call.sql = "SELECT * FROM " + outer.name + " WHERE " + column(outer) + " IN (SELECT " + column(inner) + " FROM " +
                 inner.name + " WHERE " + where + ")";
      return call;
    }
    default:
      call.sql = "SELECT " + column(outer) + ", (SELECT count(*) FROM " + inner.name + ") FROM " + outer.name +
                 " WHERE " + column(outer) + " = ?";
      call.arguments.push_back(value());
      return call;
  }
}

Call Generator::read_compound() {
  static const std::vector<std::string> kKinds = {" UNION ", " UNION ALL ", " EXCEPT ", " INTERSECT "};
  const Table& first = table();
  const Table& second = table();
  Call call;
  const std::string where_first = condition(first, "", call);
  const std::string where_second = condition(second, "", call);
  call.sql = "SELECT " + column(first) + " FROM " + first.name + " WHERE " + where_first + pick(kKinds) + "SELECT " +
             column(second) + " FROM " + second.name + " WHERE " + where_second;
  return call;
}

Call Generator::read_expression() {
  static const std::vector<std::string> kExpressions = {
      "SELECT ?, typeof(?), ?",
      "SELECT ? + ?, ? || ?, ? = ?",
      "SELECT quote(?), length(?), hex(?)",
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i, ? FROM n",
      "SELECT value, type FROM json_each('[1, 2.5, \"a\", null]') WHERE value IS NOT ?",
      "SELECT date('2020-02-29', '+1 year'), strftime('%s', '2000-01-01'), ?",
      "SELECT a, b FROM v0 WHERE a = ?",
      "SELECT count(*), max(b) FROM v1 WHERE a IS NOT ?",
      "SELECT what, x FROM journal WHERE x IS ? ORDER BY id DESC LIMIT 3",
      "SELECT nothing FROM nowhere WHERE x = ?"};
  Call call{pick(kExpressions), {}};
  for (const char c : call.sql) {
    if (c == '?') call.arguments.push_back(value());
  }
  return call;
}

Call Generator::read_window() {
  const Table& from = table();
  return {"SELECT " + column(from) + ", row_number() OVER (ORDER BY " + column(from) + ", " + column(from) +
              "), count(*) OVER (PARTITION BY " + column(from) + ") FROM " + from.name + " LIMIT ?",
          {Cell::of(static_cast<int64_t>(below(6)))}};
}

Call Generator::read_virtual() {
  static const std::vector<std::string> kQueries = {"ab", "ab*", "cd OR de", "nothing"};
  if (one_in(2)) return {"SELECT rowid, body FROM words WHERE words MATCH ?", {Cell::text(pick(kQueries))}};
  return {"SELECT id, low, high FROM boxes WHERE low <= ? ORDER BY id", {Cell::of(static_cast<double>(below(12)))}};
}

Call Generator::read() {
  switch (below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return read_rows();
    case 4:
    case 5:
      return read_ordered();
    case 6:
    case 7:
      return read_joined();
    case 8:
    case 9:
      return read_aggregate();
    case 10:
      return read_subquery();
    case 11:
      return read_compound();
    case 12:
      return read_window();
    case 13:
      return read_virtual();
    default:
      return read_expression();
  }
}

}  // namespace tern::test
