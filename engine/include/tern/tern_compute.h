/* Values that a program computes from a database, for C: kept until a row that they were made from
 * changes. tern.h includes this, and its conventions hold here.
 *
 *   static tern_status page_of(void *user_data, tern_computation *computation) {
 *     struct request *request = user_data;
 *     tern_result *places;
 *     tern_status status = tern_query(request->by_region, &request->region, 1, &places);
 *     if (status != TERN_OK) return status;
 *     status = write_html(places, computation);    // calls tern_computation_append() row by row
 *     tern_result_free(places);
 *     return status;
 *   }
 *
 *   tern_get_or_compute(db, key, key_len, NULL, page_of, &request, &page);
 *   send(socket, tern_computed_data(page, &len), len, 0);
 *   tern_computed_free(page);
 *
 * What the value hangs on is collected while the function runs: whatever it reads of `db` on its
 * thread, by whatever function of this library. The value is void as soon as anybody, in any process,
 * commits a change to what it was made from, and is computed anew by who asks next.
 *
 * The function's part. Given the same answers it must give the same value; what else it reads nobody
 * sees: put that into the key, or give the value a ttl. That goes for its code, too: values outlive
 * the process in the store, and are shared by the processes of the database, so begin a key with a
 * name and a version. A value is not kept where what it was made from cannot be tied to the database:
 * tern_computed_why_not_cached() says so. tern/compute.hpp has the whole contract.
 *
 * Calls. The function is called on the thread that asks, at most once, before tern_get_or_compute()
 * returns; for a hit, or for a value that another thread has computed meanwhile, it is not called. It
 * may use `db` as anybody may, and ask for other keys, whose values are then part of its own. It must
 * not close `db`, and must return: no longjmp(). An exception of C++ that it throws ends in
 * tern_get_or_compute(), as TERN_INTERNAL and its what().
 */
#ifndef TERN_TERN_COMPUTE_H_
#define TERN_TERN_COMPUTE_H_

#include <tern/tern.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tern_computation tern_computation;           /* a value that is being computed */
typedef struct tern_computation_part tern_computation_part; /* a thread's part in that */
typedef struct tern_computed tern_computed;                 /* a value, pinned */

/* What tern_computed_source() says beside TERN_HOT and TERN_STORE: the function has run, here or on a
 * thread that was waited for. */
enum { TERN_COMPUTED = 4 };

/* The most that a key can have. */
enum { TERN_COMPUTED_KEY_BYTES = 65536 };

/* Flags of tern_compute_options. */
enum {
  TERN_NO_PATIENCE = 1 << 0 /* computes at once, whoever does so already; patience_ms must be 0 */
};

typedef struct tern_compute_options {
  size_t size;         /* sizeof(tern_compute_options) */
  int64_t ttl_ms;      /* the value is used for so long from the beginning of its computing at most; 0: no bound */
  int64_t patience_ms; /* how long to wait for another thread that computes it; default 10,000 */
  uint32_t flags;      /* TERN_NO_PATIENCE */
  uint32_t reserved;   /* 0 */
} tern_compute_options;

/* Gives its value by tern_computation_append(), and returns TERN_OK. Anything else ends the computing
 * for its own caller alone: nothing is kept, and tern_get_or_compute() returns the same status. The
 * message of tern_last_error() is then that of the last call that failed in the function, or what it
 * gave to tern_computation_fail(). */
typedef tern_status (*tern_compute_function)(void* user_data, tern_computation* computation);

/* The value of a key: kept, as long as it is what `compute` would give now, or else computed, once
 * for all threads that ask meanwhile. A key is any bytes, none at all included; all keys of a
 * database are one namespace. Free the value with tern_computed_free().
 *
 * Fails with what `compute` fails with; with TERN_LIMIT for a longer key, or a value of more than
 * 2 GiB; with TERN_MISUSE where the function of a key asks for the same key, options contradict one
 * another, `compute` returns what is no tern_status, or this is called by a function of tern_create_function(); with
 * TERN_UNSUPPORTED for an option that this version does not know. */
TERN_API tern_status tern_get_or_compute(tern_database* db, const void* key /* or NULL where key_len is 0 */,
                                         size_t key_len, const tern_compute_options* options /* or NULL */,
                                         tern_compute_function compute, void* user_data /* or NULL */,
                                         tern_computed** out);

/* ---- While computing ----
 * A tern_computation is good until its function returns. These may be called by all threads that take
 * part, tern_computation_append() by one at a time. */

/* Copies `len` bytes behind what the value has so far; without any call the value is empty.
 *
 * Fails with TERN_LIMIT past 2 GiB, or TERN_NO_MEMORY; the value is then lost, and
 * tern_get_or_compute() fails likewise, whatever its function returns. */
TERN_API tern_status tern_computation_append(tern_computation* computation,
                                             const void* data /* or NULL where len is 0 */, size_t len);

/* Makes `message` this thread's tern_last_error(), and returns `status`, for the function to return.
 * TERN_OK is no failure: TERN_MISUSE. */
TERN_API tern_status tern_computation_fail(tern_computation* computation, tern_status status, const char* message,
                                           size_t message_len);

/* The value hangs on more than the function reads: on the answer of a query, which is run for it; on
 * a whole table, whose pages are read for it (a virtual one: on any commit); on a tag, so that
 * tern_invalidate_tag() voids it. Fails as tern_query() does; with TERN_SQL_ERROR for no table, and TERN_MISUSE
 * for a tag that cannot be one. */
TERN_API tern_status tern_computation_depend_on(tern_computation* computation, tern_statement* statement,
                                                const tern_value* params /* or NULL where count is 0 */, size_t count);
TERN_API tern_status tern_computation_depend_on_table(tern_computation* computation, const char* table,
                                                      size_t table_len);
TERN_API tern_status tern_computation_depend_on_tag(tern_computation* computation, const char* tag, size_t tag_len);

/* Keeps the value out of the cache, since what it hangs on cannot be told; the first reason counts. */
TERN_API tern_status tern_computation_do_not_cache(tern_computation* computation, const char* why, size_t why_len);

/* Keeps it for so long from now on at most. The least that was asked for counts. */
TERN_API tern_status tern_computation_expire_in(tern_computation* computation, int64_t ttl_ms);

/* What a thread that the function has started reads is part of the value from tern_computation_enter()
 * to tern_computation_leave(), which that thread calls, before the function returns. Nests. */
TERN_API tern_status tern_computation_enter(tern_computation* computation, tern_computation_part** out);
TERN_API void tern_computation_leave(tern_computation_part* part /* or NULL */);

/* ---- A value ----
 * Immutable; it may be read by many threads, and outlives the database. While it is held its bytes
 * stay in memory, so hold it for the work at hand. It does not count in tern_close(). */

/* The bytes, which borrow from it, and are aligned to nothing; never NULL. */
TERN_API const void* tern_computed_data(const tern_computed* computed, size_t* len);

/* TERN_HOT, TERN_STORE or TERN_COMPUTED. */
TERN_API int tern_computed_source(const tern_computed* computed);

/* As tern_result_stale() says it of a result: not 0 only where an answer that it was made from was
 * stale, as the policy of its statement allows. Such a value is not kept. */
TERN_API int tern_computed_stale(const tern_computed* computed, int64_t* age_ms /* or NULL */);

/* Why no tier keeps the value; borrows, ends with NUL. NULL, and a length of 0, if one does. */
TERN_API const char* tern_computed_why_not_cached(const tern_computed* computed, size_t* len /* or NULL */);

TERN_API void tern_computed_free(tern_computed* computed /* or NULL */);

#ifdef __cplusplus
}
#endif

#endif /* TERN_TERN_COMPUTE_H_ */
