// Tier 2: entries on disk in LMDB, shared by all processes of one database, kept across restarts.
//
// A cache of a cache: everything in it may be lost at any time, and nothing in it is believed
// before it has passed its checksum, its bounds, a comparison of the full key and the caller's
// predicate. Against chance, that is: who may write the files could make LMDB itself read anywhere.
//
// Thread-safety: all functions may be called by any thread; writes wait for one another, across
// processes too, and so belong on a background thread. find() never waits for a writer.
// Lifetime: destroy the store when no call is running; entries that it returned live on. After
// fork() the child must not touch it, nor destroy it.
// Errors: never thrown and never the user's: open() returns null with a reason, a lookup that fails
// is a miss, a write that fails is dropped and counted. Damage turns the store off for the rest of
// its life; why_off() tells. A damaged file or one of another format is replaced at the next open.
// Misuse: LMDB must not have one folder open twice in a process (its POSIX locks would drop), and
// no one in the process may open and close the files in the folder by hand. The caller guarantees
// one Store for each folder.
// Cost: find() is one B-tree descent in a read transaction that stays open while nothing is written,
// one hash of the image, one copy.
//
// Bounds: at most kBudgetPercent of the map holds entries; past it the oldest go first, in order of
// insertion. An image of more than 1/16 of the map is refused. A full map all the same loses
// entries, in the end all of them, but never fails the caller. At most LmdbEnvironment::kMaxReaders readers at a
// time, over all processes; a lookup beyond is a miss.
//
// Invariants:
//   T1  An entry never takes the place of one of the same key hash with a newer label.
//   T2  A statement number names one text for ever, in this store. Keys hold only a fingerprint of
//       the text, so every entry is written and looked up under the number that its exact text was
//       given; of two texts with one fingerprint, the second gets none, and is not stored.
//
// The tables in the environment (docs/formats.md), format version 2:
//   entries     key hash: low:8 high:8       ->  order number:8 statement number:8 sealed image
//   order       order number:8 (big-endian)  ->  key hash: low:8 high:8
//   statements  fingerprint: low:8 high:8    ->  statement number:8, the exact text
//   meta        "format"                     ->  version:4
//               "next_statement"             ->  statement number:8
//
// Little-endian but for the order's keys, which LMDB sorts as bytes.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/entry.h"
#include "cache/function_ref.h"
#include "cache/key.h"

struct MDB_txn;

namespace tern::cache {

class LmdbEnvironment;

struct StoreOptions {
  std::filesystem::path folder;              // made when missing
  uint64_t map_bytes = uint64_t{256} << 20;  // an existing store keeps its own
  mode_t file_mode = 0600;                   // of new files; a new folder gets the same with the search bits added
  uid_t owner = static_cast<uid_t>(-1);      // of new files and folders; -1 leaves it
  gid_t group = static_cast<gid_t>(-1);
};

struct StoreStats {
  uint64_t entries = 0;
  uint64_t bytes = 0;  // pages in use, times the page size
  uint64_t map_bytes = 0;
  uint64_t puts = 0;
  uint64_t dropped = 0;    // put but not kept: dead, older, too large, or the write failed
  uint64_t evictions = 0;  // the oldest, for room
  uint64_t swept = 0;      // dead ones
  uint64_t corrupt = 0;    // images that failed their check
  uint64_t cleared = 0;    // times that everything was dropped to make room
  bool off = false;
};

// A text that keys of the store belong to. Made once for each statement and shared by all who use
// it; it learns its number from the store, in find() when another has stored the text, or in
// put_batch().
class StoredStatement {
 public:
  explicit StoredStatement(std::string text) : text_(std::move(text)), fingerprint_(cache::fingerprint(text_)) {}

  const std::string& text() const noexcept { return text_; }
  const KeyHash& fingerprint() const noexcept { return fingerprint_; }

 private:
  friend class Store;
  static constexpr uint64_t kUnknown = 0;
  // The fingerprint is another text's, or the text is too long.
  static constexpr uint64_t kRefused = ~uint64_t{0};

  const std::string text_;
  const KeyHash fingerprint_;
  // relaxed: it comes from a committed transaction, and stands for nothing else in memory.
  std::atomic<uint64_t> number_{kUnknown};
};

struct StoreItem {
  EntryRef entry;
  std::shared_ptr<StoredStatement> statement;
};

struct SweepResult {
  size_t examined = 0;
  size_t deleted = 0;
  bool wrapped = false;  // the end was reached; the next call begins anew
};

class Store {
 public:
  static constexpr uint64_t kBudgetPercent = 70;

  // True means: this entry may be used, or kept. Called with an image inside the map, before it is
  // copied; it must not throw, nor call the store, nor keep the view.
  using Predicate = FunctionRef<bool(const EntryView&)>;

  // Null, and the reason in `why`, when there can be no store.
  static std::unique_ptr<Store> open(const StoreOptions& options, std::string& why) noexcept;
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // One statement, one store: a StoredStatement is only ever used with the store that it was first
  // used with.
  EntryRef find(StoredStatement& statement, const KeyHash& hash, std::span<const std::byte> key,
                Predicate still_true) noexcept;

  // Writes those that are still_valid, in as few transactions as the map allows. Returns how many
  // were written.
  size_t put_batch(std::span<const StoreItem> items, Predicate still_valid) noexcept;
  // Examines up to max_entries, going on where the last call ended, and deletes those that are dead
  // or damaged.
  SweepResult sweep(size_t max_entries, Predicate is_dead) noexcept;
  // Drops all entries.
  bool clear() noexcept;
  // Ends the snapshots that lookups have left open for the next ones, so that other processes' writers
  // may use the pages again that those see. To be called every few tens of milliseconds.
  void rest() noexcept;

  StoreStats stats() noexcept;
  bool off() const noexcept;
  std::string why_off() const;  // empty while the store works

 private:
  struct DeadEntry;

  explicit Store(std::unique_ptr<LmdbEnvironment> environment) noexcept;

  uint64_t look_up_number(MDB_txn* transaction, const StoredStatement& statement) noexcept;
  // These return LMDB's code, or EBUSY; `written` tells how many entries were.
  int intern(StoredStatement& statement) noexcept;
  int write_slice(std::span<const StoreItem> items, Predicate still_valid, size_t& written) noexcept;
  int write_slice_making_room(std::span<const StoreItem> items, Predicate still_valid, size_t& written) noexcept;
  int evict(uint64_t down_to_pages) noexcept;
  size_t slice_entries() const noexcept;
  SweepResult find_dead(size_t max_entries, Predicate is_dead, std::vector<DeadEntry>& dead);
  size_t delete_dead(std::span<const DeadEntry> dead) noexcept;

  // Constant after construction.
  const std::unique_ptr<LmdbEnvironment> environment_;

  std::mutex sweep_mutex_;
  bool sweep_begun_ = false;                 // guarded by sweep_mutex_
  std::array<std::byte, 16> sweep_after_{};  // guarded by sweep_mutex_

  // relaxed, all of them: counters that order nothing.
  std::atomic<uint64_t> puts_{0};
  std::atomic<uint64_t> dropped_{0};
  std::atomic<uint64_t> evictions_{0};
  std::atomic<uint64_t> swept_{0};
  std::atomic<uint64_t> corrupt_{0};
  std::atomic<uint64_t> cleared_{0};
};

}  // namespace tern::cache
