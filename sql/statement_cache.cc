#include "sql/statement_cache.h"

#include <utility>

namespace tern::sql {

StatementCache::StatementCache(Connection& connection, size_t capacity)
    : connection_(connection), classifier_(connection), capacity_(capacity == 0 ? 1 : capacity) {}

StatementCache::~StatementCache() = default;

StatementCache::Use StatementCache::get(std::string_view sql) {
  const auto known = by_text_.find(sql);
  if (known != by_text_.end() && !known->second->in_use) {
    entries_.splice(entries_.begin(), entries_, known->second);
    return lend(&entries_.front());
  }
  // Room first: a statement that is being dropped must not stand in the way of the new one.
  if (by_text_.size() >= capacity_) drop_longest_unused();
  take_up_schema();
  const std::optional<int64_t> schema = schema_now();
  entries_.push_front(Entry{.classified = classifier_.prepare(sql), .text = std::string(sql), .schema = schema});
  const auto entry = entries_.begin();
  if (known == by_text_.end()) {
    by_text_.emplace(entry->text, entry);
    entry->kept = true;
  }
  return lend(&*entry);
}

StatementCache::Use StatementCache::lend(Entry* entry) noexcept {
  entry->in_use = true;
  ++uses_;
  entry->reprepared_at_start = entry->classified.statement.reprepared();
  return {*this, entry};
}

void StatementCache::give_back(Entry* entry) noexcept {
  const bool stale = reprepared(*entry);
  entry->classified.statement.reset_and_clear();
  entry->in_use = false;
  --uses_;
  if (entry->kept && !stale && by_text_.size() <= capacity_) return;
  erase(entry);
}

void StatementCache::drop_longest_unused() noexcept {
  for (auto it = entries_.rbegin(); it != entries_.rend(); ++it) {
    if (it->in_use) continue;
    return erase(&*it);
  }
}

void StatementCache::erase(Entry* entry) noexcept {
  if (entry->kept) by_text_.erase(entry->text);
  entries_.remove_if([entry](const Entry& candidate) { return &candidate == entry; });
}

void StatementCache::clear() noexcept {
  by_text_.clear();
  entries_.remove_if([](Entry& entry) {
    entry.kept = false;
    return !entry.in_use;
  });
}

void StatementCache::forget_functions() noexcept {
  classifier_.forget_functions();
  clear();
}

StatementCache::Use::Use(Use&& other) noexcept : cache_(other.cache_), entry_(std::exchange(other.entry_, nullptr)) {}

StatementCache::Use::~Use() {
  if (entry_ != nullptr) cache_->give_back(entry_);
}

bool StatementCache::reprepared(const Entry& entry) noexcept try {
  if (entry.classified.statement.reprepared() == entry.reprepared_at_start) return false;
  return !entry.schema || schema_now() != entry.schema;
} catch (const std::exception&) {
  return true;
}

std::optional<int64_t> StatementCache::schema_now() {
  if (!connection_.in_transaction()) return std::nullopt;
  if (!schema_cookie_) schema_cookie_.emplace(connection_, "PRAGMA schema_version", true);
  std::optional<int64_t> cookie;
  if (schema_cookie_->step()) cookie = schema_cookie_->column_int64(0);
  schema_cookie_->reset();
  return cookie;
}

// SQLite prepares by the schema that it holds in memory, and finds out that the file's is another one only when a
// statement runs. This one runs before the one that is classified: then both are about the schema whose cookie is
// noted.
void StatementCache::take_up_schema() {
  if (!connection_.in_transaction()) return;
  if (!schema_reader_) schema_reader_.emplace(connection_, "SELECT 1 FROM sqlite_schema", true);
  schema_reader_->step();
  schema_reader_->reset();
}

}  // namespace tern::sql
