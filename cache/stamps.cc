#include "cache/stamps.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "cache/boot_id.h"
#include "cache/errno_text.h"
#include "cache/folder_lock.h"
#include "cache/lock_descriptors.h"
#include "cache/probes.h"

namespace tern::cache {
namespace {

constexpr char kMagic[8] = {'T', 'E', 'R', 'N', 'S', 'T', 'M', 'P'};
constexpr uint32_t kVersion = 3;
constexpr int kFolderPatienceMs = 5000;
// Byte ranges of the file that carry locks; no data is meant.
constexpr off_t kStampLockByte = 0;
constexpr off_t kGuardByte = 1;

struct flock one_byte(short type, off_t byte) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  return range;  // l_pid is 0, as F_OFD_* demands
}

bool set_lock(int fd, short type, off_t byte) {
  struct flock range = one_byte(type, byte);
  return ::fcntl(fd, F_OFD_SETLK, &range) == 0;
}

// Without an id every open starts anew.
std::string boot_id(const StampsOptions& options) {
  return options.boot_id.empty() ? kernel_boot_id() : options.boot_id.substr(0, 39);
}

std::string random_uuid() {
  unsigned char bytes[16];
  if (::getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes)) return {};
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

uint32_t slot_bits_for(uint64_t slots_wanted) {
  uint64_t slots = Stamps::kMinimumSlots;
  uint32_t bits = 16;
  while (slots < slots_wanted && slots < Stamps::kMaximumSlots) {
    slots <<= 1;
    ++bits;
  }
  return bits;
}

int futex(std::atomic<uint32_t>* word, int operation, uint32_t value, const timespec* timeout) {
  return static_cast<int>(::syscall(SYS_futex, word, operation, value, timeout, nullptr, 0));
}

}  // namespace

bool Stamps::header_matches(const Header& header, const StampsOptions& options, uint64_t bytes) {
  const std::string boot = boot_id(options);
  return std::memcmp(header.magic, kMagic, sizeof kMagic) == 0 && header.version == kVersion &&
         header.checksum == XXH3_64bits(&header, offsetof(Header, checksum)) && header.slot_bits >= 16 &&
         header.slot_bits <= 26 && bytes == file_bytes(header.slot_bits) && header.device == options.device &&
         header.inode == options.inode && !boot.empty() && boot == header.boot_id &&
         header.seq.load(std::memory_order_relaxed) >= 1;  // relaxed: the folder lock orders us after its maker
}

int Stamps::open_valid(const StampsOptions& options, std::string& why) {
  const auto path = options.folder / "stamps";
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    why = errno_text("cannot open", path);
    return -1;
  }
  struct stat status {};
  if (::fstat(fd, &status) == 0 && static_cast<uint64_t>(status.st_size) > kHeaderBytes) {
    void* page = ::mmap(nullptr, kHeaderBytes, PROT_READ, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED) {
      const bool matches =
          header_matches(*static_cast<const Header*>(page), options, static_cast<uint64_t>(status.st_size));
      ::munmap(page, kHeaderBytes);
      if (matches) return fd;
    }
  }
  ::close(fd);
  why = path.string() + " belongs to another file, boot or version";
  return -1;
}

int Stamps::create(const StampsOptions& options, std::string& why) {
  const auto path = options.folder / "stamps";
  const auto draft = options.folder / ("stamps.new." + std::to_string(::getpid()));
  const uint32_t bits = slot_bits_for(options.slots_wanted);
  const std::string uuid = random_uuid();
  const std::string boot = boot_id(options);
  const int fd = ::open(draft.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, options.file_mode);
  if (fd < 0) {
    why = errno_text("cannot create", draft);
    return -1;
  }
  TERN_SYNC_POINT("stamps:draft-made");
  // The umask must not keep from a process what the database's mode gives to it. Only root can give files away.
  (void)!::fchmod(fd, options.file_mode);
  (void)!::fchown(fd, options.owner, options.group);
  const auto bytes = static_cast<off_t>(file_bytes(bits));
  // In full: a page that cannot be allocated on first use would be a SIGBUS in the host program.
  const int full = ::posix_fallocate(fd, 0, bytes);
  void* page = full == 0 ? ::mmap(nullptr, kHeaderBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (page == MAP_FAILED || uuid.empty()) {
    if (full != 0) errno = full;
    why = errno_text("cannot allocate", draft);
    ::close(fd);
    ::unlink(draft.c_str());
    return -1;
  }
  auto* header = new (page) Header{};
  std::memcpy(header->magic, kMagic, sizeof kMagic);
  header->version = kVersion;
  header->slot_bits = bits;
  header->time_base_ms = options.time_base_ms;
  header->device = options.device;
  header->inode = options.inode;
  std::memcpy(header->boot_id, boot.data(), boot.size());
  std::memcpy(header->uuid, uuid.data(), uuid.size());
  header->checksum = XXH3_64bits(header, offsetof(Header, checksum));
  header->seq.store(1, std::memory_order_release);  // pairs with seq(); the rename below is what others meet first
  ::munmap(page, kHeaderBytes);
  TERN_SYNC_POINT("stamps:draft-filled");
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    why = errno_text("cannot rename", draft);
    ::close(fd);
    ::unlink(draft.c_str());
    return -1;
  }
  TERN_SYNC_POINT("stamps:renamed");
  return fd;
}

std::unique_ptr<Stamps> Stamps::open(const StampsOptions& options, std::string& why) {
  mode_t folder_mode = options.file_mode | 0700;
  if ((options.file_mode & 0040) != 0) folder_mode |= 0010;
  if ((options.file_mode & 0004) != 0) folder_mode |= 0001;
  if (::mkdir(options.folder.c_str(), folder_mode) == 0) {
    (void)!::chmod(options.folder.c_str(), folder_mode);
    (void)!::chown(options.folder.c_str(), options.owner, options.group);
  } else if (errno != EEXIST) {
    why = errno_text("cannot create the folder", options.folder);
    return nullptr;
  }
  TERN_SYNC_POINT("stamps:folder-made");
  // One process at a time finds out whether the file is good, and makes another.
  FolderLock folder_lock;
  if (!folder_lock.open(options.folder, why)) return nullptr;
  const auto held = folder_lock.acquire(kFolderPatienceMs);
  if (!held) {
    why = "the folder " + options.folder.string() + " is locked by another process";
    return nullptr;
  }
  std::unique_ptr<Stamps> stamps(new Stamps());
  int fd = open_valid(options, why);
  if (fd < 0) {
    fd = create(options, why);
    stamps->is_new_ = true;
  }
  if (fd < 0) return nullptr;
  const bool mapped = stamps->map(fd, why) && stamps->open_for_locks(fd, options.folder / "stamps", why);
  ::close(fd);
  if (!mapped) return nullptr;
  TERN_SYNC_POINT("stamps:mapped");
  why.clear();
  return stamps;
}

bool Stamps::map(int fd, std::string& why) {
  struct stat status {};
  void* base = MAP_FAILED;
  if (::fstat(fd, &status) == 0)
    base = ::mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) {
    why = std::string("cannot map the stamps file: ") + std::strerror(errno);
    return false;
  }
  mapped_bytes_ = static_cast<size_t>(status.st_size);
  header_ = static_cast<Header*>(base);
  slots_ = reinterpret_cast<std::atomic<uint64_t>*>(static_cast<std::byte*>(base) + kHeaderBytes);
  mask_ = (uint64_t{1} << header_->slot_bits) - 1;
  uuid_ = header_->uuid;
  return true;
}

// A mapping keeps the open file description that it was made from, and a child of fork() has the mapping too. So the
// locks are taken on a description of their own, which ends when its descriptors are closed.
bool Stamps::open_for_locks(int mapped_fd, const std::filesystem::path& path, std::string& why) {
  struct stat mapped {};
  struct stat opened {};
  fd_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd_ >= 0) note_lock_descriptor(fd_);
  if (fd_ >= 0 && ::fstat(mapped_fd, &mapped) == 0 && ::fstat(fd_, &opened) == 0 && mapped.st_ino == opened.st_ino &&
      mapped.st_dev == opened.st_dev) {
    return true;
  }
  why = path.string() + " was replaced while it was opened";
  return false;
}

Stamps::~Stamps() {
  if (header_ != nullptr) ::munmap(header_, mapped_bytes_);
  if (fd_ < 0) return;
  forget_lock_descriptor(fd_);
  ::close(fd_);
}

Stamps::Lock::~Lock() {
  if (stamps_ != nullptr) stamps_->unlock();
}

void Stamps::unlock() noexcept {
  set_lock(fd_, F_UNLCK, kStampLockByte);
  mutex_.unlock();
}

std::optional<Stamps::Lock> Stamps::try_lock() noexcept {
  if (!mutex_.try_lock()) return std::nullopt;
  if (set_lock(fd_, F_WRLCK, kStampLockByte)) return Lock(this);
  mutex_.unlock();
  return std::nullopt;
}

std::optional<Stamps::Lock> Stamps::lock(int timeout_ms) noexcept {
  if (auto at_once = try_lock()) return at_once;  // asks no clock
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  if (!mutex_.try_lock_until(deadline)) return std::nullopt;
  // Polled rather than waited for with F_OFD_SETLKW, which knows no time limit: a holder that is stopped must not stop
  // us.
  for (auto pause = std::chrono::microseconds(5);; pause = std::min(pause * 2, std::chrono::microseconds(500))) {
    if (set_lock(fd_, F_WRLCK, kStampLockByte)) return Lock(this);
    if (std::chrono::steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(pause);
  }
  mutex_.unlock();
  return std::nullopt;
}

uint64_t Stamps::publish(const Lock&, std::span<const uint32_t> slots, bool everything, const SavedState& state,
                         uint64_t expected) noexcept {
  // relaxed: only the holder of the stamp lock changes seq, and the lock orders us after the last one.
  uint64_t seq = header_->seq.load(std::memory_order_relaxed);
  if (TERN_MUTANT(kExpectedBeforeStamps)) header_->expected.store(expected, std::memory_order_release);
  if (everything || !slots.empty()) {
    ++seq;
    if (TERN_MUTANT(kSeqBeforeStamps)) header_->seq.store(seq, std::memory_order_release);
    // The stamps go out before seq (S2): a reader that takes the `validated` shortcut at seq must not have missed one.
    // Each release pairs with the acquire in stamp(), stamp_all().
    if (everything) {
      TERN_SYNC_POINT("publish:before-all");
      header_->stamp_all.store(seq, std::memory_order_release);
    }
    for (const uint32_t slot : slots) {
      TERN_SYNC_POINT("publish:before-stamp");
      slots_[place_of(slot)].store(seq, std::memory_order_release);
    }
    TERN_SYNC_POINT("publish:stamps-out");
    header_->seq.store(seq, std::memory_order_release);  // pairs with seq()
    TERN_SYNC_POINT("publish:seq-out");
  }
  // A death between these leaves either the old state or one that its checksum disowns; both only stamp too much (S4).
  if (TERN_MUTANT(kSavedStateNotUpdated) && header_->saved_checksum != 0) {
    header_->expected.store(expected, std::memory_order_release);
    return seq;
  }
  header_->saved_checksum = 0;
  std::atomic_signal_fence(std::memory_order_seq_cst);  // a death is seen by whoever comes next in program order alone
  TERN_SYNC_POINT("publish:saved-disowned");
  std::memcpy(header_->saved, state.data(), state.size());
  TERN_SYNC_POINT("publish:saved-copied");
  std::atomic_signal_fence(std::memory_order_seq_cst);
  header_->saved_checksum = XXH3_64bits(header_->saved, sizeof header_->saved) | 1;
  TERN_SYNC_POINT("publish:before-expected");
  // Last (S3): from here on readers take hits at this state. Pairs with expected().
  header_->expected.store(expected, std::memory_order_release);
  TERN_SYNC_POINT("publish:expected-out");
  return seq;
}

std::optional<Stamps::SavedState> Stamps::saved_state(const Lock&) const noexcept {
  SavedState state;
  std::memcpy(state.data(), header_->saved, state.size());
  if (header_->saved_checksum != (XXH3_64bits(state.data(), state.size()) | 1)) return std::nullopt;
  return state;
}

uint64_t Stamps::checksum_of(const CleanMark& mark) const noexcept {
  std::array<std::byte, kCleanMarkBytes + 16> bytes;
  std::memcpy(bytes.data(), mark.data(), kCleanMarkBytes);
  // relaxed: under the stamp lock, whose last holder wrote both.
  const uint64_t seq = header_->seq.load(std::memory_order_relaxed);
  const uint64_t expected = header_->expected.load(std::memory_order_relaxed);
  std::memcpy(bytes.data() + kCleanMarkBytes, &seq, 8);
  std::memcpy(bytes.data() + kCleanMarkBytes + 8, &expected, 8);
  return XXH3_64bits(bytes.data(), bytes.size()) | 1;
}

// A death in the middle leaves a mark that its checksum disowns.
void Stamps::leave_clean_mark(const Lock&, const CleanMark& mark) noexcept {
  header_->clean_checksum = 0;
  std::atomic_signal_fence(std::memory_order_seq_cst);  // as in publish()
  std::memcpy(header_->clean, mark.data(), mark.size());
  std::atomic_signal_fence(std::memory_order_seq_cst);
  header_->clean_checksum = checksum_of(mark);
}

std::optional<Stamps::CleanMark> Stamps::clean_mark(const Lock&) const noexcept {
  CleanMark mark;
  std::memcpy(mark.data(), header_->clean, mark.size());
  if (header_->clean_checksum != checksum_of(mark)) return std::nullopt;
  return mark;
}

void Stamps::set_guarded(bool guarded) noexcept { set_lock(fd_, guarded ? F_RDLCK : F_UNLCK, kGuardByte); }

bool Stamps::guarded_by_others() const noexcept {
  struct flock range = one_byte(F_WRLCK, kGuardByte);
  return ::fcntl(fd_, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

// Who moves after a request reads everything else from SQLite's own shared memory; only for a request to let go does
// the count carry data. acquire: pairs with the release in request_move(), so that who is woken sees what for.
uint32_t Stamps::request_count() const noexcept { return header_->requests.load(std::memory_order_acquire); }

void Stamps::request_move() noexcept {
  header_->requests.fetch_add(1, std::memory_order_release);
  futex(&header_->requests, FUTEX_WAKE, INT32_MAX, nullptr);
}

// relaxed, here and below: ordered by the request count, and looked at again in the next round anyway. Two requests at
// once may mix their times: both are within kMaxLetGo.
uint32_t Stamps::request_let_go(LetGoTime until) noexcept {
  header_->let_go_until_ns.store(std::chrono::duration_cast<std::chrono::nanoseconds>(until.time_since_epoch()).count(),
                                 std::memory_order_relaxed);
  const uint32_t count = header_->let_go_requests.fetch_add(1, std::memory_order_relaxed) + 1;
  request_move();
  return count;
}

void Stamps::end_let_go() noexcept { header_->let_go_until_ns.store(0, std::memory_order_relaxed); }

uint32_t Stamps::let_go_count() const noexcept { return header_->let_go_requests.load(std::memory_order_relaxed); }

Stamps::LetGoTime Stamps::let_go_until() const noexcept {
  const LetGoTime until{std::chrono::nanoseconds(header_->let_go_until_ns.load(std::memory_order_relaxed))};
  return std::min(until, std::chrono::steady_clock::now() + kMaxLetGo);
}

uint32_t Stamps::wait_for_request(uint32_t seen, int timeout_ms) noexcept {
  const timespec timeout{timeout_ms / 1000, (timeout_ms % 1000) * 1'000'000L};
  if (request_count() == seen) futex(&header_->requests, FUTEX_WAIT, seen, &timeout);
  return request_count();
}

}  // namespace tern::cache
