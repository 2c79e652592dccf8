// What all processes share that have one KV folder open: a stamp for each slot of keys, kv_seq, LMDB's last transaction
// as they know it, and how far their time is ahead of the monotonic clock. One small file, mapped by everybody.
//
// The protocol (docs/coherence.md has the argument, docs/model/kv.pml the model). Every writer is one of ours and knows
// its keys beforehand, so it marks them, and no other key's hits wait for its sync:
//
//   write   KV lock; mark(): each slot = PENDING, then kv_seq + 1; LMDB's commit; settle(): each slot = kv_seq + 1,
//   then
//           kv_seq + 1; unlock; acknowledge
//   read    kv_seq first; an entry validated at it is a hit; one whose slot and ALL are not above its label is a hit,
//           and validated at it; else LMDB. Who meets PENDING and gets the KV lock has met a dead writer: heal()
//   fill    label = kv_seq, loaded before the snapshot; validated starts at 0
//   list    hangs on the slot of the namespace (kv_keys.h), which every write of a key in it marks and settles too
//
// Invariants:
//   K1  who sees kv_seq == s sees every stamp, and every PENDING, that was stored before kv_seq became s.
//   K2  from before a commit can be seen in LMDB until it is settled, its slots are PENDING, which is above every
//   label. K3  stamps that are settled and kv_seq only grow, over files too: a new file begins above every label that
//   one of
//       this boot can have given.
//
// Who is the only one to have the folder open begins the file anew, so that nothing which hangs on KV outlives a time
// in which others may have changed the folder. Nobody may delete it while it is open; who comes then is refused.
//
// Thread-safety: loads at any time; what is marked "under the KV lock" needs it (LmdbEnvironment::lock, FolderLock).
// Lifetime: a child of fork() must not use it. Errors: open() returns null and says why.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace tern::cache {

struct KvStampsOptions {
  std::filesystem::path folder;  // holds data.mdb already
  mode_t file_mode = 0600;
  uid_t owner = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);
  std::string boot_id = {};  // empty: the kernel's own word
};

class KvStamps {
 public:
  static constexpr uint32_t kSlotBits = 18;
  static constexpr uint64_t kSlots = uint64_t{1} << kSlotBits;
  static constexpr uint64_t kPending = ~uint64_t{0};

  // Under the KV lock. Null, and a reason.
  static std::unique_ptr<KvStamps> open(const KvStampsOptions& options, std::string& why);
  ~KvStamps();
  KvStamps(const KvStamps&) = delete;
  KvStamps& operator=(const KvStamps&) = delete;

  // The loads of a read. Each is an acquire that pairs with the release of the same word in mark(), settle(), heal().
  uint64_t seq() const noexcept { return header_->seq.load(std::memory_order_acquire); }
  uint64_t stamp_all() const noexcept { return header_->stamp_all.load(std::memory_order_acquire); }
  uint64_t stamp(uint64_t slot) const noexcept { return slots_[slot & (kSlots - 1)].load(std::memory_order_acquire); }
  bool pending(uint64_t slot) const noexcept { return stamp(slot) == kPending; }
  // Whether an answer with that label is still true, as far as the slot tells.
  bool unchanged(uint64_t slot, uint64_t label) const noexcept { return stamp(slot) <= label && stamp_all() <= label; }

  // Under the KV lock, before the commit of what changes the slots; `transaction` is LMDB's number of it.
  void mark(std::span<const uint64_t> slots, uint64_t transaction) noexcept;
  // Under the KV lock, after it, whether it was done or failed; `last` is LMDB's last transaction now.
  void settle(std::span<const uint64_t> slots, uint64_t last) noexcept;
  // Under the KV lock. Whether the slot was pending; its writer is dead, then.
  bool heal(uint64_t slot) noexcept;
  // Under the KV lock. `last` is LMDB's last transaction. Voids all when that is not one of ours: somebody else wrote,
  // or put other files in place. Returns whether it did.
  bool void_if_foreign(uint64_t last) noexcept;
  void void_all() noexcept;

  // The KV lock knows no order, and who has just let it go would be the first to take it again. So a process that finds
  // it held says until when it waits, and others step back for a moment before they take it. A process that has died
  // holds nobody up for longer than that. A hint: relaxed. Times are ns of CLOCK_MONOTONIC, which all processes share.
  void say_waiting(int64_t until_ns) noexcept { header_->waiting_until_ns.store(until_ns, std::memory_order_relaxed); }
  void say_no_longer(int64_t until_ns) noexcept {
    header_->waiting_until_ns.compare_exchange_strong(until_ns, 0, std::memory_order_relaxed);
  }
  bool somebody_waits(int64_t now_ns) const noexcept {
    return header_->waiting_until_ns.load(std::memory_order_relaxed) > now_ns;
  }

  // How far time is ahead of CLOCK_MONOTONIC, in nanoseconds: kv_clock.h.
  std::atomic<int64_t>& time_offset_ns() noexcept { return header_->time_offset_ns; }
  // True when this open began the file.
  bool is_new() const noexcept { return is_new_; }
  // A file of the folder that is not the one that was opened any more; null: all are. LMDB's lock file counts too: who
  // opens the folder with another one knows nothing of our snapshots, and uses their pages again.
  const char* misplaced_file() const noexcept;

 private:
  // Readers load the words of the first group on every hit, and nothing else here.
  struct Header {
    char magic[8];
    uint32_t version;
    uint32_t slot_bits;
    char boot_id[40];
    uint64_t checksum;  // XXH3-64 of the bytes before it
    alignas(64) std::atomic<uint64_t> seq;
    std::atomic<uint64_t> stamp_all;
    alignas(64) std::atomic<uint64_t> last_transaction;  // that was settled
    std::atomic<uint64_t> marked_transaction;            // the last that was marked
    std::atomic<int64_t> time_offset_ns;
    std::atomic<int64_t> waiting_until_ns;
  };
  static constexpr size_t kHeaderBytes = 4096;
  static constexpr size_t kFileBytes = kHeaderBytes + kSlots * sizeof(uint64_t);
  static_assert(sizeof(Header) <= kHeaderBytes);

  // Zeros: there is no such file.
  struct FileIdentity {
    uint64_t device = 0;
    uint64_t inode = 0;
    bool operator==(const FileIdentity&) const = default;
  };
  static std::optional<FileIdentity> identity_of(const std::filesystem::path& path) noexcept;

  KvStamps() = default;
  bool announce(const KvStampsOptions& options, bool& alone, std::string& why);
  static bool valid(const Header& header, const std::string& boot) noexcept;
  bool map_existing(const std::filesystem::path& path, const std::string& boot, std::string& why);
  bool begin(const KvStampsOptions& options, const std::filesystem::path& path, const std::string& boot,
             std::string& why);
  bool map(int fd, std::string& why);

  // Constant after open().
  int alive_ = -1;  // data.mdb, with a shared lock on a byte that says: somebody has this folder open
  Header* header_ = nullptr;
  std::atomic<uint64_t>* slots_ = nullptr;
  bool is_new_ = false;
  static constexpr std::array<const char*, 3> kFiles = {"data.mdb", "lock.mdb", "stamps"};
  std::array<std::filesystem::path, kFiles.size()> paths_;
  std::array<FileIdentity, kFiles.size()> identities_{};
};

}  // namespace tern::cache
