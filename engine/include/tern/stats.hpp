// What the engine of one database has done in this process since it was opened, and what it holds.
//
// Counters only grow; they are summed over threads without stopping them, so figures taken under load are close to one
// another rather than exact at one instant.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tern/export.hpp"

namespace tern {

struct TierStats {
  uint64_t hits = 0;           // reads that this tier answered
  uint64_t misses = 0;         // reads that came here and went on to the next tier
  uint64_t fills = 0;          // entries put in
  uint64_t evictions = 0;      // entries taken out for room
  uint64_t invalidations = 0;  // entries found to be older than a commit to a page that they hang on
  uint64_t entries = 0;
  uint64_t bytes = 0;
  uint64_t capacity_bytes = 0;
};

struct Stats {
  struct Hot : TierStats {
    uint64_t kept_bytes = 0;    // of entries that a policy pins
    uint64_t pinned_bytes = 0;  // memory that the tier has let go of but that results still hold, and their copies
  } hot;
  struct Store : TierStats {
    uint64_t dropped = 0;  // fills that were not written because the queue was full
    uint64_t swept = 0;    // dead entries that were removed
    std::string off;       // why the tier is off; empty when it is on
  } store;
  struct Sql {
    uint64_t reads = 0;             // statements that SQLite answered
    uint64_t snapshots_reused = 0;  // of these, in a read transaction that was already open
    uint64_t waits = 0;             // reads that took over another thread's fill of the same key
  } sql;
  struct Computed {         // values of get_or_compute(); their hits count in their tiers
    uint64_t runs = 0;      // times that a function ran to its end
    uint64_t uncached = 0;  // of these, values that were not cached: Computed::why_not_cached() says why
    uint64_t waits = 0;     // values that were taken over from another thread's function
  } computed;
  struct Commits {
    uint64_t own = 0;         // commits by this process
    uint64_t grouped = 0;     // writes that were acknowledged with another one's commit (group commit)
    uint64_t published = 0;   // publications by this process, of own and foreign commits alike
    uint64_t foreign = 0;     // of these, met without having committed: another program's or process's
    uint64_t everything = 0;  // of these, ones that voided every entry (schema change, VACUUM, …)
    uint64_t pages = 0;       // page slots stamped
    uint64_t seq = 0;         // the engine-wide commit number now, shared by all processes
  } commits;
  struct Log {
    uint64_t frames = 0;       // frames in the write-ahead log now
    uint64_t checkpoints = 0;  // planned checkpoints by this process
    uint64_t guardian_moves = 0;
    uint64_t guardian_lost = 0;  // times that the guardian was let go of to bound the log, at the price of precision
  } log;
  struct Policies {                   // what policies did (policy.hpp)
    uint64_t expired = 0;             // reads that met an entry past its ttl
    uint64_t stale_revalidating = 0;  // stale answers given while a new one was fetched
    uint64_t stale_on_error = 0;      // stale answers given because SQLite could not answer
    uint64_t refreshes = 0;           // answers fetched in the background
    uint64_t refresh_failures = 0;    // of these, ones that SQLite refused
    uint64_t not_admitted = 0;        // answers that were not worth keeping
  } policies;
  struct Kv {
    bool open = false;           // whether this process has used a namespace; else all below is 0
    uint64_t hot_hits = 0;       // keys that the hot tier answered, those that are known not to be there included
    uint64_t store_reads = 0;    // keys that the KV store was asked for
    uint64_t fills = 0;          // answers of the store that were put into the hot tier
    uint64_t invalidations = 0;  // hot answers found to be older than a write to their slot
    uint64_t writes = 0;         // writes by this process
    uint64_t commits = 0;        // synced commits that they took
    uint64_t swept = 0;          // expired keys that this process removed
    uint64_t healed = 0;         // marks of writers that had died
    uint64_t pages_held = 0;     // large values that are held where they lie in the store, each with its snapshot
    uint64_t keys = 0;           // of all namespaces, expired ones that are not swept yet included
    uint64_t expiring = 0;       // of these, with an expiry
    uint64_t bytes = 0;          // of the store's pages in use
    uint64_t file_bytes = 0;     // of these and those that are free to be used again
    uint64_t map_bytes = 0;      // what the file can grow to
    uint64_t readers = 0;        // snapshots kept or in use, in all processes
    uint64_t seq = 0;            // kv_seq, shared by all processes
    std::string off;             // why the store refuses everything; empty while it works
  } kv;
  struct Invalidated {        // how often this process invalidated by hand
    uint64_t statements = 0;  // one statement's answers
    uint64_t tags = 0;
    uint64_t tables = 0;
    uint64_t everything = 0;
  } invalidated;
  std::map<std::string, uint64_t> bypassed;  // reads that SQLite answered uncached, by reason
  std::string cache_off;                     // why nothing is cached; empty when the cache is on
  std::string sqlite_version;

  // The same as one JSON object; the fields have the names that they have here.
  TERN_EXPORT std::string to_json() const;
};

}  // namespace tern
