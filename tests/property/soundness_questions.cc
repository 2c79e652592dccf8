// One function for each shape of statement. Absent keys need none: a fifth of what is bound is nowhere in the file.
#include "tests/property/soundness_generator.h"

namespace tern::test {

struct Shapes {
  using G = SoundnessGenerator;

  static Call point(G& g) {
    const Table& from = g.keyed_table();
    Call call;
    const Column& key = from.columns.front();
    call.sql = "SELECT * FROM " + from.name + " WHERE " + key.name + " = " + g.bind(call, key);
    return call;
  }
  static Call point_narrow(G& g) {
    const Table& from = g.keyed_table();
    Call call;
    const Column& key = from.columns.front();
    call.sql = "SELECT " + g.result_expression(from) + " FROM " + from.name + " WHERE " + key.name + " IS " +
               g.bind(call, key) + " LIMIT 1";
    return call;
  }
  static Call by_rowid(G& g) {
    Call call;
    const std::string name = g.table().name;
    call.sql = "SELECT rowid, * FROM " + name + " WHERE rowid = " + g.bind_integer(call, 220);
    return call;
  }
  static Call by_any_column(G& g) {
    const Table& from = g.table();
    const Column& by = g.any_column(from);
    Call call;
    call.sql = "SELECT * FROM " + from.name + " WHERE " + by.name + " = " + g.bind(call, by);
    return call;
  }
  static Call range(G& g) {
    const Table& from = g.keyed_table();
    Call call;
    call.sql = "SELECT " + g.column(from) + ", " + g.column(from) + " FROM " + from.name + " WHERE c0 BETWEEN " +
               g.bind_integer(call, 200) + " AND " + g.bind_integer(call, 200);
    return call;
  }
  static Call open_range(G& g) {
    const Table& from = g.table();
    const Column& by = g.any_column(from);
    Call call;
    call.sql = "SELECT " + by.name + " FROM " + from.name + " WHERE " + by.name + (g.one_in(2) ? " > " : " <= ") +
               g.bind(call, by) + " ORDER BY " + by.name + (g.one_in(2) ? " DESC" : "") + " LIMIT 5";
    return call;
  }
  static Call row_values(G& g) {
    const Table& from = g.table();
    const Column& first = g.any_column(from);
    const Column& second = g.any_column(from);
    Call call;
    call.sql = "SELECT " + g.column(from) + " FROM " + from.name + " WHERE (" + first.name + ", " + second.name +
               (g.one_in(2) ? ") > (" : ") = (") + g.bind(call, first) + ", " + g.bind(call, second) + ") LIMIT 9";
    return call;
  }
  static Call in_list(G& g) {
    const Table& from = g.keyed_table();
    const Column& by = g.one_in(2) ? from.columns.front() : g.any_column(from);
    Call call;
    call.sql = "SELECT * FROM " + from.name + " WHERE " + by.name + " IN (" + g.bind(call, by) + ", " +
               g.bind(call, by) + ", " + g.bind(call, by) + ")";
    return call;
  }
  static Call like(G& g) {
    static const std::vector<std::string> kPatterns = {"a%", "K1%", "%b", "k_2%", "AB_", "%", "1.0", "\xc3\xa9%"};
    const Table& from = g.table();
    Call call;
    call.sql = "SELECT " + g.column(from) + " FROM " + from.name + " WHERE " + g.column(from) +
               (g.one_in(5) ? " NOT LIKE ?" : " LIKE ?");
    const G::ForValues drawn(g);
    call.arguments.push_back(Cell::text(g.pick(kPatterns)));
    return call;
  }
  static Call glob(G& g) {
    static const std::vector<std::string> kPatterns = {"a*", "k1*", "[kK]?5", "*b", "", "\xc3*", "k19"};
    const Table& from = g.table();
    Call call;
    const std::string by = g.column(from);
    call.sql = "SELECT " + by + ", " + g.column(from) + " FROM " + from.name + " WHERE " + by + " GLOB ";
    if (g.one_in(2)) {
      call.sql += "'" + g.pick(kPatterns) + "'";
      return call;
    }
    call.sql += "?";
    const G::ForValues drawn(g);
    call.arguments.push_back(Cell::text(g.pick(kPatterns)));
    return call;
  }
  static Call either_index(G& g) {
    const Table& from = g.table();
    const Column& first = g.any_column(from);
    const Column& second = g.any_column(from);
    Call call;
    call.sql = "SELECT * FROM " + from.name + " WHERE " + first.name + " = " + g.bind(call, first) + " OR " +
               second.name + " = " + g.bind(call, second);
    return call;
  }
  static Call partial(G& g) {
    static const std::vector<std::string> kTerms = {" IS NOT NULL", " > 5", " IS NULL", " < 'k'", " <> 3"};
    const Table& from = g.table();
    const Column& by = g.any_column(from);
    Call call;
    call.sql = "SELECT " + g.column(from) + " FROM " + from.name + " WHERE " + g.column(from) + g.pick(kTerms) +
               " AND " + by.name + " >= " + g.bind(call, by) + " LIMIT 8";
    return call;
  }
  static Call expression_index(G& g) {
    static const std::vector<std::string> kExpressions = {"typeof(", "length(", "substr('abc', ", "quote("};
    const Table& from = g.table();
    Call call;
    const size_t which = g.below(kExpressions.size());
    call.sql =
        "SELECT " + g.column(from) + " FROM " + from.name + " WHERE " + kExpressions[which] + g.column(from) + ") = ";
    call.sql += which == 1 ? g.bind_integer(call, 12) : which == 0 ? "'text'" : "'abc'";
    return call;
  }
  static Call join(G& g) {
    static const std::vector<std::string> kKinds = {" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ",
                                                    " CROSS JOIN "};
    const Table& left = g.keyed_table();
    const Table& right = g.keyed_table();
    Call call;
    call.sql = "SELECT l." + g.column(left) + ", r." + g.column(right) + " FROM " + left.name + " l" + g.pick(kKinds) +
               right.name + " r ON l." + g.column(left) + " = r.c0 WHERE l.c0 BETWEEN " + g.bind_integer(call, 200) +
               " AND " + g.bind_integer(call, 200);
    return call;
  }
  static Call join_three(G& g) {
    const Table& a = g.keyed_table();
    const Table& b = g.table();
    const Table& c = g.table();
    Call call;
    call.sql = "SELECT a." + g.column(a) + ", b." + g.column(b) + ", c." + g.column(c) + " FROM " + a.name + " a, " +
               b.name + " b, " + c.name + " c WHERE a.c0 = " + g.bind(call, a.columns.front()) + " AND b." +
               g.column(b) + " = a." + g.column(a) + " AND c." + g.column(c) + " = b." + g.column(b) + " LIMIT 20";
    return call;
  }
  static Call subquery_in(G& g) {
    const Table& outer = g.table();
    const Table& inner = g.table();
    const Column& by = g.any_column(inner);
    Call call;
    call.sql = "SELECT " + g.column(outer) + " FROM " + outer.name + " WHERE " + g.column(outer) +
               (g.one_in(4) ? " NOT" : "") + " IN (SELECT " + g.column(inner) + " FROM " + inner.name + " WHERE " +
               by.name + " < " + g.bind(call, by) + ")";
    return call;
  }
  static Call exists(G& g) {
    const Table& outer = g.keyed_table();
    const Table& inner = g.table();
    Call call;
    call.sql = "SELECT o." + g.column(outer) + " FROM " + outer.name +
               " o WHERE o.c0 >= " + g.bind(call, outer.columns.front()) + " AND " + (g.one_in(3) ? "NOT " : "") +
               "EXISTS (SELECT 1 FROM " + inner.name + " i WHERE i." + g.column(inner) + " = o." + g.column(outer) +
               ") LIMIT 10";
    return call;
  }
  static Call scalar_subquery(G& g) {
    const Table& outer = g.keyed_table();
    const Table& inner = g.table();
    Call call;
    call.sql = "SELECT o.c0, (SELECT count(*) FROM " + inner.name + " i WHERE i." + g.column(inner) + " = o." +
               g.column(outer) + "), (SELECT max(" + g.column(inner) + ") FROM " + inner.name + ") FROM " + outer.name +
               " o WHERE o.c0 = " + g.bind(call, outer.columns.front());
    return call;
  }
  static Call recursive(G& g) {
    const Table& from = g.keyed_table();
    Call call;
    call.sql = "WITH RECURSIVE walk(at, depth) AS (SELECT " + g.bind_integer(call, 200) + ", 0 UNION SELECT t." +
               g.column(from) + ", depth + 1 FROM walk JOIN " + from.name +
               " t ON t.c0 = walk.at WHERE depth < 6) SELECT at, depth FROM walk LIMIT 30";
    return call;
  }
  static Call recursive_count(G& g) {
    const Table& from = g.keyed_table();
    Call call;
    call.sql = "WITH RECURSIVE n(i) AS (SELECT " + g.bind_integer(call, 100) +
               " UNION ALL SELECT i + 1 FROM n LIMIT 7) SELECT i, t." + g.column(from) + " FROM n LEFT JOIN " +
               from.name + " t ON t.c0 = i";
    return call;
  }
  static Call window(G& g) {
    static const std::vector<std::string> kFunctions = {"row_number()", "rank()", "ntile(3)", "dense_rank()"};
    const Table& from = g.table();
    const Column& by = g.any_column(from);
    const std::string what = g.column(from);
    Call call;
    call.sql = "SELECT " + by.name + ", " + g.pick(kFunctions) + " OVER w, lag(" + what + ") OVER w, count(" + what +
               ") OVER (PARTITION BY " + g.column(from) + " ORDER BY " + by.name +
               " ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM " + from.name + " WHERE " + by.name +
               " >= " + g.bind(call, by) + " WINDOW w AS (ORDER BY " + by.name + ", " + what + ") LIMIT 12";
    return call;
  }
  static Call aggregates(G& g) {
    const Table& from = g.table();
    const std::string what = g.column(from);
    const Column& by = g.any_column(from);
    Call call;
    call.sql = "SELECT count(*), count(" + what + "), total(" + what + "), avg(" + what + "), group_concat(substr(" +
               what + ", 1, 3)), min(" + what + "), sum(length(" + what + ")) FILTER (WHERE " + what +
               " IS NOT NULL) FROM " + from.name + " WHERE " + by.name + " > " + g.bind(call, by);
    return call;
  }
  static Call grouped(G& g) {
    const Table& from = g.table();
    const std::string by = g.column(from);
    Call call;
    call.sql = "SELECT " + by + ", count(*), max(" + g.column(from) + ") FROM " + from.name + " GROUP BY " + by +
               " HAVING count(*) > " + g.bind_integer(call, 4) + " ORDER BY 2 DESC, 1 LIMIT 10";
    return call;
  }
  static Call least_and_greatest(G& g) {
    const Table& from = g.table();
    return {"SELECT " + std::string(g.one_in(2) ? "min(" : "max(") + g.column(from) + ")" +
                (g.one_in(3) ? ", " + g.column(from) : "") + " FROM " + from.name,
            {}};
  }
  static Call count_all(G& g) { return {"SELECT count(*) FROM " + g.table().name, {}}; }
  static Call page_of(G& g) {
    const Table& from = g.table();
    const std::string by = g.column(from);
    Call call;
    call.sql = "SELECT " + by + ", " + g.column(from) + " FROM " + from.name + " ORDER BY " + by +
               (g.one_in(3)   ? " COLLATE NOCASE"
                : g.one_in(2) ? " DESC NULLS LAST"
                              : "") +
               ", " + g.column(from) + " LIMIT " + g.bind_integer(call, 6) + " OFFSET " + g.bind_integer(call, 60);
    return call;
  }
  static Call distinct(G& g) {
    const Table& from = g.table();
    const Column& by = g.any_column(from);
    Call call;
    call.sql = "SELECT DISTINCT " + g.result_expression(from) + " FROM " + from.name + " WHERE " + by.name +
               " <= " + g.bind(call, by) + " ORDER BY 1 LIMIT 15";
    return call;
  }
  static Call compound(G& g) {
    static const std::vector<std::string> kKinds = {" UNION ", " UNION ALL ", " EXCEPT ", " INTERSECT "};
    const Table& first = g.table();
    const Table& second = g.table();
    const Column& by = g.any_column(first);
    Call call;
    call.sql = "SELECT " + g.column(first) + " FROM " + first.name + " WHERE " + by.name + " >= " + g.bind(call, by) +
               g.pick(kKinds) + "SELECT " + g.column(second) + " FROM " + second.name + " ORDER BY 1 LIMIT 12";
    return call;
  }
  static Call tail(G& g) {
    const Table& from = g.keyed_table();
    const std::string what = g.column(from);
    Call call;
    call.sql = "SELECT length(" + what + "), substr(" + what + ", -9), hex(substr(" + what + ", -3)) FROM " +
               from.name + " WHERE c0 >= " + g.bind(call, from.columns.front()) + " LIMIT 4";
    return call;
  }
  // SQLite answers these from a row's header: it does not read the rest.
  static Call sizes(G& g) {
    const Table& from = g.table();
    const std::string what = g.column(from);
    Call call;
    call.sql = "SELECT octet_length(" + what + "), typeof(" + g.column(from) + "), length(" + g.column(from) +
               ") FROM " + from.name + " LIMIT 12 OFFSET " + g.bind_integer(call, 100);
    return call;
  }
  static Call json(G& g) {
    const Table& from = g.table();
    Call call;
    call.sql = "SELECT t." + g.column(from) + ", j.value FROM " + from.name +
               " t, json_each('[1, 5, \"k3\", null]') j WHERE t." + g.column(from) +
               " = j.value AND j.key >= " + g.bind_integer(call, 3);
    return call;
  }
  static Call view(G& g) {
    Call call;
    call.sql = "SELECT a, b FROM v" + std::to_string(g.below(2)) + " WHERE a IS NOT " + g.bind_integer(call, 200) +
               " LIMIT 10";
    return call;
  }
  static Call full_text(G& g) {
    static const std::vector<std::string> kQueries = {"ab", "ab*", "cd OR de", "nothing", "text", "\"ab cd\""};
    static const std::vector<std::string> kSelects = {
        "SELECT rowid, body FROM words WHERE words MATCH ?", "SELECT count(*) FROM words WHERE words MATCH ?",
        "SELECT rowid, highlight(words, 0, '[', ']') FROM words WHERE words MATCH ? ORDER BY rank LIMIT 5"};
    Call call{g.pick(kSelects), {}};
    const G::ForValues drawn(g);
    call.arguments.push_back(Cell::text(g.pick(kQueries)));
    return call;
  }
  static Call rectangle(G& g) {
    Call call;
    call.sql = "SELECT id, low, high FROM boxes WHERE low <= " + g.bind_integer(call, 12) +
               " AND high >= " + g.bind_integer(call, 12);
    return call;
  }
  static Call journal(G& g) {
    Call call;
    call.sql = g.one_in(2)
                   ? "SELECT id, what, x FROM journal ORDER BY id DESC LIMIT " + g.bind_integer(call, 5)
                   : "SELECT what, count(*) FROM journal WHERE id > " + g.bind_integer(call, 50) + " GROUP BY what";
    return call;
  }
  static Call no_table(G& g) {
    Call call;
    const Column anything{"", false};
    call.sql = "SELECT " + g.bind(call, anything) + ", typeof(" + g.bind(call, anything) + "), quote(" +
               g.bind(call, anything) + "), date('2020-02-29', '+1 year')";
    return call;
  }
  static Call mixed(G& g) { return g.read(); }
};

namespace {

struct Shape {
  const char* name;
  Call (*make)(SoundnessGenerator&);
  size_t weight;
};

constexpr Shape kShapes[] = {
    {"point", Shapes::point, 14},
    {"point, an expression", Shapes::point_narrow, 8},
    {"rowid", Shapes::by_rowid, 5},
    {"any column", Shapes::by_any_column, 7},
    {"range", Shapes::range, 7},
    {"open range", Shapes::open_range, 4},
    {"row values", Shapes::row_values, 3},
    {"IN list", Shapes::in_list, 5},
    {"LIKE", Shapes::like, 3},
    {"GLOB", Shapes::glob, 3},
    {"OR of two", Shapes::either_index, 3},
    {"partial index", Shapes::partial, 3},
    {"expression index", Shapes::expression_index, 3},
    {"join", Shapes::join, 5},
    {"join of three", Shapes::join_three, 3},
    {"IN subquery", Shapes::subquery_in, 2},
    {"EXISTS", Shapes::exists, 3},
    {"scalar subquery", Shapes::scalar_subquery, 2},
    {"recursive walk", Shapes::recursive, 3},
    {"recursive count", Shapes::recursive_count, 3},
    {"window", Shapes::window, 3},
    {"aggregates", Shapes::aggregates, 3},
    {"GROUP BY", Shapes::grouped, 2},
    {"min or max", Shapes::least_and_greatest, 4},
    {"count(*)", Shapes::count_all, 2},
    {"LIMIT OFFSET", Shapes::page_of, 3},
    {"DISTINCT", Shapes::distinct, 2},
    {"compound", Shapes::compound, 2},
    {"tail", Shapes::tail, 5},
    {"sizes", Shapes::sizes, 4},
    {"json_each", Shapes::json, 2},
    {"view", Shapes::view, 2},
    {"FTS5", Shapes::full_text, 3},
    {"R-tree", Shapes::rectangle, 3},
    {"journal", Shapes::journal, 2},
    {"no table", Shapes::no_table, 1},
    {"mixed", Shapes::mixed, 14},
};

}  // namespace

const std::vector<std::string>& SoundnessGenerator::shape_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Shape& shape : kShapes) all.emplace_back(shape.name);
    return all;
  }();
  return names;
}

Question SoundnessGenerator::question() {
  static const size_t total = [] {
    size_t sum = 0;
    for (const Shape& shape : kShapes) sum += shape.weight;
    return sum;
  }();
  size_t dice = below(total);
  size_t which = 0;
  while (dice >= kShapes[which].weight) dice -= kShapes[which++].weight;
  return {which, kShapes[which].make(*this)};
}

}  // namespace tern::test
