// One SQLite connection, opened as tern needs it, closed with its object.
//
// How it is opened: WAL, no automatic checkpoints (checkpoint.h plans them), the log kept on close
// (SQLITE_FCNTL_PERSIST_WAL, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE), defensive, untrusted schema, no memory mapping, no
// shared cache, extended result codes, foreign keys as SQLite's default (off). Read connections are opened read-write
// with query_only, so that they can recover a log after a crash; they refuse every write.
//
// Contract. A connection is used by one thread at a time (SQLITE_OPEN_NOMUTEX); it may move between threads. It must
// outlive its statements. Opening costs some 100 µs. Throws Error that names the path and the remedy: missing folder
// or file, a folder in the file's place, no permission, a read-only folder, not a database, not in WAL mode, busy.
// In a child that was forked while connections were open (fork_guard.h) opening and preparing throw.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

struct sqlite3;

namespace tern::sql {

enum class OpenMode : uint8_t {
  kRead,       // must exist; refuses writes
  kReadWrite,  // must exist
  kCreate,     // created if missing
};

enum class Synchronous : uint8_t { kNormal, kFull };

struct ConnectionOptions {
  std::string path;
  OpenMode mode = OpenMode::kCreate;
  // For a file that this process may not write: opened by SQLite as read-only, in whatever journal mode it is. On a
  // medium that nobody can write it is read without a log and without locks ("immutable"), where it has no log.
  bool read_only = false;
  Synchronous synchronous = Synchronous::kNormal;
  int busy_timeout_ms = 5'000;
  int64_t page_cache_bytes = 8 << 20;
  // A database that holds data in another journal mode is converted only by this option (a new or empty one always).
  bool convert_to_wal = false;
  bool accept_wal_reset_bug = false;  // library.h
  bool d1_rules = false;              // d1_rules.h; foreign keys are on then
};

// Why the database at `path` cannot be written here, though it is there and can be read: the file, or its folder while
// it has no -shm that can be written. Empty if it can, or if there is more amiss: then opening it says what.
std::string why_read_only(const std::string& path);

// What the authorizer of a connection reports while a statement is being prepared (sqlite3_set_authorizer):
// action code, its two details, database name, and the trigger or view. Any of the texts may be null.
class PrepareObserver {
 public:
  virtual ~PrepareObserver() = default;
  virtual void on_action(int action, const char* first, const char* second, const char* database) noexcept = 0;
};

enum class TransactionState : uint8_t { kNone, kRead, kWrite };

class Connection {
 public:
  static Connection open(const ConnectionOptions& options);
  // A private database in memory: the path and the journal's options do not count.
  static Connection open_in_memory(const ConnectionOptions& options);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  sqlite3* handle() const noexcept { return handle_; }
  const std::string& path() const noexcept;
  OpenMode mode() const noexcept;

  // Runs every statement of the text in turn, rows are dropped; returns how many ran. Stops at the first that fails:
  // those before it stay done, as with sqlite3_exec.
  int64_t execute(std::string_view sql);

  // One value of a query's first row: for pragmas and checks of our own. Error if there is no row.
  int64_t query_int64(std::string_view sql);
  std::string query_text(std::string_view sql);

  // SQLite's own word for it (sqlite3_txn_state of "main"), not the number of BEGINs.
  TransactionState transaction_state() const noexcept;
  bool in_transaction() const noexcept;  // between BEGIN and its end

  // Starts a read transaction that holds a read lock: BEGIN, an executed read, and the check that SQLite says READ.
  // False if the database is busy; other failures throw. Without an executed read, BEGIN locks nothing. Waits up to
  // the busy timeout while another connection recovers the log.
  bool begin_read();
  // Ends the transaction: what was written in it is undone. Statements still running are reset. Never throws.
  void end_transaction() noexcept;

  int64_t changes() const noexcept;
  int64_t total_changes() const noexcept;
  int64_t last_insert_rowid() const noexcept;
  void set_busy_timeout_ms(int timeout_ms);
  void interrupt() noexcept;  // the one call that another thread may make

  // True if the file was moved, replaced or deleted under us (SQLITE_FCNTL_HAS_MOVED).
  bool has_moved() const noexcept;

  // Loads a shared library of SQLite's kind, by its C interface; the SQL function load_extension() stays off. Error
  // that names it where that fails. Its functions and collations count as foreign.
  void load_extension(const std::string& path);

  // Names (in lower case) of functions and collations that are not SQLite's own: another process may have something
  // else under such a name, or nothing. Who registers one here notes it.
  void note_foreign(std::string_view folded_name);
  const std::set<std::string, std::less<>>& foreign_names() const noexcept;

  // Told of every action in every later prepare on this connection, also when SQLite prepares anew by itself. Null:
  // nobody. The authorizer is set once for all at open, since setting one expires all prepared statements.
  void set_observer(PrepareObserver* observer) noexcept;

 private:
  static Connection open_checked(const ConnectionOptions& options, const char* path, bool in_memory);
  struct Extra;  // what needs a stable address
  Connection(sqlite3* handle, std::unique_ptr<Extra> extra) noexcept;

  sqlite3* handle_ = nullptr;
  std::unique_ptr<Extra> extra_;
};

}  // namespace tern::sql
