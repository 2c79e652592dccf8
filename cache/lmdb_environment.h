// An LMDB environment: opened, written under a lock that can be waited for with a bound, and read through transactions
// that are kept and renewed.
//
// It knows LMDB and nothing of what is kept in it. There are two kinds (LmdbOptions::durable): a cache, which loses its
// last commits in a crash of the machine and is begun anew when it is damaged; and truth, whose commits are synced, and
// which is never replaced.
//
// Thread-safety: read() and write() may be called by any thread, a transaction belongs to the thread
// that has it. Lifetime: transactions end before the environment does. After fork() the child must
// not touch it.
// Errors: open() returns null and says why. A transaction that cannot begin is empty. Damage, told
// to note(), turns the environment off: from then on no transaction begins.
// Cost: a read transaction is an exchange, a look at the newest commit's number and a compare-and-swap;
// a renewal where there is a newer one. A thread's first one takes a reader's place in LMDB's table,
// which it keeps.
//
// Snapshots stay open from one lookup to the next: LMDB then need not look each table up in its root
// again, which costs as much as the lookup itself. An open snapshot keeps the pages that it sees from
// being used again, so none stays behind: a lookup renews one that is not of the newest commit, and
// rest() ends those that nobody is using; write() calls it first, for its own process, and the owner
// of the store every few milliseconds, for the others.
#pragma once

#include <lmdb.h>
#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cache/folder_lock.h"

namespace tern::cache {

struct LmdbOptions {
  std::filesystem::path folder;  // made when missing
  uint64_t map_bytes = 0;        // of a new one
  mode_t file_mode = 0600;       // of new files; a new folder gets the same with the search bits added
  uid_t owner = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);
  // Of the tables; they live as long as the program. The first holds magic and version under "format".
  std::span<const char* const> tables;
  std::string_view magic = {};  // at most 8 bytes, living as long
  uint32_t format_version = 1;
  // Every commit is synced, the map grows to map_bytes if it was smaller, and damage or another format is an error.
  bool durable = false;
};

class LmdbEnvironment {
 public:
  static constexpr unsigned kMaxReaders = 1024;
  static constexpr uint64_t kMinimumMapBytes = uint64_t{1} << 20;
  static constexpr int kWriteWaitMs = 100;

  static std::unique_ptr<LmdbEnvironment> open(const LmdbOptions& options, std::string& why);
  ~LmdbEnvironment();
  LmdbEnvironment(const LmdbEnvironment&) = delete;
  LmdbEnvironment& operator=(const LmdbEnvironment&) = delete;

  // A snapshot: of the newest commit, or of the one before where one ends right now. Held for one
  // lookup or one slice, never longer: while it is, no page that it can see is used again.
  class Read {
   public:
    Read(Read&& other) noexcept;
    Read& operator=(Read&&) = delete;
    ~Read();
    MDB_txn* get() const noexcept { return transaction_; }
    explicit operator bool() const noexcept { return transaction_ != nullptr; }

   private:
    friend class LmdbEnvironment;
    Read(LmdbEnvironment* environment, MDB_txn* transaction, size_t place) noexcept
        : environment_(environment), transaction_(transaction), place_(place) {}
    LmdbEnvironment* environment_;
    MDB_txn* transaction_;
    size_t place_;
  };
  // Empty on failure, and LMDB's code in `why`.
  Read read(int* why = nullptr) noexcept;

  // The only write transaction at this time, in all processes; aborted unless committed.
  class Write {
   public:
    Write(Write&& other) noexcept;
    Write& operator=(Write&&) = delete;
    ~Write();
    MDB_txn* get() const noexcept { return transaction_; }
    explicit operator bool() const noexcept { return transaction_ != nullptr; }
    int commit() noexcept;

   private:
    friend class LmdbEnvironment;
    Write(MDB_txn* transaction, std::optional<FolderLock::Held> held) noexcept
        : held_(std::move(held)), transaction_(transaction) {}
    std::optional<FolderLock::Held> held_;
    MDB_txn* transaction_;
  };
  // Empty when another holds the lock for longer than that (EBUSY), or LMDB fails; the code in `why`.
  Write write(int wait_ms = kWriteWaitMs, int* why = nullptr) noexcept;
  // The lock that write() takes, without a transaction.
  std::optional<FolderLock::Held> lock(int wait_ms) noexcept { return lock_.acquire(wait_ms); }

  // Under lock(). A writer that dies between the write of its meta page and the word to the readers' table that there
  // is a new commit leaves one that nobody sees, until the next write transaction begins: LMDB finds its mutex without
  // an owner then, and takes over what the file has (mdb.c, mdb_mutex_failed). This begins one, so that such a commit
  // is seen by everybody from here on; any other one of a dead writer never will be. LMDB's code.
  int decide_dead_commit() noexcept;

  // Ends the snapshots that lie open between two lookups; whether there were any.
  bool rest() noexcept;

  // Commits a change of nothing: only then may the next transaction use the pages that the last one freed.
  int turn_over() noexcept;

  // Pages in use by all tables as the transaction sees them.
  uint64_t used_pages(MDB_txn* transaction) const noexcept;
  uint64_t page_bytes() const noexcept { return page_bytes_; }
  uint64_t map_bytes() const noexcept { return map_bytes_; }
  uint64_t map_pages() const noexcept { return map_bytes_ / page_bytes_; }

  // The size of the file, and the places of readers that are taken, in all processes.
  void describe(uint64_t& file_bytes, uint64_t& readers) const noexcept;
  // Frees the places of readers that have died.
  void check_readers() noexcept;
  // Returns `code`; turns everything off if it tells of damage.
  int note(int code) noexcept;
  // relaxed: a flag that orders nothing; the reason has its own mutex.
  bool off() const noexcept { return off_.load(std::memory_order_relaxed); }
  std::string why_off() const;

  // By its place in LmdbOptions::tables.
  MDB_dbi table(size_t place) const noexcept { return tables_[place]; }

 private:
  static constexpr int kOpenWaitMs = 2000;
  static constexpr size_t kKeptReads = 64;
  static constexpr size_t kMaxTables = 8;

  LmdbEnvironment() = default;
  bool open_files(const LmdbOptions& options, bool& damaged, std::string& why);
  int open_tables(bool durable);
  std::string format_record() const;
  int open_tables_in(MDB_txn* transaction, unsigned flags);
  int put_format(MDB_txn* transaction) noexcept;
  uint64_t newest_commit() const noexcept;
  bool file_is_whole() const noexcept;
  void close() noexcept;
  void give_back(MDB_txn* transaction, size_t place, bool open) noexcept;

  // Constant after open().
  std::string folder_;
  std::span<const char* const> names_;
  std::array<MDB_dbi, kMaxTables> tables_{};
  std::string_view magic_;
  uint32_t format_version_ = 0;
  MDB_env* environment_ = nullptr;
  uint64_t page_bytes_ = 4096;
  uint64_t map_bytes_ = 0;

  FolderLock lock_;

  // A thread takes the transaction of its place, or begins one. On a line of its own each, since
  // every lookup writes to it.
  //
  //     63                    1      0
  //    +-----------------------+------+
  //    | the transaction, or 0 | open |   open: its snapshot is; otherwise it has been reset
  //    +-----------------------+------+
  struct alignas(64) KeptRead {
    // acquire where it is taken pairs with release where it is given back: the transaction's own
    // memory goes from thread to thread with it.
    std::atomic<uintptr_t> transaction{0};
  };
  static constexpr uintptr_t kOpen = 1;
  std::array<KeptRead, kKeptReads> kept_;

  std::atomic<bool> off_{false};
  mutable std::mutex why_mutex_;
  std::string why_off_;  // guarded by why_mutex_
};

}  // namespace tern::cache
