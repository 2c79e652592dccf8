#include "cache/store.h"

#include <lmdb.h>

#include <new>

#include "cache/lmdb_environment.h"
#include "cache/store_record.h"

namespace tern::cache {

std::unique_ptr<Store> Store::open(const StoreOptions& options, std::string& why) noexcept {
  try {
    LmdbOptions place;
    place.folder = options.folder;
    place.map_bytes = options.map_bytes;
    place.file_mode = options.file_mode;
    place.owner = options.owner;
    place.group = options.group;
    place.tables = kStoreTables;
    place.format_version = kStoreFormatVersion;
    auto environment = LmdbEnvironment::open(place, why);
    if (environment == nullptr) return nullptr;
    return std::unique_ptr<Store>(new Store(std::move(environment)));
  } catch (const std::bad_alloc&) {
    why.assign("no memory");  // short enough for the string's own buffer
    return nullptr;
  }
}

Store::Store(std::unique_ptr<LmdbEnvironment> environment) noexcept : environment_(std::move(environment)) {}

Store::~Store() = default;

// What the snapshot says of the text; kUnknown when it says nothing.
uint64_t Store::look_up_number(MDB_txn* transaction, const StoredStatement& statement) noexcept {
  HashKey name = hash_key(statement.fingerprint());
  MDB_val key = lmdb_value(name);
  MDB_val value{};
  if (environment_->note(::mdb_get(transaction, environment_->table(kStatements), &key, &value)) != 0) {
    return StoredStatement::kUnknown;
  }
  const auto record = parse_statement_record(bytes_of(value));
  if (!record || record->text != statement.text()) return StoredStatement::kRefused;
  return record->number;
}

EntryRef Store::find(StoredStatement& statement, const KeyHash& hash, std::span<const std::byte> key,
                     Predicate still_true) noexcept {
  uint64_t number = statement.number_.load(std::memory_order_relaxed);
  if (number == StoredStatement::kRefused) return {};
  const auto read = environment_->read();
  if (!read) return {};
  if (number == StoredStatement::kUnknown) {
    number = look_up_number(read.get(), statement);
    if (number == StoredStatement::kUnknown) return {};
    statement.number_.store(number, std::memory_order_relaxed);
    if (number == StoredStatement::kRefused) return {};
  }
  HashKey name = hash_key(hash);
  MDB_val lmdb_key = lmdb_value(name);
  MDB_val value{};
  if (environment_->note(::mdb_get(read.get(), environment_->table(kEntries), &lmdb_key, &value)) != 0) return {};

  const auto record = parse_entry_record(bytes_of(value));
  const auto view = record ? EntryView::sealed(record->image) : std::nullopt;
  if (!view) {
    corrupt_.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  if (record->statement != number || !view->has_key(key)) return {};
  if (!still_true(*view)) return {};
  return Entry::from_image(hash, *view);
}

StoreStats Store::stats() noexcept {
  StoreStats stats;
  stats.map_bytes = environment_->map_bytes();
  stats.puts = puts_.load(std::memory_order_relaxed);
  stats.dropped = dropped_.load(std::memory_order_relaxed);
  stats.evictions = evictions_.load(std::memory_order_relaxed);
  stats.swept = swept_.load(std::memory_order_relaxed);
  stats.corrupt = corrupt_.load(std::memory_order_relaxed);
  stats.cleared = cleared_.load(std::memory_order_relaxed);
  stats.off = off();
  if (const auto read = environment_->read()) {
    MDB_stat entries{};
    if (environment_->note(::mdb_stat(read.get(), environment_->table(kEntries), &entries)) == 0) {
      stats.entries = entries.ms_entries;
    }
    stats.bytes = environment_->used_pages(read.get()) * environment_->page_bytes();
  }
  return stats;
}

void Store::rest() noexcept { environment_->rest(); }

bool Store::off() const noexcept { return environment_->off(); }

std::string Store::why_off() const { return environment_->why_off(); }

}  // namespace tern::cache
