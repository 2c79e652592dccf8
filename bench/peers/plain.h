// SQLite as anybody would use it, for what stands beside tern in a measurement but is not itself one of its peers.
// One thread. Throws with SQLite's words.
#pragma once

#include <sqlite3.h>

#include <stdexcept>
#include <string>

namespace bench {

class Plain {
 public:
  explicit Plain(const std::string& path) {
    if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(db_));
    sqlite3_busy_timeout(db_, 10'000);
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  }
  ~Plain() {
    sqlite3_finalize(statement_);
    sqlite3_close(db_);
  }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  void run(const char* sql) { require(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }
  void prepare(const char* sql) {
    sqlite3_finalize(statement_);
    statement_ = nullptr;
    require(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
  }
  // Borrows the text until the statement is reset.
  void bind(int index, const std::string& text) {
    sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  void bind(int index, int64_t number) { sqlite3_bind_int64(statement_, index, number); }
  bool step() {
    const int result = sqlite3_step(statement_);
    if (result != SQLITE_ROW && result != SQLITE_DONE) require(result);
    return result == SQLITE_ROW;
  }
  std::string text(int column) { return reinterpret_cast<const char*>(sqlite3_column_text(statement_, column)); }
  void reset() { sqlite3_reset(statement_); }

 private:
  void require(int result) {
    if (result != SQLITE_OK) throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(db_));
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace bench
