/* Queued writes, for C: a call copies the write and returns at once, a thread of this library does it,
 * and a function of the program is told how it went. So an event loop never waits for another writer,
 * nor for the disk. tern.h includes this, and its conventions hold here.
 *
 *   tern_queue_options drained = {.size = sizeof drained, .flags = TERN_QUEUE_DRAINED};
 *   tern_queue_open(db, &drained, &queue);
 *   watch_for_reading(loop, tern_queue_fd(queue));
 *   ...
 *   status = tern_queue_query(queue, insert, params, params_len, written, request);   // never waits
 *   ...                                                                               // the loop goes on
 *   tern_queue_drain(queue, 0, NULL);               // when the descriptor is readable: calls written(request, …)
 *
 * Acknowledgement. That a call returned TERN_OK says that the write is in the queue, and no more: a
 * process that is killed takes with it what had not completed, and of what was under way it is not
 * known. A write is done when its function is told TERN_OK: it is then as durable, and as visible to
 * every later read in every process, as after the call that waits (tern_query(), tern_kv_put(), …).
 *
 * Order. The writes of a queue are done one after the other, in the order in which they were put in
 * it, and completed in that order; so those that one thread puts in stay in its order. One that fails
 * fails alone, and those behind it are done all the same: what must not be done without the other
 * belongs into one batch. Between queues, and between a queue and calls that wait, there is no order.
 *
 * Commits. What waits together is committed together: statements and batches that follow one another
 * share a commit as those of many threads do, and so do puts, and deletes, of one KV namespace that
 * follow one another. While a commit waits for the disk, the next ones gather.
 *
 * Bounds. A write keeps its place from the call until its function has returned; when all places, or
 * all bytes, are taken, the call is TERN_WOULD_BLOCK, and nothing was queued: let some complete first.
 *
 * Completion. Each write's function is called exactly once, also for one that fails; NULL for the
 * function: nobody is told. It is called by a thread of this library, or, with TERN_QUEUE_DRAINED, by
 * tern_queue_drain() on whatever thread calls that. It may call this library, also to put further
 * writes into the queue, but for tern_queue_flush() and tern_queue_close(), which would wait for
 * themselves. While it runs on a thread of this library nothing else of the queue is done, so let it
 * pass the news on and return. It must not throw, nor leave by longjmp().
 *
 * Threads. All functions but tern_queue_close() may be called by many threads at once.
 */
#ifndef TERN_TERN_QUEUE_H_
#define TERN_TERN_QUEUE_H_

#include <tern/tern.h>
#include <tern/tern_kv.h>
#include <tern/tern_packed.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tern_queue tern_queue;

/* Flags of tern_queue_options. */
enum {
  TERN_QUEUE_DRAINED = 1 << 0 /* completions wait for tern_queue_drain() */
};

typedef struct tern_queue_options {
  size_t size;         /* sizeof(tern_queue_options) */
  uint32_t max_writes; /* places in the queue; default 1,024 */
  uint32_t flags;      /* TERN_QUEUE_DRAINED */
  uint64_t max_bytes;  /* of the parameters, keys and values in it; default 16 MiB */
} tern_queue_options;

/* How a write went. Lent for the call of its function. */
typedef struct tern_outcome {
  size_t size; /* of this struct, as the library knows it */
  tern_status status;
  uint32_t reserved;
  const char* message; /* what tern_last_error() would say; "" for TERN_OK */
  /* Of a statement one, of a batch one for each call; 0 of them for a KV write, or after a failure. They
   * are freed when the function returns; it keeps one by putting NULL into its place, and then frees it
   * itself. */
  tern_result** results;
  size_t result_count;
} tern_outcome;

typedef void (*tern_done)(void* user_data, tern_outcome* outcome);

/* Opens a queue, with a thread of its own; any number of them may be open. Close it with
 * tern_queue_close(); it counts in tern_close() until then.
 *
 * Fails with TERN_READ_ONLY for a database that cannot be written; TERN_NO_MEMORY and TERN_IO when
 * there is no thread or no descriptor to be had; TERN_UNSUPPORTED for an option that this version does
 * not know. */
TERN_API tern_status tern_queue_open(tern_database* db, const tern_queue_options* options /* or NULL */,
                                     tern_queue** out);

/* Does what is in the queue, calls all functions that have not been called (in the way of
 * TERN_QUEUE_DRAINED: on this thread), and frees the queue. Other threads must not use it any more.
 * NULL is fine. In the child of a fork() it does nothing.
 *
 * Fails with TERN_MISUSE within a function of the queue, and the handle stays good. */
TERN_API tern_status tern_queue_close(tern_queue* queue /* or NULL */);

/* ---- Putting writes in ----
 * Each copies what it is given, the statement and the namespace too: they may be freed at once. None
 * waits or calls the system, but to wake the queue's thread.
 *
 * Each fails with TERN_WOULD_BLOCK when the queue is full; TERN_LIMIT for a write that has more bytes
 * than the queue may ever hold; TERN_MISUSE for a statement or namespace of another database handle;
 * TERN_NO_MEMORY, TERN_IO (the files were replaced); and with what can be told without doing the
 * write: TERN_MISUSE for wrong parameters, TERN_LIMIT for a key or value beyond its bound. The function
 * is not called then. */

/* tern_query() of a statement that writes, with packed parameters (tern_packed.h). One that only reads
 * is TERN_MISUSE. */
TERN_API tern_status tern_queue_query(tern_queue* queue, tern_statement* statement, const void* params /* or NULL */,
                                      size_t params_len, tern_done done /* or NULL */, void* user_data /* or NULL */);

/* tern_batch_packed(): all or nothing. A `count` of 0 is TERN_MISUSE. */
TERN_API tern_status tern_queue_batch(tern_queue* queue, const tern_packed_call* calls, size_t count,
                                      tern_done done /* or NULL */, void* user_data /* or NULL */);

/* tern_kv_put() and tern_kv_delete(). A ttl begins when the value is written. expires_at_ms must be
 * after now when it is put in; where it has passed when its turn comes, the key has no value then. */
TERN_API tern_status tern_queue_kv_put(tern_queue* queue, tern_kv* kv, const void* key, size_t key_len,
                                       const void* value /* or NULL */, size_t len,
                                       const tern_kv_put_options* options /* or NULL */, tern_done done /* or NULL */,
                                       void* user_data /* or NULL */);
TERN_API tern_status tern_queue_kv_delete(tern_queue* queue, tern_kv* kv, const void* key, size_t key_len,
                                          tern_done done /* or NULL */, void* user_data /* or NULL */);

/* ---- Completions ---- */

/* For TERN_QUEUE_DRAINED: a descriptor (an eventfd) that is readable while there is something to drain,
 * for poll() and its kin; read it with tern_queue_drain() alone. Valid until the queue is closed. -1,
 * and TERN_MISUSE as the last error's, for a queue without the flag. */
TERN_API int tern_queue_fd(tern_queue* queue);

/* Calls the functions of at most `max` writes that have completed (0: of all), in order; `*drained` is
 * how many. Does not wait. TERN_MISUSE for a queue without TERN_QUEUE_DRAINED. */
TERN_API tern_status tern_queue_drain(tern_queue* queue, size_t max, size_t* drained /* or NULL */);

/* Waits until all that was in the queue when this was called has been done, and, without
 * TERN_QUEUE_DRAINED, its functions have returned.
 *
 * Fails with TERN_BUSY after `timeout_ms`; negative: never. TERN_MISUSE within a function of the
 * queue. */
TERN_API tern_status tern_queue_flush(tern_queue* queue, int64_t timeout_ms);

#ifdef __cplusplus
}
#endif

#endif /* TERN_TERN_QUEUE_H_ */
