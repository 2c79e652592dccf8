// Descriptors that wait to be closed until that can no longer drop the POSIX locks of the host's own SQLite.
//
// Our locks are safe from another copy of SQLite in this process (ofd_locks.h); its locks are not safe from us: close()
// of any descriptor of a file drops every POSIX lock that this process has on it, those of the other copy included. It
// would go on in the belief to be alone: a second writer could come in, or another process could take itself for the
// first one and truncate a -shm that is mapped here. So before a descriptor is closed the kernel is asked whether this
// process holds POSIX locks on the file; if so the descriptor is parked, and closed at the next occasion without.
//
// How it is asked. F_OFD_GETLK finds any lock that conflicts with a write lock on the whole file: none, and all is
// well. A POSIX lock is reported with the process that has it. If it is another process's, it may hide one of ours on
// the same bytes: then /proc/self/fdinfo tells, which lists the locks that were taken through each descriptor
// (proc(5)).
//
// Contract. Thread-safe. Costs a system call for a file that nobody else has locked, and some 10 µs per open descriptor
// of the process otherwise. Bounded: past kMaxParked the oldest is closed all the same. What the host locks between the
// question and the close (less than a microsecond) is lost as it would be without this.
#pragma once

#include <cstddef>

namespace tern::sql {

inline constexpr size_t kMaxParked = 128;

// Closes `fd`, now or later; returns what close() did, 0 if later. `query_fd` is a descriptor of the same file whose
// own locks are not to count: the master of ofd_locks.h, or `fd` itself.
int close_when_safe(int fd, int query_fd);

size_t parked_descriptors();  // for tests and `health`

}  // namespace tern::sql
