#include "engine/coherence.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <thread>

#include "cache/probes.h"
#include "sql/error.h"

namespace tern::internal {
namespace {

constexpr int kJoinPatienceMs = 2000;
constexpr int kMovePatienceMs = 20;
// How often a reader that meets an unpublished commit looks again before it goes past the cache.
constexpr int kSlowRounds = 4;
constexpr int kSlowSpins = 64;

void spin_once() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

cache::Stamps::SavedState to_bytes(const sql::WalHeader& header, uint32_t schema_cookie) {
  cache::Stamps::SavedState bytes{};
  const auto encoded = sql::SavedState{header, schema_cookie}.encode();
  static_assert(sql::SavedState::kBytes <= cache::Stamps::kSavedStateBytes);
  std::memcpy(bytes.data(), encoded.data(), encoded.size());
  return bytes;
}

}  // namespace

Coherence::Coherence(const CoherenceOptions& options, Counters& counters) : options_(options), counters_(counters) {}

Coherence::~Coherence() {
  if (!stamps_) return;
  stamps_->set_guarded(false);
}

std::unique_ptr<Coherence> Coherence::open(const CoherenceOptions& options, Counters& counters, std::string& why) {
  std::unique_ptr<Coherence> self(new Coherence(options, counters));
  try {
    self->wal_ = sql::WalIndex::open(options.connection);
    if (!self->wal_->available()) {
      why = self->wal_->why_unavailable();
      return nullptr;
    }
    self->stamps_ = cache::Stamps::open(options.stamps, why);
    if (!self->stamps_) return nullptr;
    self->guardian_ = std::make_unique<sql::Guardian>(options.connection);
    self->checkpoint_ = std::make_unique<sql::PlannedCheckpoint>(options.connection);
    self->let_go_seen_ = self->stamps_->let_go_count();
    if (!self->hold(Hold::kFirst, why)) return nullptr;
  } catch (const sql::Error& error) {
    why = error.what();
    return nullptr;
  }
  return self;
}

// Join (docs/coherence.md). Our snapshot is open before we ask for other guardians, and stays: if one is found alive
// then, it has held since the saved state, and ours takes over without a gap. If none is, nobody has watched, and only
// what the log itself can prove is believed. A process that is dying gives up its guardian and its word for it one
// after the other, so the word alone is not believed either where the log has been restarted: it only speaks for a log
// that stands as it was saved. The same when this process takes a guardian up again that it has let go of.
bool Coherence::hold(Hold hold, std::string& why) {
  if (!guardian_->open()) {
    why = "the database was busy while the guardian's snapshot was to begin";
    return false;
  }
  const bool again = hold == Hold::kAgain;  // tells the tests' probes apart, and nothing else
  if (again && TERN_MUTANT(kGuardianReliedOnEarly)) guarded_ = true;
  if (again) {
    TERN_SYNC_POINT("renew:opened");
  } else {
    TERN_SYNC_POINT("join:opened");
  }
  if (auto lock = stamps_->lock(kJoinPatienceMs)) {
    const bool guarded = stamps_->guarded_by_others();
    TERN_SYNC_POINT("join:asked");
    for (int attempt = 0; attempt < 100; ++attempt) {
      Trust trust = guarded ? Trust::kJoining : Trust::kAfterRestart;
      if (again ? TERN_MUTANT(kRenewalTrusts) : TERN_MUTANT(kJoinTrusts)) trust = Trust::kGuarded;
      if (publish_locked(*lock, trust, false)) {
        if (again) {
          TERN_SYNC_POINT("renew:published");
        } else {
          TERN_SYNC_POINT("join:published");
        }
        // Only now: with the snapshot alone, another thread would publish from the saved state as if nothing could have
        // left the log since.
        stamps_->set_guarded(true);
        guarded_ = true;
        TERN_SYNC_POINT("join:guarded");
        return true;
      }
      std::this_thread::yield();  // a writer stands between the copies of its header
    }
    why = "the log's shared header stays incomplete";
  } else {
    why = "the stamp lock is held by a process that does not let it go";
  }
  // It holds a snapshot, but the saved state may be before it: C1 would not be true.
  guardian_->let_go();
  return false;
}

bool Coherence::catch_up(cache::Moment& moment) noexcept {
  for (int round = 0; round < kSlowRounds; ++round) {
    try_publish(0, false);
    for (int spin = 0; spin < kSlowSpins; ++spin) {
      moment = observe();
      if (moment.published) return true;
      spin_once();
    }
  }
  return false;
}

bool Coherence::publish_locked(const cache::Stamps::Lock& lock, Trust trust, bool own_commit) {
  TERN_SYNC_POINT("publish:locked");
  const auto header = wal_->read_header();
  if (!header) return false;
  TERN_SYNC_POINT("publish:header-read");
  const auto bytes = stamps_->saved_state(lock);
  const auto saved = bytes ? sql::SavedState::decode(*bytes) : std::nullopt;
  // expected says what was published, except when nobody kept the log whole since.
  if (trust == Trust::kGuarded && saved && stamps_->expected() == header->state()) return true;

  if ((trust == Trust::kAfterRestart || trust == Trust::kJoining) && saved) {
    const bool untouched = trust == Trust::kJoining ? saved->header == *header : untouched_since_clean(lock, *header);
    sql::changes_after_restart(*wal_, saved->header, *header, untouched, changes_);
  } else {
    sql::changes_since(*wal_, saved ? std::optional(saved->header) : std::nullopt, *header, trust == Trust::kGuarded,
                       changes_);
  }
  // Ordinary entries leave page 1 out of their read sets; the schema cookie on it stands in for it.
  uint32_t cookie = saved ? saved->schema_cookie : 0;
  if (!TERN_MUTANT(kCookieIgnored) && (changes_.all || changes_.cookie_may_have_changed)) {
    const auto now = wal_->schema_cookie(*header);
    if (!now || !saved || *now != cookie) changes_.all = true;
    if (now) cookie = *now;
  }
  if (changes_.pages.size() > options_.max_pages_stamped) changes_.all = true;
  if (changes_.all) changes_.pages.clear();
  TERN_SYNC_POINT("publish:changes-known");
  stamps_->publish(lock, changes_.pages, changes_.all, to_bytes(*header, cookie), header->state());
  counters_.add(Counter::kPublished);
  if (!own_commit) counters_.add(Counter::kForeign);
  if (changes_.all) counters_.add(Counter::kEverything);
  counters_.add(Counter::kPagesStamped, changes_.pages.size());
  return true;
}

bool Coherence::try_publish(int patience_ms, bool own_commit) noexcept try {
  const uint64_t wanted = wal_->state();
  if (stamps_->expected() == wanted) return true;
  auto lock = patience_ms == 0 ? stamps_->try_lock() : stamps_->lock(patience_ms);
  if (!lock) return false;
  return publish_locked(*lock, guarded_ ? Trust::kGuarded : Trust::kNothing, own_commit);
} catch (const std::exception&) {
  return false;  // no memory for the list of pages: w != expected stays, and every read goes past the cache
}

// Says nothing new of the log: the saved state and `expected` stay, so that what has not been published is so still.
bool Coherence::void_by_hand(std::span<const uint32_t> slots, bool everything, int patience_ms) noexcept {
  auto lock = stamps_->lock(patience_ms);
  if (!lock) return false;
  const auto saved = stamps_->saved_state(*lock);
  // A publisher died while it saved: expected is not the state of the log, nobody takes a hit, and whoever publishes
  // next, from nothing, voids everything.
  if (!saved) return true;
  stamps_->publish(*lock, slots, everything, *saved, stamps_->expected());
  if (everything) counters_.add(Counter::kEverything);
  return true;
}

bool Coherence::move_guardian() {
  if (!guarded_) {
    std::string ignored;  // the next round tries again
    return hold(Hold::kAgain, ignored);
  }
  // Also when nothing was committed: a checkpoint may have copied the log meanwhile, and only a snapshot that begins
  // anew lets go of the log (read lock 0). A program that waits for that, by RESTART or TRUNCATE, bars all writers.
  const bool moved = guardian_->move([&] {
    // The state published here is read after the new snapshot began, so it is at or after it (C1).
    auto lock = stamps_->lock(kMovePatienceMs);
    return lock && publish_locked(*lock, Trust::kGuarded, false);
  });
  if (!moved) return false;
  counters_.add(Counter::kGuardianMoves);
  return true;
}

// Under the stamp lock, so that no publisher relies on a guardian that goes meanwhile.
bool Coherence::let_go() {
  const auto lock = stamps_->lock(kJoinPatienceMs);
  if (!lock) return false;
  guarded_ = false;
  stamps_->set_guarded(false);
  guardian_->let_go();
  return true;
}

uint64_t Coherence::log_frames() const noexcept {
  const auto header = wal_->read_header();
  return header ? header->last_frame : 0;
}

}  // namespace tern::internal
