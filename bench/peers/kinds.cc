// Which peers there are, and what must be said of each: CMake tells which libraries were found.
#include "bench/peers/makers.h"

namespace bench {

namespace {

const char* const kSqliteSettings =
    "prepared statement, autocommit, WAL, synchronous NORMAL, page cache 2 MiB (SQLite's default)";
const char* const kLmdbSettings =
    "a renewed read transaction for each get; MDB_NOSYNC (as durable as synchronous NORMAL)";

PeerKind absent(const char* name, const char* why) { return {{name, "", "", why}, nullptr}; }

PeerKind absl_kind() {
#if TERN_BENCH_HAS_ABSL
  return {{kAbslMap, TERN_BENCH_ABSL_VERSION, "std::string to std::string, no lock, nothing kept on disk", ""},
          make_absl_map};
#else
  return absent(kAbslMap, "libabsl-dev was not installed when this was built");
#endif
}

PeerKind rocksdb_kind() {
#if TERN_BENCH_HAS_ROCKSDB
  return {{kRocksDb, rocksdb_version(),
           "Bloom filter of 10 bits, block cache 1 GiB, no compression, compacted before reading; log without sync (as "
           "durable as synchronous NORMAL)",
           ""},
          make_rocksdb};
#else
  return absent(kRocksDb, "librocksdb-dev was not installed when this was built");
#endif
}

PeerKind redis_kind(const Settings& settings) {
#if TERN_BENCH_HAS_HIREDIS
  if (settings.redis_server.empty()) return absent(kRedis, "there is no program redis-server");
  return {{kRedis, redis_version(settings.redis_server),
           "one connection by hiredis, one command at a time; appendonly yes, appendfsync everysec (as durable as "
           "synchronous NORMAL)",
           ""},
          make_redis};
#else
  (void)settings;
  return absent(kRedis, "libhiredis-dev was not installed when this was built");
#endif
}

}  // namespace

PeerKind peer_kind(const std::string& name, const Settings& settings) {
  if (name == kAbslMap) return absl_kind();
  if (name == kStdMap) {
    return {{kStdMap, "libstdc++ " __VERSION__, "std::string to std::string, std::mutex around each find", ""},
            make_std_map};
  }
  if (name == kLmdb) return {{kLmdb, lmdb_version(), kLmdbSettings, ""}, make_lmdb};
  if (name == kLmdbHeld) {
    return {{kLmdbHeld, lmdb_version(), "sees no later commit", ""}, make_lmdb_held};
  }
  if (name == kSqlite) return {{kSqlite, sqlite_version(), kSqliteSettings, ""}, make_sqlite};
  if (name == kSqliteHeld) {
    return {{kSqliteHeld, sqlite_version(), "as SQLite, but sees no later commit", ""}, make_sqlite_held};
  }
  if (name == kRocksDb) return rocksdb_kind();
  if (name == kRedis) return redis_kind(settings);
  throw std::logic_error("there is no peer '" + name + "'");
}

}  // namespace bench
