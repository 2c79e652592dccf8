#include "sql/wal_index.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <bit>
#include <cstring>
#include <thread>
#include <utility>

#include "sql/error.h"

namespace tern::sql {
namespace {

constexpr size_t kHeaderBytes = 48;
constexpr size_t kHeaderWords = kHeaderBytes / sizeof(uint32_t);
constexpr size_t kChecksummedWords = 10;
constexpr size_t kStateOffset = kHeaderBytes + 40;
constexpr size_t kFirstPageWord = 136 / sizeof(uint32_t);
constexpr int kHeaderTries = 8;

constexpr int kWalFileHeaderBytes = 32;
constexpr int kFrameHeaderBytes = 24;
constexpr int kPageSizeOffset = 16;
constexpr int kChangeCounterOffset = 24;
constexpr int kSchemaCookieOffset = 40;

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t) && std::atomic<uint32_t>::is_always_lock_free);
static_assert(sizeof(std::atomic<uint64_t>) == sizeof(uint64_t) && std::atomic<uint64_t>::is_always_lock_free);
static_assert(kStateOffset % alignof(std::atomic<uint64_t>) == 0);

using HeaderWords = std::array<uint32_t, kHeaderWords>;

// Word by word and relaxed: SQLite writes with memcpy(), so any word may be of another write than its neighbour. What
// makes the whole believable is that both copies agree and the checksum is right, as for SQLite's own readers
// (walIndexTryHdr in wal.c).
HeaderWords load_copy(const std::atomic<uint32_t>* words) {
  HeaderWords copy;
  for (size_t i = 0; i < kHeaderWords; ++i) copy[i] = words[i].load(std::memory_order_relaxed);
  return copy;
}

// The checksum of the log format (fileformat2, section 4.2), over native 32-bit words.
std::array<uint32_t, 2> checksum_of(const HeaderWords& words) {
  uint32_t s1 = 0;
  uint32_t s2 = 0;
  for (size_t i = 0; i < kChecksummedWords; i += 2) {
    s1 += words[i] + s2;
    s2 += words[i + 1] + s1;
  }
  return {s1, s2};
}

// 65536 does not fit into 16 bits: it is stored as 1 (fileformat2, section 1.3.2).
uint32_t decode_page_size(uint16_t stored) { return (stored & 0xfe00u) + ((stored & 0x0001u) << 16); }

WalHeader decode(const HeaderWords& words) {
  std::array<unsigned char, kHeaderBytes> bytes;
  std::memcpy(bytes.data(), words.data(), kHeaderBytes);
  uint16_t page_size;
  std::memcpy(&page_size, bytes.data() + 14, sizeof page_size);
  WalHeader header;
  header.version = words[0];
  header.change = words[2];
  header.initialised = bytes[12] != 0;
  header.big_endian_checksums = bytes[13] != 0;
  header.page_size = decode_page_size(page_size);
  header.last_frame = words[4];
  header.database_pages = words[5];
  header.frame_checksum = {words[6], words[7]};
  header.salt = {words[8], words[9]};
  header.checksum = {words[10], words[11]};
  return header;
}

uint32_t big_endian_u32(const unsigned char* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]};
}

sqlite3_file* file_of(sqlite3* db, int file_control) {
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(db, "main", file_control, &file) != SQLITE_OK) return nullptr;
  return file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

// Every write to a file sets its change time anew, and no program can set it back. 0: unknown.
uint32_t change_time_of(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return 0;
  const uint64_t time =
      static_cast<uint64_t>(status.st_ctim.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(status.st_ctim.tv_nsec);
  return static_cast<uint32_t>(time ^ time >> 32);
}

}  // namespace

uint64_t WalHeader::state() const noexcept { return std::bit_cast<uint64_t>(checksum); }

std::unique_ptr<WalIndex> WalIndex::open(ConnectionOptions options) {
  options.mode = OpenMode::kRead;
  Connection anchor = Connection::open(options);
  // The first read opens the log and its index; recovery, if one is due, happens here.
  if (!anchor.begin_read()) {
    throw Error(SQLITE_BUSY,
                describe("open the log of " + options.path, "another program recovers it or holds it locked",
                         "try again, or raise the busy timeout"));
  }
  anchor.end_transaction();
  std::unique_ptr<WalIndex> index(new WalIndex(std::move(anchor)));
  index->map_first_block();
  return index;
}

WalIndex::WalIndex(Connection anchor)
    : anchor_(std::move(anchor)), blocks_(new std::atomic<const std::atomic<uint32_t>*>[kDirectoryBlocks]()) {}

WalIndex::~WalIndex() = default;

void WalIndex::map_first_block() {
  database_file_ = file_of(anchor_.handle(), SQLITE_FCNTL_FILE_POINTER);
  if (database_file_ == nullptr || database_file_->pMethods->iVersion < 2 ||
      database_file_->pMethods->xShmMap == nullptr) {
    why_unavailable_ = "this VFS has no shared memory";
    return;
  }
  const std::atomic<uint32_t>* const first = block(0);
  if (first == nullptr) {
    why_unavailable_ = "SQLite gives no mapping of the WAL-index";
    return;
  }
  const uint32_t version = first[0].load(std::memory_order_relaxed);  // constant once initialised
  if (version != kWalIndexVersion) {
    why_unavailable_ =
        "the WAL-index has version " + std::to_string(version) + ", known is " + std::to_string(kWalIndexVersion);
    return;
  }
  state_ = reinterpret_cast<const std::atomic<uint64_t>*>(reinterpret_cast<const char*>(first) + kStateOffset);
}

const std::atomic<uint32_t>* WalIndex::block(uint32_t index) const noexcept {
  if (index >= kDirectoryBlocks) return nullptr;
  // acquire: pairs with the release below, so that the mapping is complete for a thread that did not make it.
  if (const auto* known = blocks_[index].load(std::memory_order_acquire)) return known;
  // xShmMap has a mutex of its own, and always gives the same address for the same block. bExtend = 0: a reader never
  // grows the file.
  void volatile* memory = nullptr;
  const int result =
      database_file_->pMethods->xShmMap(database_file_, static_cast<int>(index), kWalIndexBlockBytes, 0, &memory);
  if (result != SQLITE_OK || memory == nullptr) return nullptr;
  const auto* const mapped = reinterpret_cast<const std::atomic<uint32_t>*>(const_cast<void*>(memory));
  blocks_[index].store(mapped, std::memory_order_release);
  return mapped;
}

std::optional<WalHeader> WalIndex::read_header() const noexcept {
  // relaxed: open() stored block 0 before anyone could call this.
  const std::atomic<uint32_t>* const first = blocks_[0].load(std::memory_order_relaxed);
  for (int attempt = 0; attempt < kHeaderTries; ++attempt) {
    // In the opposite order of the writer, which stores the second copy, a barrier, then the first.
    const HeaderWords one = load_copy(first);
    // acquire: pairs with the barrier between the writer's copies (walIndexWriteHdr): who saw a word of the new first
    // copy sees all of the new second one.
    std::atomic_thread_fence(std::memory_order_acquire);
    const HeaderWords two = load_copy(first + kHeaderWords);
    if (one == two) {
      WalHeader header = decode(one);
      if (header.initialised && header.checksum == checksum_of(one)) {
        if (header.version != kWalIndexVersion) return std::nullopt;
        // Recovery of an empty log leaves both sizes 0: SQLite then goes by the database file, and so must we. If the
        // header is the same afterwards, no commit, and so no checkpoint that wrote the file, came between.
        if (header.database_pages == 0 && (!sizes_from_file(header) || load_copy(first) != one)) continue;
        // acquire: what the caller reads next, frames of this header, was stored before it.
        std::atomic_thread_fence(std::memory_order_acquire);
        return header;
      }
    }
    std::this_thread::yield();
  }
  return std::nullopt;
}

bool WalIndex::sizes_from_file(WalHeader& header) const noexcept {
  std::array<unsigned char, 2> page_size;
  sqlite3_int64 file_bytes = 0;
  const std::lock_guard lock(file_mutex_);
  const sqlite3_io_methods& methods = *database_file_->pMethods;
  if (methods.xRead(database_file_, page_size.data(), 2, kPageSizeOffset) != SQLITE_OK ||
      methods.xFileSize(database_file_, &file_bytes) != SQLITE_OK) {
    return false;
  }
  header.page_size = decode_page_size(static_cast<uint16_t>(page_size[0] << 8 | page_size[1]));
  if (header.page_size < 512) return false;
  header.database_pages = static_cast<uint32_t>(file_bytes / header.page_size);
  // The same header, bit for bit, comes again after commits that were copied to the file and whose log was deleted. Who
  // was told by a dying process that its guardian still holds must not take one for the other.
  header.change = change_time_of(anchor_.path());
  return true;
}

bool WalIndex::frame_pages(uint32_t first, uint32_t last, std::vector<uint32_t>& pages) const {
  const size_t before = pages.size();
  uint64_t frame = first;
  while (frame <= last) {
    const bool in_first = frame <= kFramesInFirstBlock;
    const uint64_t later = in_first ? 0 : frame - kFramesInFirstBlock - 1;
    const auto index = static_cast<uint32_t>(in_first ? 0 : 1 + later / kFramesInBlock);
    const auto offset = static_cast<uint32_t>(in_first ? frame - 1 : later % kFramesInBlock);
    const uint32_t frames_here = (in_first ? kFramesInFirstBlock : kFramesInBlock) - offset;
    const uint64_t count = std::min<uint64_t>(frames_here, last - frame + 1);
    const std::atomic<uint32_t>* const memory = block(index);
    if (memory == nullptr) {
      pages.resize(before);
      return false;
    }
    const std::atomic<uint32_t>* const words = memory + (in_first ? kFirstPageWord : 0) + offset;
    for (uint64_t i = 0; i < count; ++i) {
      // relaxed: ordered by the header that named the frame (read_header's fences); committed entries do not change.
      const uint32_t page = words[i].load(std::memory_order_relaxed);
      if (page == 0) {  // no frame has page 0: this is not the log that the header spoke of
        pages.resize(before);
        return false;
      }
      pages.push_back(page);
    }
    frame += count;
  }
  return true;
}

std::optional<std::array<uint32_t, 2>> WalIndex::frame_checksum(uint32_t frame, const WalHeader& header) const {
  if (frame == 0 || frame > header.last_frame) return std::nullopt;
  const std::lock_guard lock(file_mutex_);
  sqlite3_file* const log = file_of(anchor_.handle(), SQLITE_FCNTL_JOURNAL_POINTER);
  if (log == nullptr) return std::nullopt;
  std::array<unsigned char, kFrameHeaderBytes> bytes;
  const sqlite3_int64 at = kWalFileHeaderBytes + static_cast<sqlite3_int64>(frame - 1) *
                                                     (kFrameHeaderBytes + sqlite3_int64{header.page_size});
  if (log->pMethods->xRead(log, bytes.data(), kFrameHeaderBytes, at) != SQLITE_OK) return std::nullopt;
  // The header has the salts as the file has them, byte for byte: no conversion on either side.
  if (std::memcmp(bytes.data() + 8, header.salt.data(), sizeof header.salt) != 0) return std::nullopt;
  return std::array<uint32_t, 2>{big_endian_u32(bytes.data() + 16), big_endian_u32(bytes.data() + 20)};
}

std::optional<uint32_t> WalIndex::schema_cookie(const WalHeader& header) const {
  uint32_t frame = 0;
  std::vector<uint32_t> pages;
  // From the end, a block's worth at a time: page 1 is rewritten by every commit that changes the schema.
  for (uint32_t last = header.last_frame; last > 0 && frame == 0;) {
    const uint32_t first = last > kFramesInBlock ? last - kFramesInBlock + 1 : 1;
    pages.clear();
    if (!frame_pages(first, last, pages)) return std::nullopt;
    for (size_t i = pages.size(); i > 0; --i) {
      if (pages[i - 1] == 1) {
        frame = first + static_cast<uint32_t>(i) - 1;
        break;
      }
    }
    last = first - 1;
  }
  std::array<unsigned char, 4> bytes;
  const std::lock_guard lock(file_mutex_);
  if (frame == 0) {
    if (database_file_->pMethods->xRead(database_file_, bytes.data(), 4, kSchemaCookieOffset) != SQLITE_OK) {
      return std::nullopt;
    }
    return big_endian_u32(bytes.data());
  }
  sqlite3_file* const log = file_of(anchor_.handle(), SQLITE_FCNTL_JOURNAL_POINTER);
  if (log == nullptr) return std::nullopt;
  const sqlite3_int64 at =
      kWalFileHeaderBytes +
      static_cast<sqlite3_int64>(frame - 1) * (kFrameHeaderBytes + sqlite3_int64{header.page_size}) +
      kFrameHeaderBytes + kSchemaCookieOffset;
  if (log->pMethods->xRead(log, bytes.data(), 4, at) != SQLITE_OK) return std::nullopt;
  return big_endian_u32(bytes.data());
}

std::optional<FileState> WalIndex::file_state() const noexcept {
  const auto ns = [](const timespec& time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; };
  std::array<unsigned char, 4> counter;
  struct stat status;
  const std::lock_guard lock(file_mutex_);
  if (database_file_->pMethods->xRead(database_file_, counter.data(), 4, kChangeCounterOffset) != SQLITE_OK ||
      ::stat(anchor_.path().c_str(), &status) != 0) {
    return std::nullopt;
  }
  return FileState{.bytes = static_cast<uint64_t>(status.st_size),
                   .modified_ns = ns(status.st_mtim),
                   .changed_ns = ns(status.st_ctim),
                   .change_counter = big_endian_u32(counter.data())};
}

std::array<std::byte, FileState::kBytes> FileState::encode() const noexcept {
  std::array<std::byte, kBytes> out{};
  const auto put = [&out](size_t at, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; ++i) out[at + i] = static_cast<std::byte>(value >> (8 * i));
  };
  put(0, bytes, 8);
  put(8, static_cast<uint64_t>(modified_ns), 8);
  put(16, static_cast<uint64_t>(changed_ns), 8);
  put(24, change_counter, 4);
  return out;
}

}  // namespace tern::sql
