#include "cache/lmdb_environment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cache/little_endian.h"

namespace tern::cache {
namespace {

constexpr char kFormatKey[] = "format";
constexpr char kDataFile[] = "/data.mdb";
constexpr char kLockFile[] = "/lock.mdb";
constexpr uid_t kNobodyElse = static_cast<uid_t>(-1);

// A reader's place in LMDB's table takes 64 bytes, behind a header of less than 4,096.
constexpr off_t kLockFileBytes = 4096 + off_t{LmdbEnvironment::kMaxReaders} * 64;

bool exists(const std::string& path) noexcept {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_size > 0;
}

std::string failure(const std::string& path, int code) {
  return path + ": " + (code > 0 ? std::strerror(code) : ::mdb_strerror(code));
}

void take_identity(const std::string& path, mode_t mode, const LmdbOptions& options) noexcept {
  // The umask may have taken bits away. That it may not be allowed is no error: the store works.
  if (::chmod(path.c_str(), mode) != 0) return;
  if (options.owner != kNobodyElse || options.group != static_cast<gid_t>(-1)) {
    [[maybe_unused]] const int result = ::chown(path.c_str(), options.owner, options.group);
  }
}

bool make_folder(const LmdbOptions& options, std::string& why) {
  const std::string folder = options.folder.string();
  const mode_t search = (options.file_mode & 0444) >> 2;
  const mode_t mode = options.file_mode | search;
  if (::mkdir(folder.c_str(), mode) == 0) {
    take_identity(folder, mode, options);
  } else if (errno != EEXIST) {
    why = failure(folder, errno);
    return false;
  }
  return true;
}

// LMDB maps its lock file and would be killed by SIGBUS if the device had no room for its pages, so
// they are allocated first. A file in use is never made longer: others have mapped it as it is.
int allocate_lock_file(const std::string& path, mode_t mode) noexcept {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, mode);
  if (descriptor < 0) return errno;
  struct stat status {};
  int code = ::fstat(descriptor, &status) == 0 ? 0 : errno;
  if (code == 0) {
    const off_t size = status.st_size > 0 ? status.st_size : kLockFileBytes;
    code = ::posix_fallocate(descriptor, 0, size);
    if (code == EOPNOTSUPP || code == EINVAL) code = 0;
  }
  ::close(descriptor);
  return code;
}

unsigned environment_flags(bool durable, uint64_t map_bytes) noexcept {
  // NOTLS: transactions go from thread to thread. NOSYNC, for a cache: a killed process loses nothing that it has
  // written; after a crash of the machine the stamps file names another folder. A durable environment has no such flag:
  // LMDB syncs the pages, and then the page that names them.
  unsigned flags = MDB_NOTLS;
  if (durable) return flags;  // its map is address space, far larger than what it holds
  flags |= MDB_NOSYNC;
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_bytes = ::sysconf(_SC_PAGESIZE);
  const bool knows = pages > 0 && page_bytes > 0;
  const uint64_t memory = knows ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(page_bytes) : 0;
  // Reading ahead warms a small store, and evicts what is useful when it cannot fit into memory.
  if (map_bytes > memory / 2) flags |= MDB_NORDAHEAD;
  return flags;
}

bool tells_of_damage(int code) noexcept {
  switch (code) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_VERSION_MISMATCH:
    case MDB_INVALID:
    case MDB_INCOMPATIBLE:
    case MDB_BAD_RSLOT:
    case MDB_BAD_DBI:
    case MDB_MAP_RESIZED:
    case MDB_BAD_TXN:  // what LMDB makes of damage that it meets where it cannot return an error
      return true;
    default:
      return false;
  }
}

MDB_txn* transaction_in(uintptr_t word) noexcept { return reinterpret_cast<MDB_txn*>(word & ~uintptr_t{1}); }

size_t place_of_this_thread() noexcept {
  // relaxed: numbers that need only be different.
  static std::atomic<size_t> threads{0};
  thread_local const size_t place = threads.fetch_add(1, std::memory_order_relaxed);
  return place;
}

}  // namespace

std::unique_ptr<LmdbEnvironment> LmdbEnvironment::open(const LmdbOptions& options, std::string& why) {
  if (!make_folder(options, why)) return nullptr;
  std::unique_ptr<LmdbEnvironment> environment(new LmdbEnvironment);
  environment->folder_ = options.folder.string();
  environment->names_ = options.tables;
  environment->magic_ = options.magic;
  environment->format_version_ = options.format_version;
  if (!environment->lock_.open(options.folder, why)) return nullptr;
  const auto held = environment->lock_.acquire(kOpenWaitMs);
  if (!held) {
    why = environment->folder_ + ": another process holds the folder's lock";
    return nullptr;
  }
  bool damaged = false;
  if (environment->open_files(options, damaged, why)) return environment;
  if (!damaged || options.durable) return nullptr;
  // Whoever has the old files open keeps them, and shares nothing with those who come from now on.
  ::unlink((environment->folder_ + kDataFile).c_str());
  ::unlink((environment->folder_ + kLockFile).c_str());
  if (environment->open_files(options, damaged, why)) return environment;
  return nullptr;
}

bool LmdbEnvironment::open_files(const LmdbOptions& options, bool& damaged, std::string& why) {
  const std::string data_file = folder_ + kDataFile;
  const std::string lock_file = folder_ + kLockFile;
  const bool is_new = !exists(data_file);
  const auto fail = [&](const std::string& path, int code) {
    damaged = tells_of_damage(code);
    why = failure(path, code);
    if (options.durable && code == MDB_VERSION_MISMATCH)
      why = path +
            " is of a format that this version of tern does not know; use the version that wrote it, or a newer one";
    close();
    return false;
  };
  if (const int code = allocate_lock_file(lock_file, options.file_mode)) return fail(lock_file, code);
  if (const int code = ::mdb_env_create(&environment_)) return fail(data_file, code);
  const uint64_t map_bytes = std::max(options.map_bytes, kMinimumMapBytes) & ~uint64_t{0xffff};
  if (is_new || options.durable) ::mdb_env_set_mapsize(environment_, map_bytes);
  ::mdb_env_set_maxreaders(environment_, kMaxReaders);
  ::mdb_env_set_maxdbs(environment_, kMaxTables);
  const unsigned flags = environment_flags(options.durable, map_bytes);
  if (const int code = ::mdb_env_open(environment_, folder_.c_str(), flags, options.file_mode)) {
    return fail(data_file, code);
  }
  if (is_new) {
    take_identity(data_file, options.file_mode, options);
    take_identity(lock_file, options.file_mode, options);
  }
  if (!file_is_whole()) return fail(data_file, MDB_CORRUPTED);
  check_readers();
  if (const int code = open_tables(options.durable)) return fail(data_file, code);
  MDB_envinfo info{};
  MDB_stat stat{};
  ::mdb_env_info(environment_, &info);
  ::mdb_env_stat(environment_, &stat);
  map_bytes_ = info.me_mapsize;
  page_bytes_ = stat.ms_psize;
  return true;
}

// A file cut short would end the process by SIGBUS where a page is missing.
bool LmdbEnvironment::file_is_whole() const noexcept {
  MDB_envinfo info{};
  MDB_stat stat{};
  struct stat file {};
  if (::mdb_env_info(environment_, &info) != 0 || ::mdb_env_stat(environment_, &stat) != 0 ||
      ::stat((folder_ + kDataFile).c_str(), &file) != 0) {
    return false;
  }
  return static_cast<uint64_t>(file.st_size) >= (uint64_t{info.me_last_pgno} + 1) * stat.ms_psize;
}

// MDB_VERSION_MISMATCH when the tables are of another format.
int LmdbEnvironment::open_tables(bool durable) {
  MDB_txn* transaction = nullptr;
  int code = ::mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction);
  if (code != 0) return code;
  code = open_tables_in(transaction, 0);
  MDB_val key{sizeof kFormatKey - 1, const_cast<char*>(kFormatKey)};
  MDB_val value{};
  if (code == 0) {
    code = ::mdb_get(transaction, tables_[0], &key, &value);
    const std::string format = format_record();
    const bool known = code == 0 && std::string_view(static_cast<const char*>(value.mv_data), value.mv_size) == format;
    if (!known) code = MDB_VERSION_MISMATCH;
  }
  if (code == 0) return ::mdb_txn_commit(transaction);  // keeps the handles
  ::mdb_txn_abort(transaction);
  if (code != MDB_NOTFOUND) return code;
  MDB_stat stat{};
  ::mdb_env_stat(environment_, &stat);
  if (durable && stat.ms_entries != 0) return MDB_VERSION_MISMATCH;  // somebody else's tables

  code = ::mdb_txn_begin(environment_, nullptr, 0, &transaction);
  if (code != 0) return code;
  code = open_tables_in(transaction, MDB_CREATE);
  if (code == 0) code = put_format(transaction);
  if (code == 0) return ::mdb_txn_commit(transaction);
  ::mdb_txn_abort(transaction);
  return code;
}

std::string LmdbEnvironment::format_record() const {
  std::array<std::byte, sizeof(uint32_t)> version;
  store_le(version.data(), format_version_);
  return std::string(magic_) + std::string(reinterpret_cast<const char*>(version.data()), version.size());
}

int LmdbEnvironment::put_format(MDB_txn* transaction) noexcept {
  std::string format = format_record();  // short enough for the string's own buffer
  MDB_val key{sizeof kFormatKey - 1, const_cast<char*>(kFormatKey)};
  MDB_val value{format.size(), format.data()};
  return ::mdb_put(transaction, tables_[0], &key, &value, 0);
}

int LmdbEnvironment::turn_over() noexcept {
  auto transaction = write();
  if (!transaction) return EBUSY;
  const int code = put_format(transaction.get());
  return code == 0 ? transaction.commit() : code;
}

int LmdbEnvironment::open_tables_in(MDB_txn* transaction, unsigned flags) {
  for (size_t i = 0; i < names_.size(); ++i) {
    if (const int code = ::mdb_dbi_open(transaction, names_[i], flags, &tables_[i])) return code;
  }
  return 0;
}

LmdbEnvironment::~LmdbEnvironment() { close(); }

void LmdbEnvironment::close() noexcept {
  for (KeptRead& kept : kept_) {
    // acquire: pairs with give_back().
    const uintptr_t word = kept.transaction.exchange(0, std::memory_order_acquire);
    if (word != 0) ::mdb_txn_abort(transaction_in(word));
  }
  if (environment_ != nullptr) ::mdb_env_close(environment_);
  environment_ = nullptr;
}

uint64_t LmdbEnvironment::newest_commit() const noexcept {
  MDB_envinfo info{};
  return ::mdb_env_info(environment_, &info) == 0 ? info.me_last_txnid : 0;
}

LmdbEnvironment::Read LmdbEnvironment::read(int* why) noexcept {
  const size_t place = place_of_this_thread() % kKeptReads;
  if (off()) {
    if (why != nullptr) *why = MDB_PANIC;
    return {this, nullptr, place};
  }
  // acquire: pairs with give_back().
  const uintptr_t word = kept_[place].transaction.exchange(0, std::memory_order_acquire);
  MDB_txn* transaction = transaction_in(word);
  int code = 0;
  if (transaction == nullptr) {
    code = ::mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction);
  } else if ((word & kOpen) == 0 || ::mdb_txn_id(transaction) != newest_commit()) {
    if ((word & kOpen) != 0) ::mdb_txn_reset(transaction);
    code = ::mdb_txn_renew(transaction);
    if (code != 0) ::mdb_txn_abort(transaction);
  }
  if (note(code) != 0) transaction = nullptr;
  if (why != nullptr) *why = code;
  return {this, transaction, place};
}

void LmdbEnvironment::give_back(MDB_txn* transaction, size_t place, bool open) noexcept {
  if (!open) ::mdb_txn_reset(transaction);
  uintptr_t empty = 0;
  const uintptr_t word = reinterpret_cast<uintptr_t>(transaction) | (open ? kOpen : 0);
  // release: pairs with the acquire in read(), rest() and close(); relaxed on failure, where nothing was handed over.
  if (!kept_[place].transaction.compare_exchange_strong(empty, word, std::memory_order_release,
                                                        std::memory_order_relaxed)) {
    ::mdb_txn_abort(transaction);
  }
}

// One that a lookup has in its hands is not met here; it is of now, and the next round meets it.
bool LmdbEnvironment::rest() noexcept {
  bool any = false;
  for (size_t place = 0; place < kKeptReads; ++place) {
    // relaxed: only whether there is anything to take. acquire, below: pairs with give_back().
    if ((kept_[place].transaction.load(std::memory_order_relaxed) & kOpen) == 0) continue;
    const uintptr_t word = kept_[place].transaction.exchange(0, std::memory_order_acquire);
    if (word == 0) continue;
    any = true;
    give_back(transaction_in(word), place, false);
  }
  return any;
}

LmdbEnvironment::Read::Read(Read&& other) noexcept
    : environment_(other.environment_),
      transaction_(std::exchange(other.transaction_, nullptr)),
      place_(other.place_) {}

LmdbEnvironment::Read::~Read() {
  if (transaction_ != nullptr) environment_->give_back(transaction_, place_, true);
}

LmdbEnvironment::Write LmdbEnvironment::write(int wait_ms, int* why) noexcept {
  const auto fail = [&](int code) {
    if (why != nullptr) *why = code;
    return Write(nullptr, std::nullopt);
  };
  if (off()) return fail(MDB_PANIC);
  rest();
  auto held = lock_.acquire(wait_ms);
  if (!held) return fail(EBUSY);
  MDB_txn* transaction = nullptr;
  if (const int code = note(::mdb_txn_begin(environment_, nullptr, 0, &transaction))) return fail(code);
  if (why != nullptr) *why = 0;
  return {transaction, std::move(held)};
}

int LmdbEnvironment::decide_dead_commit() noexcept {
  if (off()) return MDB_PANIC;
  MDB_txn* transaction = nullptr;
  const int code = note(::mdb_txn_begin(environment_, nullptr, 0, &transaction));
  if (code == 0) ::mdb_txn_abort(transaction);
  return code;
}

LmdbEnvironment::Write::Write(Write&& other) noexcept
    : held_(std::move(other.held_)), transaction_(std::exchange(other.transaction_, nullptr)) {}

LmdbEnvironment::Write::~Write() {
  if (transaction_ != nullptr) ::mdb_txn_abort(transaction_);
}

int LmdbEnvironment::Write::commit() noexcept { return ::mdb_txn_commit(std::exchange(transaction_, nullptr)); }

uint64_t LmdbEnvironment::used_pages(MDB_txn* transaction) const noexcept {
  uint64_t pages = 0;
  for (size_t i = 0; i < names_.size(); ++i) {
    MDB_stat stat{};
    if (::mdb_stat(transaction, tables_[i], &stat) != 0) continue;
    pages += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
  }
  return pages;
}

void LmdbEnvironment::describe(uint64_t& file_bytes, uint64_t& readers) const noexcept {
  MDB_envinfo info{};
  ::mdb_env_info(environment_, &info);
  file_bytes = (uint64_t{info.me_last_pgno} + 1) * page_bytes_;
  readers = info.me_numreaders;
}

void LmdbEnvironment::check_readers() noexcept {
  int dead = 0;
  ::mdb_reader_check(environment_, &dead);
}

int LmdbEnvironment::note(int code) noexcept {
  if (!tells_of_damage(code)) return code;
  const std::lock_guard lock(why_mutex_);
  if (why_off_.empty()) why_off_ = failure(folder_ + kDataFile, code);
  off_.store(true, std::memory_order_relaxed);
  return code;
}

std::string LmdbEnvironment::why_off() const {
  const std::lock_guard lock(why_mutex_);
  return why_off_;
}

}  // namespace tern::cache
