// SQLite as anybody would use it for speed: prepared statements, WAL, synchronous NORMAL.
#include <sqlite3.h>

#include <filesystem>

#include "bench/peers/makers.h"
#include "bench/peers/records_table.h"

namespace bench {

namespace {

class Connection {
 public:
  explicit Connection(const std::string& database) {
    require(sqlite3_open(database.c_str(), &db_));
    sqlite3_busy_timeout(db_, 5000);
  }
  ~Connection() { sqlite3_close_v2(db_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void run(const std::string& sql) { require(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr)); }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    require(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
    return statement;
  }
  // True for a row.
  bool step(sqlite3_stmt* statement) {
    const int result = sqlite3_step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE) require(result);
    return result == SQLITE_ROW;
  }
  void write(sqlite3_stmt* statement, std::string_view value, std::string_view key) {
    sqlite3_bind_text(statement, 1, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    step(statement);
    require(sqlite3_reset(statement));
  }

 private:
  void require(int result) {
    if (result != SQLITE_OK) throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(db_));
  }
  sqlite3* db_ = nullptr;
};

class Sqlite final : public Peer {
 public:
  Sqlite(const Place& place, bool held)
      : database_(place.folder + "/records.db"), every_sync_(place.every_sync), held_(held) {
    if (std::filesystem::exists(database_)) open();
  }
  ~Sqlite() override {
    for (sqlite3_stmt* statement : {select_, update_, insert_, scan_}) sqlite3_finalize(statement);
  }

  void load(const Records& records) override {
    if (db_ != nullptr) return;  // the database was there before
    make_records_table(database_, records);
    open();
  }

  Work read(const Records& records, Draws& draws, uint64_t operations, Take take) override {
    if (held_) db_->run("BEGIN");
    // The reset that ends a read's transaction comes with the next read, after the value has been looked at.
    const Work work = read_loop(records, draws, operations, take, [this](std::string_view key) {
      sqlite3_reset(select_);
      sqlite3_bind_text(select_, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
      std::string_view value;
      if (db_->step(select_)) {
        value = {reinterpret_cast<const char*>(sqlite3_column_text(select_, 0)),
                 static_cast<size_t>(sqlite3_column_bytes(select_, 0))};
      }
      return value;
    });
    sqlite3_reset(select_);
    if (held_) db_->run("COMMIT");
    return work;
  }

  bool get(std::string_view key, std::string& value) override {
    sqlite3_bind_text(select_, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    const bool found = db_->step(select_);
    if (found) value = reinterpret_cast<const char*>(sqlite3_column_text(select_, 0));
    sqlite3_reset(select_);
    return found;
  }
  void update(std::string_view key, std::string_view value) override { db_->write(update_, value, key); }
  void insert(std::string_view key, std::string_view value) override { db_->write(insert_, value, key); }

  bool can_scan() const override { return true; }
  uint64_t scan(std::string_view from, uint64_t count) override {
    sqlite3_bind_text(scan_, 1, from.data(), static_cast<int>(from.size()), SQLITE_STATIC);
    sqlite3_bind_int64(scan_, 2, static_cast<sqlite3_int64>(count));
    uint64_t seen = 0, sum = 0;
    while (db_->step(scan_)) {
      ++seen;
      sum += *sqlite3_column_text(scan_, 1);
    }
    asm volatile("" : : "r"(sum));
    sqlite3_reset(scan_);
    return seen;
  }

 private:
  void open() {
    db_ = std::make_unique<Connection>(database_);
    db_->run(every_sync_ ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"
                         : "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    select_ = db_->prepare(kSelectRecord);
    update_ = db_->prepare(kUpdateRecord);
    insert_ = db_->prepare(kInsertRecord);
    scan_ = db_->prepare(kScanRecords);
  }

  const std::string database_;
  const bool every_sync_;
  const bool held_;
  std::unique_ptr<Connection> db_;
  sqlite3_stmt* select_ = nullptr;
  sqlite3_stmt* update_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* scan_ = nullptr;
};

}  // namespace

void make_records_table(const std::string& database, const Records& records) {
  Connection db(database);
  // The index is filled in no order, which only a cache that holds it all makes bearable.
  db.run(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000;"
      "CREATE TABLE records(k TEXT PRIMARY KEY, v TEXT NOT NULL)");
  constexpr uint64_t kBatch = 500'000;
  sqlite3_stmt* const insert = db.prepare(kInsertRecord);
  for (uint64_t start = 0; start < records.size(); start += kBatch) {
    db.run("BEGIN");
    for (uint64_t i = start; i < records.size() && i < start + kBatch; ++i)
      db.write(insert, value_of(i), records.key(i));
    db.run("COMMIT");
  }
  sqlite3_finalize(insert);
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

std::unique_ptr<Peer> make_sqlite(const Place& place) { return std::make_unique<Sqlite>(place, false); }
std::unique_ptr<Peer> make_sqlite_held(const Place& place) { return std::make_unique<Sqlite>(place, true); }
std::string sqlite_version() { return sqlite3_libversion(); }

}  // namespace bench
