// The prepared statements of one connection, kept by their text, the longest unused dropped first.
//
//   StatementCache::Use use = cache.get(sql);      // prepared now or before
//   use.statement().bind_int64(1, 7); … use.cacheability().kind …
//   // at its end the Use resets the statement and clears its parameters
//
// Contract. Belongs to its connection and its thread. A look-up of a kept text allocates nothing. A statement is lent
// to one Use at a time: the same text asked for meanwhile is prepared a second time and dropped after use. A Use must
// end before the cache does. A statement that SQLite re-prepared by itself because the schema changed is dropped at the
// end of its use, so that the next one is classified anew. SQLite also re-prepares when a parameter is bound that its
// plan depends on (LIMIT ?, LIKE ?): such a statement stays, as its classification is about names, not plans. The two
// are told apart by the schema cookie, inside an open transaction; outside one each counts as a change. Bounded by
// `capacity` statements that nobody uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sql/cacheability.h"
#include "sql/connection.h"
#include "sql/statement.h"

namespace tern::sql {

class StatementCache {
  struct Entry {
    ClassifiedStatement classified;
    std::string text;
    int reprepared_at_start = 0;
    std::optional<int64_t> schema;  // the cookie that the classification is about, if it was known
    bool in_use = false;
    bool kept = false;  // in entries_, not a second copy
  };

 public:
  static constexpr size_t kDefaultCapacity = 128;

  explicit StatementCache(Connection& connection, size_t capacity = kDefaultCapacity);
  ~StatementCache();
  StatementCache(const StatementCache&) = delete;
  StatementCache& operator=(const StatementCache&) = delete;

  class Use {
   public:
    Use(Use&& other) noexcept;
    Use& operator=(Use&&) = delete;
    ~Use();

    Statement& statement() const noexcept { return entry_->classified.statement; }
    const Cacheability& cacheability() const noexcept { return entry_->classified.cacheability; }
    // True if SQLite prepared the statement anew since this use began, for a schema that may be another one: what
    // cacheability() says is then not about the statement that ran.
    bool reprepared() const noexcept { return cache_->reprepared(*entry_); }

   private:
    friend class StatementCache;
    Use(StatementCache& cache, Entry* entry) noexcept : cache_(&cache), entry_(entry) {}
    StatementCache* cache_;
    Entry* entry_;
  };

  Use get(std::string_view sql);

  // Drops all that nobody uses: after functions were registered, and before the connection closes.
  void clear() noexcept;
  void forget_functions() noexcept;
  size_t size() const noexcept { return by_text_.size(); }
  size_t uses() const noexcept { return uses_; }  // that have not ended

 private:
  Use lend(Entry* entry) noexcept;
  void give_back(Entry* entry) noexcept;
  void drop_longest_unused() noexcept;
  void erase(Entry* entry) noexcept;
  bool reprepared(const Entry& entry) noexcept;
  // The schema cookie of the open transaction; nothing outside one.
  std::optional<int64_t> schema_now();
  void take_up_schema();

  Connection& connection_;
  Classifier classifier_;
  size_t capacity_;
  size_t uses_ = 0;
  std::list<Entry> entries_;                                                  // most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_text_;  // views into Entry::text
  std::optional<Statement> schema_cookie_;
  std::optional<Statement> schema_reader_;
};

}  // namespace tern::sql
