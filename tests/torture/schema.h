// The database of a torture run, and how its units (operation.h) map to rows.
//
//   unit                        what
//   0 … kGroups-1               group g: kRowsInGroup rows of `entries`, on different pages, and one of `groups`
//   … + kGuests                 guest p: a row of `guests` (WITHOUT ROWID) that comes and goes
//   … + kNotes                  note n: a document of the full-text index `notes`
//   kClockUnit                      the newest row of `journal`; every commit writes it
//
// Each commit inserts a row into `journal`, whose key is the commit's number, and stores its value in every row of the
// units that it touches. `scribble` is written by nobody who is judged.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "docs/examples/demo/sql_pipe.h"
#include "docs/examples/demo/zipf.h"
#include "tests/torture/history.h"
#include <tern/tern.hpp>

namespace torture {

inline constexpr uint32_t kRows = 12'000;
inline constexpr uint32_t kRowsInGroup = 4;
inline constexpr uint32_t kGroups = kRows / kRowsInGroup;
inline constexpr uint32_t kGuests = 2'000;
inline constexpr uint32_t kNotes = 64;
inline constexpr uint32_t kFirstGuest = kGroups;
inline constexpr uint32_t kFirstNote = kFirstGuest + kGuests;
inline constexpr uint32_t kClockUnit = kFirstNote + kNotes;
inline constexpr uint32_t kUnits = kClockUnit + 1;
inline constexpr uint64_t kFirstValue = value_of(1, 0);  // of everything that is there at the beginning

// The reads, for the story that a contradiction is told with.
enum class Query : uint8_t {
  kEntry,
  kGroup,
  kJoined,
  kMany,
  kManyGroups,
  kExtremes,
  kEntryRange,
  kGuest,
  kGuestRange,
  kGuestSum,
  kNote,
  kClock,
  kEverything,
};
const char* query_name(uint8_t query);
std::string unit_name(uint32_t unit);

std::string entry_id(uint32_t row);    // grows with the row
std::string guest_id(uint32_t guest);  // grows with the guest
inline uint32_t group_of(uint32_t row) { return row % kGroups; }

// The n-th most popular row or guest; the order has nothing to do with where rows lie.
inline uint32_t popular_row(uint64_t rank) { return static_cast<uint32_t>(rank * 7'919 % kRows); }
inline uint32_t popular_guest(uint64_t rank) { return static_cast<uint32_t>(rank * 1'009 % kGuests); }

// Creates and fills the tables, with all guests absent, as commit 1.
void create_database(const std::string& path);
// The value of each unit then.
std::vector<uint64_t> first_values();

// What one commit does: units as Recorder::attempt takes them, and the statements, of which the last selects the
// number.
struct Commit {
  uint32_t nonce = 0;
  std::vector<uint64_t> left;
  std::vector<std::string> statements;
};
// Draws units: mostly one, now and then several.
class Commits {
 public:
  explicit Commits(double exponent) : rows_(kRows, exponent), guests_(kGuests, exponent) {}
  Commit draw(uint32_t nonce, std::mt19937_64& random) const;

 private:
  demo::Zipf rows_;
  demo::Zipf guests_;
};

// Whether an attempt that was left behind took place: its value, or its nonce alone. Asked within a write transaction
// that commits: what a dead writer left in the log behind the last commit is overwritten by that, so the answer is
// final. (Otherwise the recovery of a log that nobody has open could still find a commit whose writer died after the
// last frame and before the header.)
uint64_t find_attempt(tern::Database& db, uint64_t nonce);
std::optional<uint64_t> find_attempt(demo::SqlPipe& program, uint64_t nonce);

// Reads everything, past every cache and in one state, as an operation of the history: what was acknowledged must be
// there. False if the program is gone.
void read_everything(tern::Database& db, Recorder& recorder);
bool read_everything(demo::SqlPipe& program, Recorder& recorder);

}  // namespace torture
