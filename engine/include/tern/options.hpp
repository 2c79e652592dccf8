// How a database is opened. The defaults suit 2 cores and 1 GiB of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tern/policy.hpp"

namespace tern {

namespace cache {
class Clock;
}

enum class Synchronous {
  kNormal,  // a power loss may take the last commits with it, never the file's integrity (SQLite's WAL default)
  kFull,    // a commit that was acknowledged survives a power loss
};

// Every write to the KV tier is durable when it is acknowledged, whatever this says.
enum class KvDurability {
  kGrouped,  // writes that wait at the same time share one synced commit
  kEach,     // each write has a commit of its own
};

// What SQL is held to, beside what tern itself cannot run.
enum class SqlRules {
  kSqlite,  // all that SQLite takes
  kD1,      // what Cloudflare D1 takes: its limits and refusals (docs/d1.md), foreign keys on
};

enum class OpenMode {
  kCreate,    // open, or create the file where there is none
  kExisting,  // a missing file is an error
};

struct Options {
  OpenMode mode = OpenMode::kCreate;
  Synchronous synchronous = Synchronous::kNormal;
  // On every connection of this process to the file, those of sessions included.
  SqlRules sql_rules = SqlRules::kSqlite;

  // Tier 1: bytes that this process may spend on hot entries, overhead included. 0 switches the tier off.
  uint64_t hot_bytes = uint64_t{64} << 20;
  // Tier 2: size of the LMDB map shared by all processes of this database. 0 switches the tier off for this process.
  // The first process to open the store decides; others follow.
  uint64_t store_bytes = uint64_t{256} << 20;
  // false: every read is answered by SQLite. For comparison and for finding faults.
  bool cache = true;
  // A result larger than this is returned, but not cached.
  uint64_t max_entry_bytes = uint64_t{1} << 20;

  // How long a statement waits for a lock that another connection holds before it is Error::kBusy.
  int busy_timeout_ms = 5000;
  // How many times transaction() and batch() start again when the database was busy for that long.
  int busy_retries = 3;
  // SQLite read connections kept by this process; misses beyond that wait for one.
  int max_read_connections = 8;
  // SQLite's own page cache, for each connection.
  int page_cache_kib = 2048;

  // A database in another journal mode is an error unless this converts it. A file that tern creates is always WAL.
  bool convert_to_wal = false;
  // A system SQLite older than 3.51.3 can corrupt a WAL database (the WAL-reset bug) and is refused, unless accepted.
  bool accept_unsafe_sqlite = false;

  // Shared libraries with SQLite extensions, loaded into every connection. They run with all rights of this process.
  // One that cannot be loaded fails the open, and names itself.
  std::vector<std::string> extensions = {};

  // KV namespaces (kv.hpp). The size that their store may grow to; address space, not memory or disk. Give every
  // process the same.
  KvDurability kv_durability = KvDurability::kGrouped;
  uint64_t kv_map_bytes = uint64_t{16} << 30;

  // Frames in the log past which the planned checkpoint runs, and bytes past which precision is given up to bound it.
  uint32_t checkpoint_frames = 2000;
  uint64_t max_log_bytes = uint64_t{64} << 20;

  // Of statements that read and are prepared without a policy of their own.
  Policy policy = {};
  // For tests: where expiry and ages come from. Null: the machine. It outlives the engine.
  cache::Clock* clock = nullptr;
};

}  // namespace tern
