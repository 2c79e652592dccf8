#include "sql/ofd_locks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "sql/fork_guard.h"
#include "sql/parked_descriptors.h"

namespace tern::sql {
namespace {

using Inode = std::pair<dev_t, ino_t>;

struct Master {
  int fd = -1;
  int descriptors = 0;  // of SQLite, known by a lock call and not closed yet
};

// The books, all under `mutex`. One object for the process, never destroyed: SQLite may still close files while statics
// are being destroyed.
struct Books {
  std::mutex mutex;
  std::unordered_map<int, Inode> inode_of_descriptor;
  std::map<Inode, Master> masters;
};

Books& books() {
  static Books* const instance = new Books;
  return *instance;
}

std::atomic<LocksKind> installed_kind{LocksKind::kPosix};

// A descriptor of its own, so that it can take write locks and SQLite's close() does not touch it. /proc may not be
// mounted: then a duplicate of SQLite's, which is one open file description with it, and no worse.
int open_master(int fd) {
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const int own = ::open(link.c_str(), O_RDWR | O_CLOEXEC);
  if (own >= 0) return own;
  return ::fcntl(fd, F_DUPFD_CLOEXEC, 3);  // never 0..2, as SQLite itself has it
}

// The master for the inode behind `fd`, or -1 with errno.
int master_of(int fd) {
  Books& b = books();
  const std::lock_guard lock(b.mutex);
  const auto known = b.inode_of_descriptor.find(fd);
  if (known != b.inode_of_descriptor.end()) return b.masters.at(known->second).fd;

  struct stat status;
  if (::fstat(fd, &status) != 0) return -1;
  const Inode inode{status.st_dev, status.st_ino};
  Master& master = b.masters[inode];
  if (master.descriptors == 0) {
    master.fd = open_master(fd);
    if (master.fd < 0) {
      const int why = errno;
      b.masters.erase(inode);
      errno = why;
      return -1;
    }
  }
  ++master.descriptors;
  b.inode_of_descriptor.emplace(fd, inode);
  return master.fd;
}

int lock_call(int fd, int command, struct flock* wanted) {
  if (forked()) {
    errno = EIO;
    return -1;
  }
  const int master = master_of(fd);
  if (master < 0) return -1;
  struct flock request = *wanted;
  request.l_pid = 0;  // the kernel demands it of these commands, and SQLite leaves it unset
  const int ofd_command = command == F_GETLK ? kOfdGetLock : command == F_SETLK ? kOfdSetLock : kOfdSetLockWait;
  const int result = ::fcntl(master, ofd_command, &request);
  if (command == F_GETLK) *wanted = request;
  return result;
}

// `master` outlives the call although the mutex is not held over fcntl(): `fd` is open in SQLite's books while it
// makes the call, and the master closes only after the last such descriptor.
int replaced_fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  int result;
  switch (command) {
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
      result = lock_call(fd, command, va_arg(arguments, struct flock*));
      break;
    case F_GETFD:
    case F_SETFD:
    case F_GETFL:
    case F_SETFL:
      result = ::fcntl(fd, command, va_arg(arguments, int));
      break;
    default:
      result = ::fcntl(fd, command, va_arg(arguments, void*));
  }
  va_end(arguments);
  return result;
}

void unlock_all(int fd) {
  struct flock everything {};
  everything.l_type = F_UNLCK;
  everything.l_whence = SEEK_SET;
  ::fcntl(fd, kOfdSetLock, &everything);
}

// The master of the inode that `fd` is open on, or `fd` where there is none; `last`: fd was the last of its inode, and
// the books have been closed on it.
int forget_descriptor(int fd, bool& last) {
  Books& b = books();
  const std::lock_guard lock(b.mutex);
  last = false;
  const auto known = b.inode_of_descriptor.find(fd);
  if (known == b.inode_of_descriptor.end()) {
    // One of several on its inode that never made a lock call itself.
    struct stat status;
    if (::fstat(fd, &status) != 0) return fd;
    const auto master = b.masters.find({status.st_dev, status.st_ino});
    return master == b.masters.end() ? fd : master->second.fd;
  }
  const auto master = b.masters.find(known->second);
  const int master_fd = master->second.fd;
  b.inode_of_descriptor.erase(known);
  if (--master->second.descriptors == 0) {
    b.masters.erase(master);
    last = true;
  }
  return master_fd;
}

// Should another thread open the same inode between the two steps, it gets a new master, with locks of its own: what is
// dropped here is the old one's.
int replaced_close(int fd) {
  bool last = false;
  const int master = forget_descriptor(fd, last);
  if (!last) return close_when_safe(fd, master);
  unlock_all(master);  // at once, also if the descriptor itself must stay for a while
  close_when_safe(master, master);
  return close_when_safe(fd, fd);
}

void locks_before_fork() { books().mutex.lock(); }
void locks_after_fork_in_parent() { books().mutex.unlock(); }

// Runs in a child with one thread; only async-signal-safe calls and the books it holds locked.
void locks_after_fork_in_child() {
  Books& b = books();
  for (auto& [inode, master] : b.masters) {
    ::close(master.fd);  // the parent's locks stay: they end with the last descriptor, and the parent has one
    master.fd = -1;
  }
  b.mutex.unlock();
}

bool kernel_has_ofd_locks() {
  // A question about a lock on a file that cannot be locked by anyone else: EINVAL is the kernel's "unknown command".
  const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (fd < 0) return true;  // nothing learnt: lock calls will tell
  struct flock probe {};
  probe.l_type = F_RDLCK;
  probe.l_whence = SEEK_SET;
  const bool refused = ::fcntl(fd, kOfdGetLock, &probe) != 0 && errno == EINVAL;
  ::close(fd);
  return !refused;
}

}  // namespace

LocksKind install_ofd_locks(sqlite3_vfs* unix_vfs) {
  if (unix_vfs == nullptr || unix_vfs->iVersion < 3 || unix_vfs->xSetSystemCall == nullptr || !kernel_has_ofd_locks()) {
    return LocksKind::kPosix;
  }
  books();
  ::pthread_atfork(locks_before_fork, locks_after_fork_in_parent, locks_after_fork_in_child);
  unix_vfs->xSetSystemCall(unix_vfs, "close", reinterpret_cast<sqlite3_syscall_ptr>(replaced_close));
  unix_vfs->xSetSystemCall(unix_vfs, "fcntl", reinterpret_cast<sqlite3_syscall_ptr>(replaced_fcntl));
  installed_kind.store(LocksKind::kOpenFileDescription, std::memory_order_relaxed);
  return LocksKind::kOpenFileDescription;
}

// relaxed: written once under initialize()'s call_once, which orders it for everyone who opened a connection.
LocksKind locks_kind() noexcept { return installed_kind.load(std::memory_order_relaxed); }

int open_masters() {
  Books& b = books();
  const std::lock_guard lock(b.mutex);
  return static_cast<int>(b.masters.size());
}

}  // namespace tern::sql
