// KV namespaces: keys and values of any bytes, durable, with time to live and metadata, read at the price of a hash
// map.
//
//   tern::KvNamespace sessions = db.kv("sessions");
//   sessions.put("s1", token, {.ttl = 30min, .metadata = R"({"user":17})"});
//   if (auto value = sessions.get("s1")) use(value->text());
//
// The promise. Linearizable: a read that starts after a write was acknowledged, in any thread of any process on this
// machine, sees it or a later one. A write is acknowledged when it is durable (Options::kv_durability); a process that
// is killed at any instruction leaves each write done or not done, never half. A value that has expired is never
// returned, to the millisecond; what time that is, docs/guide.md says.
//
// Where it is. In an LMDB environment of its own beside the database, app.db-tern/kv/; values that are read often are
// in the hot tier. It is not part of SQL transactions, nor of app.db: copy both.
//
// Thread-safety: a KvNamespace is a cheap, copyable handle that many threads may use. It keeps its database open.
// Errors: tern::Error. kLimit for a key, value, time or name beyond its bound, naming it; kBusy when another process
// holds the KV lock for longer than the busy timeout; kFull when there is no room; kIo when its files were replaced.
// Every write is all or nothing; after kIo or kFull it is not known to be durable, and reads say whether it was done.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tern/export.hpp"
#include "tern/rows.hpp"

namespace tern {

namespace internal {
struct KvNamespaceImpl;
}

// Which bounds keys, values and times are held to; docs/limits.md has them all.
enum class KvLimits {
  kNative,  // keys of 1 to 2,048 bytes, values to 256 MiB, any ttl from 1 ms
  // Those of Workers KV: keys of 1 to 512 bytes, not "." or "..", values to 25 MiB, ttl from 60 s, and metadata is
  // JSON.
  kWorkers,
};

struct KvOptions {
  KvLimits limits = KvLimits::kNative;
};

// Bytes that are lent for a call: text, or anything that a span of bytes can be made from.
class KvBytes {
 public:
  template <typename T>
  requires std::is_convertible_v<const T&, std::string_view> KvBytes(const T& text) : view_(std::string_view(text)) {}
  template <typename T>
  requires(!std::is_convertible_v<const T&, std::string_view> &&
           std::is_convertible_v<const T&, std::span<const std::byte>>) KvBytes(const T& bytes) {
    const std::span<const std::byte> span(bytes);
    view_ = {reinterpret_cast<const char*>(span.data()), span.size()};
  }
  std::string_view view() const noexcept { return view_; }

 private:
  std::string_view view_;
};

struct KvPutOptions {
  // From now on, in milliseconds, at least 1; or the moment itself, in milliseconds since 1970, after now. Not both.
  // Without either the value stays until it is removed.
  std::chrono::milliseconds ttl{0};
  int64_t expires_at_ms = 0;
  // At most 1,024 bytes, kept as they are. JSON (RFC 8259) by convention; under KvLimits::kWorkers anything else is
  // Error::kMisuse, which says where.
  std::string_view metadata = {};
};

struct KvItem {
  std::string_view key;
  KvBytes value;
  KvPutOptions options = {};
};

// A value, pinned: a view of memory that does not move or change while this is held, however the key is changed. Hold
// it for the work at hand and copy() out what must live longer: it may keep a segment of the hot tier, or, if the value
// is of 32 KiB or more, a snapshot of the store and the database open: while that is held no page of the store is used
// again, and the file grows by what is written (stats().kv.pages_held). Past 64 of those, further ones are copies.
//
// Thread-safety: a value; concurrent reading of one object is safe, concurrent modification is not.
class TERN_EXPORT Pinned {
 public:
  std::string_view text() const noexcept { return {value_, size_}; }
  std::span<const std::byte> bytes() const noexcept { return {reinterpret_cast<const std::byte*>(value_), size_}; }
  size_t size() const noexcept { return size_; }
  std::string copy() const { return std::string(text()); }

  std::string_view metadata() const noexcept;
  int64_t expires_at_ms() const noexcept;  // since 1970; 0: never
  // Another one with every write of the key; put_if_version() takes it.
  uint64_t version() const noexcept;
  Source source() const noexcept { return source_; }  // kHot or kStore

 private:
  friend class internal::Access;
  Pinned(const std::byte* record, const char* value, size_t size, Source source, internal::Pin pin) noexcept
      : record_(record), value_(value), size_(size), source_(source), pin_(std::move(pin)) {}

  const std::byte* record_;
  const char* value_;
  size_t size_;
  Source source_;
  internal::Pin pin_;
};

struct KvListOptions {
  std::string_view prefix = {};
  size_t limit = 1000;           // 1 to 1,000
  std::string_view cursor = {};  // of the page before
  std::string_view start = {};   // keys from this one on, itself included, there or not
};

struct KvKey {
  std::string name;
  int64_t expires_at_ms = 0;
  std::string metadata;
  uint64_t version = 0;
};

struct KvPage {
  std::vector<KvKey> keys;  // in the order of their bytes, which is that of UTF-8
  bool complete = true;     // nothing comes after these
  std::string cursor;       // for the next page; opaque, printable, empty if complete
};

class TERN_EXPORT KvNamespace {
 public:
  // Nothing if there is no such key, or it has expired.
  std::optional<Pinned> get(std::string_view key) const;
  // All as of one moment: no write falls between two of them.
  std::vector<std::optional<Pinned>> get_many(std::span<const std::string_view> keys) const;

  // Returns the new version.
  uint64_t put(std::string_view key, KvBytes value, const KvPutOptions& options = {});
  // All or nothing, and seen so by get_many() and list(). They share one version. Of a key given twice the last counts.
  uint64_t put_many(std::span<const KvItem> items);

  // Whether there was one.
  bool remove(std::string_view key);
  // All or nothing; how many there were.
  size_t remove_many(std::span<const std::string_view> keys);
  // Every key that begins with it, in batches, each all or nothing: readers and writers go on in between, and a key put
  // meanwhile may stay. How many there were.
  uint64_t remove_prefix(std::string_view prefix);

  // Puts only if the key's version is `expected`; 0 means that there is none. The new version, or nothing.
  std::optional<uint64_t> put_if_version(std::string_view key, uint64_t expected, KvBytes value,
                                         const KvPutOptions& options = {});
  bool remove_if_version(std::string_view key, uint64_t expected);

  // Adds to a value that is an integer in decimal (as text, as put("n", "41") writes it) and returns the sum. A missing
  // one counts as 0, and is put with `options`; of one that is there expiry and metadata stay. Error::kMisuse for
  // another value, kLimit when the sum does not fit into 64 bits.
  int64_t increment(std::string_view key, int64_t by = 1, const KvPutOptions& options = {});

  // Gives the key a new time to live, and returns its value with it.
  std::optional<Pinned> get_and_touch(std::string_view key, std::chrono::milliseconds ttl);

  // A page of keys as of one moment. Fewer than `limit` may come though there are more, when many have expired on the
  // way: complete says whether there are.
  KvPage list(const KvListOptions& options = {}) const;

  const std::string& name() const noexcept;

 private:
  friend class internal::Access;
  explicit KvNamespace(std::shared_ptr<internal::KvNamespaceImpl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<internal::KvNamespaceImpl> impl_;
};

}  // namespace tern
