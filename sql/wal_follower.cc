#include "sql/wal_follower.h"

#include <algorithm>

#include "sql/probes.h"

namespace tern::sql {
namespace {

constexpr uint32_t kMagic = 0x31535754;  // "TWS1" in the file
constexpr uint32_t kBigEndianFlag = 1;

void set_all(Changes& out, const char* why) {
  out.all = true;
  out.why_all = why;
  out.pages.clear();
  out.cookie_may_have_changed = true;
}

// Adds the pages of frames first … last, and those that a shrink cut off.
void add_changes(const LogView& log, const WalHeader& saved, const WalHeader& now, uint32_t first, Changes& out) {
  if (first <= now.last_frame && !log.frame_pages(first, now.last_frame, out.pages)) {
    return set_all(out, "the WAL-index cannot be read");
  }
  if (saved.database_pages == 0 || now.database_pages == 0) return set_all(out, "the size of the database is unknown");
  out.cookie_may_have_changed = std::find(out.pages.begin(), out.pages.end(), 1u) != out.pages.end();
  if (TERN_MUTANT(kVanishedPagesNotStamped) || now.database_pages >= saved.database_pages) return;
  // A page that is cut off has no frame, and SQLite may have skipped over the page that led to it (auto-vacuum finds an
  // overflow page by its pointer map).
  const uint32_t cut_off = saved.database_pages - now.database_pages;
  if (cut_off > kMaxShrinkPages) return set_all(out, "the database shrank by more pages than are worth naming");
  for (uint32_t page = now.database_pages + 1; page <= saved.database_pages; ++page) out.pages.push_back(page);
}

void put_u32(std::array<std::byte, SavedState::kBytes>& bytes, size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
}

uint32_t get_u32(std::span<const std::byte> bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value |= static_cast<uint32_t>(bytes[at + i]) << (8 * i);
  return value;
}

constexpr size_t kChecksumAt = 56;

std::array<uint32_t, 2> checksum_of(std::span<const std::byte> bytes) {
  uint32_t s1 = 0;
  uint32_t s2 = 0;
  for (size_t at = 0; at < kChecksumAt; at += 8) {
    s1 += get_u32(bytes, at) + s2;
    s2 += get_u32(bytes, at + 4) + s1;
  }
  return {s1, s2};
}

}  // namespace

void Changes::clear() noexcept {
  all = false;
  why_all = "";
  pages.clear();
  now = {};
  cookie_may_have_changed = false;
}

void changes_since(const LogView& log, const std::optional<WalHeader>& saved, const WalHeader& now, bool guarded,
                   Changes& out) {
  out.clear();
  out.now = now;
  if (!saved) return set_all(out, "no earlier state of the log is known");
  // Frames identify what they hold; an empty log that recovery has made anew looks like any other empty one.
  if (*saved == now && (guarded || now.last_frame > 0)) return;
  if (!guarded) return set_all(out, "no guardian held the log since the last published commit");
  if (saved->page_size != now.page_size) return set_all(out, "the page size changed");
  if (TERN_MUTANT(kRestartedLogContinued) && saved->salt != now.salt)
    return add_changes(log, *saved, now, saved->last_frame + 1, out);
  if (saved->salt != now.salt) return add_changes(log, *saved, now, 1, out);
  if (now.last_frame < saved->last_frame) return set_all(out, "the log is shorter than it was");
  // The same frames under another header: recovery wrote it anew. Its frame checksum must be the one that was saved.
  if (now.last_frame == saved->last_frame && now.frame_checksum != saved->frame_checksum) {
    return set_all(out, "the log does not hold the commit that was saved");
  }
  if (TERN_MUTANT(kFirstFrameSkipped)) return add_changes(log, *saved, now, saved->last_frame + 2, out);
  add_changes(log, *saved, now, saved->last_frame + 1, out);
}

void changes_after_restart(const LogView& log, const WalHeader& saved, const WalHeader& now,
                           bool closed_cleanly_and_untouched, Changes& out) {
  out.clear();
  out.now = now;
  if (saved.page_size != now.page_size) return set_all(out, "the page size changed");
  if (now.last_frame == 0 || saved.last_frame == 0) {
    if (TERN_MUTANT(kEmptyLogTrusted) || closed_cleanly_and_untouched) return;
    return set_all(out, "an empty log does not prove what happened meanwhile");
  }
  if (saved.salt != now.salt) return set_all(out, "the log was restarted while nobody watched");
  if (now.last_frame < saved.last_frame) return set_all(out, "the log is shorter than it was");
  if (TERN_MUTANT(kRestartTrustsFrames)) return add_changes(log, saved, now, saved.last_frame + 1, out);
  const auto checksum = log.frame_checksum(saved.last_frame, now);
  if (!checksum) return set_all(out, "the log cannot be read");
  if (*checksum != saved.frame_checksum) return set_all(out, "the log does not hold the commit that was saved");
  add_changes(log, saved, now, saved.last_frame + 1, out);
}

std::array<std::byte, SavedState::kBytes> SavedState::encode() const noexcept {
  std::array<std::byte, kBytes> bytes{};
  put_u32(bytes, 0, kMagic);
  put_u32(bytes, 4, schema_cookie);
  put_u32(bytes, 8, header.change);
  put_u32(bytes, 12, header.page_size);
  put_u32(bytes, 16, header.last_frame);
  put_u32(bytes, 20, header.database_pages);
  put_u32(bytes, 24, header.frame_checksum[0]);
  put_u32(bytes, 28, header.frame_checksum[1]);
  put_u32(bytes, 32, header.salt[0]);
  put_u32(bytes, 36, header.salt[1]);
  put_u32(bytes, 40, header.checksum[0]);
  put_u32(bytes, 44, header.checksum[1]);
  put_u32(bytes, 48, header.big_endian_checksums ? kBigEndianFlag : 0);
  const auto checksum = checksum_of(bytes);
  put_u32(bytes, kChecksumAt, checksum[0]);
  put_u32(bytes, kChecksumAt + 4, checksum[1]);
  return bytes;
}

std::optional<SavedState> SavedState::decode(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < kBytes || get_u32(bytes, 0) != kMagic) return std::nullopt;
  const std::array<uint32_t, 2> stored = {get_u32(bytes, kChecksumAt), get_u32(bytes, kChecksumAt + 4)};
  if (stored != checksum_of(bytes)) return std::nullopt;
  SavedState state;
  state.schema_cookie = get_u32(bytes, 4);
  state.header.version = kWalIndexVersion;
  state.header.initialised = true;
  state.header.change = get_u32(bytes, 8);
  state.header.page_size = get_u32(bytes, 12);
  state.header.last_frame = get_u32(bytes, 16);
  state.header.database_pages = get_u32(bytes, 20);
  state.header.frame_checksum = {get_u32(bytes, 24), get_u32(bytes, 28)};
  state.header.salt = {get_u32(bytes, 32), get_u32(bytes, 36)};
  state.header.checksum = {get_u32(bytes, 40), get_u32(bytes, 44)};
  state.header.big_endian_checksums = (get_u32(bytes, 48) & kBigEndianFlag) != 0;
  return state;
}

}  // namespace tern::sql
