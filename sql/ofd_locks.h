// Locks that another copy of SQLite in the same process cannot drop: SQLite's fcntl() replaced by open file description
// locks.
//
// POSIX record locks belong to the process: whoever closes any descriptor of a file drops all of the process's locks on
// it, also those that another copy of SQLite believes to hold ("How To Corrupt", section 2.2,
// https://www.sqlite.org/howtocorrupt.html). Open file description locks (fcntl(2), Linux >= 3.15) belong to a
// descriptor and conflict with POSIX locks of other owners, this process's included, so both copies and all other
// programs exclude each other as before.
//
// How it is done. SQLite may release a lock through another descriptor than the one that took it, since it counts locks
// per inode. So all lock calls on one inode go to one *master* descriptor, which this file opens for it and closes
// with the last descriptor of that inode that SQLite itself closes: what SQLite drops merely by close() (the "dead man
// switch" of the -shm) is dropped then too. Other fcntl() commands pass through. That our close() in turn does not drop
// the other copy's locks is the matter of parked_descriptors.h.
//
// Contract. Thread-safe. A lock call costs one uncontended mutex and a hash lookup above fcntl() itself. Installed
// once, by initialize() (library.h), for the bundled SQLite only: a system SQLite is shared with the host, whose locks
// may be out already, and it is the same copy, so that the hazard is absent. Where the kernel refuses such locks
// (EINVAL), the process falls back to POSIX locks before the first one is taken, and locks_kind() says so.
//
// fork(). Open file descriptions are shared with a child: a handler closes the masters there, so that the parent's
// locks end with the parent. In a child that may not use SQLite (fork_guard.h) every lock call fails with EIO.
#pragma once

#include <fcntl.h>

#include <cstdint>

struct sqlite3_vfs;

namespace tern::sql {

// Linux's numbers, which <fcntl.h> names only with _GNU_SOURCE. They are part of the kernel's interface.
#ifdef F_OFD_SETLK
inline constexpr int kOfdGetLock = F_OFD_GETLK, kOfdSetLock = F_OFD_SETLK, kOfdSetLockWait = F_OFD_SETLKW;
#else
inline constexpr int kOfdGetLock = 36, kOfdSetLock = 37, kOfdSetLockWait = 38;
#endif

enum class LocksKind : uint8_t { kPosix, kOpenFileDescription };

// Replaces the "fcntl" and "close" of `unix_vfs` (the change holds for all unix VFSes of that copy of SQLite).
LocksKind install_ofd_locks(sqlite3_vfs* unix_vfs);

// What SQLite's locks are made of in this process.
LocksKind locks_kind() noexcept;

// How many inodes have a master now: for tests and `health`.
int open_masters();

}  // namespace tern::sql
