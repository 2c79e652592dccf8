/* tern: an embedded storage engine in three tiers, for C and for every language that can call C.
 *
 *   tern_database *db;
 *   tern_statement *by_id;
 *   tern_result *row;
 *   tern_value id = {TERN_TEXT, 0, {.data = "p-17"}, 4}, info;
 *   tern_open("listings.db", NULL, &db);
 *   tern_prepare(db, sql, strlen(sql), &by_id);
 *   if (tern_query(by_id, &id, 1, &row) != TERN_OK) puts(tern_last_error());
 *   if (tern_result_rows(row) > 0) tern_result_value(row, 0, 0, &info);
 *
 * A read that is cached costs a hash-map lookup, and no read is ever stale: not after a commit of
 * this process, nor of another, nor of a program that has never heard of tern.
 *
 * Conventions
 *
 * 1. Errors. A function that can fail returns tern_status: TERN_OK (0), or why not.
 * tern_last_error() then is this thread's message, which names the thing, the value and the remedy.
 * A failed call has changed nothing, unless its description says otherwise, and has set what it
 * would have given out (`out`) to NULL.
 *
 * 2. NULL. A pointer must not be NULL unless "or NULL" stands beside it: it is TERN_MISUSE, with a
 * message that names the argument, or 0 or NULL from a function that returns no status. Every
 * _free(NULL) does nothing. Any other pointer that is not what the declaration asks for (a handle
 * that was freed, a length that is too long) is undefined behaviour, as everywhere in C.
 *
 * 3. Ownership. Who gets a handle frees it: a database with tern_close(), a statement with
 * tern_statement_free(), a result with tern_result_free(), a KV namespace with tern_kv_free(). A
 * database stays open until what was made from it is freed, but for results, which depend on
 * nothing, and may outlive all.
 *
 * 4. Borrowing. Parameters are borrowed for the call: text and blobs are copied if they are kept.
 * What a result gives out (column names, text, blobs) borrows from it and is valid until that
 * result is freed.
 *
 * 5. Threads. Databases and statements may be used by many threads at once. A result may be read by
 * many threads at once. A handle may be freed by one thread only, while no other uses it.
 *
 * 6. Strings. Every text is UTF-8 and goes with its length in bytes, so that it need not end with
 * NUL and may contain it; paths and names of columns end with NUL, and contain none.
 *
 * 7. Growth. An option struct starts with its own size. Set it to sizeof, and all other fields to
 * zero or to what you want: zero is always the default, and a later version of this library keeps
 * it so. tern_value never changes.
 *
 * 8. fork(). Handles must not be used in the child: TERN_MISUSE. Open the file there anew.
 *
 * 9. No exception and no signal comes out of this library, and nothing but tern_* is exported as C.
 */
#ifndef TERN_TERN_H_
#define TERN_TERN_H_

#include <stddef.h>
#include <stdint.h>

#define TERN_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tern_database tern_database;
typedef struct tern_statement tern_statement;
typedef struct tern_result tern_result;
typedef struct tern_session tern_session;
typedef struct tern_transaction tern_transaction; /* tern_transaction.h */
typedef struct tern_function_result tern_function_result;
typedef struct tern_policy tern_policy; /* tern_policy.h */

/* The numbers are fixed for ever; later versions may add some. */
typedef enum tern_status {
  TERN_OK = 0,
  TERN_SQL_ERROR = 1,            /* the SQL is wrong, or failed while running */
  TERN_MISUSE = 2,               /* the call is wrong: an argument, a handle after fork() */
  TERN_BUSY = 3,                 /* somebody else held it for too long; tern_close(): handles are out */
  TERN_CONSTRAINT = 4,           /* UNIQUE, NOT NULL, CHECK, FOREIGN KEY */
  TERN_NOT_FOUND = 5,            /* the file, folder, table, column or key does not exist */
  TERN_LIMIT = 6,                /* a bound was met (docs/limits.md), or a buffer is too small */
  TERN_IO = 7,                   /* the operating system refused a read or a write */
  TERN_FULL = 8,                 /* no room left on the device */
  TERN_READ_ONLY = 9,            /* the file, folder or handle may not be written */
  TERN_CORRUPT = 10,             /* the database is damaged */
  TERN_NOT_A_DATABASE = 11,      /* the file is not a SQLite database */
  TERN_NO_MEMORY = 12,           /* an allocation failed */
  TERN_UNSUPPORTED = 13,         /* what tern does not do, by design, or this version does not know */
  TERN_INTERNAL = 14,            /* a bug in tern; please report it */
  TERN_WOULD_BLOCK = 15,         /* the call was not to wait, and would have to: TERN_ONLY_HOT, or a full queue */
  TERN_STATUS_RANGE = 0x7fffffff /* no status: makes room in the type for those to come */
} tern_status;

/* What tern_value.type says: SQLite's five types. */
enum { TERN_NULL = 0, TERN_INTEGER = 1, TERN_REAL = 2, TERN_TEXT = 3, TERN_BLOB = 4 };

/* What tern_result_source() says: which tier answered. */
enum { TERN_HOT = 1, TERN_STORE = 2, TERN_SQL = 3 };

/* What one call asks for: flags of the functions that take some. */
enum {
  TERN_BYPASS = 1 << 0, /* SQLite answers, whatever is cached, and its answer is not cached */
  /* The hot tier answers, or nobody: TERN_WOULD_BLOCK where it has no fresh answer, and for a
   * statement that does more than read or is a session's. No other tier is asked, no lock is taken,
   * nothing is waited for, so that an event loop may call it; a hit costs what it costs without the
   * flag. A policy's stale answers, and refreshes, are for calls without it. */
  TERN_ONLY_HOT = 1 << 1
};

/* A SQL value; 24 bytes, fixed for ever. Text and blob borrow (conventions 3 and 4). As a
 * parameter, data may be NULL where len is 0: an empty text or blob, which is not NULL to SQL. A
 * NaN becomes NULL, as in SQLite. */
typedef struct tern_value {
  uint32_t type, reserved; /* reserved is 0 */
  union {
    int64_t integer;
    double real;
    const void* data;
  } as;
  uint64_t len; /* bytes of text or blob */
} tern_value;

/* One statement of tern_batch() with its parameters. */
typedef struct tern_call {
  tern_statement* statement;
  const tern_value* params; /* or NULL where count is 0 */
  size_t count;
} tern_call;

/* Flags of tern_options. Where 0 must be the default of a number, a flag says "none"; the number must
 * then be 0. */
enum {
  TERN_OPEN_EXISTING = 1 << 0,        /* a missing file is TERN_NOT_FOUND; else it is created */
  TERN_SYNCHRONOUS_FULL = 1 << 1,     /* a power loss takes no acknowledged commit with it */
  TERN_CACHE_OFF = 1 << 2,            /* SQLite answers every read: for comparing and finding faults */
  TERN_HOT_OFF = 1 << 3,              /* no tier in memory */
  TERN_STORE_OFF = 1 << 4,            /* no tier on disk for this process */
  TERN_CONVERT_TO_WAL = 1 << 5,       /* another journal mode is converted; else TERN_UNSUPPORTED */
  TERN_ACCEPT_UNSAFE_SQLITE = 1 << 6, /* run on a system SQLite before 3.51.3 (WAL-reset bug) */
  TERN_NO_BUSY_TIMEOUT = 1 << 7,      /* TERN_BUSY at once where another connection holds a lock */
  TERN_NO_BUSY_RETRIES = 1 << 8,      /* tern_batch() does not start again after a busy timeout */
  TERN_KV_SYNC_EACH = 1 << 9,         /* a KV write shares its synced commit with no other one */
  TERN_D1_RULES = 1 << 10             /* SQL is held to what Cloudflare D1 takes (docs/d1.md) */
};

/* How a database is opened. Zero means the default, which suits 2 cores and 1 GiB of memory. */
typedef struct tern_options {
  size_t size;                   /* sizeof(tern_options) */
  uint64_t hot_bytes;            /* memory of this process for hot entries; default 64 MiB */
  uint64_t store_bytes;          /* cache on disk, shared by all processes; default 256 MiB */
  uint64_t max_entry_bytes;      /* a larger result is not cached; default 1 MiB */
  uint64_t max_log_bytes;        /* bound of the write-ahead log; default 64 MiB */
  uint32_t flags;                /* TERN_OPEN_EXISTING | … */
  uint32_t busy_timeout_ms;      /* how long a statement waits for a lock; default 5000 */
  uint32_t busy_retries;         /* how often tern_batch() starts again after that; default 3 */
  uint32_t max_read_connections; /* default 8 */
  uint32_t page_cache_kib;       /* SQLite's own, for each connection; default 2048 */
  uint32_t checkpoint_frames;    /* frames in the log past which it is checkpointed; default 2000 */
  /* Paths of shared libraries with SQLite extensions, loaded into every connection; borrowed for the
   * call. They run with all rights of this process. One that cannot be loaded fails the open. */
  const char* const* extensions; /* or NULL */
  size_t extension_count;
  /* Of statements that read and are prepared without one of their own; borrowed for the call. */
  const tern_policy* policy; /* or NULL */
  uint64_t kv_map_bytes;     /* what the KV store may grow to, in every process the same; default 16 GiB */
} tern_options;

/* ---- Library ---- */

/* "0.1.0". Static; never fails. */
TERN_API const char* tern_version(void);

/* A stable lower-case word for logs: "ok", "busy", "constraint", …; "unknown" for a number that is
 * none. Static. */
TERN_API const char* tern_status_name(tern_status status);

/* Why the last call that failed on this thread did. Meaningful only after a failure; calls that
 * succeed leave it alone. Never NULL, "" before the first failure. Valid until the next failure on
 * this thread, or its end. At most 2,047 bytes; a longer message is cut and ends with "…". */
TERN_API const char* tern_last_error(void);

/* What SQLite itself said of that failure: its extended result code
 * (https://www.sqlite.org/rescode.html), or 0 where it was not SQLite that refused. `*message` is
 * its own text, which tern_last_error() quotes, or ""; `*offset` the byte of the statement's text
 * that it is about, or -1. For callers that show SQLite's words as they are. The text lives as long
 * as that of tern_last_error(). */
TERN_API int tern_last_sqlite_error(int* offset /* or NULL */, const char** message /* or NULL */);

/* ---- Database ---- */

/* Opens the file at `path`, or creates it. Opening one file again in this process gives another
 * handle to the same engine, whose first options count.
 *
 * Fails with TERN_NOT_FOUND (folder, or file with TERN_OPEN_EXISTING), TERN_NOT_A_DATABASE,
 * TERN_READ_ONLY, TERN_IO, TERN_FULL, TERN_BUSY, TERN_CORRUPT; TERN_UNSUPPORTED: the journal mode,
 * the version of SQLite, ":memory:", or an option that this version of the library does not know
 * (options->size is larger than it knows, and what is behind is not zero). */
TERN_API tern_status tern_open(const char* path, const tern_options* options /* or NULL */, tern_database** out);

/* Gives the handle back; with the last handle of a file in this process its engine closes. NULL is fine.
 *
 * Fails with TERN_BUSY, and the handle stays good, while statements, transactions, queues, sessions or
 * KV namespaces of it are not freed; results, values and pages do not count. */
TERN_API tern_status tern_close(tern_database* db /* or NULL */);

/* Runs a script: every statement in `sql`, without parameters, in one transaction, all or nothing.
 * A script of a single statement runs outside one, so that VACUUM and PRAGMA work. Rows are not
 * returned. `statements_run` is set only on success.
 *
 * Fails with TERN_SQL_ERROR and TERN_CONSTRAINT, naming the place; TERN_BUSY, TERN_IO, TERN_FULL,
 * TERN_READ_ONLY. */
TERN_API tern_status tern_exec(tern_database* db, const char* sql, size_t sql_len,
                               int64_t* statements_run /* or NULL */);

/* Runs the calls in one write transaction, all or nothing, and gives their results in order, one
 * for each call, in `outs`. Every statement must come from `db`. A `count` of 0 does nothing;
 * `calls` and `outs` may then be NULL.
 *
 * Fails with what tern_query() fails with. Nothing was changed then, and all of `outs` is NULL. */
TERN_API tern_status tern_batch(tern_database* db, const tern_call* calls, size_t count, tern_result** outs);

/* What the engine has done in this process and what it holds, as one JSON object (its fields are
 * those of tern/stats.hpp). Writes at most `cap` bytes to `json`, and a NUL behind them where there
 * is room; `*len` is the length without it. `json` may be NULL where `cap` is 0.
 *
 * Fails with TERN_LIMIT if `cap` is too small: nothing is written and `*len` says what is needed.
 * Counters grow meanwhile, so bring some bytes more, or ask again. */
TERN_API tern_status tern_stats(tern_database* db, char* json, size_t cap, size_t* len);

/* Why the one statement in `sql` is or is not cached, whose pages its answer with these parameters
 * hangs on, and what voided it lately, as one JSON object (its fields are those of
 * tern/explain.hpp). Runs the statement once, if it reads, and looks pages up for two seconds at
 * most. The text comes out as with tern_stats(), and may be longer the next time.
 *
 * Fails with TERN_LIMIT if `cap` is too small, and with what tern_query() fails with. */
TERN_API tern_status tern_explain(tern_database* db, const char* sql, size_t sql_len,
                                  const tern_value* params /* or NULL where count is 0 */, size_t count, char* json,
                                  size_t cap, size_t* len);

/* ---- Functions and collations of the host ----
 * Registered for every connection that the file has or will have in this process. A name that is
 * there already, also one of SQLite's own, is replaced, which voids all cached answers of every
 * process. Names end with NUL and are UTF-8.
 *
 * Callbacks are called on any thread, on several at once, and must not call this library, except
 * for what takes the tern_function_result that they were given. `user_data` is handed to them;
 * `destroy` (or NULL) is called with it once, on any thread: when it was replaced or the database
 * is closed, or before the registering call returns if that fails.
 *
 * The answer of a statement that uses a function is cached only if that is TERN_DETERMINISTIC, and
 * then in this process alone. tern/function.hpp says what that promises, and what must be the same
 * in all programs that write a table whose index uses a function or collation.
 *
 * Registering fails with TERN_MISUSE: a name or arity that SQLite does not accept, or from within a
 * callback; TERN_BUSY while a writer of this process does not end. */

enum {
  TERN_DETERMINISTIC = 1 << 0, /* equal arguments, equal result: may be cached */
  TERN_IN_SCHEMA = 1 << 1,     /* harmless: views, triggers and indexes may call it */
  TERN_WINDOW = 1 << 2         /* an aggregate that can be used with OVER: it has `inverse` */
};

/* `args` borrow for the call. Gives its result, or an error, through `result`; neither: NULL. */
typedef void (*tern_function)(void* user_data, const tern_value* args, size_t count, tern_function_result* result);

/* Copies the value; a value that is none (as a parameter would be refused) is an error of the SQL. */
TERN_API void tern_function_return(tern_function_result* result, const tern_value* value);
/* Ends the statement: TERN_SQL_ERROR with this message. */
TERN_API void tern_function_fail(tern_function_result* result, const char* message, size_t message_len);

/* `arity`: the number of arguments, -1 for any. */
TERN_API tern_status tern_create_function(tern_database* db, const char* name, int arity, uint32_t flags,
                                          tern_function function, void* user_data /* or NULL */,
                                          void (*destroy)(void*) /* or NULL */);

/* An aggregate: begin() makes the state of a group of rows, or returns NULL, which ends the
 * statement; end() frees it. step() and inverse() (for TERN_WINDOW, else NULL) take rows in and
 * back, and may only fail; value() gives the result so far. */
typedef struct tern_aggregate {
  size_t size; /* sizeof(tern_aggregate) */
  void* (*begin)(void* user_data);
  void (*step)(void* state, const tern_value* args, size_t count, tern_function_result* result);
  void (*inverse)(void* state, const tern_value* args, size_t count, tern_function_result* result);
  void (*value)(void* state, tern_function_result* result);
  void (*end)(void* state);
} tern_aggregate;

TERN_API tern_status tern_create_aggregate(tern_database* db, const char* name, int arity, uint32_t flags,
                                           const tern_aggregate* aggregate, void* user_data /* or NULL */,
                                           void (*destroy)(void*) /* or NULL */);

/* A collation: below 0, 0 or above 0, as a stands before, with or behind b. It cannot fail. */
typedef int (*tern_collation)(void* user_data, const void* a, size_t a_len, const void* b, size_t b_len);

TERN_API tern_status tern_create_collation(tern_database* db, const char* name, tern_collation compare,
                                           void* user_data /* or NULL */, void (*destroy)(void*) /* or NULL */);

/* ---- Session ----
 * One connection of its own, on which TEMP, ATTACH, BEGIN, SAVEPOINT and all else that lives in a
 * connection works. Its reads bypass the cache; what it commits to the main database is published
 * before the call returns. It belongs to one thread: two calls at once are TERN_MISUSE. */

/* `db` NULL: a private database in memory, gone with the session. */
TERN_API tern_status tern_session_open(tern_database* db /* or NULL */, tern_session** out);

/* Rolls back what is open. TERN_BUSY, and the handle stays good, while its statements are not freed. */
TERN_API tern_status tern_session_close(tern_session* session /* or NULL */);

/* Runs each statement in turn, not in one transaction; stops at the first that fails, and what was
 * committed before stays. */
TERN_API tern_status tern_session_exec(tern_session* session, const char* sql, size_t sql_len,
                                       int64_t* statements_run /* or NULL */);

/* Whether a transaction is open on it, by BEGIN or SAVEPOINT: `*out` is 1 or 0. Some failures of a
 * statement end one (ON CONFLICT ROLLBACK, a full disk). */
TERN_API tern_status tern_session_in_transaction(tern_session* session, int* out);

/* A statement for tern_query() on the session's thread; not for tern_batch(). */
TERN_API tern_status tern_session_prepare(tern_session* session, const char* sql, size_t sql_len, tern_statement** out);

/* ---- Statement ---- */

/* Prepares the one statement in `sql`; keeps a copy of the text.
 *
 * Fails with TERN_SQL_ERROR, and the place, when it does not compile, when there is none, or when a
 * second one follows. */
TERN_API tern_status tern_prepare(tern_database* db, const char* sql, size_t sql_len, tern_statement** out);

/* Frees a statement. No other thread may be running it; its results stay valid. NULL is fine. */
TERN_API void tern_statement_free(tern_statement* statement /* or NULL */);

/* Runs a statement with `count` parameters, ?1 first. A reading one is answered by the first tier
 * that can, and never stale, unless its policy asks for that. A writing one runs in a transaction of its own; when this
 * returns it is committed, and visible to every later read in every process.
 *
 * Fails with TERN_MISUSE: too many or too few parameters (the message has both numbers), or a
 * tern_value that is none; TERN_CONSTRAINT, TERN_BUSY, TERN_LIMIT, TERN_SQL_ERROR, TERN_IO,
 * TERN_FULL, TERN_READ_ONLY, TERN_CORRUPT. */
TERN_API tern_status tern_query(tern_statement* statement, const tern_value* params /* or NULL where count is 0 */,
                                size_t count, tern_result** out);

/* What is known of a statement before it runs. The caller sets `size`, and the rest is filled in. */
typedef struct tern_statement_info {
  size_t size;         /* sizeof(tern_statement_info) */
  size_t parameters;   /* how many values a call of it takes: the number of the last one */
  size_t columns;      /* of its result; 0: it returns no rows */
  uint32_t reads_only; /* 1: it changes nothing, and may be answered by any tier; 0: a write, or a PRAGMA */
  uint32_t reserved;
} tern_statement_info;

/* Columns are those of the schema under which this process met the text for the first time: after a
 * change of the schema another number of them, with other names, may come ("SELECT *"), and the
 * result says which. Runs nothing, takes no lock. TERN_MISUSE for a `size` that is too small. */
TERN_API tern_status tern_statement_describe(const tern_statement* statement, tern_statement_info* out);

/* The name of a column, and of a parameter with the ":", "@", "$" or "?" that it begins with, both
 * counted from 0; ends with NUL, and borrows from the statement. NULL past the end, and for a
 * parameter that is a "?" alone, or a number that the text leaves out. */
TERN_API const char* tern_statement_column(const tern_statement* statement, size_t column);
TERN_API const char* tern_statement_parameter(const tern_statement* statement, size_t parameter);

/* ---- Result ----
 * The whole result of a statement, immutable. While it is held its bytes stay in memory, so hold it
 * for the work at hand and copy out what must live longer. No function here blocks, allocates or
 * calls the system. */

TERN_API size_t tern_result_rows(const tern_result* result);
TERN_API size_t tern_result_columns(const tern_result* result);

/* The name of a column, ending with NUL; borrows. NULL for a column that is not there. */
TERN_API const char* tern_result_column(const tern_result* result, size_t column);

/* The value at a row and a column, both counted from 0; text and blob borrow. TERN_MISUSE past the
 * end. */
TERN_API tern_status tern_result_value(const tern_result* result, size_t row, size_t column, tern_value* out);

/* Rows that a writing statement inserted, updated or deleted, and the newest rowid; 0 for reads. */
TERN_API int64_t tern_result_changes(const tern_result* result);
TERN_API int64_t tern_result_last_row_id(const tern_result* result);

/* Which tier answered: TERN_HOT, TERN_STORE or TERN_SQL. */
TERN_API int tern_result_source(const tern_result* result);

/* Frees a result, and with it all that it gave out. NULL is fine. */
TERN_API void tern_result_free(tern_result* result /* or NULL */);

#ifdef __cplusplus
}
#endif

#include <tern/tern_compute.h>     /* values that the host computes */
#include <tern/tern_kv.h>          /* KV namespaces */
#include <tern/tern_packed.h>      /* calls across a language border */
#include <tern/tern_policy.h>      /* policies, invalidation by hand */
#include <tern/tern_queue.h>       /* writes that nobody waits for */
#include <tern/tern_transaction.h> /* several statements, all or nothing */

#endif /* TERN_TERN_H_ */
