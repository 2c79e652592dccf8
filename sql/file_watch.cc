#include "sql/file_watch.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "sql/error.h"

namespace tern::sql {
namespace {

constexpr std::array<const char*, 3> kSuffixes = {"", "-wal", "-shm"};

int64_t now_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

FileWatch::FileWatch(const std::string& path) {
  for (size_t i = 0; i < files_.size(); ++i) {
    files_[i].path = path + kSuffixes[i];
    struct stat status;
    if (::stat(files_[i].path.c_str(), &status) != 0) continue;
    files_[i].device = status.st_dev;
    files_[i].inode = status.st_ino;
  }
}

bool FileWatch::look() noexcept {
  if (lost()) return false;
  for (size_t i = 0; i < files_.size(); ++i) {
    const File& file = files_[i];
    if (file.inode == 0) continue;
    struct stat status;
    const bool found = ::stat(file.path.c_str(), &status) == 0;
    // What cannot be looked at (no descriptor, no memory, no permission any more) is not gone for that.
    if (!found && errno != ENOENT && errno != ENOTDIR) continue;
    if (found && status.st_dev == file.device && status.st_ino == file.inode) continue;
    which_.store(kSuffixes[i], std::memory_order_relaxed);
    lost_.store(true, std::memory_order_relaxed);
    return false;
  }
  return true;
}

bool FileWatch::look_if_due() noexcept {
  const int64_t now = now_ns();
  if (now < next_look_ns_.load(std::memory_order_relaxed)) return !lost();
  next_look_ns_.store(now + std::chrono::nanoseconds(kInterval).count(), std::memory_order_relaxed);
  return look();
}

void FileWatch::refuse() const {
  const std::string file = files_[0].path + which_.load(std::memory_order_relaxed);
  throw Error(SQLITE_IOERR,
              describe("use database " + files_[0].path, file + " was moved, replaced or deleted while it was open",
                       "close every handle of the database, in every program, and open it again"));
}

}  // namespace tern::sql
