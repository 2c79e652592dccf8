// What the tests of get_or_compute() share: a database with two tables, and functions that count how often they run.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tern/tern.hpp"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern::test {

struct Compute : testing::Test {
  Compute() {
    // One page for each row of t.
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE TABLE u (id INTEGER PRIMARY KEY, v)");
    db.exec("INSERT INTO t SELECT value, 'v' || value || hex(zeroblob(1500)) FROM json_each('[1,2,3,4,5,6,7,8,9]')");
    db.exec("INSERT INTO u VALUES (1, 'u1')");
  }
  std::string t(int id) { return db.query("SELECT substr(v, 1, 2) FROM t WHERE id = ?", id)[0].get<std::string>(0); }
  std::string u() { return db.query("SELECT v FROM u WHERE id = 1")[0].get<std::string>(0); }
  // Runs `what`, counting.
  template <typename F>
  Computed ask(const std::string& key, F&& what, const ComputeOptions& options = {}) {
    return db.get_or_compute(key, options, [&] {
      ++runs;
      return what();
    });
  }
  void expect_uncached(const Computed& computed, const std::string& why) {
    EXPECT_FALSE(computed.cached());
    EXPECT_NE(std::string(computed.why_not_cached()).find(why), std::string::npos) << computed.why_not_cached();
  }

  TempFolder temp;
  std::string path = temp.file("app.db");
  Database db = open(path);
  int runs = 0;
};

}  // namespace tern::test
