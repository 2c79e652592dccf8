#include "sql/parked_descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "sql/ofd_locks.h"

namespace tern::sql {
namespace {

struct Lot {
  std::mutex mutex;
  std::vector<int> descriptors;  // oldest first; under mutex
};

Lot& lot() {
  static Lot* const instance = new Lot;  // SQLite may close files while statics are being destroyed
  return *instance;
}

// True if a line of fdinfo is a POSIX lock on the inode: "lock:\t1: POSIX  ADVISORY  READ 6377 fe:00:10969594 5 14".
// The device is not compared: the kernel's is not always stat's (overlay and btrfs), and one lock too many is harmless.
bool names_posix_lock(const char* line, unsigned long inode) {
  if (strncmp(line, "lock:", 5) != 0 || strstr(line, " POSIX ") == nullptr) return false;
  const std::string inode_text = ":" + std::to_string(inode) + " ";
  return strstr(line, inode_text.c_str()) != nullptr;
}

// True also if it cannot be told.
bool fdinfo_shows_posix_lock(unsigned long inode) {
  DIR* const folder = ::opendir("/proc/self/fdinfo");
  if (folder == nullptr) return true;
  bool found = false;
  while (const dirent* const entry = ::readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    const std::string path = std::string("/proc/self/fdinfo/") + entry->d_name;
    FILE* const info = ::fopen(path.c_str(), "re");
    if (info == nullptr) continue;  // closed meanwhile
    char line[256];
    while (!found && ::fgets(line, sizeof line, info) != nullptr) found = names_posix_lock(line, inode);
    ::fclose(info);
    if (found) break;
  }
  ::closedir(folder);
  return found;
}

bool process_has_posix_locks(int query_fd) {
  struct flock probe {};
  probe.l_type = F_WRLCK;
  probe.l_whence = SEEK_SET;  // from 0 to the end, however far that is
  if (::fcntl(query_fd, kOfdGetLock, &probe) != 0 || probe.l_type == F_UNLCK) return false;
  if (probe.l_pid == ::getpid()) return true;
  struct stat status;
  if (::fstat(query_fd, &status) != 0) return false;
  return fdinfo_shows_posix_lock(static_cast<unsigned long>(status.st_ino));
}

}  // namespace

int close_when_safe(int fd, int query_fd) {
  Lot& l = lot();
  const std::lock_guard lock(l.mutex);
  // Parked ones have no locks of their own, so each may ask for itself.
  std::erase_if(l.descriptors, [](int parked) { return !process_has_posix_locks(parked) && (::close(parked), true); });
  if (!process_has_posix_locks(query_fd)) return ::close(fd);
  if (l.descriptors.size() >= kMaxParked) {
    ::close(l.descriptors.front());
    l.descriptors.erase(l.descriptors.begin());
  }
  l.descriptors.push_back(fd);
  return 0;
}

size_t parked_descriptors() {
  Lot& l = lot();
  const std::lock_guard lock(l.mutex);
  return l.descriptors.size();
}

}  // namespace tern::sql
