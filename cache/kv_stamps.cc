#include "cache/kv_stamps.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <new>
#include <utility>

#include "cache/boot_id.h"
#include "cache/errno_text.h"
#include "cache/lock_descriptors.h"
#include "cache/probes.h"

namespace tern::cache {
namespace {

constexpr char kKvStampsMagic[8] = {'T', 'E', 'R', 'N', 'K', 'V', 'S', 'T'};
constexpr uint32_t kKvStampsVersion = 2;
constexpr off_t kAliveByte = off_t{1} << 62;  // of data.mdb, far behind its end: no data is meant

bool set_alive_lock(int fd, short type) noexcept {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = kAliveByte;
  range.l_len = 1;
  return ::fcntl(fd, F_OFD_SETLK, &range) == 0;
}

// Half microseconds since the machine was started. kv_seq grows by two with each commit, and no commit takes less than
// a microsecond: so a file that begins here begins above all that came before it in this boot (K3), for 4.5 years until
// labels are too long for the hot table.
uint64_t first_seq() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return (static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec)) / 512 + 1;
}

}  // namespace

// Nothing: that cannot be told, for want of a right to look, for example.
std::optional<KvStamps::FileIdentity> KvStamps::identity_of(const std::filesystem::path& path) noexcept {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return FileIdentity{status.st_dev, status.st_ino};
  return errno == ENOENT || errno == ENOTDIR ? std::optional(FileIdentity{}) : std::nullopt;
}

std::unique_ptr<KvStamps> KvStamps::open(const KvStampsOptions& options, std::string& why) {
  std::unique_ptr<KvStamps> stamps(new KvStamps());
  const auto path = options.folder / "stamps";
  const std::string boot = options.boot_id.empty() ? kernel_boot_id() : options.boot_id.substr(0, 39);
  bool alone = false;
  if (!stamps->announce(options, alone, why)) return nullptr;
  if (!(alone ? stamps->begin(options, path, boot, why) : stamps->map_existing(path, boot, why))) return nullptr;
  for (size_t i = 0; i < kFiles.size(); ++i) {
    stamps->paths_[i] = options.folder / kFiles[i];
    stamps->identities_[i] = identity_of(stamps->paths_[i]).value_or(FileIdentity{});
  }
  return stamps;
}

// The lock lies on a descriptor of its own, since a mapping keeps its descriptor's description, and a child of fork()
// has that too.
bool KvStamps::announce(const KvStampsOptions& options, bool& alone, std::string& why) {
  const auto path = options.folder / "data.mdb";
  alive_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (alive_ < 0) {
    why = errno_text("cannot open", path);
    return false;
  }
  note_lock_descriptor(alive_);
  alone = set_alive_lock(alive_, F_WRLCK);
  if (set_alive_lock(alive_, F_RDLCK)) return true;
  why = errno_text("cannot lock", path);
  return false;
}

bool KvStamps::valid(const Header& header, const std::string& boot) noexcept {
  return std::memcmp(header.magic, kKvStampsMagic, sizeof kKvStampsMagic) == 0 && header.version == kKvStampsVersion &&
         header.slot_bits == kSlotBits && header.checksum == XXH3_64bits(&header, offsetof(Header, checksum)) &&
         boot == header.boot_id;
}

bool KvStamps::map(int fd, std::string& why) {
  struct stat status {};
  const bool whole = ::fstat(fd, &status) == 0 && static_cast<uint64_t>(status.st_size) == kFileBytes;
  void* const base = whole ? ::mmap(nullptr, kFileBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (base == MAP_FAILED) {
    why = "cannot map the stamps of the KV folder: " + std::string(whole ? std::strerror(errno) : "it is cut short");
    return false;
  }
  header_ = static_cast<Header*>(base);
  slots_ = reinterpret_cast<std::atomic<uint64_t>*>(static_cast<std::byte*>(base) + kHeaderBytes);
  return true;
}

bool KvStamps::map_existing(const std::filesystem::path& path, const std::string& boot, std::string& why) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const bool mapped = fd >= 0 && map(fd, why);
  if (fd >= 0) ::close(fd);
  if (mapped && valid(*header_, boot)) return true;
  why = path.string() +
        " is missing, or of another version of tern, while another process has the KV folder open; close "
        "it there first";
  return false;
}

// Renamed into its place, so that nobody ever meets half a file. In full: a page that cannot be allocated on first use
// would be a SIGBUS in the host program.
bool KvStamps::begin(const KvStampsOptions& options, const std::filesystem::path& path, const std::string& boot,
                     std::string& why) {
  uint64_t seq = first_seq();
  int64_t offset = INT64_MIN;
  const int old = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (old >= 0) {
    std::string ignored;
    if (map(old, ignored)) {
      if (valid(*header_, boot)) {
        // relaxed, here and below: under the KV lock, and nobody else has it.
        seq = std::max(seq, header_->seq.load(std::memory_order_relaxed) + 1);
        offset = header_->time_offset_ns.load(std::memory_order_relaxed);
      }
      ::munmap(std::exchange(header_, nullptr), kFileBytes);
    }
    ::close(old);
  }
  const std::filesystem::path draft = path.string() + ".new";
  const int fd = ::open(draft.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, options.file_mode);
  if (fd < 0) {
    why = errno_text("cannot create", draft);
    return false;
  }
  (void)!::fchmod(fd, options.file_mode);  // the umask may have taken bits away
  (void)!::fchown(fd, options.owner, options.group);
  const int full = ::posix_fallocate(fd, 0, static_cast<off_t>(kFileBytes));
  if (full != 0) {
    errno = full;
    why = errno_text("cannot allocate", draft);
  }
  const bool mapped = full == 0 && map(fd, why);
  ::close(fd);
  if (!mapped) {
    ::unlink(draft.c_str());
    return false;
  }
  auto* const header = new (static_cast<void*>(header_)) Header{};
  std::memcpy(header->magic, kKvStampsMagic, sizeof kKvStampsMagic);
  header->version = kKvStampsVersion;
  header->slot_bits = kSlotBits;
  std::memcpy(header->boot_id, boot.data(), std::min(boot.size(), sizeof header->boot_id - 1));
  header->checksum = XXH3_64bits(header, offsetof(Header, checksum));
  header->time_offset_ns.store(offset, std::memory_order_relaxed);
  header->stamp_all.store(seq, std::memory_order_relaxed);
  header->seq.store(seq, std::memory_order_release);  // pairs with seq(); others meet the file by its name first
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    why = errno_text("cannot rename", draft);
    return false;
  }
  is_new_ = true;
  return true;
}

KvStamps::~KvStamps() {
  if (header_ != nullptr) ::munmap(header_, kFileBytes);
  if (alive_ < 0) return;
  forget_lock_descriptor(alive_);
  ::close(alive_);
}

// Numbers are not given to other files meanwhile: all three are held open or mapped.
const char* KvStamps::misplaced_file() const noexcept {
  for (size_t i = 0; i < kFiles.size(); ++i) {
    if (identity_of(paths_[i]).value_or(identities_[i]) != identities_[i]) return kFiles[i];
  }
  return nullptr;
}

// relaxed loads of seq, here and below: only the holder of the KV lock changes it, and the lock orders us after the
// last.
void KvStamps::mark(std::span<const uint64_t> slots, uint64_t transaction) noexcept {
  header_->marked_transaction.store(transaction, std::memory_order_relaxed);
  if (TERN_MUTANT(kKvNotPending)) return;
  for (const uint64_t slot : slots) {
    TERN_SYNC_POINT("kv:before-mark");
    slots_[slot & (kSlots - 1)].store(kPending, std::memory_order_release);  // pairs with stamp()
  }
  TERN_SYNC_POINT("kv:marked");
  // After the marks (K1), so that an entry validated at the new kv_seq was held against them. Pairs with seq().
  if (!TERN_MUTANT(kKvSeqNotRaised))
    header_->seq.store(header_->seq.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  // K2: a commit's own stores, which release does not hold back, come after the marks for everybody; who has read the
  // new value from LMDB, and whoever hears of it, finds them. Its partner is LMDB's publication of the transaction.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  TERN_SYNC_POINT("kv:seq-raised");
}

void KvStamps::settle(std::span<const uint64_t> slots, uint64_t last) noexcept {
  header_->last_transaction.store(last, std::memory_order_relaxed);
  const uint64_t seq = header_->seq.load(std::memory_order_relaxed) + 1;
  for (const uint64_t slot : slots) {
    TERN_SYNC_POINT("kv:before-stamp");
    slots_[slot & (kSlots - 1)].store(seq, std::memory_order_release);  // pairs with stamp()
  }
  TERN_SYNC_POINT("kv:stamped");
  header_->seq.store(seq, std::memory_order_release);  // after them: K1
  TERN_SYNC_POINT("kv:settled");
}

bool KvStamps::heal(uint64_t slot) noexcept {
  if (!pending(slot) || TERN_MUTANT(kKvNotHealed)) return false;
  settle(std::span(&slot, 1), header_->last_transaction.load(std::memory_order_relaxed));
  return true;
}

// A writer that died after its commit has not said so, but it had marked it.
bool KvStamps::void_if_foreign(uint64_t last) noexcept {
  const uint64_t settled = header_->last_transaction.load(std::memory_order_relaxed);
  if (last == settled || TERN_MUTANT(kKvForeignNotNoticed)) return false;
  header_->last_transaction.store(last, std::memory_order_relaxed);
  if (settled == 0 || last == header_->marked_transaction.load(std::memory_order_relaxed)) return false;
  void_all();
  return true;
}

void KvStamps::void_all() noexcept {
  const uint64_t seq = header_->seq.load(std::memory_order_relaxed) + 1;
  header_->stamp_all.store(seq, std::memory_order_release);  // pairs with stamp_all()
  header_->seq.store(seq, std::memory_order_release);        // after it: K1
}

}  // namespace tern::cache
