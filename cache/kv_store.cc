#include "cache/kv_store.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "cache/kv_keys.h"
#include "cache/probes.h"

namespace tern::cache {

using kv_detail::bytes_of;
using kv_detail::Cursor;
using kv_detail::lmdb;
using kv_detail::text_of;

namespace {

constexpr std::string_view kFolderMagic("TERN-KV\0", 8);
constexpr int kOpenWaitMs = 5000;

uint64_t last_transaction(MDB_txn* transaction) noexcept { return ::mdb_txn_id(transaction); }

}  // namespace

int kv_detail::find_place(MDB_txn* transaction, MDB_dbi values, uint64_t kv_namespace, std::string_view key,
                          uint64_t& node, std::string_view& piece) noexcept {
  node = kv_namespace;
  piece = key;
  while (piece.size() >= kKvHeadBytes) {
    KvPlace head(node, kv_piece(piece));
    MDB_val name = lmdb(head.place());
    MDB_val value{};
    if (const int code = ::mdb_get(transaction, values, &name, &value)) return code;
    if (value.mv_size != kKvNodeBytes) return MDB_CORRUPTED;
    node = load_big_endian(static_cast<const std::byte*>(value.mv_data), kKvNodeBytes);
    piece.remove_prefix(kKvHeadBytes);
  }
  return 0;
}

KvStore::KvStore(std::unique_ptr<LmdbEnvironment> environment, std::unique_ptr<KvStamps> stamps, Clock& clock) noexcept
    : environment_(std::move(environment)), stamps_(std::move(stamps)), clock_(clock, stamps_->time_offset_ns()) {}

KvStore::~KvStore() = default;

std::unique_ptr<KvStore> KvStore::open(const KvStoreOptions& options, std::string& why) noexcept {
  try {
    LmdbOptions place;
    place.folder = options.folder;
    place.map_bytes = options.map_bytes;
    place.file_mode = options.file_mode;
    place.owner = options.owner;
    place.group = options.group;
    place.tables = kTables;
    place.magic = kFolderMagic;
    place.format_version = kFormatVersion;
    place.durable = true;
    auto environment = LmdbEnvironment::open(place, why);
    if (environment == nullptr) return nullptr;
    const auto held = environment->lock(kOpenWaitMs);
    if (!held) {
      why = options.folder.string() + ": another process holds the lock of the KV folder";
      return nullptr;
    }
    auto stamps = KvStamps::open({.folder = options.folder,
                                  .file_mode = options.file_mode,
                                  .owner = options.owner,
                                  .group = options.group,
                                  .boot_id = options.boot_id},
                                 why);
    if (stamps == nullptr) return nullptr;
    // New stamps have no mark of a writer that died while there were others: what it has written comes to light now.
    if (stamps->is_new()) {
      if (const int code = environment->decide_dead_commit(); code != 0) {
        why = options.folder.string() + ": " + ::mdb_strerror(code);
        return nullptr;
      }
    }
    if (const auto read = environment->read()) stamps->void_if_foreign(last_transaction(read.get()));
    Clock& clock = options.clock != nullptr ? *options.clock : system_clock();
    return std::unique_ptr<KvStore>(new KvStore(std::move(environment), std::move(stamps), clock));
  } catch (const std::exception& error) {
    why.assign("no memory");  // short enough for the string's own buffer
    return nullptr;
  }
}

int KvStore::open_namespace(std::string_view name, bool make, int wait_ms, uint64_t& number) noexcept {
  MDB_val key = lmdb(name);
  MDB_val value{};
  int code = 0;
  const auto look = [&](MDB_txn* transaction) {
    const int found = ::mdb_get(transaction, environment_->table(kNames), &key, &value);
    if (found != 0) return found;
    if (value.mv_size != sizeof(uint64_t)) return MDB_CORRUPTED;
    number = load_le<uint64_t>(static_cast<const std::byte*>(value.mv_data));
    return 0;
  };
  {
    const auto read = environment_->read(&code);
    if (!read) return code;
    code = environment_->note(look(read.get()));
  }
  if (code != MDB_NOTFOUND || !make) return code;
  auto write = environment_->write(wait_ms, &code);
  if (!write) return code;
  // Numbers are counted by the names themselves, which never go.
  if ((code = environment_->note(look(write.get()))) != MDB_NOTFOUND) return code;
  MDB_stat names{};
  if ((code = ::mdb_stat(write.get(), environment_->table(kNames), &names)) != 0) return environment_->note(code);
  number = names.ms_entries + 1;
  if (number >= kKvNamespaceLimit) return MDB_DBS_FULL;
  std::array<std::byte, sizeof(uint64_t)> record;
  store_le(record.data(), number);
  value = lmdb(record);
  const uint64_t transaction = last_transaction(write.get());
  code = ::mdb_put(write.get(), environment_->table(kNames), &key, &value, MDB_NOOVERWRITE);
  if (code != 0) return environment_->note(code);
  // Marks nothing: an answer that there is no such namespace is not kept.
  stamps_->void_if_foreign(transaction - 1);
  stamps_->mark({}, transaction);
  code = write.commit();
  stamps_->settle({}, code == 0 ? transaction : transaction - 1);
  return environment_->note(code);
}

int KvStore::for_each_namespace(const Read& read, FunctionRef<void(std::string_view)> f) {
  Cursor cursor(read.get(), environment_->table(kNames));
  MDB_val key{};
  MDB_val value{};
  int code = cursor.move(key, value, MDB_FIRST);
  for (; code == 0; code = cursor.move(key, value, MDB_NEXT)) f(text_of(bytes_of(key)));
  return code == MDB_NOTFOUND ? 0 : environment_->note(code);
}

int KvStore::find(const Read& read, uint64_t kv_namespace, std::string_view key,
                  std::span<const std::byte>& record) noexcept {
  uint64_t node = 0;
  std::string_view piece;
  const MDB_dbi values = environment_->table(kValues);
  int code = kv_detail::find_place(read.get(), values, kv_namespace, key, node, piece);
  if (code != 0) return environment_->note(code);
  KvPlace place(node, piece);
  MDB_val name = lmdb(place.place());
  MDB_val value{};
  code = environment_->note(::mdb_get(read.get(), values, &name, &value));
  if (code == 0) record = bytes_of(value);
  return code;
}

int KvStore::walk(const Read& read, uint64_t kv_namespace, std::string_view from, Visitor f) noexcept {
  bool stopped = false;
  try {
    std::string path;
    return environment_->note(walk_node(read.get(), kv_namespace, path, from, f, stopped));
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
}

// `path` is what leads to the node, `from` what is left of the bound in it. Where `from` is cut to a head, every piece
// from there on that is no head is above all of `from`: it is shorter than the head, and not below it.
int KvStore::walk_node(MDB_txn* transaction, uint64_t node, std::string& path, std::string_view from, Visitor f,
                       bool& stopped) {
  KvPlace first(node, kv_piece(from));
  Cursor cursor(transaction, environment_->table(kValues));
  MDB_val key = lmdb(first.place());
  MDB_val value{};
  const size_t path_bytes = path.size();
  int code = cursor.move(key, value, MDB_SET_RANGE);
  for (; code == 0 && !stopped; code = cursor.move(key, value, MDB_NEXT)) {
    const auto place = bytes_of(key);
    if (place.size() < kKvNodeBytes || load_big_endian(place.data(), kKvNodeBytes) != node) return 0;
    const std::string_view piece = text_of(place.subspan(kKvNodeBytes));
    path.append(piece);
    if (piece.size() == kKvHeadBytes) {
      if (value.mv_size != kKvNodeBytes) return MDB_CORRUPTED;
      const uint64_t inner = load_big_endian(static_cast<const std::byte*>(value.mv_data), kKvNodeBytes);
      const bool on_the_way = from.starts_with(piece);
      const std::string_view rest = on_the_way ? from.substr(kKvHeadBytes) : std::string_view();
      if (path.size() >= kMaxKvKeyBytes + kKvHeadBytes) return MDB_CORRUPTED;
      if ((code = walk_node(transaction, inner, path, rest, f, stopped)) != 0) return code;
    } else {
      const auto record = parse_kv_record(bytes_of(value));
      if (!record) return MDB_CORRUPTED;
      stopped = !f(path, *record);
    }
    path.resize(path_bytes);
  }
  return code == MDB_NOTFOUND ? 0 : code;
}

bool KvStore::heal(uint64_t slot) noexcept {
  const auto held = environment_->lock(0);
  if (!held || !stamps_->pending(slot)) return false;
  // K2: the mark stays until nothing of the dead writer's can come to light behind it.
  if (!TERN_MUTANT(kKvHealedUndecided) && environment_->decide_dead_commit() != 0) return false;
  return stamps_->heal(slot);
}

int64_t KvStore::first_due_ms() noexcept {
  const auto read = environment_->read();
  if (!read) return 0;
  Cursor cursor(read.get(), environment_->table(kDue));
  MDB_val key{};
  MDB_val value{};
  if (environment_->note(cursor.move(key, value, MDB_FIRST)) != 0 || key.mv_size < kKvDueBytes) return 0;
  return static_cast<int64_t>(load_big_endian(static_cast<const std::byte*>(key.mv_data), kKvDueBytes));
}

KvStoreStats KvStore::stats() noexcept {
  KvStoreStats stats;
  stats.map_bytes = environment_->map_bytes();
  environment_->describe(stats.file_bytes, stats.readers);
  if (const auto read = environment_->read()) {
    MDB_stat table{};
    if (environment_->note(::mdb_stat(read.get(), environment_->table(kValues), &table)) == 0)
      stats.keys = table.ms_entries;
    if (environment_->note(::mdb_stat(read.get(), environment_->table(kDue), &table)) == 0)
      stats.expiring = table.ms_entries;
    stats.used_bytes = environment_->used_pages(read.get()) * environment_->page_bytes();
  }
  return stats;
}

}  // namespace tern::cache
