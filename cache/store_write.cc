// The writing half of store.h: putting, evicting, sweeping, clearing.
//
// Every write transaction is a slice: bounded in entries and bytes, so that the pages that it touches, and those that
// it frees but cannot use again yet, stay a small part of the map.
#include <lmdb.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cache/lmdb_environment.h"
#include "cache/probes.h"
#include "cache/store.h"
#include "cache/store_record.h"

namespace tern::cache {
namespace {

constexpr uint64_t kMapParts = 16;        // an image, a slice and the statements take at most one of these
constexpr uint64_t kEvictParts = 8;       // freed when the map is full all the same
constexpr uint64_t kSmallParts = 4;       // an image below this part of a page lies in a page with others
constexpr uint64_t kPagesEachEntry = 32;  // map pages for each entry of a slice
constexpr uint64_t kMaxSliceEntries = 256;
constexpr char kNextStatementKey[] = "next_statement";

bool map_is_full(int code) noexcept { return code == MDB_MAP_FULL || code == MDB_TXN_FULL; }

int get(MDB_txn* transaction, MDB_dbi table, HashKey name, MDB_val& value) noexcept {
  MDB_val key = lmdb_value(name);
  return ::mdb_get(transaction, table, &key, &value);
}

int erase(MDB_txn* transaction, MDB_dbi table, std::span<std::byte> name) noexcept {
  MDB_val key{name.size(), name.data()};
  const int code = ::mdb_del(transaction, table, &key, nullptr);
  return code == MDB_NOTFOUND ? 0 : code;
}

// A cursor of a transaction, closed before it ends.
class Cursor {
 public:
  Cursor(MDB_txn* transaction, MDB_dbi table) noexcept {
    if (::mdb_cursor_open(transaction, table, &cursor_) != 0) cursor_ = nullptr;
  }
  ~Cursor() {
    if (cursor_ != nullptr) ::mdb_cursor_close(cursor_);
  }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  int move(MDB_cursor_op operation, MDB_val& key, MDB_val& value) noexcept {
    return cursor_ != nullptr ? ::mdb_cursor_get(cursor_, &key, &value, operation) : ENOMEM;
  }
  int erase() noexcept { return ::mdb_cursor_del(cursor_, 0); }

 private:
  MDB_cursor* cursor_ = nullptr;
};

// The number that the next entry gets: one above the newest.
int next_order(const LmdbEnvironment& environment, MDB_txn* transaction, uint64_t& number) noexcept {
  Cursor cursor(transaction, environment.table(kOrder));
  MDB_val key{};
  MDB_val value{};
  const int code = cursor.move(MDB_LAST, key, value);
  if (code == MDB_NOTFOUND) {
    number = 1;
    return 0;
  }
  if (code == 0) number = parse_order_key(bytes_of(key)).value_or(0) + 1;
  return code;
}

// Deletes the oldest entry; MDB_NOTFOUND when there is none.
int evict_oldest(const LmdbEnvironment& environment, MDB_txn* transaction) noexcept {
  Cursor cursor(transaction, environment.table(kOrder));
  MDB_val key{};
  MDB_val value{};
  if (const int code = cursor.move(MDB_FIRST, key, value)) return code;
  const auto number = parse_order_key(bytes_of(key));
  HashKey name{};
  const bool whole = number && value.mv_size == name.size();
  if (whole) std::memcpy(name.data(), value.mv_data, name.size());
  if (const int code = cursor.erase()) return code;
  if (!whole) return 0;
  MDB_val stored{};
  const int code = get(transaction, environment.table(kEntries), name, stored);
  if (code == MDB_NOTFOUND) return 0;
  if (code != 0) return code;
  const auto record = parse_entry_record(bytes_of(stored));
  if (record && record->order != *number) return 0;
  return erase(transaction, environment.table(kEntries), name);
}

// Evicts until at most `pages` are in use, or `limit` entries are gone; `count` tells how many.
int evict_down_to(const LmdbEnvironment& environment, MDB_txn* transaction, uint64_t pages, size_t limit,
                  size_t& count) noexcept {
  for (count = 0; count < limit && environment.used_pages(transaction) > pages; ++count) {
    const int code = evict_oldest(environment, transaction);
    if (code == MDB_NOTFOUND) return 0;
    if (code != 0) return code;
  }
  return 0;
}

uint64_t budget_pages(const LmdbEnvironment& environment) noexcept {
  return environment.map_pages() * Store::kBudgetPercent / 100;
}

// Writes one entry unless a newer one is there; `written` tells.
int put(const LmdbEnvironment& environment, MDB_txn* transaction, const Entry& entry, uint64_t statement,
        uint64_t order, bool& written) noexcept {
  written = false;
  const HashKey name = hash_key(entry.hash());
  MDB_val value{};
  int code = get(transaction, environment.table(kEntries), name, value);
  if (code != 0 && code != MDB_NOTFOUND) return code;
  if (code == 0) {
    const auto old = parse_entry_record(bytes_of(value));
    const auto view = old ? EntryView::parse(old->image) : std::nullopt;
    if (view && image_is_sealed(old->image) && view->label() > entry.label()) return 0;
    if (old) {
      OrderKey old_order = order_key(old->order);
      if ((code = erase(transaction, environment.table(kOrder), old_order)) != 0) return code;
    }
  }
  const auto image = entry.view().image();
  HashKey key_bytes = name;
  MDB_val key = lmdb_value(key_bytes);
  value = {kEntryRecordHead + image.size(), nullptr};
  if ((code = ::mdb_put(transaction, environment.table(kEntries), &key, &value, MDB_RESERVE)) != 0) return code;
  auto* const to = static_cast<std::byte*>(value.mv_data);
  store_le(to, order);
  store_le(to + 8, statement);
  std::memcpy(to + kEntryRecordHead, image.data(), image.size());
  seal_image({to + kEntryRecordHead, image.size()});

  OrderKey order_bytes = order_key(order);
  MDB_val order_name = lmdb_value(order_bytes);
  MDB_val hash = lmdb_value(key_bytes);
  code = ::mdb_put(transaction, environment.table(kOrder), &order_name, &hash, MDB_APPEND);
  written = code == 0;
  return code;
}

// The number of a text that has none yet, or kRefused.
int new_statement(const LmdbEnvironment& environment, MDB_txn* transaction, const StoredStatement& statement,
                  uint64_t& number) {
  MDB_val next_key{sizeof kNextStatementKey - 1, const_cast<char*>(kNextStatementKey)};
  MDB_val value{};
  int code = ::mdb_get(transaction, environment.table(kMeta), &next_key, &value);
  if (code != 0 && code != MDB_NOTFOUND) return code;
  number = code == 0 && value.mv_size == 8 ? load_le<uint64_t>(bytes_of(value).data()) : 1;
  std::array<std::byte, 8> next{};
  store_le(next.data(), number + 1);
  value = lmdb_value(next);
  if ((code = ::mdb_put(transaction, environment.table(kMeta), &next_key, &value, 0)) != 0) return code;

  HashKey name = hash_key(statement.fingerprint());
  MDB_val key = lmdb_value(name);
  value = {kStatementRecordHead + statement.text().size(), nullptr};
  if ((code = ::mdb_put(transaction, environment.table(kStatements), &key, &value, MDB_RESERVE)) != 0) return code;
  auto* const to = static_cast<std::byte*>(value.mv_data);
  store_le(to, number);
  std::memcpy(to + kStatementRecordHead, statement.text().data(), statement.text().size());
  return 0;
}

}  // namespace

size_t Store::slice_entries() const noexcept {
  return std::clamp<uint64_t>(environment_->map_pages() / kPagesEachEntry, 4, kMaxSliceEntries);
}

// Gives the text its number; LMDB's code, or EBUSY. Texts past their part of the map are all forgotten: who has a
// number keeps it, since numbers are never given twice.
int Store::intern(StoredStatement& statement) noexcept {
  if (statement.number_.load(std::memory_order_relaxed) != StoredStatement::kUnknown) return 0;
  const uint64_t part_bytes = environment_->map_bytes() / kMapParts;
  uint64_t number = StoredStatement::kRefused;
  if (statement.text().size() <= part_bytes / kMapParts) {
    auto write = environment_->write();
    if (!write) return EBUSY;
    number = look_up_number(write.get(), statement);
    if (number == StoredStatement::kUnknown) {
      MDB_stat stat{};
      int code = ::mdb_stat(write.get(), environment_->table(kStatements), &stat);
      const uint64_t pages = stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
      if (code == 0 && pages * environment_->page_bytes() > part_bytes) {
        code = ::mdb_drop(write.get(), environment_->table(kStatements), 0);
      }
      if (code == 0) code = new_statement(*environment_, write.get(), statement, number);
      if (code == 0) code = write.commit();
      if (code != 0) return code;
    }
  }
  statement.number_.store(number, std::memory_order_relaxed);
  return 0;
}

int Store::write_slice(std::span<const StoreItem> items, Predicate still_valid, size_t& written) noexcept {
  written = 0;
  size_t put_here = 0;
  auto write = environment_->write();
  if (!write) return EBUSY;
  TERN_SYNC_POINT("store:write-begun");
  uint64_t order = 0;
  int code = next_order(*environment_, write.get(), order);
  for (const StoreItem& item : items) {
    if (code != 0) return code;
    const uint64_t number = item.statement->number_.load(std::memory_order_relaxed);
    if (number == StoredStatement::kUnknown || number == StoredStatement::kRefused) continue;
    const EntryView view = item.entry->view();
    if (view.image_size() > environment_->map_bytes() / kMapParts || !still_valid(view)) continue;
    TERN_SYNC_POINT("store:before-put");
    bool this_one = false;
    code = put(*environment_, write.get(), *item.entry, number, order, this_one);
    if (this_one) {
      ++put_here;
      ++order;
    }
  }
  size_t evicted = 0;
  if (code == 0) {
    code = evict_down_to(*environment_, write.get(), budget_pages(*environment_), slice_entries(), evicted);
  }
  TERN_SYNC_POINT("store:before-commit");
  if (code == 0) code = write.commit();
  if (code != 0) return code;
  TERN_SYNC_POINT("store:committed");
  written = put_here;
  puts_.fetch_add(written, std::memory_order_relaxed);
  evictions_.fetch_add(evicted, std::memory_order_relaxed);
  return 0;
}

// Slice by slice, so that making room needs little room itself.
int Store::evict(uint64_t down_to_pages) noexcept {
  for (;;) {
    auto write = environment_->write();
    if (!write) return EBUSY;
    if (environment_->used_pages(write.get()) <= down_to_pages) break;
    size_t evicted = 0;
    int code = evict_down_to(*environment_, write.get(), down_to_pages, slice_entries(), evicted);
    if (code == 0) code = write.commit();
    if (code != 0) return code;
    if (evicted == 0) break;
    evictions_.fetch_add(evicted, std::memory_order_relaxed);
  }
  return environment_->turn_over();
}

// Below the budget the map can be full all the same: of pages that a reader still sees, or that lie apart where an
// image needs them in a row. So room is made, then less is asked for at a time; an image alone that needs several pages
// is given up, and one that does not is worth all the others.
int Store::write_slice_making_room(std::span<const StoreItem> items, Predicate still_valid, size_t& written) noexcept {
  int code = write_slice(items, still_valid, written);
  if (!map_is_full(code)) return code;
  const uint64_t budget = budget_pages(*environment_);
  code = evict(budget - budget / kEvictParts);
  if (code == 0) code = write_slice(items, still_valid, written);
  if (!map_is_full(code)) return code;

  if (items.size() > 1) {
    const size_t half = items.size() / 2;
    size_t first = 0;
    size_t second = 0;
    code = write_slice_making_room(items.first(half), still_valid, first);
    if (code == 0 || map_is_full(code)) code = write_slice_making_room(items.subspan(half), still_valid, second);
    written = first + second;
    return code;
  }
  const bool small = items[0].entry->view().image_size() < environment_->page_bytes() / kSmallParts;
  if (!small || !clear()) return code;
  cleared_.fetch_add(1, std::memory_order_relaxed);
  code = environment_->turn_over();
  return code == 0 ? write_slice(items, still_valid, written) : code;
}

size_t Store::put_batch(std::span<const StoreItem> items, Predicate still_valid) noexcept {
  const size_t max_entries = slice_entries();
  const uint64_t max_bytes = environment_->map_bytes() / kMapParts;
  size_t total = 0;
  int code = 0;
  // Where the lock is not to be had, the rest would wait for it in vain, too.
  for (size_t first = 0; first < items.size() && code != EBUSY && !off();) {
    uint64_t bytes = 0;
    size_t end = first;
    code = 0;
    while (end < items.size() && end - first < max_entries && bytes < max_bytes && code != EBUSY) {
      code = environment_->note(intern(*items[end].statement));
      bytes += items[end++].entry->view().image_size();
    }
    if (code == EBUSY) break;
    size_t written = 0;
    code = write_slice_making_room(items.subspan(first, end - first), still_valid, written);
    environment_->note(code);
    total += written;
    first = end;
  }
  dropped_.fetch_add(items.size() - total, std::memory_order_relaxed);
  return total;
}

bool Store::clear() noexcept {
  auto write = environment_->write();
  if (!write) return false;
  int code = ::mdb_drop(write.get(), environment_->table(kEntries), 0);
  if (code == 0) code = ::mdb_drop(write.get(), environment_->table(kOrder), 0);
  if (code == 0) code = write.commit();
  return environment_->note(code) == 0;
}

}  // namespace tern::cache
