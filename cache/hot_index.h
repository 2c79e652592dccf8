// Where the entries of one shard are: a hash table of cache-line buckets that readers walk without a lock, and that
// grows by one bucket at a time.
//
//   bucket  8 words of 8 bytes, one cache line
//   word    0                                   empty
//           tag:16 | address:48                 an entry; the tag is from the hash, and odd
//           0:15 | number:48 | 1                only in the last place: the overflow bucket that goes on from here
//
// Linear hashing (Litwin 1980). With n buckets and m = 2^ceil(log2 n), a hash lies in bucket `hash mod m`, or, when
// there is none of that number yet, in `hash mod m/2`. To grow, bucket n is made from its one predecessor. All buckets
// lie in one reserved run of addresses: they never move and are never given back while the table lives, overflow
// buckets included, which are made from the end of the run downward and used again. So readers need no protection for
// them. The shards of a table share one run: bucket i of the one lies beside bucket i of the next, so that what is
// touched is one piece at either end, however many shards there are.
//
//   state = number of buckets:32 | shift:5 | version:27       m - 1 is the greatest 32-bit number, shifted so far right
//
// Thread-safety: one writer at a time (the shard's lock); readers at any time.
//
// Invariant I1: a reader that began after an entry was put in and ends before it is taken out finds it. The argument:
// an entry is moved only by split(), from its bucket to the new one, and within a chain. Each time the word is stored
// in its new place first, then the state with a higher version, and only then it is cleared in the old place (all
// releases). A reader loads the state first, and loads it again when it has found nothing. Whoever misses the word in
// the old place has seen it cleared (acquire), hence sees the new version there, and looks again. Whoever loaded the
// new version (acquire) to begin with sees the new place. An overflow bucket is unlinked after its words were stored
// elsewhere and the version was raised, so the same holds for a reader that is still in it when it is used again for
// another chain: what it finds there may be other keys' entries, which it does not take for its own, since it compares
// keys.
//
// Invariant I2: a word that no chain leads to is 0. So who finds an entry's word unchanged has found the entry linked
// (pins.h), even in an overflow bucket that was given back meanwhile.
//
// What a reader does with a word it has found, pinning and comparing, is hot_shard.h's.
//
// Cost: a lookup touches one cache line of a bucket, and a second one for 4 to 9 entries of a hundred (calculated:
// Poisson at kEntriesEachBucket a bucket, and twice as many in those that are yet to be split as in those that were).
// The index takes 14 bytes an entry. insert() moves at most one bucket's entries.
#pragma once

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "cache/asymmetric_fence.h"
#include "cache/hot_entry.h"

namespace tern::cache {

struct alignas(64) HotBucket {
  static constexpr size_t kWords = 8;
  std::atomic<uint64_t> words[kWords];

  // Which words have that tag, two bits each, the first in the lowest: a hint, since words may change at once.
  uint32_t having(uint64_t tag) const noexcept;
  // The first of them, there being one; and those after it.
  const std::atomic<uint64_t>& first_of(uint32_t having) const noexcept {
    const auto bit = static_cast<size_t>(std::countr_zero(having));  // even: so this is its bytes, halved twice
    return *reinterpret_cast<const std::atomic<uint64_t>*>(reinterpret_cast<const std::byte*>(words) + bit * 4);
  }
  static uint32_t after_first(uint32_t having) noexcept {
    return having & (having - 1) & ((having & (having - 1)) - 1);
  }
};
static_assert(sizeof(HotBucket) == 64);

// All eight at once, without a branch that depends on where the word is: such a branch is guessed wrong every other
// time, and delays the load of the entry. The loads are assembly, not C++: what is read beside a writer's store may
// only be read so, or as an atomic. x86 loads each aligned word whole, and no load before an earlier one; the clobber
// keeps the compiler to that order too. So each is as good as an acquire.
inline uint32_t HotBucket::having(uint64_t tag) const noexcept {
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
  __m128i pairs[4];
  for (size_t i = 0; i < 4; ++i) {
    asm volatile("movdqa %1, %0"
                 : "=x"(pairs[i])
                 : "m"(*reinterpret_cast<const std::array<uint64_t, 2>*>(&words[2 * i]))
                 : "memory");
  }
  // The upper half of each word, of that the upper half with its sign, as eight numbers of 16 bits.
  const auto upper = [](__m128i a, __m128i b) {
    return _mm_srai_epi32(_mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps(a), _mm_castsi128_ps(b), 0xdd)), 16);
  };
  const __m128i tags = _mm_packs_epi32(upper(pairs[0], pairs[1]), upper(pairs[2], pairs[3]));
  const __m128i wanted = _mm_shufflelo_epi16(_mm_cvtsi64_si128(static_cast<int64_t>(tag)), 0xff);
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi16(tags, _mm_shuffle_epi32(wanted, 0))));
#else
  uint32_t found = 0;
  for (uint32_t i = 0; i < kWords; ++i) {
    // acquire: pairs with the index's stores; I1.
    const uint64_t word = words[i].load(std::memory_order_acquire);
    found |= ((word ^ tag) >> 48 == 0 ? 3u : 0u) << (2 * i);
  }
  return found;
#endif
}

namespace hot_word {
inline constexpr uint64_t kAddressMask = (uint64_t{1} << 48) - 1;

inline uint64_t tag_of(uint64_t hash) noexcept { return (hash | uint64_t{1} << 48) & ~kAddressMask; }
inline bool has_tag(uint64_t word, uint64_t tag) noexcept { return ((word ^ tag) & ~kAddressMask) == 0; }
inline HotEntry* entry_of(uint64_t word) noexcept { return reinterpret_cast<HotEntry*>(word & kAddressMask); }
inline uint64_t of(const HotEntry* entry, uint64_t tag) noexcept { return reinterpret_cast<uint64_t>(entry) | tag; }
inline bool is_link(uint64_t word) noexcept { return (word & 1) != 0; }
inline uint64_t link_to(uint64_t bucket) noexcept { return bucket << 1 | 1; }
inline uint64_t bucket_of(uint64_t link) noexcept { return link >> 1; }
}  // namespace hot_word

class HotIndex {
 public:
  static constexpr uint64_t kFirstBuckets = 2;
  // Halves the average of full buckets, times what keeps chains short: more would save memory, and send more lookups
  // on to a second line.
  static constexpr uint64_t kEntriesEachBucket = 5;

  // `memory` is zero, reserved for `bucket_limit` buckets, each 2^stride_bits buckets behind the one before, and
  // outlives the index.
  HotIndex(HotBucket* memory, uint64_t bucket_limit, uint32_t stride_bits) noexcept
      : buckets_(memory), stride_bits_(stride_bits), limit_(static_cast<uint32_t>(bucket_limit)) {}

  // For readers.
  uint64_t state() const noexcept { return state_.load(std::memory_order_acquire); }  // acquire: I1
  const HotBucket& bucket(uint64_t state, uint64_t hash) const noexcept {
    const auto count = static_cast<uint32_t>(state);
    const uint32_t mask = ~uint32_t{0} >> (state >> 32 & 31);
    const uint32_t wide = static_cast<uint32_t>(hash) & mask;
    return at(wide & mask >> (wide >= count ? 1 : 0));  // no branch: half of them would be guessed wrong
  }
  const HotBucket& overflow(uint64_t link) const noexcept { return at(hot_word::bucket_of(link)); }

  // For the writer, all below.

  // The place of the entry that `wanted(const HotEntry&)` says true to, among those of the hash's tag; null if none.
  template <typename F>
  std::atomic<uint64_t>* find(uint64_t hash, F&& wanted) noexcept {
    const uint64_t tag = hot_word::tag_of(hash);
    HotBucket* bucket = &bucket_for_writer(hash);
    for (;;) {
      for (auto& word : bucket->words) {
        const uint64_t value = own(word);
        if (hot_word::has_tag(value, tag) && wanted(*hot_word::entry_of(value))) return &word;
      }
      const uint64_t last = own(bucket->words[HotBucket::kWords - 1]);
      if (!hot_word::is_link(last)) return nullptr;
      bucket = &at(hot_word::bucket_of(last));
    }
  }

  // False when there is no bucket left to overflow into.
  bool insert(uint64_t hash, const HotEntry* entry) noexcept;
  void replace(std::atomic<uint64_t>* place, const HotEntry* by) noexcept {
    place->store(hot_word::of(by, own(*place) & ~hot_word::kAddressMask), kPublish);
  }
  void remove(std::atomic<uint64_t>* place) noexcept {
    place->store(0, kPublish);
    --entries_;
  }
  // Makes one bucket more, when there are entries enough for it and memory for one or two more buckets may be taken.
  bool wants_to_grow() const noexcept { return entries_ > count() * kEntriesEachBucket && count() + 2 < lowest_; }
  void grow(HashFunction hash) noexcept;
  void clear() noexcept;

  // f(HotEntry&) with each entry.
  template <typename F>
  void for_each(F&& f) noexcept {
    for (uint64_t i = 0; i < count(); ++i) {
      for (HotBucket* bucket = &at(i); bucket != nullptr; bucket = next(*bucket)) {
        for (auto& word : bucket->words) {
          const uint64_t value = own(word);
          if (value != 0 && !hot_word::is_link(value)) f(*hot_word::entry_of(value));
        }
      }
    }
  }

  uint64_t entries() const noexcept { return entries_; }
  // Of memory touched.
  uint64_t bytes() const noexcept { return (count() + limit_ - lowest_) * sizeof(HotBucket); }
  // Of memory that the next insert() and grow() may come to touch.
  static constexpr uint64_t kNextBytes = 3 * sizeof(HotBucket);

 private:
  HotBucket& at(uint64_t number) const noexcept { return buckets_[number << stride_bits_]; }
  // relaxed: the writer's own earlier stores.
  static uint64_t own(const std::atomic<uint64_t>& word) noexcept { return word.load(std::memory_order_relaxed); }
  uint32_t count() const noexcept { return static_cast<uint32_t>(state_.load(std::memory_order_relaxed)); }
  HotBucket& bucket_for_writer(uint64_t hash) noexcept {
    return const_cast<HotBucket&>(bucket(state_.load(std::memory_order_relaxed), hash));
  }
  HotBucket* next(const HotBucket& bucket) noexcept {
    const uint64_t last = own(bucket.words[HotBucket::kWords - 1]);
    return hot_word::is_link(last) ? &at(hot_word::bucket_of(last)) : nullptr;
  }
  bool append(HotBucket& first, uint64_t word) noexcept;
  static constexpr uint64_t state_of(uint32_t buckets, uint64_t version) noexcept {
    return version << 37 | static_cast<uint64_t>(std::countl_zero(buckets - 1)) << 32 | buckets;
  }
  void set_state(uint32_t buckets) noexcept;
  uint64_t take_overflow() noexcept;  // 0 when there is none
  void give_back(uint64_t number) noexcept;
  void shorten(HotBucket& first) noexcept;

  // Readers load these with every lookup; nothing else is on their line.
  std::atomic<uint64_t> state_{state_of(kFirstBuckets, 0)};
  HotBucket* const buckets_;
  const uint32_t stride_bits_;

  alignas(64) const uint32_t limit_;
  uint64_t lowest_ = limit_;    // the lowest overflow bucket ever made
  uint64_t free_overflow_ = 0;  // the first of the free ones, each leading to the next by its last word; 0: none
  uint64_t entries_ = 0;
};

}  // namespace tern::cache
