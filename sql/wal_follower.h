// Which pages changed between two states of the log: the rules of "The guardian" in the coherence document, as
// functions of what they are given.
//
// changes_since(), in one process, `guarded`: a guardian whose snapshot is at or before `saved` has been held since.
//
// | case                                                    | changed                                             |
// |---------------------------------------------------------|-----------------------------------------------------|
// | header equal, and guarded or the log not empty          | nothing                                             |
// | nothing saved, not guarded, or page size differs        | all                                                 |
// | salts equal, last_frame not below                       | pages of frames saved.last_frame + 1 … last_frame   |
// | salts equal, last_frame below                           | all                                                 |
// | salts differ (possible only under read lock 0)          | pages of frames 1 … last_frame                      |
// | and if the database shrank                              | also now.database_pages + 1 … saved.database_pages  |
// | log unreadable, a size unknown, shrink past its bound   | all                                                 |
//
// changes_after_restart(), nobody has watched: precise if and only if salts are equal, last_frame is not below, and the
// checksum that stands in frame saved.last_frame of the log is the saved one. Frame checksums are cumulative over the
// whole log (fileformat2, section 4.2), which is why one frame speaks for all before it. An empty log, then or now,
// proves nothing and counts as changed in all, unless the caller knows that all was closed cleanly and that neither the
// database file nor the log has been touched since (then recovery may still bring back frames of before a restart of
// the log: all of them had been copied to the database, and nothing changed).
//
// Hold a guardian before reading `now`, so that the frames it names stay while they are looked at.
//
// Contract. Thread-safe, no state. `out` is reused: its memory is kept from call to call, so that publishing a one-row
// commit allocates nothing. Repeated page numbers are possible and harmless. Hold the guardian over the call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sql/wal_index.h"

namespace tern::sql {

struct Changes {
  bool all = false;
  const char* why_all = "";  // a constant text
  std::vector<uint32_t> pages;
  WalHeader now;
  bool cookie_may_have_changed = false;  // page 1 is among them, or all

  void clear() noexcept;
};

// Past so many pages cut off a database counts as changed in all.
inline constexpr uint32_t kMaxShrinkPages = 1 << 20;

void changes_since(const LogView& log, const std::optional<WalHeader>& saved, const WalHeader& now, bool guarded,
                   Changes& out);

void changes_after_restart(const LogView& log, const WalHeader& saved, const WalHeader& now,
                           bool closed_cleanly_and_untouched, Changes& out);

// What must outlive the process to judge a restart, as bytes for a file: 64 bytes, little-endian.
//
//   0  magic "TWS1"     4  schema cookie   8  iChange     12 page size   16 last_frame   20 database pages
//   24 frame checksum (2 × 4)   32 salts (2 × 4)   40 header checksum (2 × 4)   48 flags (bit 0: big-endian checksums)
//   52 zero (4)         56 checksum (2 × 4) of bytes 0..55, the log's own (fileformat2, section 4.2)
struct SavedState {
  static constexpr size_t kBytes = 64;

  WalHeader header;
  uint32_t schema_cookie = 0;

  std::array<std::byte, kBytes> encode() const noexcept;
  // Nothing if the bytes are not such a state: too short, another magic, a wrong checksum.
  static std::optional<SavedState> decode(std::span<const std::byte> bytes) noexcept;
  friend bool operator==(const SavedState&, const SavedState&) = default;
};

}  // namespace tern::sql
