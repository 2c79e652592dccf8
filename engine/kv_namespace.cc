#include "engine/kv_namespace.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "cache/kv_record.h"
#include "engine/access.h"
#include "engine/kv_cursor.h"
#include "engine/kv_limits.h"
#include "engine/translate.h"

namespace tern {

using cache::KvRecord;
using cache::KvTransaction;
using internal::demand;
using internal::KvNamespaceImpl;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

// The record of a key that has not expired; nothing else counts as there.
std::optional<KvRecord> living(KvNamespaceImpl& impl, KvTransaction& transaction, std::string_view key) {
  KvRecord record;
  const int code = transaction.find(impl.number, key, record);
  if (code == MDB_NOTFOUND) return std::nullopt;
  demand(code, impl.tier.store());
  if (record.expired(impl.tier.now_ms())) return std::nullopt;
  return record;
}

KvRecord record_of(KvNamespaceImpl& impl, std::string_view key, std::string_view value, const KvPutOptions& options,
                   int64_t now_ms) {
  internal::check_kv_key(key, impl.limits);
  internal::check_kv_value(key, value, impl.limits);
  internal::check_kv_metadata(key, options.metadata, impl.limits);
  KvRecord record;
  record.expires_at_ms = internal::kv_expiry(options, now_ms, impl.limits);
  record.metadata = bytes_of(options.metadata);
  record.value = bytes_of(value);
  return record;
}

// All or nothing; record_of_item(item, now_ms) is what is put.
template <typename RecordOf>
uint64_t put_all(KvNamespaceImpl& impl, std::span<const KvItem> items, const RecordOf& record_of_item) {
  impl.engine->check_usable();
  return internal::translated([&] {
    const int64_t now = impl.tier.now_ms();
    std::vector<KvRecord> records;
    records.reserve(items.size());
    for (const KvItem& item : items) records.push_back(record_of_item(item, now));
    uint64_t put = 0;
    impl.tier.write([&](KvTransaction& transaction, uint64_t version) {
      put = version;
      for (size_t i = 0; i < items.size(); ++i) {
        records[i].version = version;
        demand(transaction.put(impl.number, items[i].key, records[i]), impl.tier.store());
      }
    });
    return put;
  });
}

int64_t sum_of(std::string_view key, std::string_view text, int64_t by) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw Error(ErrorCode::kMisuse,
                "the value of key \"" + std::string(key) +
                    "\" is not a 64-bit integer in decimal, and cannot be incremented; put one there");
  int64_t sum = 0;
  if (__builtin_add_overflow(number, by, &sum))
    throw Error(ErrorCode::kLimit, "the value of key \"" + std::string(key) + "\" is " + std::to_string(number) + "; " +
                                       std::to_string(by) + " more does not fit into 64 bits");
  return sum;
}

}  // namespace

std::string_view Pinned::metadata() const noexcept {
  const size_t value = cache::kv_value_offset(record_);
  const size_t head = 2 + (std::to_integer<size_t>(record_[0]) & cache::kv_record_detail::kVersionBytes) +
                      (std::to_integer<size_t>(record_[0]) & cache::kv_record_detail::kExpires);
  if (value == head) return {};
  return {reinterpret_cast<const char*>(record_) + head + 2, value - head - 2};
}

int64_t Pinned::expires_at_ms() const noexcept { return cache::kv_expires_at_ms(record_); }

uint64_t Pinned::version() const noexcept {
  const auto parsed = cache::parse_kv_record({record_, cache::kv_value_offset(record_)});
  return parsed ? parsed->version : 0;
}

std::optional<Pinned> KvNamespace::get(std::string_view key) const {
  impl_->engine->check_usable();
  internal::check_kv_key(key, impl_->limits);
  return impl_->tier.get(impl_->number, key);
}

std::vector<std::optional<Pinned>> KvNamespace::get_many(std::span<const std::string_view> keys) const {
  impl_->engine->check_usable();
  for (const std::string_view key : keys) internal::check_kv_key(key, impl_->limits);
  return internal::translated([&] { return impl_->tier.get_many(impl_->number, keys); });
}

uint64_t KvNamespace::put(std::string_view key, KvBytes value, const KvPutOptions& options) {
  const KvItem item{key, value, options};
  return put_many(std::span(&item, 1));
}

uint64_t KvNamespace::put_many(std::span<const KvItem> items) {
  return put_all(*impl_, items, [this](const KvItem& item, int64_t now) {
    return record_of(*impl_, item.key, item.value.view(), item.options, now);
  });
}

uint64_t internal::put_checked(KvNamespaceImpl& impl, std::span<const KvItem> items) {
  return put_all(impl, items, [](const KvItem& item, int64_t now) {
    KvRecord record;
    record.expires_at_ms = kv_expiry_of_checked(item.options, now);
    record.metadata = bytes_of(item.options.metadata);
    record.value = bytes_of(item.value.view());
    return record;
  });
}

bool KvNamespace::remove(std::string_view key) { return remove_many(std::span(&key, 1)) != 0; }

size_t KvNamespace::remove_many(std::span<const std::string_view> keys) {
  impl_->engine->check_usable();
  for (const std::string_view key : keys) internal::check_kv_key(key, impl_->limits);
  return internal::translated([&] {
    size_t removed = 0;
    impl_->tier.write([&](KvTransaction& transaction, uint64_t) {
      removed = 0;
      for (const std::string_view key : keys) {
        if (living(*impl_, transaction, key)) ++removed;
        const int code = transaction.erase(impl_->number, key);
        if (code != MDB_NOTFOUND) demand(code, impl_->tier.store());
      }
    });
    return removed;
  });
}

uint64_t KvNamespace::remove_prefix(std::string_view prefix) {
  impl_->engine->check_usable();
  internal::check_kv_prefix(prefix);
  return internal::translated([&] {
    uint64_t removed = 0;
    while (impl_->tier.remove_batch(impl_->number, prefix, removed)) {
    }
    return removed;
  });
}

std::optional<uint64_t> KvNamespace::put_if_version(std::string_view key, uint64_t expected, KvBytes value,
                                                    const KvPutOptions& options) {
  impl_->engine->check_usable();
  return internal::translated([&] {
    KvRecord record = record_of(*impl_, key, value.view(), options, impl_->tier.now_ms());
    std::optional<uint64_t> put;
    impl_->tier.write([&](KvTransaction& transaction, uint64_t version) {
      put.reset();
      const auto there = living(*impl_, transaction, key);
      if ((there ? there->version : 0) != expected) return;
      record.version = version;
      demand(transaction.put(impl_->number, key, record), impl_->tier.store());
      put = version;
    });
    return put;
  });
}

bool KvNamespace::remove_if_version(std::string_view key, uint64_t expected) {
  impl_->engine->check_usable();
  internal::check_kv_key(key, impl_->limits);
  return internal::translated([&] {
    bool removed = false;
    impl_->tier.write([&](KvTransaction& transaction, uint64_t) {
      const auto there = living(*impl_, transaction, key);
      removed = there && there->version == expected;
      if (removed) demand(transaction.erase(impl_->number, key), impl_->tier.store());
    });
    return removed;
  });
}

int64_t KvNamespace::increment(std::string_view key, int64_t by, const KvPutOptions& options) {
  impl_->engine->check_usable();
  return internal::translated([&] {
    const KvRecord fresh = record_of(*impl_, key, {}, options, impl_->tier.now_ms());
    int64_t sum = 0;
    impl_->tier.write([&](KvTransaction& transaction, uint64_t version) {
      const auto there = living(*impl_, transaction, key);
      sum = there ? sum_of(key, cache::kv_detail::text_of(there->value), by) : by;
      const std::string text = std::to_string(sum);
      // What lies in the store moves when it is written.
      const std::string metadata(there ? cache::kv_detail::text_of(there->metadata) : options.metadata);
      KvRecord record;
      record.version = version;
      record.expires_at_ms = there ? there->expires_at_ms : fresh.expires_at_ms;
      record.metadata = bytes_of(metadata);
      record.value = bytes_of(text);
      demand(transaction.put(impl_->number, key, record), impl_->tier.store());
    });
    return sum;
  });
}

std::optional<Pinned> KvNamespace::get_and_touch(std::string_view key, std::chrono::milliseconds ttl) {
  impl_->engine->check_usable();
  return internal::translated([&]() -> std::optional<Pinned> {
    const int64_t now = impl_->tier.now_ms();
    internal::check_kv_key(key, impl_->limits);
    KvPutOptions options;
    options.ttl = ttl;
    const int64_t expires_at_ms = internal::kv_expiry(options, now, impl_->limits);
    std::vector<std::byte> bytes;
    impl_->tier.write([&](KvTransaction& transaction, uint64_t version) {
      bytes.clear();
      const auto there = living(*impl_, transaction, key);
      if (!there) return;
      KvRecord record = *there;
      record.version = version;
      record.expires_at_ms = expires_at_ms;
      bytes.resize(cache::kv_record_bytes(record));
      write_kv_record(record, bytes.data());
      demand(transaction.put(impl_->number, key, *cache::parse_kv_record(bytes)), impl_->tier.store());
    });
    if (bytes.empty()) return std::nullopt;
    cache::EntryRef entry = cache::Entry::make({}, bytes);
    if (!entry) throw std::bad_alloc();
    const std::span<const std::byte> kept = entry->body();
    return internal::Access::pinned(kept, std::move(entry));
  });
}

KvPage KvNamespace::list(const KvListOptions& options) const {
  impl_->engine->check_usable();
  internal::check_kv_prefix(options.prefix);
  internal::check_kv_start(options.start);
  if (options.limit == 0 || options.limit > internal::kKvListLimit)
    throw Error(ErrorCode::kLimit, "a page of " + std::to_string(options.limit) + " keys was asked for; 1 to " +
                                       std::to_string(internal::kKvListLimit) +
                                       " are allowed: go on with the page's cursor");
  return internal::translated([&] {
    // The least key above the cursor's is that with a zero byte behind it.
    std::string from = internal::decode_kv_cursor(options.cursor);
    if (!options.cursor.empty()) from += '\0';
    KvPage page =
        impl_->tier.list(impl_->number, options.prefix, std::max(options.start, std::string_view(from)), options.limit);
    if (!page.complete) page.cursor = internal::encode_kv_cursor(page.cursor);
    return page;
  });
}

const std::string& KvNamespace::name() const noexcept { return impl_->name; }

KvNamespace Database::kv(std::string_view name, const KvOptions& options) {
  const internal::Dependencies::RefusesOnError on_error;
  engine_->check_usable();
  internal::check_kv_name(name);
  return internal::translated([&] {
    internal::KvTier& tier = engine_->kv();
    const uint64_t number = tier.open_namespace(name, true);
    return internal::Access::kv(std::shared_ptr<KvNamespaceImpl>(
        new KvNamespaceImpl{engine_, tier, number, std::string(name), options.limits}));
  });
}

std::vector<std::string> Database::kv_namespaces() {
  const internal::Dependencies::RefusesOnError on_error;
  engine_->check_usable();
  return internal::translated([&] { return engine_->kv().namespaces(); });
}

}  // namespace tern
