#include "cache/kv_transaction.h"

#include <cerrno>
#include <new>
#include <string>
#include <utility>

#include "cache/kv_keys.h"
#include "cache/probes.h"

namespace tern::cache {

using kv_detail::bytes_of;
using kv_detail::Cursor;
using kv_detail::lmdb;
using kv_detail::text_of;

namespace {
constexpr std::string_view kNextNode = "next_node";
}

KvTransaction::KvTransaction(KvStore& store, LmdbEnvironment::Write write) noexcept
    : store_(&store), write_(std::move(write)), number_(::mdb_txn_id(write_.get())) {}

std::optional<KvTransaction> KvTransaction::begin(KvStore& store, int wait_ms, int& code) noexcept {
  auto write = store.environment().write(wait_ms, &code);
  if (!write) return std::nullopt;
  return KvTransaction(store, std::move(write));
}

int KvTransaction::note(int code) noexcept {
  if (code == 0 || code == MDB_NOTFOUND) return code;
  failed_ = true;
  return store_->environment().note(code);
}

int KvTransaction::find(uint64_t kv_namespace, std::string_view key, KvRecord& record) noexcept {
  uint64_t node = 0;
  std::string_view piece;
  int code = kv_detail::find_place(write_.get(), table(KvStore::kValues), kv_namespace, key, node, piece);
  if (code != 0) return note(code);
  KvPlace place(node, piece);
  MDB_val name = lmdb(place.place());
  MDB_val value{};
  code = ::mdb_get(write_.get(), table(KvStore::kValues), &name, &value);
  if (code != 0) return note(code);
  const auto parsed = parse_kv_record(bytes_of(value));
  if (!parsed) {
    failed_ = true;  // what was changed before it must not stay; other keys are as good as before
    return MDB_CORRUPTED;
  }
  record = *parsed;
  return 0;
}

int KvTransaction::make_node(uint64_t parent, std::string_view head, uint64_t& node) noexcept {
  MDB_val key = lmdb(kNextNode);
  MDB_val value{};
  node = kKvInnerNodes;
  int code = ::mdb_get(write_.get(), table(KvStore::kMeta), &key, &value);
  if (code == 0) {
    if (value.mv_size != sizeof(uint64_t)) return MDB_CORRUPTED;
    node = load_le<uint64_t>(static_cast<const std::byte*>(value.mv_data));
  } else if (code != MDB_NOTFOUND) {
    return code;
  }
  if (node >> (8 * kKvNodeBytes) != 0) return MDB_DBS_FULL;
  std::array<std::byte, sizeof(uint64_t)> next;
  store_le(next.data(), node + 1);
  value = lmdb(next);
  if ((code = ::mdb_put(write_.get(), table(KvStore::kMeta), &key, &value, 0)) != 0) return code;

  KvPlace place(parent, head);
  KvPlace own(node, {});
  MDB_val name = lmdb(place.place());
  MDB_val number = lmdb(own.place());
  if ((code = ::mdb_put(write_.get(), table(KvStore::kValues), &name, &number, 0)) != 0) return code;
  return ::mdb_put(write_.get(), table(KvStore::kNodes), &number, &name, 0);  // a parent's place is parent and head
}

int KvTransaction::make_place(uint64_t kv_namespace, std::string_view key, uint64_t& node,
                              std::string_view& piece) noexcept {
  node = kv_namespace;
  piece = key;
  while (piece.size() >= kKvHeadBytes) {
    uint64_t inner = 0;
    std::string_view rest;
    // One head at a time: find_place() stops where a way ends, and does not say where.
    int code = kv_detail::find_place(write_.get(), table(KvStore::kValues), node, kv_piece(piece), inner, rest);
    if (code == MDB_NOTFOUND) code = make_node(node, kv_piece(piece), inner);
    if (code != 0) return code;
    node = inner;
    piece.remove_prefix(kKvHeadBytes);
  }
  return 0;
}

int KvTransaction::changed(uint64_t kv_namespace, std::string_view key) noexcept {
  dirty_ = true;
  try {
    slots_.push_back(KvHotKey(kv_namespace, key).slot());
    if (kv_namespace == marked_namespace_ || TERN_MUTANT(kKvNamespaceNotMarked)) return 0;
    slots_.push_back(KvHotKey(kv_namespace, {}).slot());
    marked_namespace_ = kv_namespace;
    return 0;
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
}

int KvTransaction::put(uint64_t kv_namespace, std::string_view key, const KvRecord& record) noexcept {
  uint64_t node = 0;
  std::string_view piece;
  int code = make_place(kv_namespace, key, node, piece);
  if (code != 0) return note(code);
  KvPlace place(node, piece);
  MDB_val name = lmdb(place.place());
  MDB_val value{};
  code = ::mdb_get(write_.get(), table(KvStore::kValues), &name, &value);
  if (code != 0 && code != MDB_NOTFOUND) return note(code);
  int64_t old_expiry = 0;
  if (code == 0) {
    const auto old = parse_kv_record(bytes_of(value));
    if (!old) return note(MDB_CORRUPTED);
    old_expiry = old->expires_at_ms;
  }
  if (old_expiry != 0 && old_expiry != record.expires_at_ms) {
    MDB_val due = lmdb(place.due(old_expiry));
    if ((code = ::mdb_del(write_.get(), table(KvStore::kDue), &due, nullptr)) != 0) return note(code);
  }
  value = {kv_record_bytes(record), nullptr};
  if ((code = ::mdb_put(write_.get(), table(KvStore::kValues), &name, &value, MDB_RESERVE)) != 0) return note(code);
  write_kv_record(record, static_cast<std::byte*>(value.mv_data));
  if (record.expires_at_ms != 0 && old_expiry != record.expires_at_ms) {
    MDB_val due = lmdb(place.due(record.expires_at_ms));
    MDB_val nothing{0, nullptr};
    if ((code = ::mdb_put(write_.get(), table(KvStore::kDue), &due, &nothing, 0)) != 0) return note(code);
  }
  return note(changed(kv_namespace, key));
}

// The record in that place, with its mark in the index.
int KvTransaction::erase_in(uint64_t node, std::string_view piece) noexcept {
  KvPlace place(node, piece);
  MDB_val name = lmdb(place.place());
  MDB_val value{};
  int code = ::mdb_get(write_.get(), table(KvStore::kValues), &name, &value);
  if (code != 0) return code;
  const auto old = parse_kv_record(bytes_of(value));
  if (!old) return MDB_CORRUPTED;
  const int64_t expiry = old->expires_at_ms;
  if ((code = ::mdb_del(write_.get(), table(KvStore::kValues), &name, nullptr)) != 0) return code;
  dirty_ = true;
  if (expiry != 0) {
    MDB_val due = lmdb(place.due(expiry));
    if (::mdb_del(write_.get(), table(KvStore::kDue), &due, nullptr) != 0) return MDB_CORRUPTED;
  }
  return forget_empty_nodes(node);
}

int KvTransaction::forget_empty_nodes(uint64_t node) noexcept {
  while (node >= kKvInnerNodes) {
    KvPlace own(node, {});
    MDB_val key = lmdb(own.place());
    MDB_val value{};
    {
      Cursor cursor(write_.get(), table(KvStore::kValues));
      const int code = cursor.move(key, value, MDB_SET_RANGE);
      if (code != 0 && code != MDB_NOTFOUND) return code;
      if (code == 0 && key.mv_size >= kKvNodeBytes &&
          load_big_endian(static_cast<const std::byte*>(key.mv_data), kKvNodeBytes) == node)
        return 0;
    }
    key = lmdb(own.place());
    int code = ::mdb_get(write_.get(), table(KvStore::kNodes), &key, &value);
    if (code != 0 || value.mv_size != kKvNodeBytes + kKvHeadBytes) return MDB_CORRUPTED;
    KvPlace parent(load_big_endian(static_cast<const std::byte*>(value.mv_data), kKvNodeBytes),
                   text_of(bytes_of(value).subspan(kKvNodeBytes)));
    if ((code = ::mdb_del(write_.get(), table(KvStore::kNodes), &key, nullptr)) != 0) return code;
    MDB_val name = lmdb(parent.place());
    if (::mdb_del(write_.get(), table(KvStore::kValues), &name, nullptr) != 0) return MDB_CORRUPTED;
    node = load_big_endian(parent.place().data(), kKvNodeBytes);
  }
  return 0;
}

int KvTransaction::erase(uint64_t kv_namespace, std::string_view key) noexcept {
  uint64_t node = 0;
  std::string_view piece;
  int code = kv_detail::find_place(write_.get(), table(KvStore::kValues), kv_namespace, key, node, piece);
  if (code == 0) code = erase_in(node, piece);
  if (code == 0) code = changed(kv_namespace, key);
  return note(code);
}

// No slot is marked: whoever has such an entry sees by its own expiry that it is over, and time does not go back within
// a boot (kv_clock.h), as no hot entry outlives one.
int KvTransaction::erase_due(int64_t now_ms, size_t limit, size_t& erased) noexcept {
  for (size_t i = 0; i < limit; ++i) {
    MDB_val key{};
    MDB_val value{};
    std::array<std::byte, kKvNodeBytes + kKvHeadBytes> place;  // the cursor's memory moves with the next change
    size_t size = 0;
    {
      Cursor cursor(write_.get(), table(KvStore::kDue));
      const int code = cursor.move(key, value, MDB_FIRST);
      if (code == MDB_NOTFOUND) return 0;
      if (code != 0) return note(code);
      const auto due = bytes_of(key);
      if (due.size() < kKvDueBytes + kKvNodeBytes || due.size() > kKvDueBytes + place.size())
        return note(MDB_CORRUPTED);
      if (static_cast<int64_t>(load_big_endian(due.data(), kKvDueBytes)) > now_ms) return 0;
      size = due.size() - kKvDueBytes;
      std::memcpy(place.data(), due.data() + kKvDueBytes, size);
    }
    const int code = erase_in(load_big_endian(place.data(), kKvNodeBytes),
                              text_of(std::span(place).subspan(kKvNodeBytes, size - kKvNodeBytes)));
    if (code != 0) return note(code == MDB_NOTFOUND ? MDB_CORRUPTED : code);
    ++erased;
  }
  return 0;
}

int KvTransaction::commit() noexcept {
  if (failed_) return MDB_BAD_TXN;
  if (!dirty_) return 0;
  KvStamps& stamps = store_->stamps();
  stamps.void_if_foreign(number_ - 1);
  stamps.mark(slots_, number_);
  TERN_SYNC_POINT("kv:before-commit");
  const int code = write_.commit();
  TERN_SYNC_POINT("kv:committed");
  stamps.settle(slots_, code == 0 ? number_ : number_ - 1);
  return note(code);
}

}  // namespace tern::cache
