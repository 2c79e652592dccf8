/* Write transactions for C: several statements, with the program's own decisions in between, that
 * become visible together or not at all. tern.h includes this, and its conventions hold here.
 *
 *   tern_transaction *tx;
 *   if (tern_begin(db, &tx) != TERN_OK) return;
 *   status = tern_transaction_query(tx, take, from, 2, &taken);
 *   if (status == TERN_OK) status = tern_transaction_query(tx, give, to, 2, &given);
 *   if (status == TERN_OK) status = tern_transaction_commit(tx);
 *   tern_transaction_free(tx);                                        // rolls back what was not committed
 *
 * For statements that are all known beforehand tern_batch() does the same in one call, and shares its
 * commit with others'.
 *
 * One at a time. A transaction is the only writer of its database, in all processes, from
 * tern_begin() until it ends: by commit, by rollback, or by tern_transaction_free(). Every other
 * write, and every other tern_begin(), waits for it, up to the busy timeout, and then fails with
 * TERN_BUSY; so keep it short. Reads go on, and do not see it until it has been committed.
 *
 * What it reads. tern_transaction_query() sees what the transaction wrote, and goes past the cache;
 * tern_query() of a statement that reads does not see it.
 *
 * Threads. A transaction belongs to the thread that began it: another one's call is TERN_MISUSE, and
 * so is, at once, another write or tern_begin() of that thread on the database, which would wait for
 * itself. A binding whose calls run on a pool of threads begins it with TERN_ANY_THREAD instead: its
 * calls may then come from any thread, one after the other (two at once are TERN_MISUSE), and it is
 * not known to which thread it belongs, so that another write of the same caller waits in vain, up to
 * the busy timeout. tern_transaction_free() may be called on any thread in both cases, so that a
 * garbage collector may.
 *
 * When a statement fails, what it did is undone, and the transaction stays open, and the caller
 * decides. A few failures undo all of it (ON CONFLICT ROLLBACK, RAISE(ROLLBACK), a full disk): every
 * later call is then TERN_MISUSE and says so.
 */
#ifndef TERN_TERN_TRANSACTION_H_
#define TERN_TERN_TRANSACTION_H_

#include <tern/tern.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Flags of tern_begin_with(). */
enum {
  TERN_ANY_THREAD = 1 << 0 /* its calls may come from any thread, one at a time */
};

/* Begins a transaction, when its turn has come. Free it with tern_transaction_free(); it counts in
 * tern_close() until then.
 *
 * Fails with TERN_BUSY when another writer of this or of another process did not end within the busy
 * timeout (and its retries); with TERN_MISUSE when this thread is in a transaction of this database
 * already, or in a function that was called by SQLite; TERN_READ_ONLY, TERN_IO, TERN_FULL; with
 * TERN_UNSUPPORTED for a flag that this version does not know. */
TERN_API tern_status tern_begin(tern_database* db, tern_transaction** out);
TERN_API tern_status tern_begin_with(tern_database* db, uint32_t flags, tern_transaction** out);

/* Runs a statement that was prepared on the same database, reading or writing.
 *
 * Fails with what tern_query() fails with, and with TERN_MISUSE for a transaction that has ended, or
 * another thread's, or a statement of another database or of a session. */
TERN_API tern_status tern_transaction_query(tern_transaction* transaction, tern_statement* statement,
                                            const tern_value* params /* or NULL where count is 0 */, size_t count,
                                            tern_result** out);

/* The same with packed parameters (tern_packed.h). */
TERN_API tern_status tern_transaction_query_pinned(tern_transaction* transaction, tern_statement* statement,
                                                   const void* params /* or NULL */, size_t params_len,
                                                   tern_result** out);

/* Runs every statement of a script, without parameters; stops at the first that fails, and what ran
 * before it stays part of the transaction. `statements_run` is set only on success. Fails with what
 * tern_exec() fails with. */
TERN_API tern_status tern_transaction_exec(tern_transaction* transaction, const char* sql, size_t sql_len,
                                           int64_t* statements_run /* or NULL */);

/* tern_prepare() with the schema as the transaction sees it: for tables that it has made itself. The
 * statement may be used elsewhere, and outlive it. */
TERN_API tern_status tern_transaction_prepare(tern_transaction* transaction, const char* sql, size_t sql_len,
                                              tern_statement** out);

/* Commits; when this returns TERN_OK, what was done is as durable, and as visible to every later read
 * in every process, as after any other write. After a failure all of it is undone: TERN_CONSTRAINT
 * for a deferred constraint, TERN_IO, TERN_FULL. Either way the transaction has ended, and the next
 * writer goes on; nothing but tern_transaction_free() may be done with it. */
TERN_API tern_status tern_transaction_commit(tern_transaction* transaction);

/* Undoes all of it, and ends it; TERN_OK also for one that a failed statement has undone already. It
 * has ended too where this fails with TERN_IO, since the files were replaced. */
TERN_API tern_status tern_transaction_rollback(tern_transaction* transaction);

/* Frees the handle, and rolls back if the transaction has not ended. No other thread may be using it.
 * NULL is fine. */
TERN_API void tern_transaction_free(tern_transaction* transaction /* or NULL */);

#ifdef __cplusplus
}
#endif

#endif /* TERN_TERN_TRANSACTION_H_ */
