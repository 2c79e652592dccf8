/* Calls across a language border, for C: parameters in as bytes, results out as bytes, so that a call
 * from Python, JavaScript, Java or Go costs one crossing, whatever it takes and returns. tern.h
 * includes this, and its conventions hold here. docs/formats.md ("Packed query") has the layouts.
 *
 *   // On the event loop: answered at once, or not at all.
 *   status = tern_query_packed_with(by_id, params, params_len, TERN_ONLY_HOT, buf, cap, &len);
 *   // TERN_WOULD_BLOCK: on a thread that may wait. Of whatever size, and run once.
 *   status = tern_query_pinned(by_id, params, params_len, 0, &result);
 *   rows = tern_result_body(result, &rows_len);
 *
 * Parameters are one behind the other: type:1, then nothing for NULL, 8 bytes for INTEGER and REAL,
 * length:4 and the bytes for TEXT and BLOB; all little-endian.
 */
#ifndef TERN_TERN_PACKED_H_
#define TERN_TERN_PACKED_H_

#include <tern/tern.h>

#ifdef __cplusplus
extern "C" {
#endif

/* tern_query() in one call, without an allocation where the answer is hot. `buf` gets changes:8,
 * last_row_id:8, source:8 (TERN_HOT, …; more in its upper bytes where a policy gave a stale answer),
 * and the rows; align it to 8 bytes to read the numbers in place. `*len` is what was written. A write
 * without RETURNING needs 26 bytes of room; one that returns rows is TERN_MISUSE: tern_query_pinned()
 * takes it.
 *
 * Fails with what tern_query() fails with, with TERN_MISUSE where `params` are no such values, and
 * with TERN_LIMIT where `cap` is too small: `*len` then says what is needed, and nothing was
 * written, neither to `buf` nor to the database. By the next call the answer may have become
 * larger again. */
TERN_API tern_status tern_query_packed(tern_statement* statement, const void* params /* or NULL */, size_t params_len,
                                       void* buf /* or NULL */, size_t cap, size_t* len);

/* The same; `flags` say what this call asks for: TERN_BYPASS, TERN_ONLY_HOT, or 0 for nothing.
 *
 * Fails also with TERN_WOULD_BLOCK (TERN_ONLY_HOT; `*len` is 0 then), TERN_MISUSE for both flags at
 * once, and TERN_UNSUPPORTED for a flag that this version does not know. */
TERN_API tern_status tern_query_packed_with(tern_statement* statement, const void* params /* or NULL */,
                                            size_t params_len, uint32_t flags, void* buf /* or NULL */, size_t cap,
                                            size_t* len);

/* tern_query_with() with packed parameters: the result as a handle, of any size, and of any
 * statement. Fails with what tern_query_packed_with() fails with, but TERN_LIMIT for a buffer. */
TERN_API tern_status tern_query_pinned(tern_statement* statement, const void* params /* or NULL */, size_t params_len,
                                       uint32_t flags, tern_result** out);

/* The rows of a result, all in one piece, as tern_query_packed() writes them behind its 24 bytes;
 * borrows, and is aligned to nothing. Never NULL but for a NULL `result` or `len`. Does not block,
 * allocate or call the system. */
TERN_API const void* tern_result_body(const tern_result* result, size_t* len);

/* One statement of tern_batch_packed() with its parameters, lent for the call; fixed for ever. */
typedef struct tern_packed_call {
  tern_statement* statement;
  const void* params; /* or NULL where params_len is 0 */
  size_t params_len;
} tern_packed_call;

/* tern_batch() with packed parameters, which see. */
TERN_API tern_status tern_batch_packed(tern_database* db, const tern_packed_call* calls, size_t count,
                                       tern_result** outs);

#ifdef __cplusplus
}
#endif

#endif /* TERN_TERN_PACKED_H_ */
