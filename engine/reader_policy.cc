// Reads of statements with a policy: the only place where an answer that is not fresh may be given, and where answers
// expire.
//
//   hot entry                      answer
//   true, not expired              it, fresh; a new one is fetched in the background when it is near its expiry
//   void or expired, or unproven   stale_while_revalidate: it, as stale, and a new one is fetched in the background
//                                  else as without a policy: store, single flight, SQLite; and where SQLite cannot
//                                  answer, stale_if_error: it, as stale
//
// A void entry stays in the hot tier until a newer one of its key replaces it or it is evicted: nothing is kept for
// these policies that would not be there without them. How long it has not been true is known from age_log.h, as an
// upper bound; an entry of which nothing is known is not given. Nor is one from before a publication that voided
// everything (the schema, or a function that it was made with, is another one by then), or that was voided by hand:
// who invalidates does not want to see it again.
#include <sqlite3.h>

#include <algorithm>

#include "cache/probes.h"
#include "engine/access.h"
#include "engine/marks.h"
#include "engine/policy.h"
#include "engine/reader.h"
#include "tern/error.hpp"

namespace tern::internal {
namespace {

// SQLite, or the machine under it, could not answer; the question was right.
bool cannot_answer(const Error& error) noexcept {
  switch (error.code()) {
    case ErrorCode::kBusy:
    case ErrorCode::kIo:
    case ErrorCode::kFull:
    case ErrorCode::kCorrupt:
    case ErrorCode::kNotADatabase:
    case ErrorCode::kNoMemory:
      return true;
    case ErrorCode::kNotFound:  // no descriptor left to open a connection with
      return (error.sqlite_code() & 0xff) == SQLITE_CANTOPEN;
    default:
      return false;
  }
}

}  // namespace

void collect_marks(Dependencies& on, const Prepared& prepared) {
  const uint32_t statement = mark_of_statement(prepared);
  on.add_slots({&statement, 1});
  on.add_slots(prepared.tag_marks);
}

bool Reader::is_due(const Policy& policy, const cache::HotEntry& entry, int64_t now_ms) const noexcept {
  return policy.refresh_ahead.count() != 0 && entry.expires_at_ms() - now_ms <= policy.refresh_ahead.count();
}

// In the order that age_log.h asks for: the clock is read by a call, and observe() loads in order.
void Reader::note_time() noexcept {
  const int64_t now_ms = tiers_.time->now_ms();
  const cache::Moment moment = tiers_.coherence->observe();
  if (moment.published) ages_.note(moment.seq, now_ms);
}

// The latest time at which the entry is known to have been fresh.
std::optional<int64_t> Reader::true_until(const cache::HotEntry& entry, bool only_expired) const noexcept {
  if (only_expired) return entry.expires_at_ms();
  if (voided_by_hand_at(entry, tiers_.coherence->stamps()) > entry.label()) return std::nullopt;
  // relaxed: at whatever seq somebody saw that it is true, it was.
  const uint64_t seen_true_at = std::max(entry.label(), entry.validated());
  std::optional<int64_t> until = ages_.last_at_or_below(seen_true_at);
  if (until && entry.expires_at_ms() != 0) until = std::min(*until, entry.expires_at_ms());
  return until;
}

Rows Reader::stale(cache::HotRef entry, StaleReason reason, int64_t age_ms) {
  if (Dependencies* const on = Dependencies::current()) [[unlikely]]
    on->refuse_as_stale({.fresh = false, .reason = reason, .age_ms = age_ms});
  tiers_.counters->add(reason == StaleReason::kError ? Counter::kStaleOnError : Counter::kStaleRevalidating);
  Rows rows = Access::rows(std::move(entry), Source::kHot);
  if (!TERN_MUTANT(kStaleUntold)) Access::set_stale(rows, reason, age_ms);
  return rows;
}

Rows Reader::read_by_policy(Prepared& prepared, const cache::KeyBuilder& key, Serve serve) {
  const Policy& policy = *prepared.policy;
  const int64_t now_ms = tiers_.time->now_ms();  // before anything is loaded: age_log.h
  cache::Moment moment = tiers_.coherence->observe();
  const bool current = moment.published || tiers_.coherence->catch_up(moment);

  cache::HotRef entry = tiers_.hot->find(key.bytes());
  const bool is_true = entry && current && cache::still_true(*entry, tiers_.coherence->stamps(), moment);
  if (is_true && !entry->expired(now_ms)) {
    ages_.note(moment.seq, now_ms);
    tiers_.counters->add(Counter::kHotHits);
    if (is_due(policy, *entry, now_ms)) refresher_.offer(prepared, key);
    collect(*entry, moment, prepared);
    return Access::rows(std::move(entry), Source::kHot);
  }
  const bool is_void = entry && current && !is_true;
  if (is_void) {
    tiers_.counters->add(Counter::kHotInvalidations);
    prepared.voids.note(VoidLog::culprit(*entry, tiers_.coherence->stamps()));
  }
  if (is_true) tiers_.counters->add(Counter::kExpired);

  std::optional<int64_t> until;
  if (entry && serve == Serve::kStaleToo) until = true_until(*entry, is_true);
  const int64_t revalidate_ms = policy.stale_while_revalidate.count();
  if (until && revalidate_ms != 0 && now_ms - *until <= revalidate_ms && refresher_.offer(prepared, key))
    return stale(std::move(entry), StaleReason::kRevalidating, now_ms - *until);

  tiers_.counters->add(Counter::kHotMisses);
  const int64_t on_error_ms = until ? policy.stale_if_error.count() : 0;
  if (on_error_ms == 0) entry = {};  // not held while SQLite works
  try {
    if (!current) return read_uncached(prepared, key, Counter::kBypassPublishing);
    return read_below_hot(prepared, key, moment, is_void);
  } catch (const Error& error) {
    if (on_error_ms == 0 || !cannot_answer(error)) throw;
    const int64_t age_ms = tiers_.time->now_ms() - *until;  // SQLite may have tried for long
    if (age_ms > on_error_ms) throw;
    return stale(std::move(entry), StaleReason::kError, age_ms);
  }
}

// The policy's part that is no loosening: expiry, admission.
Rows Reader::read_fresh(Prepared& prepared, const cache::KeyBuilder& key) {
  return prepared.policy == nullptr ? read(prepared, key) : read_by_policy(prepared, key, Serve::kFreshOnly);
}

// A statement that takes longer than the ttl of its answers fills what has expired already.
bool Reader::expired(const cache::Entry& entry) const noexcept {
  return entry.view().expires_at_ms() != 0 && entry.view().expired(tiers_.time->now_ms());
}

// On the refresher's thread. Whoever filled the key meanwhile has spared it the work.
void Reader::refresh(Prepared& prepared, const cache::KeyBuilder& key) {
  cache::Moment moment = tiers_.coherence->observe();
  if (moment.published || tiers_.coherence->catch_up(moment)) {
    const int64_t now_ms = tiers_.time->now_ms();
    const cache::HotRef entry = tiers_.hot->find(key.bytes());
    if (entry && cache::still_true(*entry, tiers_.coherence->stamps(), moment) && !entry->expired(now_ms) &&
        !is_due(*prepared.policy, *entry, now_ms))
      return;
  }
  const cache::KeyHash hash = key.hash();
  auto joined = flights_.join(hash, std::chrono::milliseconds(0));
  if (!joined.leader) return;  // a reader is at it
  tiers_.counters->add(Counter::kRefreshes);
  try {
    const Filled filled = fill(prepared, key, hash);
    if (filled.cached) joined.leader->share(filled.entry);
  } catch (...) {
    tiers_.counters->add(Counter::kRefreshFailures);
    throw;
  }
}

bool Reader::admits(const Policy& policy, const cache::KeyBuilder& key, const cache::BodyBuilder& body,
                    int64_t cost_ns) {
  if (!policy.negative_caching && body.rows() == 0) return false;
  if (policy.admit_max_bytes != 0 && body.size() > policy.admit_max_bytes) return false;
  if (cost_ns < policy.admit_min_cost.count()) return false;
  if (!policy.admit_second_time) return true;
  // What is void has been admitted before.
  return tiers_.hot->find(key.bytes()) || doorkeeper_.admits(cache::hot_hash(key.bytes()));
}

}  // namespace tern::internal
