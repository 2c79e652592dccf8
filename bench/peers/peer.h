// A program that keeps records by key: tern in one of its forms, or what it is compared with. One file each.
//
// A Peer belongs to one thread, but for read(), which those that say so allow to several, each with its own draws.
// Failures throw; nothing that is measured fails silently.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/core/harness.h"
#include "bench/core/result.h"
#include "bench/workload/records.h"

namespace bench {

// What a read does with the value: looks at its first byte where it lies, or copies it into a buffer of the caller's.
enum class Take { kView, kCopy };

class Peer {
 public:
  virtual ~Peer() = default;

  // All records, as fast as the peer can, then in the order that its guide recommends before reading. Once.
  virtual void load(const Records& records) = 0;
  // The next `operations` draws; each peer has the loop itself, so that none pays for a virtual call. A hit is a record
  // that was found, in the place that is measured.
  virtual Work read(const Records& records, Draws& draws, uint64_t operations, Take take) = 0;

  virtual bool get(std::string_view key, std::string& value) = 0;
  virtual void update(std::string_view key, std::string_view value) = 0;
  virtual void insert(std::string_view key, std::string_view value) = 0;
  virtual bool can_scan() const { return false; }
  // Up to `count` records from the first key that is not before `from`; returns how many.
  virtual uint64_t scan(std::string_view from, uint64_t count) {
    (void)from, (void)count;
    throw std::logic_error("this peer cannot scan");
  }
};

// What a read found, with whatever keeps it: it is let go once it has been looked at. `hit`: in the place that is
// measured.
template <typename Keeper>
struct Found {
  Keeper keeper;
  std::string_view value;  // of nullptr: nothing was found
  bool hit = true;
};
inline Found<std::string_view> as_found(std::string_view value) { return {.keeper = {}, .value = value}; }
template <typename Keeper>
const Found<Keeper>& as_found(const Found<Keeper>& found) {
  return found;
}

// `find` takes a key and returns its value: a Found, or a view that lasts until the next call.
template <typename Find>
Work read_loop(const Records& records, Draws& draws, uint64_t operations, Take take, Find&& find) {
  Work work;
  uint64_t sum = 0;
  char copy[kValueBytes];
  for (; work.operations < operations; ++work.operations) {
    const auto result = find(records.key(draws.next()));
    const auto& found = as_found(result);
    const std::string_view value = found.value;
    if (value.data() == nullptr) continue;
    work.hits += found.hit;
    if (take == Take::kCopy) {
      std::memcpy(copy, value.data(), value.size() < kValueBytes ? value.size() : kValueBytes);
      asm volatile("" : : "r"(copy) : "memory");
    } else {
      sum += static_cast<unsigned char>(value.front());
    }
  }
  asm volatile("" : : "r"(sum));
  return work;
}

// Throws unless the peer has the value of each of `samples` records, whole.
void check_values(Peer& peer, const Records& records, uint64_t samples, const std::string& name);

// As a contender in a row.
Contender reading(const std::string& name, Peer& peer, const Records& records, Draws draws, Take take,
                  const std::string& note = "");

struct Place {
  std::string folder;       // the peer's own, empty
  uint64_t records = 0;     // about how many there will be
  bool every_sync = false;  // every commit waits for the disk
  const Settings* settings = nullptr;
};

struct PeerKind {
  PeerNote note;  // note.absent says why make is null
  std::unique_ptr<Peer> (*make)(const Place&) = nullptr;
};

inline constexpr const char* kAbslMap = "absl::flat_hash_map";
inline constexpr const char* kStdMap = "std::unordered_map with a mutex";
inline constexpr const char* kLmdb = "LMDB";
inline constexpr const char* kLmdbHeld = "LMDB, in one read transaction";
inline constexpr const char* kSqlite = "SQLite";
inline constexpr const char* kSqliteHeld = "SQLite, in one read transaction";
inline constexpr const char* kRocksDb = "RocksDB";
inline constexpr const char* kRedis = "Redis over a unix socket";

// Known by one of the names above.
PeerKind peer_kind(const std::string& name, const Settings& settings);

// Makes the peer and notes in the context which it was, or why it is absent (then null).
std::unique_ptr<Peer> make_peer(Context& context, const std::string& name, const Place& place);

}  // namespace bench
