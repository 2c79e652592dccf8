#include "engine/computer.h"

#include <algorithm>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <thread>

#include "cache/probes.h"
#include "engine/access.h"
#include "engine/host_call.h"
#include "engine/kv_tier.h"
#include "engine/translate.h"
#include "sql/library.h"
#include "sql/table_pages.h"

namespace tern::internal {
namespace {

// How often a thread whose leader came back with a value that is void by then joins again, before it goes alone.
constexpr int kJoins = 3;
// How often a value that has been computed looks whether somebody else's publication is over: it takes microseconds,
// unless he was stopped.
constexpr int kPublicationTries = 100;

// No statement's text begins like this one, and a format that changes gets another number.
std::string stored_text() { return sql::initialize({.accept_wal_reset_bug = true}).version + "\n\ncomputed values, 1"; }

void check_ttl(std::chrono::milliseconds ttl) {
  if (ttl.count() < 0)
    throw Error(ErrorCode::kMisuse, "a ttl of " + std::to_string(ttl.count()) + " ms: it must not be negative");
}

// Saturated, so that a ttl for ever is one.
int64_t expiry(int64_t now_ms, std::chrono::milliseconds ttl) {
  return ttl.count() < std::numeric_limits<int64_t>::max() - now_ms ? now_ms + ttl.count() : 0;
}

std::chrono::steady_clock::time_point after(std::chrono::milliseconds patience) {
  constexpr std::chrono::hours kLongest{24 * 365};
  return std::chrono::steady_clock::now() + std::clamp<std::chrono::milliseconds>(patience, {}, kLongest);
}

}  // namespace

Computer::Computer(const Tiers& tiers)
    : tiers_(tiers), stored_(std::make_shared<cache::StoredStatement>(stored_text())) {}

Computed Computer::get_or_compute(std::string_view name, const ComputeOptions& options, ComputeFunction function) {
  if (name.size() > kMaxComputedKeyBytes)
    throw Error(ErrorCode::kLimit, "a key of " + std::to_string(name.size()) +
                                       " bytes: a computed value's has at most " +
                                       std::to_string(kMaxComputedKeyBytes));
  check_ttl(options.ttl);
  cache::KeyBuilder key(stored_->fingerprint());
  key.add_name(std::as_bytes(std::span(name)));
  if (!key.complete()) throw std::bad_alloc();
  if (tiers_.coherence == nullptr) return compute_together(key, {}, options, function);

  cache::Moment moment = tiers_.coherence->observe();
  if (!moment.published && !tiers_.coherence->catch_up(moment))
    return compute_together(key, key.hash(), options, function);
  uint64_t kv_seq = 0;
  if (cache::HotRef entry = tiers_.hot->find(key.bytes())) {
    bool true_still = cache::still_true(*entry, tiers_.coherence->stamps(), moment);
    bool over = false;
    if (true_still && !entry->hangs_on_source_alone()) [[unlikely]] {
      true_still = kv_holds(*entry, kv_seq);
      over = entry->expires_at_ms() != 0 && entry->expired(tiers_.time->now_ms());
    }
    if (true_still && !over) {
      tiers_.counters->add(Counter::kHotHits);
      collect(*entry, moment, kv_seq);
      return Access::computed(std::move(entry), Source::kHot);
    }
    if (!true_still) tiers_.counters->add(Counter::kHotInvalidations);
  }
  tiers_.counters->add(Counter::kHotMisses);
  const cache::KeyHash hash = key.hash();
  if (cache::EntryRef entry = find_in_store(key, hash, moment, kv_seq)) {
    if (tiers_.hot->insert(entry)) tiers_.counters->add(Counter::kHotFills);
    collect(entry->view(), moment, kv_seq);
    return Access::computed(std::move(entry), Source::kStore);
  }
  return compute_together(key, hash, options, function);
}

template <typename View>
void Computer::collect(const View& entry, const cache::Moment& moment, uint64_t kv_seq) const {
  Dependencies* const on = Dependencies::current();
  if (on == nullptr || TERN_MUTANT(kComputeInnerDropped)) return;
  // Asked after the value was found: whatever it was made with had been registered before.
  on->add(tiers_.readers, entry, moment.seq, tiers_.host->has_nothing(), kv_seq);
}

template <typename View>
bool Computer::kv_holds(const View& entry, uint64_t& kv_seq) const {
  if (!entry.has_kv_reads() || TERN_MUTANT(kComputeKvIgnored)) return true;
  KvTier* const tier = tiers_.kv->load(std::memory_order_acquire);  // pairs with Engine::kv()
  const auto seq = tier != nullptr ? tier->holds(entry.kv_reads()) : std::nullopt;
  kv_seq = seq.value_or(0);
  return seq.has_value();
}

// The pages first: a look at the keys speaks for every moment between the answers and itself (dependencies.h).
bool Computer::is_true(const cache::EntryView& entry, const cache::Moment& moment, uint64_t& kv_seq) const {
  return cache::still_true(entry, tiers_.coherence->stamps(), moment) && kv_holds(entry, kv_seq);
}

cache::EntryRef Computer::find_in_store(const cache::KeyBuilder& key, const cache::KeyHash& hash,
                                        const cache::Moment& moment, uint64_t& kv_seq) {
  if (tiers_.store == nullptr) return {};
  bool void_entry = false;
  cache::EntryRef entry = tiers_.store->find(*stored_, hash, key.bytes(), [&](const cache::EntryView& view) {
    void_entry = !is_true(view, moment, kv_seq);
    return !void_entry && !view.expired(tiers_.time->now_ms());
  });
  // Asked after it was found: what is registered later finds it void, or has no part in it (host_registry.h).
  if (!tiers_.host->has_nothing()) return {};
  if (void_entry) tiers_.counters->add(Counter::kStoreInvalidations);
  tiers_.counters->add(entry ? Counter::kStoreHits : Counter::kStoreMisses);
  return entry;
}

Computed Computer::compute_together(const cache::KeyBuilder& key, const cache::KeyHash& hash,
                                    const ComputeOptions& options, ComputeFunction function) {
  HostCall::refuse_inside();
  const Dependencies::RefusesOnError on_error;
  const auto current = Dependencies::current_shared();
  if (current != nullptr && current->computes(tiers_.readers, key.bytes()))
    throw Error(ErrorCode::kMisuse, "the function of this key asks for the key itself");
  if (tiers_.coherence == nullptr) return compute(key, hash, options, function, nullptr);
  const Dependencies* const root = current != nullptr ? current->root() : nullptr;
  const auto until = after(options.patience);
  for (int join = 0; join < kJoins; ++join) {
    auto joined = flights_.join(hash, root, until);
    if (joined.leader) return compute(key, hash, options, function, &*joined.leader);
    if (!joined.entry || !joined.entry->view().has_key(key.bytes())) break;
    // Rule Wait: what the other thread brought counts only if it is true for a moment after our own start.
    cache::Moment now = tiers_.coherence->observe();
    if (!now.published && !tiers_.coherence->catch_up(now)) break;
    const cache::EntryView view = joined.entry->view();
    uint64_t kv_seq = 0;
    if (TERN_MUTANT(kFlightUnchecked) || (is_true(view, now, kv_seq) && !view.expired(tiers_.time->now_ms()))) {
      tiers_.counters->add(Counter::kComputedWaits);
      collect(view, now, kv_seq);
      return Access::computed(std::move(joined.entry), Source::kComputed);
    }
  }
  return compute(key, hash, options, function, nullptr);
}

Computed Computer::compute(const cache::KeyBuilder& key, const cache::KeyHash& hash, const ComputeOptions& options,
                           ComputeFunction function, ComputeFlights::Leader* leader) {
  HostCall::refuse_inside();
  // The label, before the function is given anything: dependencies.h has the argument. acquire, in seq(), keeps the
  // order.
  const uint64_t label = tiers_.coherence == nullptr ? 0 : tiers_.coherence->stamps().seq();
  const auto outer = Dependencies::current_shared();
  const auto on = std::make_shared<Dependencies>(tiers_.readers, label, key.bytes(), outer);
  if (options.ttl.count() != 0) on->expire_at(expiry(tiers_.time->now_ms(), options.ttl));
  if (tiers_.coherence == nullptr) on->refuse("the cache is off");
  if (leader != nullptr) leader->runs_for(on->root());
  std::string value;
  {
    const Dependencies::RefusesOnError outer_on_error;
    const Dependencies::Scope scope(on);
    Computation computation(*this, on);
    value = function.call(function.function, computation);
  }
  on->close();
  TERN_SYNC_POINT("compute:computed");
  tiers_.counters->add(Counter::kComputed);
  if (outer != nullptr) outer->add(*on);

  std::string why = on->why();
  cache::EntryRef entry = keep(key, hash, *on, value, why);
  if (why.empty() && leader != nullptr) leader->share(entry);
  if (!why.empty()) tiers_.counters->add(Counter::kComputedUncached);
  Computed computed = Access::computed(std::move(entry), Source::kComputed, std::move(why));
  Access::set_freshness(computed, on->freshness());
  return computed;
}

cache::EntryRef Computer::keep(const cache::KeyBuilder& key, const cache::KeyHash& hash, const Dependencies& on,
                               std::string_view value, std::string& why) {
  if (value.size() > cache::kMaxImageBytes / 2)
    throw Error(ErrorCode::kLimit, "a computed value of " + std::to_string(value.size()) + " bytes: at most 2 GiB");
  if (why.empty() && value.size() > tiers_.max_entry_bytes)
    why = "its value of " + std::to_string(value.size()) + " bytes is larger than max_entry_bytes (" +
          std::to_string(tiers_.max_entry_bytes) + ")";
  cache::EntryFields fields;
  if (why.empty()) {
    fields.hash = hash;
    fields.key = key.bytes();
    fields.label = on.label();
    fields.expires_at_ms = on.expires_at_ms();
    if (on.any_commit()) fields.flags = cache::kAnyCommit;
    fields.slots = on.slots();
    fields.kv = {.label = on.kv_label(), .expires_at_ms = on.kv_expires_at_ms(), .slots = on.kv_slots()};
  }
  cache::EntryRef entry = cache::Entry::make(fields, std::as_bytes(std::span(value)));
  if (!entry) throw std::bad_alloc();
  if (!why.empty()) return entry;
  // Rule Keep: not before it was true at a moment behind its last answer (dependencies.h).
  cache::Moment now = tiers_.coherence->observe();
  bool published = now.published || tiers_.coherence->catch_up(now);
  for (int again = 0; !published && again < kPublicationTries; ++again) {
    std::this_thread::yield();
    published = tiers_.coherence->catch_up(now);
  }
  uint64_t kv_seq = 0;
  if (!published && !TERN_MUTANT(kComputeKeptUnproven)) {
    why = "a commit was being published when it had been computed";
  } else if (published && !is_true(entry->view(), now, kv_seq)) {
    why = "a commit changed what it was made from while it was computed";
  } else if (entry->view().expired(tiers_.time->now_ms())) {
    why = "its ttl was over before it was computed";
  } else if (!give_to_tiers(entry, on.sharable())) {
    why = "no tier takes it";
  }
  return entry;
}

bool Computer::give_to_tiers(const cache::EntryRef& entry, bool sharable) {
  const bool hot = tiers_.hot->insert(entry);
  if (hot) tiers_.counters->add(Counter::kHotFills);
  const bool stored = sharable && tiers_.store_writer != nullptr && tiers_.store_writer->offer(entry, stored_);
  return hot || stored;
}

void Computer::depend_on_table(Dependencies& on, std::string_view table) const {
  translated([&] {
    const Dependencies::RefusesOnError on_error;
    auto lease = tiers_.readers->acquire();
    lease.snapshot();
    const auto pages = sql::table_pages(lease.connection(), table, Dependencies::kMaxSlots);
    on.add_pages(tiers_.readers, pages ? std::span<const uint32_t>(*pages) : std::span<const uint32_t>(), !pages,
                 std::nullopt, true);
  });
}

void Computer::expire_in(Dependencies& on, std::chrono::milliseconds ttl) const {
  check_ttl(ttl);
  on.expire_at(expiry(tiers_.time->now_ms(), ttl));
}

}  // namespace tern::internal
