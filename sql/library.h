// Prepares SQLite for tern, once in a process: page-cache hook, lock calls, the VFS that notes the time, and the check
// of its version.
//
// Contract. initialize() is thread-safe and idempotent: the first call does the work and its outcome stays; the
// options of later calls count only for the version check. It must run before the first connection; Connection::open()
// calls it. It throws Error when the SQLite at hand is one that loses data.
//
// Why the version: SQLite 3.7.0 to 3.51.2 can corrupt a database in WAL mode when a checkpoint meets a log restart (the
// "WAL-reset bug", fixed in 3.51.3, https://www.sqlite.org/wal.html). The bundled copy is newer; a system one below
// that is refused unless `accept_wal_reset_bug`.
//
// What a system SQLite cannot do: if the host initialised it before us, or it is built with
// SQLITE_DIRECT_OVERFLOW_READ (which reads overflow pages past the page cache), pages are not recordable; and its
// localtime() is out of sight, so date functions are not cacheable there.
#pragma once

#include <cstdint>
#include <string>

#include "sql/ofd_locks.h"

namespace tern::sql {

struct LibraryOptions {
  bool accept_wal_reset_bug = false;
};

struct Library {
  bool bundled = false;           // our own copy, not the system's
  bool pages_recordable = false;  // PageRecorder sees every page that a statement reads
  std::string why_not_recordable;
  bool local_time_noted = false;  // PageRecorder::impure() sees 'localtime' and 'utc'
  bool wal_reset_bug = false;     // accepted by option; health reports it
  LocksKind locks = LocksKind::kPosix;
  std::string version;     // "3.53.2"
  int version_number = 0;  // 3053002
};

inline constexpr int kFirstVersionWithoutWalResetBug = 3051003;

// The VFS of all connections of tern: the default one with a clock that tells the recorder. Never SQLite's default.
inline constexpr const char* kVfsName = "tern";

const Library& initialize(const LibraryOptions& options = {});

}  // namespace tern::sql
