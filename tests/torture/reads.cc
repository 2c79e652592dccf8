#include "tests/torture/reads.h"

#include <algorithm>
#include <string>
#include <vector>

namespace torture {
namespace {

constexpr uint32_t kRange = 20;
constexpr uint32_t kGroupsAtOnce = 6;
constexpr uint64_t kCountsKept = 64;
constexpr uint64_t kLagNs = 20'000'000;

}  // namespace

Reads::Reads(tern::Database db, Board* board, uint32_t actor, double exponent, uint64_t seed, bool lagging)
    : db_(std::move(db)),
      board_(board),
      recorder_(board->rings[actor], board->stop),
      random_(seed),
      rows_(kRows, exponent),
      guests_(kGuests, exponent),
      entry_(db_.prepare("SELECT version FROM entries WHERE id = ?")),
      group_(db_.prepare("SELECT version FROM entries WHERE grp = ?")),
      joined_(db_.prepare("SELECT g.version, e.version FROM groups g JOIN entries e ON e.grp = g.grp WHERE g.grp = ?")),
      extremes_(db_.prepare("SELECT count(*), min(version), max(version) FROM entries WHERE grp = ?")),
      entry_range_(db_.prepare("SELECT grp, version FROM entries WHERE id >= ? AND id < ?")),
      guest_(db_.prepare("SELECT generation FROM guests WHERE id = ?")),
      guest_range_(db_.prepare("SELECT id, generation FROM guests WHERE id >= ? AND id < ?")),
      guest_sum_(db_.prepare("SELECT count(*), coalesce(sum(generation), 0) FROM guests WHERE id >= ? AND id < ?")),
      note_(db_.prepare("SELECT body FROM notes WHERE notes MATCH ?")),
      clock_(db_.prepare("SELECT n << 20 | nonce FROM journal ORDER BY n DESC LIMIT 1")),
      lagging_(lagging) {
  static_assert(kNonceBits == 20);
}

Reads::~Reads() { flush(); }

void Reads::one() {
  try {
    draw();
  } catch (...) {
    recorder_.forget();
    throw;
  }
}

void Reads::draw() {
  const uint32_t row = popular_row(rows_(random_));
  const uint64_t dice = random_() % 1000;
  if (dice < 440) return entry(row);
  if (dice < 560) return group(group_of(row));
  if (dice < 610) return joined(group_of(row));
  if (dice < 690) return many(group_of(row));
  if (dice < 730) return many_groups(row);
  if (dice < 760) return extremes(group_of(row));
  if (dice < 830) return entry_range(row - row % kRange);
  if (dice < 836) return clock();
  if (dice < 838) return note(static_cast<uint32_t>(random_() % kNotes));
  const uint32_t visitor = popular_guest(guests_(random_));
  if (dice < 950) return guest(visitor);
  return dice < 975 ? guest_range(visitor - visitor % kRange) : guest_sum(visitor - visitor % kRange);
}

tern::Rows Reads::answer(const tern::BoundStatement& statement, size_t room) {
  recorder_.begin(room);
  tern::Rows rows = statement.all();
  recorder_.returned();
  return rows;
}

void Reads::end(Query query, tern::Source source) {
  recorder_.end(static_cast<uint8_t>(query), static_cast<uint8_t>(source));
  count(source);
}

void Reads::count(tern::Source source) {
  by_source_[static_cast<size_t>(source)] += 1;
  if (++uncounted_ == kCountsKept) flush();
}

// A row that is not there, or one too many, is told as the unit's absence, which a group never has.
void Reads::entry(uint32_t row) {
  recorder_.begin(1);
  const auto found = entry_.bind(entry_id(row)).first();
  recorder_.returned();
  recorder_.saw(group_of(row), found ? found->get<uint64_t>(0) : kAbsent);
  end(Query::kEntry, found ? found->source() : tern::Source::kSql);
}

void Reads::group(uint32_t group) {
  const tern::Rows rows = answer(group_.bind(group), 2 * kRowsInGroup);
  for (const tern::Row row : rows) recorder_.saw(group, row.get<uint64_t>(0));
  if (rows.size() != kRowsInGroup) recorder_.saw(group, kAbsent);
  end(Query::kGroup, rows.source());
}

void Reads::joined(uint32_t group) {
  const tern::Rows rows = answer(joined_.bind(group), 4 * kRowsInGroup);
  for (const tern::Row row : rows) {
    recorder_.saw(group, row.get<uint64_t>(0));
    recorder_.saw(group, row.get<uint64_t>(1));
  }
  if (rows.size() != kRowsInGroup) recorder_.saw(group, kAbsent);
  end(Query::kJoined, rows.source());
}

void Reads::many(uint32_t group) {
  std::array<std::string, kRowsInGroup> ids;
  std::vector<tern::Value> values;
  for (uint32_t i = 0; i < kRowsInGroup; ++i) {
    ids[i] = entry_id(group + i * kGroups);
    values.emplace_back(ids[i]);
  }
  recorder_.begin(kRowsInGroup);
  const std::vector<tern::Rows> answers = entry_.all_many(values);
  recorder_.returned();
  for (const tern::Rows& rows : answers) {
    recorder_.saw(group, rows.size() == 1 ? rows[0].get<uint64_t>(0) : kAbsent);
    count(rows.source());
  }
  recorder_.end(static_cast<uint8_t>(Query::kMany), 0);
}

void Reads::many_groups(uint32_t row) {
  std::array<std::string, kGroupsAtOnce> ids;
  std::array<uint32_t, kGroupsAtOnce> rows;
  for (uint32_t i = 0; i < kGroupsAtOnce; ++i) {
    rows[i] = i == 0 ? row : popular_row(rows_(random_));
    ids[i] = entry_id(rows[i]);
  }
  recorder_.begin(kGroupsAtOnce);
  const auto found = entry_.first_many(std::span<std::string>(ids));
  recorder_.returned();
  for (uint32_t i = 0; i < kGroupsAtOnce; ++i) {
    recorder_.saw(group_of(rows[i]), found[i] ? found[i]->get<uint64_t>(0) : kAbsent);
    if (found[i]) count(found[i]->source());
  }
  recorder_.end(static_cast<uint8_t>(Query::kManyGroups), 0);
}

void Reads::extremes(uint32_t group) {
  const tern::Rows rows = answer(extremes_.bind(group), 3);
  const tern::Row row = rows.at(0);
  recorder_.saw(group, row.get<std::optional<uint64_t>>(1).value_or(kAbsent));
  recorder_.saw(group, row.get<std::optional<uint64_t>>(2).value_or(kAbsent));
  if (row.get<uint32_t>(0) != kRowsInGroup) recorder_.saw(group, kAbsent);
  end(Query::kExtremes, rows.source());
}

void Reads::entry_range(uint32_t first) {
  const tern::Rows rows = answer(entry_range_.bind(entry_id(first), entry_id(first + kRange)), 2 * kRange);
  for (const tern::Row row : rows) recorder_.saw(row.get<uint32_t>(0) % kGroups, row.get<uint64_t>(1));
  if (rows.size() != kRange) recorder_.saw(group_of(first), kAbsent);
  end(Query::kEntryRange, rows.source());
}

void Reads::guest(uint32_t guest) {
  const tern::Rows rows = answer(guest_.bind(guest_id(guest)), 1);
  recorder_.saw(kFirstGuest + guest, rows.empty() ? kAbsent : rows[0].get<uint64_t>(0));
  end(Query::kGuest, rows.source());
}

void Reads::guest_range(uint32_t first) {
  const tern::Rows rows = answer(guest_range_.bind(guest_id(first), guest_id(first + kRange)), kRange);
  size_t next = 0;
  for (uint32_t i = first; i < first + kRange; ++i) {
    const bool there = next < rows.size() && rows[next].get<std::string_view>(0) == guest_id(i);
    recorder_.saw(kFirstGuest + i, there ? rows[next++].get<uint64_t>(1) : kAbsent);
  }
  if (next != rows.size()) throw std::runtime_error("a range gave rows that are out of it, or out of order");
  end(Query::kGuestRange, rows.source());
}

void Reads::guest_sum(uint32_t first) {
  const tern::Rows rows = answer(guest_sum_.bind(guest_id(first), guest_id(first + kRange)), 3);
  recorder_.saw_sum(kFirstGuest + first, kRange, rows.at(0).get<uint64_t>(0), rows.at(0).get<uint64_t>(1));
  end(Query::kGuestSum, rows.source());
}

void Reads::note(uint32_t note) {
  char word[16];
  std::snprintf(word, sizeof word, "w%04u", note);
  const tern::Rows rows = answer(note_.bind(std::string_view(word)), 1);
  // "w0017 v12345"
  uint64_t value = kAbsent;
  if (rows.size() == 1) value = std::stoull(rows[0].get<std::string>(0).substr(7));
  recorder_.saw(kFirstNote + note, value);
  end(Query::kNote, rows.source());
}

void Reads::clock() {
  const tern::Rows rows = answer(clock_.bind(), 1);
  uint64_t value = rows.at(0).get<uint64_t>(0);
  if (lagging_) {
    const uint64_t now = now_ns();
    if (now < old_clock_until_ns_) {
      value = old_clock_;
    } else {
      old_clock_ = value;
      old_clock_until_ns_ = now + kLagNs;
    }
  }
  recorder_.saw(kClockUnit, value);
  end(Query::kClock, rows.source());
}

void Reads::flush() {
  for (size_t i = 1; i < by_source_.size(); ++i) board_->add(static_cast<Figure>(i), by_source_[i]);
  by_source_ = {};
  uncounted_ = 0;
}

}  // namespace torture
