// A folder with a small database in it, and the program to run on it.
#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <vector>

#include "tern/tern.hpp"
#include "tests/cli/run_tern.h"
#include "tests/support/temp_folder.h"

namespace tern::test {

struct Program : testing::Test {
  Program() {
    Database db = open(path);
    db.exec("CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER, x); INSERT INTO t VALUES ('a', 1, NULL), ('b', 22, 2.5)");
  }

  std::string write_file(const std::string& name, std::string_view content) const {
    const std::string file = folder.file(name);
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }
  // One value, asked through the library.
  Value ask(std::string_view sql) {
    answer_ = open(path).prepare(sql).all();
    return answer_[0].value(0);
  }
  int64_t count() { return ask("SELECT count(*) FROM t").integer; }

  TempFolder folder;
  std::string path = folder.file("app.db");

 private:
  Rows answer_;
};

inline void expect_done(const Ended& ended) {
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
}

// Exit code 1, one line on standard error that begins with "tern: " and has each of these parts, nothing else.
inline void expect_failed(const Ended& ended, const std::vector<std::string>& parts, int exit_code = 1) {
  EXPECT_EQ(ended.exit_code, exit_code);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err.find("tern: "), 0u) << ended.err;
  EXPECT_EQ(ended.err.find('\n'), ended.err.size() - 1) << ended.err;
  for (const std::string& part : parts) {
    EXPECT_NE(ended.err.find(part), std::string::npos) << "no \"" << part << "\" in: " << ended.err;
  }
}

inline void expect_wrong_usage(const Ended& ended, const std::vector<std::string>& parts) {
  expect_failed(ended, parts, 2);
}

}  // namespace tern::test
