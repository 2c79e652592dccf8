// A host that links tern and an SQLite of its own: each must get the SQLite it asked for, and both may have the same
// file open, write it and close it, in either order, without a commit lost or a stale read.
// usage: host_with_own_sqlite FOLDER
#include <sqlite3.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tern/tern.hpp"

namespace {

int failures = 0;

void check(bool ok, const std::string& claim) {
  if (ok) return;
  std::cout << "FAILED: " << claim << "\n";
  ++failures;
}

// The host's own copy.
class Host {
 public:
  explicit Host(const std::string& path) {
    check(sqlite3_open(path.c_str(), &db_) == SQLITE_OK, "the host opens " + path);
    sqlite3_busy_timeout(db_, 5000);
  }
  ~Host() { sqlite3_close(db_); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  std::string run(const std::string& sql) {
    std::string last;
    const auto keep = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) = values[0] == nullptr ? "" : values[0];
      return 0;
    };
    char* message = nullptr;
    if (sqlite3_exec(db_, sql.c_str(), keep, &last, &message) != SQLITE_OK)
      check(false, "the host runs " + sql + ": " + (message == nullptr ? "" : message));
    sqlite3_free(message);
    return last;
  }

 private:
  sqlite3* db_ = nullptr;
};

int64_t n(tern::Database& db) { return db.query("SELECT n FROM t WHERE id = 1")[0].get<int64_t>(0); }

// Both have it open and write in turn; each read by tern comes twice, so that the second can be hot. The host closes
// and opens again in between: its close() must not drop tern's locks, nor tern's the host's.
void take_turns(const std::string& path, tern::Database& db, std::unique_ptr<Host>& host, const std::string& order) {
  int64_t expected = n(db);
  for (int turn = 0; turn < 30; ++turn) {
    db.query("UPDATE t SET n = n + 1");
    check(n(db) == ++expected && n(db) == expected, order + ": tern sees its own commit");
    host->run("UPDATE t SET n = n + 1");
    check(n(db) == ++expected && n(db) == expected, order + ": tern sees the host's commit");
    check(host->run("SELECT n FROM t") == std::to_string(expected), order + ": the host sees both");
    if (turn % 5 == 1) host->run("PRAGMA wal_checkpoint(TRUNCATE)");
    if (turn % 3 == 2) {
      host.reset();
      check(n(db) == expected, order + ": the host's close leaves tern as it was");
      db.query("UPDATE t SET n = n + 1");
      ++expected;
      host = std::make_unique<Host>(path);
    }
  }
  // A transaction of the host bars tern's writer although tern has opened and closed files in between.
  host->run("BEGIN IMMEDIATE; UPDATE t SET n = n + 1");
  { tern::open(path).query("SELECT count(*) FROM t"); }
  bool barred = false;
  try {
    db.query("UPDATE t SET n = n + 1000");
  } catch (const tern::Error& error) {
    barred = error.code() == tern::ErrorCode::kBusy;
  }
  check(barred, order + ": the host's transaction bars tern's writer");
  check(n(db) == expected, order + ": what is not committed is not seen");
  host->run("COMMIT");
  check(n(db) == ++expected, order + ": and seen once it is");
  check(host->run("PRAGMA integrity_check") == "ok", order + ": the file is whole");
}

void both_use_one_file(const std::string& folder, bool host_first) {
  const std::string path = folder + (host_first ? "/host_first.db" : "/tern_first.db");
  for (const char* suffix : {"", "-wal", "-shm", "-tern"}) std::filesystem::remove_all(path + suffix);
  const std::string order = host_first ? "host first" : "tern first";
  const char* const schema = "CREATE TABLE t (id INTEGER PRIMARY KEY, n); INSERT INTO t VALUES (1, 0)";
  const tern::Options options{.busy_timeout_ms = 50, .busy_retries = 0};
  std::unique_ptr<Host> host;
  if (host_first) {
    host = std::make_unique<Host>(path);
    host->run(std::string("PRAGMA journal_mode = WAL; ") + schema);
  }
  auto db = std::make_unique<tern::Database>(tern::open(path, options));
  if (!host_first) {
    db->exec(schema);
    host = std::make_unique<Host>(path);
  }
  take_turns(path, *db, host, order);
  // tern goes first, then the host; what both have written is there.
  const int64_t last = n(*db);
  db.reset();
  host->run("UPDATE t SET n = n + 1");
  host.reset();
  tern::Database again = tern::open(path, options);
  check(n(again) == last + 1, order + ": nothing is lost when both have closed");
}

std::string version_that_tern_runs(const std::string& path) {
  tern::Database db = tern::open(path);
  for (const tern::Row& row : db.query("SELECT sqlite_version()")) return row.get<std::string>(0);
  return "";
}

// Instantiates templates that libtern.a holds as well, and throws through it, so that linking the two copies and
// catching across them is part of the test.
bool templates_and_exceptions_work(const std::string& folder) {
  std::map<std::string, std::vector<std::string>> words{{"a", {"b", "c"}}};
  try {
    tern::open(folder + "/no/such/folder/x.db");
  } catch (const tern::Error& error) {
    words["error"].push_back(error.what());
  }
  return words["a"].size() == 2 && words["error"].size() == 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) return 2;
  const std::string folder = argv[1];
  const bool host_first = argc == 3;  // the copy that is initialised first
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/host.db";
  std::filesystem::remove(path);
  // In either order, the first use initialises a copy.
  if (host_first) both_use_one_file(folder, true);
  const std::string ours = version_that_tern_runs(path);
  const std::string theirs = Host(":memory:").run("SELECT sqlite_version()");
  std::cout << "tern runs SQLite " << ours << ", the host " << theirs << "\n";
  check(theirs == SQLITE_VERSION, "the host runs its own SQLite");
#if TERN_BUNDLED_SQLITE
  check(!ours.empty() && ours != theirs, "tern runs its own SQLite");
#endif
  both_use_one_file(folder, false);
  if (!host_first) both_use_one_file(folder, true);
  check(templates_and_exceptions_work(folder), "templates and exceptions work across the two");
  return failures == 0 ? 0 : 1;
}
