// What a computed value hangs on, collected while the host computes it: the read set of every answer that its function
// is given.
//
//   thread-local current ──► Dependencies of the function that runs on this thread ──► of the one that called it …
//
// Every read of a database asks current() on its way out. There, a hit adds the read set of its entry, a statement that
// SQLite ran adds the pages that it recorded, a read of the KV tier adds the slot of its key, there or not (of its
// namespace for a listing), and whatever cannot be tied to either refuses: then the value is not cached, and why() says
// why.
//
// Contract. Thread-safety: add(), refuse() and the accessors from any thread that a Scope has made part of the
// computing; close() once. Lifetime: shared by the function's call and the Scopes of its threads; what a Scope that
// outlives the call adds is lost, and a value is not cached while there is one. Errors: std::bad_alloc. Cost: a read
// outside of any computing pays one load of a thread-local word; one within it a lock and a copy of its read set.
// Bounded: past kMaxSlots different slots the value hangs on any commit; past kMaxKvSlots it is not cached.
//
// The argument (docs/coherence.md, "Computed values"). Let g be seq as loaded before the function begins, and let the
// value be kept with the label g and the union of the read sets of all answers that the function was given. Each answer
// is true up to some seq e that its reader had loaded before it checked or made the answer, and after g was loaded, so
// e >= g, since seq only grows:
//   a hit       e = the seq of its moment: it loaded seq = e and then found every stamp of the read set at or below the
//               entry's label, and by S2 those of all publications up to e. What changes the read set later is stamped
//               above e. (The entry's own label would do as well, and would void the value for changes that the answer
//               has outlived.)
//   a miss      e = its own label, by the rule Fill.
// So a slot that was changed after any one of the answers was made has a stamp above its e, hence above g: the value is
// void. A value that passes Read at a moment w has no such slot, so each answer is what SQLite would give at w; and a
// function that is given the same answers asks the same questions, and gives the same value: it is what would be
// computed at w. That two answers were of different states does no harm for the same reason: what lies between them is
// a commit to one of the read sets, above g, or it does not matter. label() is the least e that was added, which is
// never below g; a label that was loaded after the first read, the greatest e, would lose that (kComputeLabelLate).
//
// The KV tier is a second source, with kv_seq, stamps and a label of its own (kv_label(), again the least e), and the
// same holds there. An answer of it is true up to an e that was loaded from kv_seq before the answer was found true or
// its snapshot begun. A commit T that it does not show is stamped above e: had T been settled at t <= e, then who
// loaded e saw that stamp (K1), so that no entry from before T passed, and a snapshot that began later has T in it. And
// until T is settled its slots are PENDING, above every label. What expires is no commit: kv_expires_at_ms() is the
// first moment at which an answer is another one without any, by the clock that said so when it was given.
//
// What passes both looks, that at the pages for a state w loaded first and that at the keys after it, is true at w: the
// answers of the KV tier were given before w and have not been changed by the time of the second look. Were one of
// either given after w, w would say nothing. Hence the rule Keep: nobody is given an entry before it has passed both
// looks at a moment w' that was loaded after its function had returned (Computer::keep()), published, by somebody who
// finds the state at w' to be `expected`. Who finds the entry, with a w from before w', has begun before w' and ends
// after it, and what he is given is true at w'.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/key.h"
#include "sql/page_recorder.h"
#include "sql/read_pool.h"
#include "tern/rows.hpp"

namespace tern::internal {

// An answer of the KV tier: true up to `label`, and until `expires_at_ms` of KvClock (0: for ever).
struct KvRead {
  uint64_t slot = 0;
  uint64_t label = 0;
  int64_t expires_at_ms = 0;
};

class Dependencies {
 public:
  static constexpr size_t kMaxSlots = sql::PageRecorder::kDefaultMaxPages;
  static constexpr size_t kMaxKvSlots = 4096;  // a hit looks at each

  // `of`: whose snapshots are read. `label`: the seq of its database, loaded now. `outer`: what runs on this thread
  // already.
  Dependencies(const sql::ReadPool* of, uint64_t label, std::span<const std::byte> key,
               std::shared_ptr<Dependencies> outer);
  Dependencies(const Dependencies&) = delete;
  Dependencies& operator=(const Dependencies&) = delete;

  static Dependencies* current() noexcept { return active != nullptr ? active->get() : nullptr; }
  static std::shared_ptr<Dependencies> current_shared() { return active != nullptr ? *active : nullptr; }
  // For what reads past all tiers and leaves no trace of pages: a value that is being computed is not cached.
  static void refuse_current(std::string_view why) {
    if (Dependencies* const on = current()) [[unlikely]]
      on->refuse(why);
  }

  // Makes its thread part of the computing. Ends on the same thread; nests.
  class Scope {
   public:
    explicit Scope(std::shared_ptr<Dependencies> of) noexcept;
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    const std::shared_ptr<Dependencies> mine_;
    const std::shared_ptr<Dependencies>* const outer_;
  };
  // A statement that fails leaves no read set: the function may catch the error and go on.
  class RefusesOnError {
   public:
    RefusesOnError() noexcept;
    ~RefusesOnError();
    RefusesOnError(const RefusesOnError&) = delete;
    RefusesOnError& operator=(const RefusesOnError&) = delete;

   private:
    const int exceptions_;
  };

  // An answer that is true up to `label`, and up to `kv_label` in the KV tier if it hangs on that. `View`: EntryView or
  // HotEntry. `sharable`: no other process could be given another answer, for what it has registered (host_registry.h).
  template <typename View>
  void add(const sql::ReadPool* from, const View& entry, uint64_t label, bool sharable, uint64_t kv_label = 0) {
    const std::lock_guard lock(mutex_);
    if (!takes(from, label, sharable, entry.any_commit())) return;
    entry.for_each_slot([&](uint32_t slot) {
      add_slot(slot);
      return true;
    });
    limit(expires_at_ms_, entry.expires_at_ms());
    if (!entry.has_kv_reads()) return;
    const auto kv = entry.kv_reads();
    kv.for_each_slot([&](uint32_t slot) {
      add_kv_slot({.slot = slot, .label = kv_label, .expires_at_ms = kv.expires_at_ms()});
      return true;
    });
  }
  // `label`: nothing for an answer that is made now, from a snapshot that began after this did.
  void add_pages(const sql::ReadPool* from, std::span<const uint32_t> pages, bool any_commit,
                 std::optional<uint64_t> label, bool sharable);
  // A key, there or not, or all keys of a namespace.
  void add_kv(const sql::ReadPool* from, const KvRead& read);
  // A mark (engine/marks.h), or a page of whatever state.
  void add_slots(std::span<const uint32_t> slots);
  // All that another computing, which has ended, hangs on.
  void add(const Dependencies& inner);
  // The first reason counts.
  void refuse(std::string_view why);
  // An answer of a statement whose policy allows it to be stale.
  void refuse_as_stale(const Freshness& freshness);
  // Of EntryTime; the earliest counts, 0 is never.
  void expire_at(int64_t at_ms);

  // Nothing is added any more.
  void close();

  // After close().
  std::span<const uint32_t> slots() const noexcept { return slots_; }  // strictly ascending
  bool any_commit() const noexcept { return any_commit_; }
  bool sharable() const noexcept { return sharable_; }
  uint64_t label() const noexcept { return label_; }
  int64_t expires_at_ms() const noexcept { return expires_at_ms_; }          // 0: never
  std::span<const uint32_t> kv_slots() const noexcept { return kv_slots_; }  // strictly ascending
  uint64_t kv_label() const noexcept { return kv_label_; }
  int64_t kv_expires_at_ms() const noexcept { return kv_expires_at_ms_; }  // of KvClock; 0: never
  bool refused() const noexcept { return !why_.empty(); }
  const std::string& why() const noexcept { return why_; }
  // Of the least fresh answer.
  const Freshness& freshness() const noexcept { return freshness_; }

  // Whether this, or what called it, computes that key.
  bool computes(const sql::ReadPool* of, std::span<const std::byte> key) const noexcept;
  // The outermost: what a thread that waits for another one waits on behalf of.
  const Dependencies* root() const noexcept;

 private:
  // These under the lock. False: there is nothing more to add.
  bool takes(const sql::ReadPool* from);
  bool takes(const sql::ReadPool* from, uint64_t label, bool sharable, bool any_commit);
  void add_slot(uint32_t slot);
  void add_kv_slot(const KvRead& read);
  static void limit(int64_t& expiry_ms, int64_t at_ms) noexcept;
  void limit_freshness(const Freshness& freshness) noexcept;
  void compact();

  // The one of this thread. constinit and initial-exec: no call to find it.
  static constinit thread_local const std::shared_ptr<Dependencies>* active [[gnu::tls_model("initial-exec")]];

  // Constant after construction.
  const sql::ReadPool* const of_;
  const uint64_t begun_;  // g
  const std::vector<std::byte> key_;
  const std::shared_ptr<Dependencies> outer_;

  std::mutex mutex_;
  // Guarded by mutex_ until close(), constant afterwards.
  std::vector<uint32_t> slots_;  // with repetitions until compact()
  uint64_t label_;
  int64_t expires_at_ms_ = 0;
  std::vector<uint32_t> kv_slots_;  // with repetitions until compact()
  uint64_t kv_label_ = ~uint64_t{0};
  int64_t kv_expires_at_ms_ = 0;
  Freshness freshness_;
  size_t scopes_ = 0;
  bool any_commit_ = false;
  bool sharable_ = true;
  bool closed_ = false;
  std::string why_;
};

}  // namespace tern::internal
