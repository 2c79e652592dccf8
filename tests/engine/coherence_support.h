// A database, a foreign connection to it, and coherences that join it as processes would: each has descriptors, a
// guardian and a stamps mapping of its own.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "engine/coherence.h"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern::internal {

struct Joined : testing::Test {
  Joined() {
    plain.exec("PRAGMA journal_mode=WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE TABLE u (v)");
    plain.exec(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
        "INSERT INTO t SELECT i, hex(zeroblob(100)) FROM n");
    plain.exec("INSERT INTO u VALUES (1); PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = OFF");
    plain.keep_log_on_close();
  }

  cache::StampsOptions stamps_options() {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    cache::StampsOptions options;
    options.folder = path + "-tern";
    options.device = status.st_dev;
    options.inode = status.st_ino;
    return options;
  }
  std::unique_ptr<Coherence> join() {
    CoherenceOptions options;
    options.connection.path = path;
    options.connection.mode = sql::OpenMode::kRead;
    options.stamps = stamps_options();
    options.stamps.boot_id = boot_id;
    options.checkpoint_frames = 100;
    options.max_log_bytes = max_log_bytes;
    options.max_pages_stamped = max_pages_stamped;
    options.checkpoint_patience = checkpoint_patience;
    options.let_go_window = let_go_window;
    std::string why;
    auto coherence = Coherence::open(options, counters, why);
    EXPECT_NE(coherence, nullptr) << why;
    EXPECT_EQ(why, "");
    return coherence;
  }
  // What one publication voids: all, or how many pages.
  struct Published {
    bool everything;
    uint64_t pages;
  };
  Published published_by(const std::function<void()>& what) {
    const uint64_t everything = counters.sum(Counter::kEverything);
    const uint64_t pages = counters.sum(Counter::kPagesStamped);
    what();
    return {counters.sum(Counter::kEverything) != everything, counters.sum(Counter::kPagesStamped) - pages};
  }

  test::TempFolder temp;
  std::string path = temp.file("app.db");
  std::string boot_id;
  std::chrono::milliseconds checkpoint_patience{std::chrono::minutes(1)};  // no test waits for less than it needs
  std::chrono::milliseconds let_go_window{50};
  uint64_t max_log_bytes = uint64_t{64} << 20;
  size_t max_pages_stamped = 1 << 16;
  test::PlainSqlite plain{path};
  Counters counters;
};

}  // namespace tern::internal
