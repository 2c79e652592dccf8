/* Policies for C: what a statement may do with its cached answers other than returning fresh ones
 * alone, each by opt-in; and invalidation by hand. tern.h includes this, and its conventions hold
 * here.
 *
 *   tern_policy board = {.size = sizeof board, .stale_while_revalidate_ms = 5000};
 *   tern_prepare_with(db, sql, sql_len, &board, &statement);
 *   tern_query(statement, NULL, 0, &result);
 *   if (tern_result_stale(result, &age_ms) != 0) printf("as of %lld ms ago\n", (long long)age_ms);
 *
 * Without a policy no answer is ever stale. tern/policy.hpp says of each what it promises and what
 * it costs.
 */
#ifndef TERN_TERN_POLICY_H_
#define TERN_TERN_POLICY_H_

#include <tern/tern.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Policies ---- */

/* Flags of tern_policy. */
enum {
  TERN_NO_TTL_JITTER = 1 << 0,       /* all of the ttl; ttl_jitter_permille must be 0 */
  TERN_NO_NEGATIVE_CACHING = 1 << 1, /* an answer without a row is not cached */
  TERN_ADMIT_SECOND_TIME = 1 << 2,   /* cached only if it has been asked for before */
  TERN_PIN = 1 << 3                  /* stays in memory while it is true, up to a quarter of the tier */
};

/* Of one statement, or in tern_options of all that have none of their own. Times are at most 366
 * days. */
struct tern_policy {
  size_t size;                       /* sizeof(tern_policy) */
  int64_t ttl_ms;                    /* no answer is older, even if nothing has changed */
  int64_t stale_while_revalidate_ms; /* an old one is returned meanwhile, if it was true so long ago */
  int64_t stale_if_error_ms;         /* or if SQLite cannot answer */
  int64_t refresh_ahead_ms;          /* a hit so near the end of the ttl has a new one fetched */
  uint64_t admit_max_bytes;          /* a larger answer is not cached */
  uint64_t admit_min_cost_ns;        /* nor one that took less time */
  const char* const* tags;           /* or NULL; each ends with NUL. Copied. */
  size_t tag_count;                  /* at most 16 */
  uint32_t ttl_jitter_permille;      /* up to so much less of the ttl; default 100 */
  uint32_t flags;                    /* TERN_NO_TTL_JITTER | ... */
};

/* tern_prepare() with a policy of its own; NULL: that of tern_options. Fails with TERN_MISUSE for a
 * policy that contradicts itself, or a statement that does not read; TERN_UNSUPPORTED for what this
 * version does not know. */
TERN_API tern_status tern_prepare_with(tern_database* db, const char* sql, size_t sql_len,
                                       const tern_policy* policy /* or NULL */, tern_statement** out);

/* tern_query(); `flags` say what this call asks for: TERN_BYPASS, TERN_ONLY_HOT, or 0 for nothing.
 *
 * Fails with what tern_query() fails with, TERN_WOULD_BLOCK (TERN_ONLY_HOT), TERN_MISUSE for both
 * flags at once, and TERN_UNSUPPORTED for a flag that this version does not know. */
TERN_API tern_status tern_query_with(tern_statement* statement, const tern_value* params /* or NULL where count is 0 */,
                                     size_t count, uint32_t flags, tern_result** out);

/* Why an answer is stale. */
enum { TERN_STALE_REVALIDATING = 1, TERN_STALE_ERROR = 2 };

/* Whether an answer is fresh: no commit that was acknowledged before the call is missing from it.
 * Returns 0 if so, which it always is without a policy that asks for something else; otherwise why
 * it is not, and `*age_ms` is how long ago, at most, it was. */
TERN_API int tern_result_stale(const tern_result* result, int64_t* age_ms /* or NULL */);

/* ---- Invalidation by hand ---- */

/* Voids every answer of the kind that any process has cached or begun to fetch, at the cost of a few
 * stores; none of them is served stale after that. `tag`: of statements with that tag in their
 * policy. `table`: of statements that read that table. `statement`: its own, whatever the
 * parameters, which are those of its text with its ttl and tags; not of a session's.
 *
 * Fails with TERN_BUSY, and nothing is voided, when another process was stopped in the middle of a
 * publication; TERN_MISUSE for a tag that cannot be one, a view, or a session's statement;
 * TERN_NOT_FOUND for no table. */
TERN_API tern_status tern_invalidate_tag(tern_database* db, const char* tag, size_t tag_len);
TERN_API tern_status tern_invalidate_table(tern_database* db, const char* table, size_t table_len);
TERN_API tern_status tern_invalidate_statement(tern_statement* statement);
TERN_API tern_status tern_invalidate_all(tern_database* db);

#ifdef __cplusplus
}
#endif

#endif /* TERN_TERN_POLICY_H_ */
