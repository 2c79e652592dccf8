// A database whose time the test owns, a table t(id, v), and a second program that writes to it.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tern/tern.hpp"
#include "tests/cache/support.h"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {

using std::chrono::milliseconds;

struct WithPolicies : testing::Test {
  WithPolicies() {
    clock.advance_ms(1'000'000);
    reopen({});
    db->exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)");
    plain = std::make_unique<test::PlainSqlite>(path);
  }
  void reopen(Options options) {
    db.reset();
    options.clock = &clock;
    db.emplace(open(path, options));
  }
  Statement by_id(const Policy& policy) { return db->prepare("SELECT v FROM t WHERE id = ?", policy); }
  void foreign_update(int v, int id = 1) {
    plain->exec("UPDATE t SET v = " + std::to_string(v) + " WHERE id = " + std::to_string(id));
  }
  uint64_t sql_reads() const { return db->stats().sql.reads; }

  cache::ManualClock clock;
  test::TempFolder temp;
  std::string path = temp.file("app.db");
  std::optional<Database> db;
  std::unique_ptr<test::PlainSqlite> plain;
};

inline int64_t value(const Rows& rows) { return rows.at(0).get<int64_t>(0); }

// "10 hot fresh", "10 hot stale 50 revalidating"
inline std::string told(const Rows& rows) {
  std::string text = rows.empty() ? "nothing" : std::to_string(value(rows));
  text += std::string(" ") + source_name(rows.source());
  const Freshness freshness = rows.freshness();
  if (freshness.fresh) return text + " fresh";
  text += " stale " + std::to_string(freshness.age_ms);
  if (freshness.reason == StaleReason::kRevalidating) return text + " revalidating";
  return text + (freshness.reason == StaleReason::kError ? " error" : " without a reason");
}

}  // namespace tern
