#include "sql/library.h"

#include <sqlite3.h>
#include <time.h>

#include <exception>
#include <mutex>

#include "sql/error.h"
#include "sql/fork_guard.h"
#include "sql/page_recorder.h"
#include "sql/probes.h"

#ifndef TERN_BUNDLED_SQLITE
#error "TERN_BUNDLED_SQLITE must be 1 (our own copy of SQLite) or 0 (the system's)"
#endif

namespace tern::sql {
namespace {

constexpr bool kBundled = TERN_BUNDLED_SQLITE != 0;

// Both are written once, before the first connection exists, and read by SQLite's callbacks ever after.
sqlite3_pcache_methods2 default_page_cache;
sqlite3_vfs* default_vfs;

void note_impure() noexcept {
  if (PageRecorder* const recorder = PageRecorder::current()) recorder->note_impure();
}

sqlite3_pcache* create_cache(int page_bytes, int extra_bytes, int purgeable) {
  sqlite3_pcache* const cache = default_page_cache.xCreate(page_bytes, extra_bytes, purgeable);
  if (PageRecorder* const recorder = PageRecorder::current()) recorder->note_cache_created(cache);
  return cache;
}

void destroy_cache(sqlite3_pcache* cache) {
  if (PageRecorder* const recorder = PageRecorder::current()) recorder->note_cache_destroyed(cache);
  default_page_cache.xDestroy(cache);
}

// An overflow page begins with the number of the next one, whose first byte is 0 below 16 million pages; a page of a
// tree begins with its kind. True of a page that lay in the cache already.
sqlite3_pcache_page* fetch_page_unless_overflow(sqlite3_pcache* cache, unsigned key, int create) {
  sqlite3_pcache_page* const page = default_page_cache.xFetch(cache, key, create);
  PageRecorder* const recorder = PageRecorder::current();
  const bool overflow = page != nullptr && *static_cast<const unsigned char*>(page->pBuf) == 0;
  if (recorder != nullptr && !overflow) recorder->note_page(cache, key);
  return page;
}

sqlite3_pcache_page* fetch_page(sqlite3_pcache* cache, unsigned key, int create) {
  if (TERN_MUTANT(kOverflowPagesNotRecorded)) return fetch_page_unless_overflow(cache, key, create);
  if (PageRecorder* const recorder = PageRecorder::current()) recorder->note_page(cache, key);
  return default_page_cache.xFetch(cache, key, create);
}

int current_time(sqlite3_vfs*, double* julian_day) {
  note_impure();
  return default_vfs->xCurrentTime(default_vfs, julian_day);
}

int current_time_int64(sqlite3_vfs*, sqlite3_int64* julian_day_ms) {
  note_impure();
  return default_vfs->xCurrentTimeInt64(default_vfs, julian_day_ms);
}

// False, with the reason, if pages cannot be recorded.
bool install_page_hook(std::string& why_not) {
  if (sqlite3_compileoption_used("DIRECT_OVERFLOW_READ") != 0) {
    why_not = "this SQLite reads overflow pages past its page cache (SQLITE_DIRECT_OVERFLOW_READ)";
    return false;
  }
  if (sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &default_page_cache) != SQLITE_OK) {
    why_not = "SQLite was initialised by the host before tern could install its page-cache hook";
    return false;
  }
  sqlite3_pcache_methods2 hooked = default_page_cache;
  hooked.xCreate = create_cache;
  hooked.xDestroy = destroy_cache;
  hooked.xFetch = fetch_page;
  if (sqlite3_config(SQLITE_CONFIG_PCACHE2, &hooked) != SQLITE_OK) {
    why_not = "SQLite does not accept a page-cache hook";
    return false;
  }
  return true;
}

// A copy of the default VFS under our name, with a clock that tells the recorder. The copy shares pAppData, and all
// methods of it are the original's.
void register_vfs() {
  default_vfs = sqlite3_vfs_find(nullptr);
  if (default_vfs == nullptr) {
    throw Error(SQLITE_ERROR, describe("use SQLite", "it has no default VFS"));
  }
  static sqlite3_vfs ours = *default_vfs;
  ours.zName = kVfsName;
  ours.pNext = nullptr;
  ours.xCurrentTime = current_time;
  if (ours.iVersion >= 2 && ours.xCurrentTimeInt64 != nullptr) ours.xCurrentTimeInt64 = current_time_int64;
  const int result = sqlite3_vfs_register(&ours, 0);
  if (result != SQLITE_OK) throw Error(result, describe("register the VFS of tern", sqlite3_errstr(result)));
}

void prepare_library(Library& library) {
  library.bundled = kBundled;
  library.version = sqlite3_libversion();
  library.version_number = sqlite3_libversion_number();
  library.wal_reset_bug = library.version_number < kFirstVersionWithoutWalResetBug;
  library.local_time_noted = kBundled;
  if (sqlite3_threadsafe() == 0) {
    throw Error(SQLITE_MISUSE, describe("use SQLite " + library.version, "it was built without support for threads",
                                        "link one built with SQLITE_THREADSAFE=2"));
  }
  library.pages_recordable = install_page_hook(library.why_not_recordable);
  const int result = sqlite3_initialize();
  if (result != SQLITE_OK) throw Error(result, describe("initialise SQLite", sqlite3_errstr(result)));
  if (kBundled) library.locks = install_ofd_locks(sqlite3_vfs_find("unix"));
  register_vfs();
  install_fork_guard();
}

}  // namespace

const Library& initialize(const LibraryOptions& options) {
  static Library library;
  static std::once_flag once;
  std::call_once(once, [] { prepare_library(library); });
  if (library.wal_reset_bug && !options.accept_wal_reset_bug) {
    throw Error(SQLITE_ERROR,
                describe("use SQLite " + library.version,
                         "versions before 3.51.3 can corrupt a database in WAL mode (the WAL-reset bug)",
                         "link 3.51.3 or later, build tern with its bundled copy, or accept the risk by option"));
  }
  return library;
}

}  // namespace tern::sql

#if TERN_BUNDLED_SQLITE
// Stands in for localtime_r() in the bundled SQLite (sql/bundled/sqlite3_tern.c), which asks it for 'localtime' and
// 'utc' only.
extern "C" struct tm* tern_sqlite_localtime_r(const time_t* time, struct tm* result) {
  tern::sql::note_impure();
  return ::localtime_r(time, result);
}
#endif
