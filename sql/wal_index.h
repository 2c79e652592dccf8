// A read-only window on SQLite's WAL-index: the shared memory in which every commit, by anyone, announces itself.
//
// Layout (https://www.sqlite.org/walformat.html, section 2; all integers in the machine's byte order):
//
//   block 0   0..47    WalIndexHdr, first copy          header fields, by offset:
//             48..95   WalIndexHdr, second copy           0 iVersion (3007000)   4 unused      8 iChange
//             96..135  checkpoint info and locks         12 isInit (u8)         13 bigEndCksum (u8)
//             136..    aPgno[4062], then a hash          14 szPage (u16, 1 = 65536)
//   block n   0..      aPgno[4096], then a hash          16 mxFrame  20 nPage  24 aFrameCksum[2]
//   each block is 32,768 bytes                           32 aSalt[2] 40 aCksum[2]
//
// A writer stores the second copy, a barrier, then the first; a reader believes the header only if the copies agree and
// the checksum is right. aCksum of the second copy, offset 88, is **the wal state**: unchanged, no commit has become
// visible. It is the last thing of the second copy that a reader needs, and the second copy is stored before the first,
// which SQLite's own readers demand: so no reader anywhere can see a commit before the wal state has changed.
//
// Contract. All functions are thread-safe; state() is one load. The mapping lives as long as this object, which keeps a
// connection of its own (the anchor) for it. read_header() gives nothing while a writer stands or died between the
// copies: ask again. frame_pages() is right only for frames that cannot be overwritten meanwhile: hold a guardian
// (guardian.h). The functions that read the WAL file lock a mutex and cost a system call. No shared memory (a VFS
// without it, a version of the index that is not known): available() is false with a reason, and nothing else may be
// called.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sql/connection.h"

struct sqlite3_file;

namespace tern::sql {

struct WalHeader {
  uint32_t version = 0;
  uint32_t change = 0;
  bool initialised = false;
  bool big_endian_checksums = false;
  uint32_t page_size = 0;       // in bytes, decoded: 512 … 65536
  uint32_t last_frame = 0;      // mxFrame: the last committed frame of the log, 0 = the log is empty
  uint32_t database_pages = 0;  // both sizes are the database file's where the header has none (see read_header)
  std::array<uint32_t, 2> frame_checksum{};  // of last_frame
  std::array<uint32_t, 2> salt{};            // as the WAL file has them: compare only
  std::array<uint32_t, 2> checksum{};

  // The wal state that this header shows at offset 88.
  uint64_t state() const noexcept;
  friend bool operator==(const WalHeader&, const WalHeader&) = default;
};

inline constexpr uint32_t kWalIndexVersion = 3'007'000;
inline constexpr int kWalIndexBlockBytes = 32'768;
inline constexpr uint32_t kFramesInFirstBlock = 4'062;
inline constexpr uint32_t kFramesInBlock = 4'096;

// What any write to the database file changes: the kernel sets the time of change on each, and nobody can set it back.
struct FileState {
  static constexpr size_t kBytes = 32;

  uint64_t bytes = 0;
  int64_t modified_ns = 0;  // since 1970, of the kernel's coarse clock
  int64_t changed_ns = 0;
  uint32_t change_counter = 0;  // database header, offset 24

  // In this order, little-endian, zero-padded.
  std::array<std::byte, kBytes> encode() const noexcept;
  friend bool operator==(const FileState&, const FileState&) = default;
};

// What the follower needs to know of a log. WalIndex is the one of the program; tests bring their own.
class LogView {
 public:
  virtual ~LogView() = default;
  // Appends the page numbers of frames first … last (1-based, inclusive, repetitions and all); false if they cannot be
  // read, and then `pages` is as before.
  virtual bool frame_pages(uint32_t first, uint32_t last, std::vector<uint32_t>& pages) const = 0;
  // The running checksum that stands in the frame's header in the WAL file (bytes 16..23), if the frame belongs to the
  // log with these salts.
  virtual std::optional<std::array<uint32_t, 2>> frame_checksum(uint32_t frame, const WalHeader& header) const = 0;
};

class WalIndex final : public LogView {
 public:
  // Opens the anchor connection (mode kRead; the database must exist and be in WAL mode) and maps block 0.
  static std::unique_ptr<WalIndex> open(ConnectionOptions options);
  ~WalIndex() override;
  WalIndex(const WalIndex&) = delete;
  WalIndex& operator=(const WalIndex&) = delete;

  bool available() const noexcept { return state_ != nullptr; }
  const std::string& why_unavailable() const noexcept { return why_unavailable_; }

  // The wal state. acquire: pairs with the barrier that SQLite's writers execute between the two copies, so that what
  // is loaded after it is at least as new. Not 0 once a database has been read.
  uint64_t state() const noexcept { return state_->load(std::memory_order_acquire); }

  // The verified header, after a few tries at most; nothing if the copies disagree or the checksum is wrong. That of an
  // empty log just recovered has no sizes, and may come again after commits: both sizes are the database file's then,
  // as for SQLite (sqlite3WalDbsize), and `change` a hash of its change time, at the price of three system calls.
  std::optional<WalHeader> read_header() const noexcept;

  bool frame_pages(uint32_t first, uint32_t last, std::vector<uint32_t>& pages) const override;
  std::optional<std::array<uint32_t, 2>> frame_checksum(uint32_t frame, const WalHeader& header) const override;

  // The schema cookie (database header, offset 40) as of `header`: from the last frame of page 1 in the log, else from
  // the database file. Only under a guardian; nothing if it cannot be read.
  std::optional<uint32_t> schema_cookie(const WalHeader& header) const;

  // Nothing if it cannot be told. It is that of `header` only while nobody can write the file: hold the write lock, or
  // a snapshot of an empty log (read lock 0, under which nothing is copied into the file).
  std::optional<FileState> file_state() const noexcept;

  const Connection& anchor() const noexcept { return anchor_; }

 private:
  explicit WalIndex(Connection anchor);
  void map_first_block();
  bool sizes_from_file(WalHeader& header) const noexcept;
  const std::atomic<uint32_t>* block(uint32_t index) const noexcept;

  static constexpr size_t kDirectoryBlocks = 1 << 14;  // 2^26 frames, 256 GiB of log at 4 KiB pages

  Connection anchor_;
  const std::atomic<uint64_t>* state_ = nullptr;  // block 0, offset 88; constant after open()
  std::string why_unavailable_;
  sqlite3_file* database_file_ = nullptr;
  mutable std::mutex file_mutex_;  // reads through the anchor's files
  // Blocks mapped so far, by index. Each entry goes from null to its final value once (store release in block(), load
  // acquire there).
  mutable std::unique_ptr<std::atomic<const std::atomic<uint32_t>*>[]> blocks_;
};

}  // namespace tern::sql
