// A write transaction of the KV tier: changes collected in LMDB, then committed, synced, and told to all hot tables.
//
// Thread-safety: belongs to one thread. Lifetime: holds the KV lock from begin() to its end, over the sync too; ends
// before its KvStore. Errors: codes as in kv_store.h. Any but MDB_NOTFOUND spoils the transaction: failed() says so,
// and nothing of it can be committed any more. Cost: commit() is one sync of the file, whatever it holds.
//
// What find() gives is LMDB's own memory: it is good until the next change.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cache/kv_store.h"

namespace tern::cache {

class KvTransaction {
 public:
  // How many units may share one transaction: each has a version of its own.
  static constexpr uint64_t kMaxUnits = 128;

  // Empty, and a code, when the lock was not to be had for so long (EBUSY) or LMDB refuses.
  static std::optional<KvTransaction> begin(KvStore& store, int wait_ms, int& code) noexcept;

  // The version of what is put from here on. Never given before, to anything in this folder: it is made of LMDB's
  // number of the transaction, and counts up with each call.
  uint64_t next_version() noexcept { return number_ * kMaxUnits + units_++; }

  // Expired ones are found.
  int find(uint64_t kv_namespace, std::string_view key, KvRecord& record) noexcept;
  // Whatever was there.
  int put(uint64_t kv_namespace, std::string_view key, const KvRecord& record) noexcept;
  int erase(uint64_t kv_namespace, std::string_view key) noexcept;
  // Removes what had expired by then, the earliest first, at most `limit` of them; adds how many to `erased`.
  int erase_due(int64_t now_ms, size_t limit, size_t& erased) noexcept;

  bool failed() const noexcept { return failed_; }
  // Once; nothing is written if nothing was changed.
  int commit() noexcept;

 private:
  KvTransaction(KvStore& store, LmdbEnvironment::Write write) noexcept;
  MDB_dbi table(KvStore::Table table) const noexcept { return store_->environment().table(table); }
  int note(int code) noexcept;
  int make_place(uint64_t kv_namespace, std::string_view key, uint64_t& node, std::string_view& piece) noexcept;
  int make_node(uint64_t parent, std::string_view head, uint64_t& node) noexcept;
  int erase_in(uint64_t node, std::string_view piece) noexcept;
  int forget_empty_nodes(uint64_t node) noexcept;
  int changed(uint64_t kv_namespace, std::string_view key) noexcept;

  KvStore* store_;
  LmdbEnvironment::Write write_;
  uint64_t number_;
  uint64_t units_ = 0;
  std::vector<uint64_t> slots_;
  uint64_t marked_namespace_ = 0;  // whose own slot was added last; no namespace has the number 0
  bool dirty_ = false;
  bool failed_ = false;
};

}  // namespace tern::cache
