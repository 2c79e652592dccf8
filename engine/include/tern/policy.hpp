// What a statement may do with its cached answers other than the default: return nothing but fresh ones, and keep
// whatever can be kept.
//
// Each policy is asked for: by statement (Database::prepare), or for all that are prepared without one of their own
// (Options::policy). Statements of one text with different policies are different statements; their entries are apart
// where a policy shapes them (ttl, ttl_jitter, tags) and shared otherwise. A stale answer is only ever given to a
// statement that asked for it, and says so: Rows::freshness(). Policies are for statements that read; a session has
// none, since it reads past the cache.
//
// Times are of a clock that goes on while the machine sleeps and is not set back. kMaxPolicyTime is the longest.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tern/export.hpp"

namespace tern {

struct Policy {
  // An upper bound on the age of an answer, even if nothing it hangs on has changed: for answers that hang on something
  // outside of the database. 0: none. Each entry gets up to the share `ttl_jitter` (0 to 1) less, so that what was
  // filled together does not expire together.
  std::chrono::milliseconds ttl{0};
  double ttl_jitter = 0.1;

  // An answer that has become void, or has expired, at most so long ago is returned all the same, as stale, while one
  // thread of the engine fetches a new one. 0: never.
  std::chrono::milliseconds stale_while_revalidate{0};

  // The same where SQLite cannot answer: busy, an I/O error, a full disk, a damaged file, no memory. Other errors (of
  // the SQL, of the call) are errors. 0: never.
  std::chrono::milliseconds stale_if_error{0};

  // A hit on an entry that expires within this time has a new one fetched meanwhile. Needs a ttl, and is shorter. 0:
  // never.
  std::chrono::milliseconds refresh_ahead{0};

  // Whether answers without a row are cached: they are kept as coherent as others.
  bool negative_caching = true;

  // Admission, what is worth keeping: only what takes no more bytes than this (0: Options::max_entry_bytes alone), what
  // SQLite needed at least so long for, and, with `second_time`, what has been asked for before not too long ago.
  uint64_t admit_max_bytes = 0;
  std::chrono::nanoseconds admit_min_cost{0};
  bool admit_second_time = false;

  // Its entries are not evicted from the hot tier while they are true, as long as those that are pinned take at most a
  // quarter of it; past that they are entries like others.
  bool pin = false;

  // What Database::invalidate_tag() calls its answers by, at most kMaxTags, each of 1 to kMaxTagBytes bytes.
  std::vector<std::string> tags = {};

  friend bool operator==(const Policy&, const Policy&) = default;
};

inline constexpr size_t kMaxTags = 16;
inline constexpr size_t kMaxTagBytes = 256;
inline constexpr std::chrono::milliseconds kMaxPolicyTime{int64_t{366} * 24 * 3600 * 1000};

}  // namespace tern
