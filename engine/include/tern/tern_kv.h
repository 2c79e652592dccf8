/* KV namespaces for C: keys and values of any bytes, durable, with time to live and metadata, read
 * at the price of a hash map. tern.h includes this, and its conventions hold here.
 *
 *   tern_kv *sessions;
 *   char token[64];
 *   size_t len;
 *   tern_kv_put_options hour = {.size = sizeof hour, .ttl_ms = 3600000};
 *   tern_kv_open(db, "sessions", &sessions);
 *   tern_kv_put(sessions, "s1", 2, "abc", 3, &hour);
 *   tern_kv_get(sessions, "s1", 2, token, sizeof token, &len, NULL);
 *
 * The promise. Linearizable: a read that starts after a write was acknowledged, in any thread of
 * any process on this machine, sees it or a later one. A write is acknowledged when it is durable;
 * a process that is killed at any instruction leaves each write done or not done, never half. What
 * has expired is never given out, to the millisecond.
 *
 * Where it is. In a store of its own beside the database, app.db-tern/kv/: not part of SQL
 * transactions, nor of app.db.
 *
 * Threads. A tern_kv may be used by many threads at once, a tern_kv_value or tern_kv_page may be
 * read by many at once. One thread frees a handle, while no other uses it.
 *
 * Units. Lengths are in bytes, times in milliseconds, moments in milliseconds since 1970.
 *
 * Errors. Every function fails with TERN_LIMIT for a key, value, metadata, time or name beyond its
 * bound (docs/limits.md), naming it, and with TERN_MISUSE for a NULL that may not be one, options
 * that contradict one another, and a handle after fork(). A read fails with TERN_IO or TERN_CORRUPT
 * where the store cannot be read. A write fails with TERN_BUSY when another process held the store
 * for longer than the busy timeout, and TERN_FULL, TERN_READ_ONLY or TERN_IO; each is all or
 * nothing, unless its description says otherwise. After TERN_IO or TERN_FULL a write is not known
 * to be durable, and reads say whether it was done. What is given out through a pointer is set only
 * on success, unless its description says otherwise; handles are NULL after a failure.
 */
#ifndef TERN_TERN_KV_H_
#define TERN_TERN_KV_H_

#include <tern/tern.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tern_kv tern_kv;             /* a namespace */
typedef struct tern_kv_value tern_kv_value; /* a value, pinned */
typedef struct tern_kv_page tern_kv_page;   /* a page of a listing */

/* Which bounds keys, values and times are held to. */
enum {
  TERN_KV_NATIVE = 0, /* keys of 1 to 2,048 bytes, values to 256 MiB, any ttl from 1 ms */
  TERN_KV_WORKERS = 1 /* Workers KV's: keys to 512 bytes, not "." or "..", values to 25 MiB, ttl from 60 s,
                       * metadata is JSON */
};

/* The most that metadata can have. */
enum { TERN_KV_METADATA_BYTES = 1024 };

typedef struct tern_kv_options {
  size_t size;       /* sizeof(tern_kv_options) */
  uint32_t limits;   /* TERN_KV_NATIVE, … */
  uint32_t reserved; /* 0 */
} tern_kv_options;

/* When a value expires: ttl_ms from now, or at expires_at_ms, which must be after now; not both.
 * Without either it stays until it is deleted. */
typedef struct tern_kv_put_options {
  size_t size; /* sizeof(tern_kv_put_options) */
  int64_t ttl_ms;
  int64_t expires_at_ms;
  /* Kept as it is; NULL where metadata_len is 0. JSON (RFC 8259) by convention: under TERN_KV_WORKERS
   * anything else is TERN_MISUSE, and the message says where. */
  const char* metadata;
  size_t metadata_len;
} tern_kv_put_options;

/* What is known of a value beside its bytes. The caller sets `size`, and the rest is filled in. */
typedef struct tern_kv_info {
  size_t size;           /* sizeof(tern_kv_info) */
  int64_t expires_at_ms; /* 0: never */
  uint64_t version;      /* another one with every write of the key, never 0 */
  int32_t source;        /* TERN_HOT or TERN_STORE */
  uint32_t reserved;
  size_t metadata_len;
  char metadata[TERN_KV_METADATA_BYTES]; /* its first metadata_len bytes; what is behind is left as it was */
} tern_kv_info;

/* A key that is lent for a call; fixed for ever. */
typedef struct tern_kv_name {
  const void* data;
  size_t len;
} tern_kv_name;

/* One put of tern_kv_put_many(), lent for the call; fixed for ever. */
typedef struct tern_kv_item {
  tern_kv_name key;
  const void* value; /* or NULL where len is 0 */
  size_t len;
  const tern_kv_put_options* options; /* or NULL */
} tern_kv_item;

/* ---- Namespaces ---- */

/* Opens the namespace of that name, 1 to 255 bytes, and makes it if there is none. The store itself
 * is opened with the first one. It keeps the database open; free it with tern_kv_free().
 *
 * Fails with TERN_LIMIT for the name; TERN_CORRUPT if the store is damaged or of a version that is
 * not known, TERN_READ_ONLY, TERN_IO, TERN_FULL, TERN_BUSY; TERN_UNSUPPORTED for an option that this
 * version does not know. */
TERN_API tern_status tern_kv_open(tern_database* db, const char* name, tern_kv** out);
TERN_API tern_status tern_kv_open_with(tern_database* db, const char* name,
                                       const tern_kv_options* options /* or NULL */, tern_kv** out);

/* Values and pages stay valid. NULL is fine. */
TERN_API void tern_kv_free(tern_kv* kv /* or NULL */);

/* The names of all namespaces, in the order of their bytes: a page that is complete, and whose keys
 * have a name and nothing else. Fails as tern_kv_open() does. */
TERN_API tern_status tern_kv_namespaces(tern_database* db, tern_kv_page** out);

/* ---- Reading ---- */

/* Copies the value of a key to `buf`; `*len` is its length. No allocation, no lock and no system
 * call if it is hot. `buf` may be NULL where `cap` is 0.
 *
 * Fails with TERN_NOT_FOUND if there is no such key, or it has expired; `*len` is 0 then. Fails with
 * TERN_LIMIT if `cap` is too small: `*len` then says what is needed, `info` is filled in, and
 * nothing is copied. By the next call the value may have become longer. (After any other failure
 * `*len` is 0.) */
TERN_API tern_status tern_kv_get(tern_kv* kv, const void* key, size_t key_len, void* buf /* or NULL */, size_t cap,
                                 size_t* len, tern_kv_info* info /* or NULL */);

/* tern_kv_get(); `flags` say what this call asks for: TERN_ONLY_HOT, or 0 for nothing.
 *
 * Fails with what tern_kv_get() fails with; with TERN_WOULD_BLOCK where the hot tier does not know
 * what the key holds (that there is none it may know: TERN_NOT_FOUND); with TERN_UNSUPPORTED for
 * another flag. */
TERN_API tern_status tern_kv_get_with(tern_kv* kv, const void* key, size_t key_len, uint32_t flags,
                                      void* buf /* or NULL */, size_t cap, size_t* len,
                                      tern_kv_info* info /* or NULL */);

/* The value without a copy: pinned, so that it neither moves nor changes until it is freed, whatever
 * becomes of the key. Hold it for the work at hand. It keeps memory of the hot tier, or, from 32 KiB
 * on, a snapshot of the store and the database open: while that is held the store uses no page
 * again, and grows by what is written ("pages_held" of tern_stats()). Past 64 of those, further
 * ones are copies. Does not count in tern_close().
 *
 * Fails with TERN_NOT_FOUND if there is no such key, or it has expired. */
TERN_API tern_status tern_kv_pin(tern_kv* kv, const void* key, size_t key_len, tern_kv_value** out);

/* Pins the values of many keys as of one moment: no write falls between two of them. outs[i] is
 * that of keys[i], or NULL where there is none. A `count` of 0 does nothing. After a failure all of
 * `outs` is NULL. */
TERN_API tern_status tern_kv_get_many(tern_kv* kv, const tern_kv_name* keys, size_t count, tern_kv_value** outs);

/* The bytes of a pinned value, which borrow from it, and are aligned to nothing; never NULL. */
TERN_API const void* tern_kv_value_data(const tern_kv_value* value, size_t* len);
TERN_API tern_status tern_kv_value_info(const tern_kv_value* value, tern_kv_info* out);
TERN_API void tern_kv_value_free(tern_kv_value* value /* or NULL */);

/* ---- Writing ---- */

/* Puts a value, whatever was there. `value` may be NULL where `len` is 0. */
TERN_API tern_status tern_kv_put(tern_kv* kv, const void* key, size_t key_len, const void* value /* or NULL */,
                                 size_t len, const tern_kv_put_options* options /* or NULL */);

/* Puts all or nothing, seen so by tern_kv_get_many() and tern_kv_list(). Of a key given twice the
 * last counts. They share one version. */
TERN_API tern_status tern_kv_put_many(tern_kv* kv, const tern_kv_item* items /* or NULL where count is 0 */,
                                      size_t count, uint64_t* version /* or NULL */);

/* Deletes a key. One that is not there is fine. */
TERN_API tern_status tern_kv_delete(tern_kv* kv, const void* key, size_t key_len);

/* Deletes all or nothing; `*deleted` is how many there were. */
TERN_API tern_status tern_kv_delete_many(tern_kv* kv, const tern_kv_name* keys /* or NULL where count is 0 */,
                                         size_t count, size_t* deleted /* or NULL */);

/* Deletes every key that begins with the prefix (of length 0: all), in batches, each all or nothing:
 * readers and writers go on in between, and a key put meanwhile may stay. After a failure the
 * batches before it stay deleted. `*deleted` is how many there were. */
TERN_API tern_status tern_kv_delete_prefix(tern_kv* kv, const void* prefix /* or NULL */, size_t prefix_len,
                                           uint64_t* deleted /* or NULL */);

/* Puts only if the key's version is `expected`; 0 means that there is no such key. `*version` is the
 * new version, or 0 if nothing was put since the version is another one, which is no failure. */
TERN_API tern_status tern_kv_put_if_version(tern_kv* kv, const void* key, size_t key_len, uint64_t expected,
                                            const void* value /* or NULL */, size_t len,
                                            const tern_kv_put_options* options /* or NULL */, uint64_t* version);

/* Deletes only if the key's version is `expected`. `*deleted` is 1, or 0 if it is another one. */
TERN_API tern_status tern_kv_delete_if_version(tern_kv* kv, const void* key, size_t key_len, uint64_t expected,
                                               int* deleted);

/* Adds to a value that is an integer in decimal, as text; `*sum` is the new one. A missing one
 * counts as 0, and is put with `options`; one that is there keeps its expiry and metadata.
 *
 * Fails with TERN_MISUSE if the value is no such integer, TERN_LIMIT if the sum does not fit into 64
 * bits. */
TERN_API tern_status tern_kv_increment(tern_kv* kv, const void* key, size_t key_len, int64_t by,
                                       const tern_kv_put_options* options /* or NULL */, int64_t* sum /* or NULL */);

/* Gives the key a new time to live, 0 for no end, and pins its value as tern_kv_pin() does.
 *
 * Fails with TERN_NOT_FOUND if there is no such key, or it has expired. */
TERN_API tern_status tern_kv_get_and_touch(tern_kv* kv, const void* key, size_t key_len, int64_t ttl_ms,
                                           tern_kv_value** out);

/* ---- Listing ---- */

typedef struct tern_kv_list_options {
  size_t size;        /* sizeof(tern_kv_list_options) */
  const void* prefix; /* keys that begin with it; NULL where prefix_len is 0 */
  size_t prefix_len;
  size_t limit;       /* 1 to 1,000; default 1,000 */
  const char* cursor; /* of the page before; NULL where cursor_len is 0: the first page */
  size_t cursor_len;
  const void* start; /* keys from this one on, itself included, there or not; NULL where start_len is 0 */
  size_t start_len;
} tern_kv_list_options;

/* One key of a page. Name and metadata borrow from it. The caller sets `size`. */
typedef struct tern_kv_key {
  size_t size; /* sizeof(tern_kv_key) */
  const char* name;
  size_t name_len;
  const char* metadata;
  size_t metadata_len;
  int64_t expires_at_ms; /* 0: never */
  uint64_t version;
} tern_kv_key;

/* A page of keys as of one moment, in the order of their bytes, which is that of UTF-8. Fewer than
 * `limit` may come, or none, though there are more, when many have expired on the way: the cursor
 * says whether there are.
 *
 * Fails with TERN_MISUSE for a cursor that is none. */
TERN_API tern_status tern_kv_list(tern_kv* kv, const tern_kv_list_options* options /* or NULL */, tern_kv_page** out);

TERN_API size_t tern_kv_page_count(const tern_kv_page* page);
/* Counted from 0. TERN_MISUSE past the end. */
TERN_API tern_status tern_kv_page_key(const tern_kv_page* page, size_t index, tern_kv_key* out);
/* For the next page: printable, ends with NUL, borrows. NULL, and a length of 0, if nothing comes
 * after this one. */
TERN_API const char* tern_kv_page_cursor(const tern_kv_page* page, size_t* len /* or NULL */);
TERN_API void tern_kv_page_free(tern_kv_page* page /* or NULL */);

#ifdef __cplusplus
}
#endif

#endif /* TERN_TERN_KV_H_ */
