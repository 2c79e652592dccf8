// How the KV tier reads (kv_tier.h): the hot table, else a snapshot of the store.
#include <lmdb.h>

#include <algorithm>
#include <array>
#include <new>

#include "cache/probes.h"
#include "engine/access.h"
#include "engine/kv_tier.h"

namespace tern::internal {

using cache::HotEntry;
using cache::HotRef;
using cache::KvHotKey;
using cache::KvRecord;

// K1: who has loaded seq, here first of all, sees every stamp and every mark stored before it had that value. An entry
// validated at it was held against those; otherwise the slot is looked at now, and what passes is true at the load of
// seq as well, since stamps only grow but for a mark that is settled, which is above every label too.
bool KvTier::still_true(const HotEntry& entry, const KvHotKey& hot_key, uint64_t seq) noexcept {
  // relaxed: the mark is a number to compare with one that this thread has itself loaded with acquire.
  if (entry.validated_at(seq)) return true;
  if (!store_->stamps().unchanged(hot_key.slot(), entry.label())) return false;
  entry.set_validated(seq);
  return true;
}

std::optional<uint64_t> KvTier::holds(const cache::KvReadsView& reads) noexcept {
  // relaxed: a flag that orders nothing.
  if (lost_.load(std::memory_order_relaxed) != nullptr) return std::nullopt;
  const auto seq = cache::kv_unchanged_at(reads, store_->stamps());
  const int64_t expires_at_ms = reads.expires_at_ms();
  // After the stamps, as in get(): what has not expired now had not then.
  if (!TERN_MUTANT(kComputeKvExpiryIgnored) && seq && expires_at_ms != 0 && expires_at_ms <= now_ms())
    return std::nullopt;
  return seq;
}

void KvTier::heal(uint64_t slot) noexcept {
  if (store_->stamps().pending(slot) && store_->heal(slot)) counters_.add(Counter::kKvHealed);
}

std::optional<Pinned> KvTier::get(uint64_t kv_namespace, std::string_view key) {
  const KvHotKey hot_key(kv_namespace, key);
  const uint64_t seq = store_->stamps().seq();  // the linearization point of a hit
  TERN_SYNC_POINT("kv:seq-loaded");
  demand_in_place();
  if (options_.hot == nullptr) return get_from_store(kv_namespace, key, hot_key);
  if (HotRef entry = options_.hot->find(hot_key.bytes())) {
    if (still_true(*entry, hot_key, seq)) {
      const std::span<const std::byte> record = entry->body();
      const bool absent = cache::kv_record_is_absent(record);
      const int64_t expires_at_ms = absent ? 0 : cache::kv_expires_at_ms(record.data());
      // What has expired by now may have been put anew between seq and then: the store knows.
      if (expires_at_ms != 0 && expires_at_ms <= now_ms()) [[unlikely]]
        return get_from_store(kv_namespace, key, hot_key);
      if (Dependencies::current() != nullptr) [[unlikely]]
        collect(hot_key.slot(), seq, expires_at_ms);
      counters_.add(Counter::kKvHotHits);
      if (absent) return std::nullopt;
      return Access::pinned(record, std::move(entry));
    }
    counters_.add(Counter::kKvInvalidations);
  }
  return get_from_store(kv_namespace, key, hot_key);
}

// Rule Fill: the label comes before the snapshot, so that what is read now can never pass for newer than a commit that
// it has not seen. acquire, in seq(), keeps the order.
//
// A value that expires between the snapshot and the look at the clock may have been put anew in between, or been given
// more time: it was there all the while. So it counts as absent only if it had expired before the snapshot.
std::optional<Pinned> KvTier::get_from_store(uint64_t kv_namespace, std::string_view key, const KvHotKey& hot_key,
                                             int64_t expired_by_ms) {
  const Dependencies::RefusesOnError on_error;
  const uint64_t slot = hot_key.slot();
  heal(slot);
  uint64_t label = store_->stamps().seq();
  TERN_SYNC_POINT("kv:label-taken");
  int code = 0;
  auto read = store_->read(code);
  if (!read) throw kv_error(code, *store_);
  std::span<const std::byte> record;
  code = store_->find(read, kv_namespace, key, record);
  TERN_SYNC_POINT("kv:snapshot-read");
  if (TERN_MUTANT(kKvLabelAfterReading)) label = store_->stamps().seq();
  counters_.add(Counter::kKvStoreReads);
  if (code != 0 && code != MDB_NOTFOUND) throw kv_error(code, *store_);
  const auto parsed = code == 0 ? cache::parse_kv_record(record) : std::nullopt;
  if (code == 0 && !parsed) throw kv_error(MDB_CORRUPTED, *store_);
  const int64_t now = parsed && parsed->expires_at_ms != 0 ? now_ms() : 0;
  const bool there = parsed && (parsed->expires_at_ms == 0 || !parsed->expired(now));
  if (parsed && !there && parsed->expires_at_ms > expired_by_ms) return get_from_store(kv_namespace, key, hot_key, now);
  collect(slot, label, there ? parsed->expires_at_ms : 0);
  if (!there) {
    keep_absent(hot_key, label);
    return std::nullopt;
  }
  return show(record, hot_key, label, &read);
}

// A value that has expired is absent, too: time does not go back, and whoever puts it anew stamps the slot.
void KvTier::keep_absent(const KvHotKey& hot_key, uint64_t label) noexcept {
  if (options_.hot == nullptr) return;
  const auto entry = cache::Entry::make({.hash = {}, .key = hot_key.bytes(), .label = label, .slots = {}},
                                        std::span(&cache::kAbsentKvRecord, 1));
  if (options_.hot->insert(entry)) counters_.add(Counter::kKvFills);
}

// `read`, if it may be kept, is the snapshot that the record lies in.
std::optional<Pinned> KvTier::show(std::span<const std::byte> record, const KvHotKey& hot_key, uint64_t label,
                                   cache::KvStore::Read* read) {
  if (record.size() >= kViewBytes && read != nullptr) {
    // relaxed: a bound that may be passed by as many as ask at once would be none; hence it is counted first.
    if (pages_held_.fetch_add(1, std::memory_order_relaxed) < KvPagePin::kMaxHeld) {
      auto* const page = new (std::nothrow) KvPagePin(options_.keep(), std::move(*read), pages_held_);
      if (page != nullptr) return Access::pinned(record, page);
    }
    pages_held_.fetch_sub(1, std::memory_order_relaxed);
  }
  cache::EntryRef entry = cache::Entry::make({.hash = {}, .key = hot_key.bytes(), .label = label, .slots = {}}, record);
  if (!entry) throw std::bad_alloc();
  const bool small = record.size() < kViewBytes && record.size() <= options_.max_entry_bytes;
  if (small && options_.hot != nullptr && options_.hot->insert(entry)) {
    counters_.add(Counter::kKvFills);
    if (TERN_MUTANT(kKvValidatedAtLabel)) {
      if (const HotRef kept = options_.hot->find(hot_key.bytes())) kept->set_validated(label);
    }
  }
  const std::span<const std::byte> kept = entry->body();
  return Access::pinned(kept, std::move(entry));
}

struct KvTier::Found {
  uint64_t slot = 0;
  uint64_t label = 0;  // of the answer
  std::optional<Pinned> value;
};

// Fills in what the hot table knows; whether that is all. What has expired goes out by one look at the clock, when all
// is there: the second look at the stamps shows that nothing had changed up to then.
bool KvTier::find_hot(uint64_t kv_namespace, std::span<const std::string_view> keys, uint64_t seq,
                      std::vector<Found>& found) {
  for (size_t i = 0; i < keys.size(); ++i) {
    TERN_SYNC_POINT("kv:many-next");
    const KvHotKey hot_key(kv_namespace, keys[i]);
    HotRef entry = options_.hot != nullptr ? options_.hot->find(hot_key.bytes()) : HotRef();
    if (!entry || !still_true(*entry, hot_key, seq)) return false;
    found[i].slot = hot_key.slot();
    found[i].label = entry->label();
    const std::span<const std::byte> record = entry->body();
    if (!cache::kv_record_is_absent(record)) found[i].value = Access::pinned(record, std::move(entry));
  }
  const int64_t now = now_ms();
  for (Found& one : found) {
    const int64_t expires_at_ms = one.value ? one.value->expires_at_ms() : 0;
    if (expires_at_ms != 0 && expires_at_ms <= now) one.value.reset();
  }
  return true;
}

// What is hot, if that is all and passes once more when all of it is there; else all of it from one snapshot, which is
// right by itself. The second look is at the stamps alone: `validated` may have been set by others in between, at a
// later seq, which would say nothing of an answer that was taken before.
std::vector<std::optional<Pinned>> KvTier::get_many(uint64_t kv_namespace, std::span<const std::string_view> keys) {
  demand_in_place();
  std::vector<Found> found(keys.size());
  const uint64_t seq = store_->stamps().seq();
  if (!find_hot(kv_namespace, keys, seq, found)) return many_from_one_snapshot(kv_namespace, keys);
  const bool unchanged = TERN_MUTANT(kKvManyWithoutSecondLook) || std::ranges::all_of(found, [&](const Found& one) {
                           return store_->stamps().unchanged(one.slot, one.label);
                         });
  if (!unchanged) return many_from_one_snapshot(kv_namespace, keys);
  counters_.add(Counter::kKvHotHits, keys.size());
  std::vector<std::optional<Pinned>> values;
  values.reserve(keys.size());
  for (Found& one : found) {
    if (Dependencies::current() != nullptr) [[unlikely]]
      collect(one.slot, seq, one.value ? one.value->expires_at_ms() : 0);
    values.push_back(std::move(one.value));
  }
  return values;
}

// What the store held at one moment, and the time of it: the clock showed the same before and after. `label` is taken
// before (rule Fill). A clock that moves with every look is believed after some.
cache::KvStore::Read KvTier::snapshot(uint64_t& label, int64_t& now) {
  constexpr int kLooks = 16;
  for (int look = 1;; ++look) {
    now = now_ms();
    label = store_->stamps().seq();
    int code = 0;
    auto read = store_->read(code);
    if (!read) throw kv_error(code, *store_);
    if (look == kLooks || now_ms() == now) return read;
  }
}

std::vector<std::optional<Pinned>> KvTier::many_from_one_snapshot(uint64_t kv_namespace,
                                                                  std::span<const std::string_view> keys) {
  const Dependencies::RefusesOnError on_error;
  std::vector<std::optional<Pinned>> values;
  values.reserve(keys.size());
  for (const std::string_view key : keys) heal(KvHotKey(kv_namespace, key).slot());
  uint64_t label = 0;
  int64_t now = 0;
  const auto read = snapshot(label, now);
  for (const std::string_view key : keys) {
    const KvHotKey hot_key(kv_namespace, key);
    std::span<const std::byte> record;
    const int code = store_->find(read, kv_namespace, key, record);
    if (code != 0 && code != MDB_NOTFOUND) throw kv_error(code, *store_);
    const auto parsed = code == 0 ? cache::parse_kv_record(record) : std::nullopt;
    if (code == 0 && !parsed) throw kv_error(MDB_CORRUPTED, *store_);
    const bool there = parsed && !parsed->expired(now);
    collect(hot_key.slot(), label, there ? parsed->expires_at_ms : 0);
    if (!there) {
      keep_absent(hot_key, label);
      values.emplace_back();
    } else {
      values.push_back(show(record, hot_key, label, nullptr));
    }
  }
  counters_.add(Counter::kKvStoreReads, keys.size());
  return values;
}

// Hangs on the namespace as a whole, and on the time: until the first of its keys expires, or that at which the page
// ended, which is what says that there are more. Where that one has expired, or kListScan of them had, what it says may
// change by a sweep, which marks nothing: such a page has expired already.
KvPage KvTier::list(uint64_t kv_namespace, std::string_view prefix, std::string_view from, size_t limit) {
  const Dependencies::RefusesOnError on_error;
  demand_in_place();
  const uint64_t slot = KvHotKey(kv_namespace, {}).slot();
  int64_t expires_at_ms = 0;
  const auto ends_with = [&](int64_t at_ms) {
    if (at_ms != 0 && (expires_at_ms == 0 || at_ms < expires_at_ms)) expires_at_ms = at_ms;
  };
  KvPage page;
  std::string last;
  size_t scanned = 0;
  if (Dependencies::current() != nullptr) [[unlikely]]
    heal(slot);
  uint64_t label = 0;
  int64_t now = 0;
  const auto read = snapshot(label, now);
  const int code =
      store_->walk(read, kv_namespace, std::max(prefix, from), [&](std::string_view key, const KvRecord& record) {
        if (!key.starts_with(prefix)) return false;
        if (page.keys.size() == limit || scanned == kListScan) {
          page.complete = false;
          ends_with(scanned == kListScan ? now : record.expires_at_ms);
          return false;
        }
        ++scanned;
        last = key;
        if (!record.expired(now)) {
          ends_with(record.expires_at_ms);
          page.keys.push_back({.name = last,
                               .expires_at_ms = record.expires_at_ms,
                               .metadata = std::string(cache::kv_detail::text_of(record.metadata)),
                               .version = record.version});
        }
        return true;
      });
  if (code != 0) throw kv_error(code, *store_);
  collect(slot, label, expires_at_ms);
  if (!page.complete) page.cursor = std::move(last);
  return page;
}

}  // namespace tern::internal
