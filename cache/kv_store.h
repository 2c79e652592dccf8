// The KV tier's truth: keys, values, expiry and namespaces in a durable LMDB environment, with the stamps that keep the
// hot tables of all processes coherent with it.
//
// It reads from snapshots and writes by transactions (kv_transaction.h); what is hot, and who waits for whom, its
// caller decides.
//
// Thread-safety: all functions, from any thread. A Read belongs to one thread at a time.
// Lifetime: destroy it when no Read and no transaction of it is left. After fork() the child must not touch it. LMDB
// must not have one folder open twice in a process: the caller guarantees one KvStore for each folder.
// Errors: codes, never exceptions: 0, LMDB's own (MDB_…), or errno. MDB_NOTFOUND means that there is no such key.
// Cost: find() is one descent of a B-tree, of two for a key of 496 bytes or more. Nothing is copied.
//
// The tables in the environment (docs/formats.md), format version 1; places and records as in kv_keys.h, kv_record.h:
//   meta    "format"          ->  "TERN-KV" 0x00 version:4
//           "next_node"       ->  number:8              of the next node below a head
//   names   name              ->  node:8                of a namespace
//   nodes   node:6            ->  parent:6 head         of a node below a head
//   values  node:6 piece      ->  record                of a piece shorter than a head
//           node:6 head       ->  node:6                in which the rest of such keys lies; never an empty node
//   due     ms:8 node:6 piece ->  nothing               for each record with an expiry, and for no other
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "cache/clock.h"
#include "cache/function_ref.h"
#include "cache/kv_clock.h"
#include "cache/kv_record.h"
#include "cache/kv_stamps.h"
#include "cache/lmdb_environment.h"

namespace tern::cache {

struct KvStoreOptions {
  std::filesystem::path folder;  // made when missing, but not the folder above it
  uint64_t map_bytes = uint64_t{16} << 30;
  mode_t file_mode = 0600;
  uid_t owner = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);
  Clock* clock = nullptr;    // the machine's, if null
  std::string boot_id = {};  // empty: the kernel's own word
};

struct KvStoreStats {
  uint64_t keys = 0;        // nodes below heads included
  uint64_t expiring = 0;    // keys with an expiry
  uint64_t used_bytes = 0;  // pages in use
  uint64_t file_bytes = 0;  // of them and of those that are free to be used again
  uint64_t map_bytes = 0;   // what the file can grow to
  uint64_t readers = 0;     // snapshots that are kept or in use, of all processes
};

class KvStore {
 public:
  enum Table : size_t { kMeta, kNames, kNodes, kValues, kDue };
  static constexpr std::array<const char*, 5> kTables = {"meta", "names", "nodes", "values", "due"};
  static constexpr uint32_t kFormatVersion = 1;
  static constexpr size_t kMaxNameBytes = 255;

  static std::unique_ptr<KvStore> open(const KvStoreOptions& options, std::string& why) noexcept;
  ~KvStore();
  KvStore(const KvStore&) = delete;
  KvStore& operator=(const KvStore&) = delete;

  using Read = LmdbEnvironment::Read;
  // A snapshot as of now. While it is held, no page that it can see is used again: the file grows by what is written.
  Read read(int& code) noexcept { return environment_->read(&code); }

  // The number of the namespace; of one that is new, if `make`. The name has 1 to kMaxNameBytes.
  int open_namespace(std::string_view name, bool make, int wait_ms, uint64_t& number) noexcept;
  // Calls f with each name, in order.
  int for_each_namespace(const Read& read, FunctionRef<void(std::string_view)> f);

  // The record's bytes, which live as long as the snapshot. Expired ones are found.
  int find(const Read& read, uint64_t kv_namespace, std::string_view key, std::span<const std::byte>& record) noexcept;

  // Calls f with each key that is not below `from`, in the order of bytes, until it returns false.
  using Visitor = FunctionRef<bool(std::string_view key, const KvRecord& record)>;
  int walk(const Read& read, uint64_t kv_namespace, std::string_view from, Visitor f) noexcept;

  // Takes a dead writer's mark from the slot, if the KV lock is free at once and there is one; whether it did. What
  // that writer has committed is seen by everybody before.
  bool heal(uint64_t slot) noexcept;

  // The first expiry of all keys; 0 if there is none.
  int64_t first_due_ms() noexcept;
  int64_t now_ms() noexcept { return clock_.now_ms(); }
  KvStamps& stamps() noexcept { return *stamps_; }
  const KvStamps& stamps() const noexcept { return *stamps_; }
  LmdbEnvironment& environment() noexcept { return *environment_; }
  KvStoreStats stats() noexcept;
  // Why nothing works any more; empty while it does.
  std::string why_off() const { return environment_->why_off(); }

 private:
  KvStore(std::unique_ptr<LmdbEnvironment> environment, std::unique_ptr<KvStamps> stamps, Clock& clock) noexcept;
  int walk_node(MDB_txn* transaction, uint64_t node, std::string& path, std::string_view from, Visitor f,
                bool& stopped);

  // Constant after construction.
  const std::unique_ptr<LmdbEnvironment> environment_;
  const std::unique_ptr<KvStamps> stamps_;
  KvClock clock_;
};

namespace kv_detail {
inline MDB_val lmdb(std::span<std::byte> bytes) noexcept { return {bytes.size(), bytes.data()}; }
inline MDB_val lmdb(std::string_view text) noexcept { return {text.size(), const_cast<char*>(text.data())}; }
inline std::span<const std::byte> bytes_of(const MDB_val& value) noexcept {
  return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}
inline std::string_view text_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Ends with its scope.
class Cursor {
 public:
  Cursor(MDB_txn* transaction, MDB_dbi table) noexcept : code_(::mdb_cursor_open(transaction, table, &cursor_)) {}
  ~Cursor() {
    if (cursor_ != nullptr) ::mdb_cursor_close(cursor_);
  }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  int move(MDB_val& key, MDB_val& value, MDB_cursor_op operation) noexcept {
    return code_ != 0 ? code_ : ::mdb_cursor_get(cursor_, &key, &value, operation);
  }

 private:
  MDB_cursor* cursor_ = nullptr;
  int code_;
};

// Where the last piece of a key lies; MDB_NOTFOUND when a head on the way leads nowhere.
int find_place(MDB_txn* transaction, MDB_dbi values, uint64_t kv_namespace, std::string_view key, uint64_t& node,
               std::string_view& piece) noexcept;
}  // namespace kv_detail

}  // namespace tern::cache
