#include "engine/reader.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <new>

#include "cache/probes.h"
#include "engine/access.h"
#include "engine/host_call.h"
#include "engine/policy.h"
#include "engine/result_reader.h"
#include "engine/translate.h"
#include "sql/page_recorder.h"

namespace tern::internal {
namespace {

constexpr std::chrono::milliseconds kFlightPatience{20};
// Kept between misses of a thread, unless one was unusually large.
constexpr uint64_t kKeptBodyBytes = uint64_t{4} << 20;

// A thread's own working memory for misses.
struct Scratch {
  sql::PageRecorder recorder;
  cache::BodyBuilder body;
  std::vector<uint32_t> slots;

  static Scratch& mine() {
    thread_local Scratch scratch;
    return scratch;
  }
  void tidy() {
    if (body.size() > kKeptBodyBytes) body = cache::BodyBuilder();
  }
};

// Pages and marks, ascending, in the scratch.
std::span<const uint32_t> with_marks(std::span<const uint32_t> pages, const Prepared& prepared, Scratch& scratch) {
  scratch.slots.clear();
  std::set_union(pages.begin(), pages.end(), prepared.tag_marks.begin(), prepared.tag_marks.end(),
                 std::back_inserter(scratch.slots));
  return scratch.slots;
}

struct Run {
  bool cacheable = false;
  bool any_commit = false;
  bool sharable = false;  // hangs on nothing that is this process's own
  Counter why_not = Counter::kBypassNotCacheable;
  std::string why;  // the same in words, where somebody asks
};

// Runs the statement in the lease's snapshot, rows into scratch.body, pages into scratch.recorder.
Run run_recorded(sql::StatementCache& statements, const Prepared& prepared, const cache::KeyBuilder& key,
                 Scratch& scratch, sql::Cacheability* cacheability = nullptr) {
  HostCall::refuse_inside();  // scratch is in use
  auto use = statements.get(prepared.sql);
  bind_arguments(use.statement(), key);
  scratch.recorder.clear();
  {
    const sql::PageRecorder::Scope on(scratch.recorder);
    read_rows(use.statement(), scratch.body);
  }
  if (cacheability != nullptr) *cacheability = use.cacheability();
  Run run;
  const bool asked = Dependencies::current() != nullptr;
  if (asked) run.why = use.cacheability().reason;
  if (use.cacheability().kind == sql::Cacheability::Kind::kNever) return run;
  if (asked) run.why = use.reprepared() ? "the schema changed while it ran" : "asks for the current or the local time";
  run.why_not = use.reprepared() ? Counter::kBypassReprepared : Counter::kBypassImpure;
  if (!TERN_MUTANT(kRepreparedCached) && use.reprepared()) return run;
  if (!TERN_MUTANT(kClockIgnored) && scratch.recorder.impure()) return run;
  run.cacheable = true;
  run.sharable = use.cacheability().foreign.empty();
  run.any_commit = use.cacheability().kind == sql::Cacheability::Kind::kAnyCommit || scratch.recorder.overflowed();
  return run;
}

// What SQLite has just answered, for what this thread is computing, if anything.
void collect_run(const Tiers& tiers, const Run& run, const Prepared& prepared, Scratch& scratch,
                 std::optional<uint64_t> label, int64_t expires_at_ms = 0) {
  Dependencies* const on = Dependencies::current();
  if (on == nullptr) [[likely]]
    return;
  if (tiers.coherence == nullptr) return on->refuse("the cache is off");
  if (!run.cacheable) return on->refuse("not cached: " + prepared.sql.substr(0, 200) + ": " + run.why);
  on->expire_at(expires_at_ms);
  const bool any_commit = run.any_commit || !tiers.pages_recordable;
  const auto pages = any_commit ? std::span<const uint32_t>() : scratch.recorder.pages();
  on->add_pages(tiers.readers, pages, any_commit, label, run.sharable);
  collect_marks(*on, prepared);
}

}  // namespace

Rows Reader::read(Prepared& prepared, const cache::KeyBuilder& key) {
  if (tiers_.coherence == nullptr) return read_uncached(prepared, key, Counter::kBypassCacheOff);
  // relaxed: see Prepared.
  if (!prepared.cacheable.load(std::memory_order_relaxed) || !prepared.unique || !key.fits())
    return Access::rows(fill(prepared, key, {}).entry, Source::kSql);
  if (prepared.policy != nullptr) return read_by_policy(prepared, key, Serve::kStaleToo);

  cache::Moment moment = tiers_.coherence->observe();
  if (!moment.published && !tiers_.coherence->catch_up(moment))
    return read_uncached(prepared, key, Counter::kBypassPublishing);

  bool voided = false;
  if (cache::HotRef entry = tiers_.hot->find(key.bytes())) {
    if (cache::still_true(*entry, tiers_.coherence->stamps(), moment)) {
      tiers_.counters->add(Counter::kHotHits);
      collect(*entry, moment, prepared);
      return Access::rows(std::move(entry), Source::kHot);
    }
    tiers_.counters->add(Counter::kHotInvalidations);
    TERN_SYNC_POINT("read:hot-void");
    if (TERN_MUTANT(kStaleUnasked)) return Access::rows(std::move(entry), Source::kHot);
    prepared.voids.note(VoidLog::culprit(*entry, tiers_.coherence->stamps()));
    voided = true;
  }
  tiers_.counters->add(Counter::kHotMisses);
  return read_below_hot(prepared, key, moment, voided);
}

Rows Reader::read_below_hot(Prepared& prepared, const cache::KeyBuilder& key, const cache::Moment& moment,
                            bool voided) {
  const cache::KeyHash hash = key.hash();
  if (cache::EntryRef entry = find_in_store(prepared, key, hash, moment, voided)) {
    if (tiers_.hot->insert(entry)) tiers_.counters->add(Counter::kHotFills);
    collect(entry->view(), moment, prepared);
    return Access::rows(std::move(entry), Source::kStore);
  }
  if (prepared.policy == nullptr && !prepared.reuse.worth_keeping(key.bytes(), doorkeeper_))
    return read_uncached(prepared, key, Counter::kBypassSeldomAgain);
  auto joined = flights_.join(hash, kFlightPatience);
  if (joined.leader) {
    Filled filled = fill(prepared, key, hash);
    TERN_SYNC_POINT("fill:before-share");
    if (filled.cached) joined.leader->share(filled.entry);
    return Access::rows(std::move(filled.entry), Source::kSql);
  }
  // Rule Wait: what the other thread brought counts only if it is true for a moment after our own start, and if it
  // answers our key: flights meet by its hash, of which collisions can be made on purpose.
  if (joined.entry && !expired(*joined.entry) &&
      (TERN_MUTANT(kKeyHashOnly) || std::ranges::equal(joined.entry->key(), key.bytes()))) {
    const cache::Moment now = tiers_.coherence->observe();
    if (TERN_MUTANT(kFlightUnchecked) ||
        (now.published && cache::still_true(*joined.entry, tiers_.coherence->stamps(), now))) {
      tiers_.counters->add(Counter::kWaits);
      collect(joined.entry->view(), now, prepared);
      return Access::rows(std::move(joined.entry), Source::kSql);
    }
  }
  return Access::rows(fill(prepared, key, hash).entry, Source::kSql);
}

cache::EntryRef Reader::find_in_store(Prepared& prepared, const cache::KeyBuilder& key, const cache::KeyHash& hash,
                                      const cache::Moment& moment, bool voided) {
  if (tiers_.store == nullptr) return {};
  // relaxed, and the generation by acquire: host_registry.h.
  const uint64_t generation = tiers_.host->generation();
  if (prepared.sharable_in.load(std::memory_order_relaxed) != generation) return {};
  bool void_entry = false;
  cache::EntryRef entry = tiers_.store->find(*prepared.stored, hash, key.bytes(), [&](const cache::EntryView& view) {
    if (view.expires_at_ms() != 0 && view.expired(tiers_.time->now_ms())) return false;  // most need no clock
    void_entry = !TERN_MUTANT(kStoreEntryNotValidated) && !cache::still_true(view, tiers_.coherence->stamps(), moment);
    if (void_entry && !voided) prepared.voids.note(VoidLog::culprit(view, tiers_.coherence->stamps()));
    return !void_entry;
  });
  // Asked again after it was found: (2) of host_registry.h.
  if (tiers_.host->generation() != generation) return {};
  if (void_entry) tiers_.counters->add(Counter::kStoreInvalidations);
  tiers_.counters->add(entry ? Counter::kStoreHits : Counter::kStoreMisses);
  return entry;
}

// Rule Fill: the label comes before anything of the snapshot, so that what is computed now can never pass for newer
// than a commit that it has not seen. acquire, in seq(), keeps the order.
Reader::FillStart Reader::fill_start(const Prepared& prepared) noexcept {
  FillStart start;
  // Before everything: the answer is at least as new as this.
  if (prepared.policy != nullptr) {
    start.began_ms = tiers_.time->now_ms();
    if (tiers_.coherence != nullptr) note_time();
  }
  start.label = tiers_.coherence == nullptr ? 0 : tiers_.coherence->stamps().seq();
  start.generation = tiers_.host->generation();
  return start;
}

Reader::Filled Reader::fill(Prepared& prepared, const cache::KeyBuilder& key, const cache::KeyHash& hash) {
  return translated([&] {
    const Dependencies::RefusesOnError on_error;
    if (TERN_MUTANT(kFillOnOldSnapshot)) {
      auto old = tiers_.readers->acquire();
      old.snapshot(tiers_.coherence->wal().state());
      TERN_SYNC_POINT("fill:snapshot-taken");
      return fill_with(old, fill_start(prepared), prepared, key, hash);
    }
    const FillStart start = fill_start(prepared);
    TERN_SYNC_POINT("fill:label-taken");
    auto lease = tiers_.readers->acquire();
    const auto snapshot = lease.snapshot(tiers_.coherence->wal().state());
    if (snapshot.reused) tiers_.counters->add(Counter::kSnapshotsReused);
    TERN_SYNC_POINT("fill:snapshot-taken");
    return fill_with(lease, start, prepared, key, hash);
  });
}

Reader::Filled Reader::fill_with(sql::ReadPool::Lease& lease, FillStart start, Prepared& prepared,
                                 const cache::KeyBuilder& key, const cache::KeyHash& hash) {
  Scratch& scratch = Scratch::mine();
  const Policy* const policy = prepared.policy.get();
  const int64_t began_ns = policy != nullptr ? tiers_.time->now_ns() : 0;
  const Run run = run_recorded(lease.statements(), prepared, key, scratch);
  TERN_SYNC_POINT("fill:read");
  collect_run(tiers_, run, prepared, scratch, start.label,
              policy != nullptr ? expiry_of(*policy, hash, start.began_ms) : 0);
  if (TERN_MUTANT(kLabelAfterReading)) start.label = tiers_.coherence->stamps().seq();
  tiers_.counters->add(Counter::kSqlReads);
  prepared.sharable_in.store(run.sharable ? start.generation : 0, std::memory_order_relaxed);
  // A statement that SQLite prepared anew is classified by the next run, which must come with its key to be kept.
  if (run.cacheable || run.why_not != Counter::kBypassReprepared)
    prepared.cacheable.store(run.cacheable, std::memory_order_relaxed);

  const bool has_key = hash != cache::KeyHash{};
  const bool small = scratch.body.size() <= tiers_.max_entry_bytes;
  if (!run.cacheable || !small) tiers_.counters->add(run.cacheable ? Counter::kBypassTooLarge : run.why_not);

  Filled filled;
  filled.cached = run.cacheable && small && has_key;
  const bool admitted =
      filled.cached && (policy == nullptr || admits(*policy, key, scratch.body, tiers_.time->now_ns() - began_ns));
  cache::EntryFields fields;
  if (filled.cached) {
    fields.hash = hash;
    fields.key = key.bytes();
    fields.label = start.label;
    if (policy != nullptr) fields.expires_at_ms = expiry_of(*policy, hash, start.began_ms);
    // Without a recorder nobody knows the pages: then every commit voids.
    if (run.any_commit || !tiers_.pages_recordable) fields.flags = cache::kAnyCommit;
    const bool by_slots = fields.flags == 0;
    if (policy != nullptr && policy->pin) fields.flags |= cache::kKeep;
    if (by_slots) fields.slots = scratch.recorder.pages();
    if (by_slots && !prepared.tag_marks.empty()) fields.slots = with_marks(fields.slots, prepared, scratch);
    if (TERN_MUTANT(kReadSetPageDropped) && !fields.slots.empty())
      fields.slots = fields.slots.first(fields.slots.size() - 1);
  }
  filled.entry = cache::Entry::make(fields, scratch.body);
  scratch.tidy();
  if (!filled.entry) throw std::bad_alloc();
  if (!filled.cached) return filled;
  if (!admitted) {
    tiers_.counters->add(Counter::kNotAdmitted);
    tiers_.hot->erase(key.bytes());  // what lies there is older, and would be served stale in its place
    return filled;
  }
  TERN_SYNC_POINT("fill:before-insert");
  if (tiers_.hot->insert(filled.entry)) {
    tiers_.counters->add(Counter::kHotFills);
    prepared.reuse.kept(*tiers_.hot, key.bytes(), filled.entry->body().size());
  }
  TERN_SYNC_POINT("fill:before-offer");
  if (tiers_.store_writer != nullptr && run.sharable) tiers_.store_writer->offer(filled.entry, prepared.stored);
  return filled;
}

Rows Reader::read_uncached(Prepared& prepared, const cache::KeyBuilder& key, Counter why) {
  return translated([&] {
    const Dependencies::RefusesOnError on_error;
    TERN_SYNC_POINT("read:uncached");
    const int64_t expires_at_ms =
        prepared.policy != nullptr ? expiry_of(*prepared.policy, {}, tiers_.time->now_ms()) : 0;
    auto lease = tiers_.readers->acquire();
    if (lease.snapshot().reused) tiers_.counters->add(Counter::kSnapshotsReused);
    HostCall::refuse_inside();  // scratch is in use
    Scratch& scratch = Scratch::mine();
    if (Dependencies::current() != nullptr) [[unlikely]] {
      const Run run = run_recorded(lease.statements(), prepared, key, scratch);
      collect_run(tiers_, run, prepared, scratch, std::nullopt, expires_at_ms);
    } else {
      auto use = lease.statements().get(prepared.sql);
      bind_arguments(use.statement(), key);
      read_rows(use.statement(), scratch.body);
    }
    tiers_.counters->add(Counter::kSqlReads);
    tiers_.counters->add(why);
    cache::EntryRef entry = cache::Entry::make({}, scratch.body);
    scratch.tidy();
    if (!entry) throw std::bad_alloc();
    return Access::rows(std::move(entry), Source::kSql);
  });
}

Explanation Reader::explain(const Prepared& prepared, const cache::KeyBuilder& key, std::vector<uint32_t>& pages) {
  Dependencies::refuse_current("it explains a statement");
  return translated([&] {
    Explanation explanation;
    auto lease = tiers_.readers->acquire();
    lease.snapshot();
    Scratch& scratch = Scratch::mine();
    sql::Cacheability cacheability;
    const Run run = run_recorded(lease.statements(), prepared, key, scratch, &cacheability);
    explanation.rows = scratch.body.rows();
    explanation.bytes = scratch.body.size();
    explanation.tables = cacheability.tables;
    if (prepared.policy != nullptr) {
      explanation.policies = describe(*prepared.policy);
      explanation.tags = prepared.policy->tags;
    }
    pages.assign(scratch.recorder.pages().begin(), scratch.recorder.pages().end());
    explanation.pages = pages.size();
    explanation.any_commit = run.any_commit || !tiers_.pages_recordable;
    explanation.cached =
        run.cacheable && tiers_.coherence != nullptr && prepared.unique && explanation.bytes <= tiers_.max_entry_bytes;
    explanation.stored = explanation.cached && run.sharable && tiers_.store != nullptr;
    if (explanation.cached && !explanation.any_commit) {
      explanation.reason = "valid until one of the " + std::to_string(explanation.pages) +
                           " pages that it was read from is changed by a commit";
    } else if (explanation.cached) {
      explanation.reason = cacheability.reason.empty() ? "valid until anything is committed" : cacheability.reason;
    } else if (!run.cacheable) {
      explanation.reason = scratch.recorder.impure() ? "asks for the current or the local time"
                                                     : "the schema changed while it ran; ask again";
      if (cacheability.kind == sql::Cacheability::Kind::kNever) explanation.reason = cacheability.reason;
    } else if (tiers_.coherence == nullptr) {
      explanation.reason = "the cache is off";
    } else if (!prepared.unique) {
      explanation.reason =
          "this process has prepared too many different statements: bind values instead of pasting them";
    } else {
      explanation.reason = "its result of " + std::to_string(explanation.bytes) +
                           " bytes is larger than max_entry_bytes (" + std::to_string(tiers_.max_entry_bytes) + ")";
    }
    if (explanation.cached && !run.sharable) {
      explanation.reason += "; kept in this process alone, since it may hang on \"" + cacheability.foreign +
                            "\", which is not SQLite's own";
    }
    scratch.tidy();
    return explanation;
  });
}

}  // namespace tern::internal
