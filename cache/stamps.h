// The stamps file: what all processes of one database share, so that any of them can tell which entries are newer than
// which commits. One small file, mapped by everybody, allocated in full.
//
// It holds, for each slot, the seq of the last commit that changed it (its stamp), the engine-wide seq, `expected` (the
// fingerprint of the source's state that has been published), and the publisher's saved state. It knows slots and
// numbers; what a slot is, and what the source's state means, the caller knows.
//
// Thread-safety: loads may be made by any thread of any process at any time. publish(), saved_state() and the others
// marked "under the lock" need the stamp lock, which excludes threads and processes alike and is freed by the kernel
// when its holder dies. A child of fork() gives up the descriptor at once (a handler sees to it), so that it cannot
// keep its parent's locks alive; it must not use the object. Errors: open() returns null and says why; nothing throws.
// The file may be deleted at any time: who has it mapped goes on with it, and who comes later starts a new one.
//
// Invariants (docs/coherence.md has the argument):
//   S1  stamps only grow, seq only grows; seq starts at 1, so that label 0 and validated 0 are older than everything.
//   S2  a reader that sees seq == s sees every stamp of every publication up to s.
//   S3  a reader that sees expected == w sees seq and all stamps of every commit up to the state w.
//   S4  the saved state is at or before the state that `expected` names, and a torn one is recognised.
//
// Besides the slots there are kMarks marks: slots of what no commit changes, stamped when somebody asks for it, so that
// one store voids all that hangs on one. Their numbers begin at kFirstMark; what a mark stands for is the caller's, but
// for one rule: an entry hangs on mark_of_key(), the mark of the group that its key begins with, without having it in
// its read set. What falls together on one mark is only ever voided together.
//
// Layout, little-endian, format version 3 (docs/formats.md): a header page of 4,096 bytes, then 2^slot_bits stamps of
// 8, then kMarks of 8.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "cache/bounded_mutex.h"
#include "cache/little_endian.h"

namespace tern::cache {

struct StampsOptions {
  std::filesystem::path folder;  // made when missing
  uint64_t device = 0;           // identity of the file that the slots belong to
  uint64_t inode = 0;
  uint64_t slots_wanted = 0;  // rounded up to a power of two, at least kMinimumSlots
  mode_t file_mode = 0600;    // of a new file; a new folder gets the same with the search bits added
  uid_t owner = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);
  int64_t time_base_ms = 0;  // for a new file
  std::string boot_id = {};  // of the machine, at most 39 bytes; empty: the kernel's own word
};

class Stamps {
 public:
  static constexpr uint64_t kMinimumSlots = uint64_t{1} << 16;
  static constexpr uint64_t kMaximumSlots = uint64_t{1} << 26;
  // A number that no slot has which the source changes by itself, but for a database of 2^31 pages and more: its last
  // ones share the marks.
  static constexpr uint32_t kFirstMark = uint32_t{1} << 31;
  static constexpr uint32_t kMarks = 1 << 13;
  static uint32_t mark_of(uint64_t hash) noexcept { return kFirstMark | (static_cast<uint32_t>(hash) & (kMarks - 1)); }
  // The first eight bytes of a key name its group.
  static uint32_t mark_of_key(std::span<const std::byte> key) noexcept {
    return mark_of(key.size() < 8 ? 0 : load_le<uint64_t>(key.data()));
  }
  static constexpr size_t kSavedStateBytes = 128;
  using SavedState = std::array<std::byte, kSavedStateBytes>;
  static constexpr size_t kCleanMarkBytes = 64;
  using CleanMark = std::array<std::byte, kCleanMarkBytes>;

  // Opens the file, or starts a new one where there is none, where it belongs to another database file, another boot of
  // the machine or an unknown version, or where it is damaged. Null with a reason in `why` when that cannot be done.
  static std::unique_ptr<Stamps> open(const StampsOptions& options, std::string& why);
  ~Stamps();
  Stamps(const Stamps&) = delete;
  Stamps& operator=(const Stamps&) = delete;

  // The loads of rule Read. Each pairs with the release store of the same word in publish().
  uint64_t expected() const noexcept { return header_->expected.load(std::memory_order_acquire); }
  uint64_t seq() const noexcept { return header_->seq.load(std::memory_order_acquire); }
  uint64_t stamp_all() const noexcept { return header_->stamp_all.load(std::memory_order_acquire); }
  uint64_t stamp(uint64_t slot) const noexcept { return slots_[place_of(slot)].load(std::memory_order_acquire); }

  uint64_t slot_count() const noexcept { return mask_ + 1; }
  // 32 hexadecimal digits; names the store that belongs to these numbers. A new stamps file has a new one.
  const std::string& uuid() const noexcept { return uuid_; }
  // What the one who started the file said; the same to all processes.
  int64_t time_base_ms() const noexcept { return header_->time_base_ms; }
  // True when this open started the file: nobody has published in it yet.
  bool is_new() const noexcept { return is_new_; }

  // The stamp lock. Held for microseconds, and never over anything that can block.
  class Lock {
   public:
    Lock(Lock&& other) noexcept : stamps_(other.stamps_) { other.stamps_ = nullptr; }
    Lock& operator=(Lock&&) = delete;
    ~Lock();

   private:
    friend class Stamps;
    explicit Lock(Stamps* stamps) noexcept : stamps_(stamps) {}
    Stamps* stamps_;
  };
  std::optional<Lock> try_lock() noexcept;
  // Waits, at most for `timeout_ms`.
  std::optional<Lock> lock(int timeout_ms) noexcept;

  // Under the lock. Stamps the slots (every entry, if `everything`), raises seq, saves `state`, and only then says that
  // the source's state is `expected`. Without slots and without `everything`, seq stays. Returns seq.
  uint64_t publish(const Lock&, std::span<const uint32_t> slots, bool everything, const SavedState& state,
                   uint64_t expected) noexcept;
  // Under the lock. Nothing when none was saved, or when its writer died within the store.
  std::optional<SavedState> saved_state(const Lock&) const noexcept;

  // Under the lock. What the last one to leave wants the next one to know, if nothing is published in between: the mark
  // is given back only while seq and `expected` are those at which it was left.
  void leave_clean_mark(const Lock&, const CleanMark& mark) noexcept;
  std::optional<CleanMark> clean_mark(const Lock&) const noexcept;

  // Whether the source is kept from losing commits: each process says so for itself with set_guarded(), and is found
  // not to by others as soon as it has died. guarded_by_others() leaves this process out.
  void set_guarded(bool guarded) noexcept;
  bool guarded_by_others() const noexcept;

  // Asks every process that waits in wait_for_request() to move its guardian. A request is a number that grows.
  uint32_t request_count() const noexcept;
  void request_move() noexcept;
  // Asks all processes to let their guardians go, all at once, until the time is over or end_let_go() says so: how the
  // source can be bounded when moving is not enough. Each request has a number of its own.
  using LetGoTime = std::chrono::steady_clock::time_point;
  uint32_t request_let_go(LetGoTime until) noexcept;
  void end_let_go() noexcept;
  uint32_t let_go_count() const noexcept;
  // In the past when nobody asks; never further ahead than kMaxLetGo, whatever stands there.
  LetGoTime let_go_until() const noexcept;
  static constexpr std::chrono::milliseconds kMaxLetGo{1000};

  // Sleeps until the request count is no longer `seen`, a signal comes, or the time is over. Returns the count.
  uint32_t wait_for_request(uint32_t seen, int timeout_ms) noexcept;

 private:
  // Words that writers touch lie on lines of their own: readers load seq, expected and stamp_all on every hit, and
  // nothing else here.
  struct Header {
    char magic[8];
    uint32_t version;
    uint32_t slot_bits;
    uint64_t device;
    uint64_t inode;
    char boot_id[40];
    char uuid[40];
    uint64_t checksum;  // XXH3-64 of the bytes before it
    alignas(64) std::atomic<uint64_t> seq;
    std::atomic<uint64_t> expected;
    std::atomic<uint64_t> stamp_all;
    alignas(64) std::atomic<uint32_t> requests;
    std::atomic<uint32_t> let_go_requests;
    std::atomic<int64_t> let_go_until_ns;  // of CLOCK_MONOTONIC, which all processes of a machine share; 0: over
    alignas(64) uint64_t saved_checksum;
    std::byte saved[kSavedStateBytes];
    alignas(64) uint64_t clean_checksum;  // XXH3-64 of the mark, seq and expected, lowest bit set; 0: none
    std::byte clean[kCleanMarkBytes];
    int64_t time_base_ms;
  };
  static constexpr size_t kHeaderBytes = 4096;
  static_assert(sizeof(Header) <= kHeaderBytes);
  static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<uint32_t>::is_always_lock_free);

  uint64_t place_of(uint64_t slot) const noexcept {
    return slot < kFirstMark ? slot & mask_ : mask_ + 1 + (slot & (kMarks - 1));
  }
  static constexpr uint64_t file_bytes(uint32_t slot_bits) noexcept {
    return kHeaderBytes + (uint64_t{8} << slot_bits) + uint64_t{8} * kMarks;
  }

  Stamps() = default;
  bool map(int fd, std::string& why);
  bool open_for_locks(int mapped_fd, const std::filesystem::path& path, std::string& why);
  static int open_valid(const StampsOptions& options, std::string& why);
  static int create(const StampsOptions& options, std::string& why);
  static bool header_matches(const Header& header, const StampsOptions& options, uint64_t bytes);
  void unlock() noexcept;
  uint64_t checksum_of(const CleanMark& mark) const noexcept;

  // Constant after open().
  int fd_ = -1;  // for locks alone
  Header* header_ = nullptr;
  std::atomic<uint64_t>* slots_ = nullptr;
  uint64_t mask_ = 0;
  uint64_t mapped_bytes_ = 0;
  std::string uuid_;
  bool is_new_ = false;

  // An open-file-description lock excludes other processes only; this one excludes our own threads, and comes first.
  BoundedMutex mutex_;
};

}  // namespace tern::cache
