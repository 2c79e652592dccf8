#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/capi_fuzz/fuzz.h"

namespace tern::capi_fuzz {
namespace {

constexpr std::string_view kSql[] = {
    "SELECT n FROM t WHERE id = ?",
    "SELECT * FROM t",
    "SELECT count(*), max(n) FROM t WHERE n > ?1 AND n < ?3",
    "SELECT ?, typeof(?), length(?)",
    "SELECT :a, @b, $c, ?7",
    "SELECT random()",
    "SELECT f(n), f(id, n) FROM t",
    "SELECT total(n) OVER (ORDER BY id) FROM t",
    "SELECT agg(n) FROM t GROUP BY n % 3",
    "SELECT id FROM t ORDER BY id COLLATE backwards LIMIT 5",
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 300) SELECT x, zeroblob(x) FROM c",
    "INSERT OR REPLACE INTO t VALUES (?, ?)",
    "INSERT INTO t VALUES (?, ?)",
    "INSERT INTO t VALUES (?, ?) ON CONFLICT DO UPDATE SET n = n + 1 RETURNING *",
    "INSERT OR ROLLBACK INTO t VALUES ('k1', 1), ('k1', 2)",
    "UPDATE t SET n = ? WHERE id = ?",
    "UPDATE t SET n = n + 1",
    "DELETE FROM t WHERE n % 7 = ?",
    "DELETE FROM t WHERE id = ?1 RETURNING id",
    "INSERT INTO child VALUES (?)",
    "CREATE TABLE IF NOT EXISTS more (x, y)",
    "DROP TABLE IF EXISTS more",
    "ALTER TABLE more ADD COLUMN z DEFAULT 5",
    "SELECT * FROM more",
    "CREATE INDEX IF NOT EXISTS t_n ON t (n)",
    "CREATE TEMP TABLE IF NOT EXISTS scratch (x)",
    "INSERT INTO scratch VALUES (?)",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT s",
    "PRAGMA user_version",
    "PRAGMA user_version = 7",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_mode = DELETE",
    "EXPLAIN QUERY PLAN SELECT * FROM t WHERE id = ?",
    "ANALYZE",
    "VACUUM",
    "ATTACH ':memory:' AS aux_db",
    "DETACH aux_db",
    "SELECT 1; SELECT 2",
    "INSERT INTO t VALUES ('a;b', 1); DELETE FROM t WHERE id = 'a;b'",
    "SELECT",
    "",
    ";;-- nothing",
    "/* not ended",
    "SELECT '\xff\xfe'",
    "SELECT json_extract(?, '$.a')",
};

}  // namespace

void World::fail(const char* function, const std::string& what) {
  std::fprintf(stderr, "FINDING: %s %s; the last error is \"%s\"\n", function, what.c_str(), tern_last_error());
  std::abort();
}

void World::demand(const char* function, tern_status status) {
  Counts& of = counts[function];
  ++of.calls;
  if (status < TERN_OK || status > TERN_WOULD_BLOCK) fail(function, "returned " + std::to_string(status));
  ++of.by_status[static_cast<size_t>(status)];
  if (status == TERN_INTERNAL || status == TERN_CORRUPT || status == TERN_NOT_A_DATABASE || status == TERN_FULL)
    fail(function, std::string("says ") + tern_status_name(status));
  if (status != TERN_OK && tern_last_error()[0] == '\0') fail(function, "failed without a message");
}

std::string_view World::some_bytes() {
  const size_t most = random.one_in(50) ? 60'000 : random.one_in(5) ? 600 : 20;
  std::string bytes(random.below(most), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return keep(std::move(bytes));
}

std::string_view World::some_sql() {
  std::string sql(kSql[random.below(std::size(kSql))]);
  if (!sql.empty() && random.one_in(12)) sql[random.below(sql.size())] = static_cast<char>(random.next());
  if (random.one_in(40)) sql.resize(random.below(sql.size() + 1));
  if (random.one_in(60)) return some_bytes();
  return keep(std::move(sql));
}

std::string_view World::some_key() {
  if (random.one_in(12)) return some_bytes();
  if (random.one_in(40)) return keep(std::string(random.below(2300), 'k'));
  return keep("k" + std::to_string(random.below(30)));
}

std::string_view World::some_name() {
  static constexpr std::string_view kNames[] = {"f", "agg", "backwards", "t", "more", "names", "other", "", "total"};
  if (!random.one_in(10)) return keep(std::string(kNames[random.below(std::size(kNames))]));
  std::string name(some_bytes());
  std::erase(name, '\0');
  return keep(std::move(name));
}

size_t World::some_count(const tern_statement* statement) {
  tern_statement_info info{};
  info.size = sizeof info;
  if (statement == nullptr || random.one_in(6) || tern_statement_describe(statement, &info) != TERN_OK)
    return random.one_in(100) ? 40 : random.below(4);
  return info.parameters;
}

std::string_view World::some_packed(const tern_statement* statement) {
  if (random.one_in(25)) return some_bytes();
  std::string packed;
  for (size_t left = some_count(statement); left > 0; --left) {
    const auto type = static_cast<uint8_t>(random.below(5));
    packed += static_cast<char>(type);
    if (type == TERN_INTEGER || type == TERN_REAL) {
      const int64_t number = some_number();
      packed.append(reinterpret_cast<const char*>(&number), sizeof number);
    } else if (type >= TERN_TEXT) {
      const std::string_view bytes = random.one_in(4) ? some_bytes() : some_key();
      const auto size = static_cast<uint32_t>(bytes.size());
      packed.append(reinterpret_cast<const char*>(&size), sizeof size).append(bytes);
    }
  }
  if (!packed.empty() && random.one_in(25)) packed[random.below(packed.size())] = static_cast<char>(random.next());
  return keep(std::move(packed));
}

std::span<const tern_value> World::some_values(const tern_statement* statement) {
  auto& made = kept_values.emplace_back(some_count(statement));
  for (tern_value& value : made) {
    value = tern_value{};
    value.type = static_cast<uint32_t>(random.one_in(60) ? random.next() : random.below(5));
    value.reserved = random.one_in(100) ? 1 : 0;
    value.as.integer = some_number();
    if (value.type != TERN_TEXT && value.type != TERN_BLOB) continue;
    const std::string_view bytes = random.one_in(4) ? some_bytes() : some_key();
    value.as.data = bytes.data();
    value.len = bytes.size();
    if (!random.one_in(40)) continue;
    value.as.data = nullptr;
    if (random.one_in(2)) value.len = 0;
  }
  return made;
}

int64_t World::some_number() {
  static constexpr int64_t kEdges[] = {0, 1, -1, INT64_MAX, INT64_MIN, 1'000, 60'000, 0x7ff8000000000000};
  return random.one_in(2) ? static_cast<int64_t>(random.below(30)) : kEdges[random.below(std::size(kEdges))];
}

uint32_t World::some_flags() {
  return random.one_in(30) ? static_cast<uint32_t>(random.next()) : static_cast<uint32_t>(random.below(4));
}

void told(void* shared, tern_outcome* outcome) {
  auto* const of = static_cast<Shared*>(shared);
  const uint64_t nth = of->told.fetch_add(1, std::memory_order_relaxed);
  if (outcome->size != sizeof *outcome || outcome->message == nullptr ||
      (outcome->status == TERN_OK) != (outcome->message[0] == '\0'))
    World::fail("a queue", "told nonsense");
  if (outcome->status == TERN_INTERNAL || outcome->status == TERN_CORRUPT) World::fail("a queue", outcome->message);
  if (outcome->result_count == 0 || nth % 3 != 0) return;
  tern_result_free(outcome->results[0]);  // taken out, and freed by whoever took it
  outcome->results[0] = nullptr;
}

void end(World& world) {
  for (tern_computed* computed : world.computeds) tern_computed_free(computed);
  for (tern_kv_value* value : world.values) tern_kv_value_free(value);
  for (tern_kv_page* page : world.pages) tern_kv_page_free(page);
  for (tern_result* result : world.results) tern_result_free(result);
  for (tern_transaction* transaction : world.transactions) tern_transaction_free(transaction);
  for (tern_queue* queue : world.queues) world.demand("tern_queue_close", tern_queue_close(queue));
  for (tern_statement* statement : world.statements) tern_statement_free(statement);
  for (tern_session* session : world.sessions) {
    if (tern_session_close(session) != TERN_OK) World::fail("tern_session_close", "at the end");
  }
  for (tern_kv* kv : world.kvs) tern_kv_free(kv);
  for (tern_database* db : world.databases) {
    if (tern_close(db) != TERN_OK) World::fail("tern_close", "at the end");
  }
}

}  // namespace tern::capi_fuzz
