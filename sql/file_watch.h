// The watch on a database's files: whether what lies at their paths is still what was opened.
//
// A file that was replaced (another one moved over it) or deleted lives on for whoever has it open, and no lock and no
// log tells of it: every answer from then on, SQLite's own included, would be one of a file that is no more. So the
// identities (device and inode) of the database file, its -wal and its -shm are noted once, while a connection holds
// them open, and compared with what their paths lead to. While any connection is open nobody removes the two others
// rightly: SQLite deletes them only as the last one, so that a missing one counts as well.
//
// Contract. Thread-safe; lost() is one relaxed load and never goes back; look() costs three system calls. A file that
// was not there when the watch began is not watched. Nothing throws but the constructor (memory) and demand().
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace tern::sql {

class FileWatch {
 public:
  static constexpr std::chrono::milliseconds kInterval{50};

  // `path` is absolute, or the working folder stays.
  explicit FileWatch(const std::string& path);
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Compares now; false if one of the files is another, or gone, and ever after.
  bool look() noexcept;
  // The same, at most once every kInterval: for where no thread does it regularly.
  bool look_if_due() noexcept;

  // relaxed: the flag carries no data, and a reader that sees it a moment later is one that came a moment earlier.
  bool lost() const noexcept { return lost_.load(std::memory_order_relaxed); }
  // Throws Error (SQLITE_IOERR) with path and remedy, if lost().
  void demand() const {
    if (lost()) refuse();
  }

 private:
  struct File {
    std::string path;
    uint64_t device = 0;
    uint64_t inode = 0;  // 0: not watched
  };
  [[noreturn]] void refuse() const;

  // Constant after construction.
  std::array<File, 3> files_;

  std::atomic<bool> lost_{false};
  std::atomic<const char*> which_{""};    // relaxed, a constant text: read after lost_, and of no consequence
  std::atomic<int64_t> next_look_ns_{0};  // relaxed: two that look at once do no harm
};

}  // namespace tern::sql
