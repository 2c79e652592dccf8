// What the tests of sql/ share: a folder that goes away, connections by one word, and plain SQLite beside tern.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sql/connection.h"
#include "sql/error.h"
#include "sql/statement.h"

namespace tern::sql::test {

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tern-sql-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed: " + pattern);
    path_ = pattern;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

inline ConnectionOptions options_for(const std::string& path, OpenMode mode = OpenMode::kCreate) {
  ConnectionOptions options;
  options.path = path;
  options.mode = mode;
  options.busy_timeout_ms = 2'000;
  options.accept_wal_reset_bug = true;  // so that the tests also run with an older system SQLite
  return options;
}

inline Connection open_at(const std::string& path, OpenMode mode = OpenMode::kCreate) {
  return Connection::open(options_for(path, mode));
}

// The message of the Error that `action` throws; a failure and an empty text if it throws none.
template <typename Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no Error was thrown";
  return {};
}

// A connection of the same SQLite as tern's, opened as any program would: default VFS, default settings, but for syncs,
// since no test loses power and a busy disk makes them slow.
class PlainConnection {
 public:
  explicit PlainConnection(const std::string& path) {
    if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) throw std::runtime_error("cannot open " + path);
    try_run("PRAGMA synchronous=OFF");
  }
  ~PlainConnection() { sqlite3_close(db_); }
  PlainConnection(const PlainConnection&) = delete;
  PlainConnection& operator=(const PlainConnection&) = delete;

  sqlite3* handle() const { return db_; }
  int try_run(const std::string& sql) { return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr); }
  void run(const std::string& sql) {
    if (try_run(sql) != SQLITE_OK) throw std::runtime_error(std::string(sqlite3_errmsg(db_)) + ": " + sql);
  }

 private:
  sqlite3* db_ = nullptr;
};

// The system's libsqlite3 in the same process: a second copy of SQLite, with POSIX locks.
class OtherCopy {
 public:
  OtherCopy() : library_(::dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL)) {}

  bool usable() const { return library_ != nullptr && open_ != nullptr; }

  class Database {
   public:
    Database(const OtherCopy& copy, const std::string& path) : copy_(copy) {
      if (copy_.open_(path.c_str(), &db_) != SQLITE_OK) throw std::runtime_error("the other copy cannot open " + path);
    }
    ~Database() { copy_.close_(db_); }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    int run(const std::string& sql) { return copy_.exec_(db_, sql.c_str(), nullptr, nullptr, nullptr); }

   private:
    const OtherCopy& copy_;
    sqlite3* db_ = nullptr;
  };

 private:
  template <typename Function>
  Function symbol(const char* name) const {
    return library_ == nullptr ? nullptr : reinterpret_cast<Function>(::dlsym(library_, name));
  }
  void* library_;
  int (*open_)(const char*, sqlite3**) = symbol<int (*)(const char*, sqlite3**)>("sqlite3_open");
  int (*close_)(sqlite3*) = symbol<int (*)(sqlite3*)>("sqlite3_close");
  using Exec = int (*)(sqlite3*, const char*, int (*)(void*, int, char**, char**), void*, char**);
  Exec exec_ = symbol<Exec>("sqlite3_exec");
};

// Runs SQL in another process that has never heard of tern (tests/tools/plain_sqlite.cc); returns SQLite's result code.
inline int run_in_other_process(const std::string& path, const std::string& sql) {
  const std::string command = std::string(TERN_TEST_TOOLS_DIR) + "/plain_sqlite '" + path + "' \"" + sql + "\"";
  const int status = std::system(command.c_str());
  if (status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) >= 126) {
    throw std::runtime_error("cannot run " + command);
  }
  return WEXITSTATUS(status);
}

}  // namespace tern::sql::test
