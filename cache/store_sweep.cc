// The sweeping of store.h: what is dead is found in a read transaction, and only then is anything locked.
#include <lmdb.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "cache/lmdb_environment.h"
#include "cache/store.h"
#include "cache/store_record.h"

namespace tern::cache {

struct Store::DeadEntry {
  HashKey name;
  uint64_t order;  // an entry put since then has another
};

// Examines up to max_entries after the place reached last, and notes the dead.
SweepResult Store::find_dead(size_t max_entries, Predicate is_dead, std::vector<DeadEntry>& dead) {
  SweepResult result;
  const auto read = environment_->read();
  if (!read) return result;
  MDB_cursor* cursor = nullptr;
  if (environment_->note(::mdb_cursor_open(read.get(), environment_->table(kEntries), &cursor)) != 0) return result;
  HashKey from = sweep_after_;
  MDB_val key = lmdb_value(from);
  MDB_val value{};
  int code = ::mdb_cursor_get(cursor, &key, &value, sweep_begun_ ? MDB_SET_RANGE : MDB_FIRST);
  if (code == 0 && sweep_begun_ && key.mv_size == from.size() &&
      std::memcmp(key.mv_data, from.data(), from.size()) == 0) {
    code = ::mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
  }
  for (; code == 0 && result.examined < max_entries; code = ::mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
    ++result.examined;
    if (key.mv_size != sweep_after_.size()) continue;
    std::memcpy(sweep_after_.data(), key.mv_data, key.mv_size);
    sweep_begun_ = true;
    const auto record = parse_entry_record(bytes_of(value));
    const auto view = record ? EntryView::parse(record->image) : std::nullopt;
    if (view && !is_dead(*view)) continue;
    dead.push_back({sweep_after_, record ? record->order : 0});
  }
  ::mdb_cursor_close(cursor);
  environment_->note(code);
  result.wrapped = code == MDB_NOTFOUND;
  if (result.wrapped) sweep_begun_ = false;
  return result;
}

// Those of them that are still what they were. Returns how many.
size_t Store::delete_dead(std::span<const DeadEntry> dead) noexcept {
  auto write = environment_->write();
  if (!write) return 0;
  size_t deleted = 0;
  int code = 0;
  for (const DeadEntry& entry : dead) {
    HashKey name = entry.name;
    MDB_val key = lmdb_value(name);
    MDB_val value{};
    code = ::mdb_get(write.get(), environment_->table(kEntries), &key, &value);
    if (code == MDB_NOTFOUND) continue;
    if (code != 0) break;
    const auto record = parse_entry_record(bytes_of(value));
    if (record && record->order != entry.order) continue;
    if ((code = ::mdb_del(write.get(), environment_->table(kEntries), &key, nullptr)) != 0) break;
    OrderKey order = order_key(entry.order);
    MDB_val order_name = lmdb_value(order);
    code = ::mdb_del(write.get(), environment_->table(kOrder), &order_name, nullptr);
    if (code != 0 && code != MDB_NOTFOUND) break;
    ++deleted;
  }
  if (code == 0 || code == MDB_NOTFOUND) code = write.commit();
  if (environment_->note(code) != 0) return 0;
  swept_.fetch_add(deleted, std::memory_order_relaxed);
  return deleted;
}

SweepResult Store::sweep(size_t max_entries, Predicate is_dead) noexcept {
  SweepResult result;
  const std::unique_lock lock(sweep_mutex_, std::try_to_lock);
  if (!lock || off()) return result;
  try {
    std::vector<DeadEntry> dead;
    result = find_dead(max_entries, is_dead, dead);
    const size_t slice = slice_entries();
    for (size_t first = 0; first < dead.size(); first += slice) {
      result.deleted += delete_dead(std::span(dead).subspan(first, std::min(slice, dead.size() - first)));
    }
  } catch (const std::bad_alloc&) {
    // What was found is found again in the next round.
  }
  if (result.wrapped) environment_->check_readers();
  return result;
}

}  // namespace tern::cache
