#include "sql/connection.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "sql/d1_rules.h"
#include "sql/database_path.h"
#include "sql/error.h"
#include "sql/fork_guard.h"
#include "sql/library.h"
#include "sql/statement.h"

namespace tern::sql {
namespace {

// Whom the authorizer asks. Statements of tern's own are prepared without an observer, and held to nothing.
struct Asked {
  PrepareObserver* observer = nullptr;
  bool d1_rules = false;
};

}  // namespace

struct Connection::Extra {
  ConnectionOptions options;
  Asked asked;
  std::set<std::string, std::less<>> foreign_names;
  // Of begin_read() and end_transaction(), prepared when first needed: parsing them would cost more than running them.
  std::optional<Statement> begin, read, commit;
};

namespace {

int on_authorize(void* data, int action, const char* first, const char* second, const char* database, const char*) {
  const Asked& asked = *static_cast<const Asked*>(data);
  if (asked.observer == nullptr) return SQLITE_OK;
  asked.observer->on_action(action, first, second, database);
  return !asked.d1_rules || d1_allows(action, first, second, database) ? SQLITE_OK : SQLITE_DENY;
}

void require(sqlite3* db, int result, const std::string& path, const char* what) {
  if (result == SQLITE_OK) return;
  throw Error(result, describe("open database " + path, std::string(what) + ": " + sqlite3_errmsg(db)));
}

// Safety settings first: nothing of the file has been read by then.
void configure(sqlite3* db, const ConnectionOptions& options) {
  const std::string& path = options.path;
  require(db, sqlite3_extended_result_codes(db, 1), path, "extended result codes");
  require(db, sqlite3_busy_timeout(db, options.busy_timeout_ms), path, "busy timeout");
  require(db, sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr), path, "defensive mode");
  require(db, sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr), path, "untrusted schema");
  require(db, sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr), path, "no checkpoint on close");
  int persist = 1;
  const int persistent = sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
  // A database in memory has no file to ask.
  if (persistent != SQLITE_NOTFOUND) require(db, persistent, path, "persistent log");
}

// Runs "PRAGMA journal_mode=WAL", again while others are in the way: SQLite asks for the exclusive lock of the change
// without calling the busy handler, since two that wait for each other would never end.
std::string change_to_wal(Connection& connection, int timeout_ms) {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    try {
      return connection.query_text("PRAGMA journal_mode=WAL");
    } catch (const Error& error) {
      if (error.code != SQLITE_BUSY || steady_clock::now() >= deadline) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// Brings the database to WAL mode, if that is allowed.
void enter_wal(Connection& connection, const ConnectionOptions& options) {
  // In this order: whoever creates it at the same time writes its first page as one of WAL mode, so that a file that is
  // not empty shows its true mode afterwards.
  const bool empty = connection.query_int64("PRAGMA page_count") == 0;
  if (connection.query_text("PRAGMA journal_mode") == "wal") return;
  if (options.mode == OpenMode::kRead || (!empty && !options.convert_to_wal)) {
    // Not an error of the file: what is missing is the leave to change it.
    refuse_path(SQLITE_AUTH, options.path, "it is not in WAL mode, and tern's caches follow the write-ahead log",
                "open it with convert_to_wal, or run PRAGMA journal_mode=WAL on it");
  }
  const std::string now = change_to_wal(connection, options.busy_timeout_ms);
  if (now != "wal") {
    refuse_path(SQLITE_NOLFS, options.path, "SQLite keeps it in journal mode \"" + now + "\"",
                "WAL mode needs a local file system with shared memory");
  }
}

std::string pragmas(const ConnectionOptions& options) {
  const int64_t cache_kib = std::max<int64_t>(options.page_cache_bytes / 1024, 64);
  std::string sql = "PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=0; PRAGMA cache_size=-" + std::to_string(cache_kib);
  sql += options.synchronous == Synchronous::kFull ? "; PRAGMA synchronous=FULL" : "; PRAGMA synchronous=NORMAL";
  if (options.d1_rules) sql += "; PRAGMA foreign_keys=1";
  if (options.mode == OpenMode::kRead) sql += "; PRAGMA query_only=1";
  return sql;
}

// Says in its own words what a person meets most often when the first page is read.
[[noreturn]] void explain_open_failure(const Error& error, const ConnectionOptions& options) {
  const std::string& path = options.path;
  switch (error.code) {
    case SQLITE_NOTADB:
      refuse_path(error.extended, path, "it is not a SQLite database (or it is encrypted)", "check the path");
    case SQLITE_BUSY:
      refuse_path(error.extended, path, "another program holds it locked", "try again, or raise the busy timeout");
    case SQLITE_READONLY:
      refuse_path(error.extended, path, "it is read-only, and so might be its -wal and -shm files",
                  "change the mode or owner of the files and their folder");
    case SQLITE_CANTOPEN:
      if (options.read_only) {
        refuse_path(SQLITE_READONLY_DIRECTORY, path,
                    "it may only be read here, and SQLite needs " + path + "-shm beside it, or leave to make it",
                    "open it where its folder can be written, or copy it (with its -wal, if it has one) to such a one");
      }
      refuse_path(error.extended, path, error.what(),
                  "check the mode and owner of the file, its -wal, -shm and folder");
    default:
      throw Error(error.extended, describe("open database " + path, error.what()));
  }
}

}  // namespace

Connection::Connection(sqlite3* handle, std::unique_ptr<Extra> extra) noexcept
    : handle_(handle), extra_(std::move(extra)) {
  note_connection_opened();
}

Connection::Connection(Connection&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), extra_(std::move(other.extra_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(extra_, other.extra_);
  return *this;
}

Connection::~Connection() {
  if (handle_ == nullptr) return;
  // In a forked child SQLite's books are the parent's: closing would touch its files (fork_guard.h). Leak it.
  if (forked()) return;
  extra_.reset();  // its statements first
  // v2 cannot fail: with statements left (a bug of the caller) it waits for the last of them.
  sqlite3_close_v2(handle_);
  note_connection_closed();
}

Connection Connection::open(const ConnectionOptions& options) {
  initialize({.accept_wal_reset_bug = options.accept_wal_reset_bug});
  if (forked()) {
    throw Error(SQLITE_MISUSE,
                describe("open database " + options.path, "this process was forked while tern had a database open",
                         "open databases after the fork, or start the child with exec"));
  }
  check_path(options);
  return open_checked(options, options.path.c_str(), false);
}

Connection Connection::open_in_memory(const ConnectionOptions& options) {
  initialize({.accept_wal_reset_bug = options.accept_wal_reset_bug});
  ConnectionOptions named = options;
  named.path = "in memory";
  return open_checked(named, ":memory:", true);
}

Connection Connection::open_checked(const ConnectionOptions& options, const char* path, bool in_memory) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  if (options.mode == OpenMode::kCreate) flags |= SQLITE_OPEN_CREATE;
  std::string name = path;
  if (options.read_only) {
    flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    if (is_immutable(name)) {
      name = immutable_uri(name);
      flags |= SQLITE_OPEN_URI;
    }
  }
  sqlite3* db = nullptr;
  const int result = sqlite3_open_v2(name.c_str(), &db, flags, kVfsName);
  auto extra = std::make_unique<Extra>();
  extra->options = options;
  if (db == nullptr) throw std::bad_alloc();
  Connection connection(db, std::move(extra));
  try {
    if (result != SQLITE_OK) throw error_of(db, "open the file");
    configure(db, options);
    // What it asks has a stable address.
    connection.extra_->asked.d1_rules = options.d1_rules;
    sqlite3_set_authorizer(db, on_authorize, &connection.extra_->asked);
    if (options.d1_rules) set_d1_limits(db);
    if (options.read_only) {
      connection.query_int64("PRAGMA page_count");  // what cannot be read shows here
    } else if (!in_memory) {
      enter_wal(connection, options);
    }
    if (!in_memory) connection.execute(pragmas(options));
  } catch (const Error& error) {
    if (std::string_view(error.what()).starts_with("cannot open database ")) throw;
    explain_open_failure(error, options);
  }
  return connection;
}

const std::string& Connection::path() const noexcept { return extra_->options.path; }
OpenMode Connection::mode() const noexcept { return extra_->options.mode; }

int64_t Connection::execute(std::string_view sql) {
  int64_t ran = 0;
  while (!sql.empty()) {
    size_t consumed = 0;
    std::optional<Statement> statement = Statement::prepare_first(*this, sql, consumed);
    if (!statement) break;
    while (statement->step()) {
    }
    ++ran;
    sql.remove_prefix(consumed);
  }
  return ran;
}

int64_t Connection::query_int64(std::string_view sql) {
  Statement statement(*this, sql);
  if (!statement.step()) throw Error(SQLITE_ERROR, describe("run " + shorten_sql(sql), "it gives no row"));
  return statement.column_int64(0);
}

std::string Connection::query_text(std::string_view sql) {
  Statement statement(*this, sql);
  if (!statement.step()) throw Error(SQLITE_ERROR, describe("run " + shorten_sql(sql), "it gives no row"));
  return std::string(statement.column_text(0));
}

TransactionState Connection::transaction_state() const noexcept {
  switch (sqlite3_txn_state(handle_, "main")) {
    case SQLITE_TXN_READ:
      return TransactionState::kRead;
    case SQLITE_TXN_WRITE:
      return TransactionState::kWrite;
    default:
      return TransactionState::kNone;
  }
}

bool Connection::in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }

bool Connection::begin_read() {
  Extra& extra = *extra_;
  if (!extra.begin) extra.begin.emplace(*this, "BEGIN", true);
  if (!extra.read) extra.read.emplace(*this, "SELECT 1 FROM sqlite_schema LIMIT 1", true);
  try {
    extra.begin->step();
    extra.read->step();
    extra.read->reset();
  } catch (const Error& error) {
    end_transaction();
    if (error.code == SQLITE_BUSY || error.code == SQLITE_PROTOCOL) return false;
    throw;
  }
  if (transaction_state() == TransactionState::kRead) return true;
  end_transaction();
  throw Error(SQLITE_INTERNAL, describe("begin a read transaction on " + path(), "SQLite reports none after a read"));
}

void Connection::end_transaction() noexcept {
  if (transaction_state() != TransactionState::kWrite) {
    try {
      if (!extra_->commit) extra_->commit.emplace(*this, "COMMIT", true);
      if (in_transaction()) extra_->commit->step();
    } catch (const std::exception&) {
      // The way below needs nothing prepared.
    }
    if (transaction_state() == TransactionState::kNone && !in_transaction()) return;
  }
  for (sqlite3_stmt* s = sqlite3_next_stmt(handle_, nullptr); s != nullptr; s = sqlite3_next_stmt(handle_, s)) {
    if (sqlite3_stmt_busy(s) != 0) sqlite3_reset(s);
  }
  if (in_transaction()) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

int64_t Connection::changes() const noexcept { return sqlite3_changes64(handle_); }
int64_t Connection::total_changes() const noexcept { return sqlite3_total_changes64(handle_); }
int64_t Connection::last_insert_rowid() const noexcept { return sqlite3_last_insert_rowid(handle_); }

void Connection::set_busy_timeout_ms(int timeout_ms) { sqlite3_busy_timeout(handle_, timeout_ms); }
void Connection::interrupt() noexcept { sqlite3_interrupt(handle_); }

bool Connection::has_moved() const noexcept {
  int moved = 0;
  return sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

void Connection::note_foreign(std::string_view folded_name) { extra_->foreign_names.emplace(folded_name); }

const std::set<std::string, std::less<>>& Connection::foreign_names() const noexcept { return extra_->foreign_names; }

void Connection::set_observer(PrepareObserver* observer) noexcept { extra_->asked.observer = observer; }

}  // namespace tern::sql
