#include "cache/hot_table.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <mutex>
#include <new>

#include "cache/asymmetric_fence.h"
#include "cache/memory_poison.h"

namespace tern::cache {
namespace {

constexpr uint64_t kHugePage = uint64_t{2} << 20;
constexpr uint64_t kPage = 4096;
// Shards from this size on lie in huge pages: a lookup in a large table costs as much for finding pages as for the
// data.
constexpr uint64_t kHugeFrom = uint64_t{16} << 20;

constexpr uint64_t rounded_up(uint64_t value, uint64_t unit) noexcept { return (value + unit - 1) / unit * unit; }

// The indexes' first kHugeOfIndex of 4 parts and the logs; not where overflow buckets are, few and at the end of the
// indexes. Advice: refused is as good.
void advise_huge(std::byte* begin, const HotShardPlan& plan) noexcept {
  constexpr uint64_t kHugeOfIndex = 3;
  ::madvise(begin, plan.index_bytes() / 4 * kHugeOfIndex, MADV_HUGEPAGE);
  ::madvise(begin + plan.index_bytes(), plan.log_bytes(), MADV_HUGEPAGE);
}

// The memory of a table that is gone, of which somebody still holds views.
struct Orphan {
  std::byte* memory;
  uint64_t bytes;
  HotShard* shards;
  size_t shard_count;
  std::unique_ptr<Orphan> next;
};

struct Orphans {
  std::mutex mutex;
  std::unique_ptr<Orphan> first;  // under the mutex
};

// Never destroyed: a table may be one of the last things that a process destroys.
Orphans& orphans() noexcept {
  alignas(Orphans) static std::byte place[sizeof(Orphans)];
  static Orphans& all = *new (place) Orphans;
  return all;
}

bool held(HotShard* shards, size_t count) noexcept {
  bool any = false;
  for (size_t i = 0; i < count; ++i) any |= shards[i].held();
  return any;
}

void give_back(std::byte* memory, uint64_t bytes, HotShard* shards, size_t count) noexcept {
  std::destroy_n(shards, count);
  hide_pointers(shards, count * sizeof(HotShard));
  ::munmap(memory, bytes);
}

// Frees the orphans that nobody holds any more; what the others keep is added to `pinned_bytes`.
void collect_orphans(uint64_t* pinned_bytes = nullptr) noexcept {
  const std::lock_guard lock(orphans().mutex);
  for (std::unique_ptr<Orphan>* link = &orphans().first; *link != nullptr;) {
    Orphan& orphan = **link;
    if (!held(orphan.shards, orphan.shard_count)) {
      give_back(orphan.memory, orphan.bytes, orphan.shards, orphan.shard_count);
      auto next = std::move(orphan.next);
      *link = std::move(next);
      continue;
    }
    if (pinned_bytes != nullptr) {
      HotStats stats;
      for (size_t i = 0; i < orphan.shard_count; ++i) orphan.shards[i].add_to(stats);
      *pinned_bytes += stats.pinned_bytes;
    }
    link = &orphan.next;
  }
}

}  // namespace

HotTable::HotTable(uint64_t capacity_bytes, HashFunction hash)
    : other_hash_(hash == hot_hash ? nullptr : hash), capacity_bytes_(capacity_bytes) {
  prepare_asymmetric_fence();
  collect_orphans();
  if (capacity_bytes < kMinimumBytes) return;
  const uint64_t wanted = std::bit_floor(std::max<uint64_t>(capacity_bytes / kShardBytes, 1));
  const auto count = static_cast<size_t>(std::min<uint64_t>(wanted, kMaximumShards));
  const HotShardPlan plan = HotShardPlan::of(capacity_bytes / count, static_cast<uint32_t>(std::countr_zero(count)));
  const bool huge = plan.capacity_bytes >= kHugeFrom;
  const uint64_t unit = huge ? kHugePage : kPage;
  const uint64_t head = rounded_up(count * sizeof(HotShard), unit);
  const uint64_t body = rounded_up(plan.index_bytes() + plan.log_bytes(), unit);
  memory_bytes_ = head + body + (huge ? kHugePage : 0);
  // Addresses only; memory is taken as it is touched.
  void* const memory =
      ::mmap(nullptr, memory_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<std::byte*>(memory);
  auto* const begin = reinterpret_cast<std::byte*>(rounded_up(reinterpret_cast<uintptr_t>(memory), unit));
  if (huge) advise_huge(begin + head, plan);
  shards_ = reinterpret_cast<HotShard*>(begin);
  show_pointers(shards_, count * sizeof(HotShard));
  bool ready = true;
  for (size_t i = 0; i < count; ++i) ready &= (new (&shards_[i]) HotShard(plan, i, begin + head, hash))->ready();
  if (!ready) {
    give_back(memory_, memory_bytes_, shards_, count);
    throw std::bad_alloc();
  }
  shard_count_ = count;
  shard_mask_ = count - 1;
  ordinary_ = other_hash_ == nullptr;
}

HotTable::~HotTable() {
  if (shard_count_ == 0) return;
  clear();
  if (held(shards_, shard_count_)) {
    const std::lock_guard lock(orphans().mutex);
    std::unique_ptr<Orphan> orphan(new (std::nothrow) Orphan{memory_, memory_bytes_, shards_, shard_count_, nullptr});
    // Without memory even for that much, the views' memory stays for good rather than go under their feet.
    if (orphan != nullptr) {
      orphan->next = std::move(orphans().first);
      orphans().first = std::move(orphan);
    }
  } else {
    give_back(memory_, memory_bytes_, shards_, shard_count_);
  }
  collect_orphans();
}

HotHold HotTable::find_otherwise(std::span<const std::byte> key) noexcept {
  if (shard_count_ == 0) return {};
  const uint64_t hash = hash_of(key);
  return shard_of(hash).find(hash, key);
}

// In stages, of which each has what the one before began to load: where the buckets are, what is in them, the entries.
void HotTable::find_many(std::span<const std::span<const std::byte>> keys, std::span<HotRef> found) noexcept {
  if (shard_count_ == 0) return;
  constexpr size_t kAtOnce = 64;
  std::array<uint64_t, kAtOnce> hashes;
  std::array<const HotBucket*, kAtOnce> buckets;
  std::array<const std::atomic<uint64_t>*, kAtOnce> places;
  FreeSlots slots;
  for (; !keys.empty(); keys = keys.subspan(std::min(kAtOnce, keys.size()))) {
    const size_t count = std::min(kAtOnce, keys.size());
    for (size_t i = 0; i < count; ++i) {
      hashes[i] = hash_of(keys[i]);
      buckets[i] = &shard_of(hashes[i]).bucket_of(hashes[i]);
      __builtin_prefetch(buckets[i]);
    }
    for (size_t i = 0; i < count; ++i) {
      places[i] = HotShard::likely_place(*buckets[i], hashes[i]);
      HotShard::prefetch_entry(places[i]);
    }
    for (size_t i = 0; i < count; ++i) {
      HotShard& shard = shard_of(hashes[i]);
      PinSlot* const slot = places[i] != nullptr ? slots.next() : nullptr;
      found[i] = HotRef::of(slot != nullptr ? shard.find_at(*places[i], hashes[i], keys[i], *slot)
                                            : shard.find_slowly(hashes[i], keys[i]));
    }
    found = found.subspan(count);
  }
}

bool HotTable::insert(const EntryRef& entry) noexcept {
  if (shard_count_ == 0 || !entry) return false;
  const EntryView view = entry->view();
  const uint64_t hash = hash_of(view.key());
  return shard_of(hash).insert(view, hash);
}

bool HotTable::erase(std::span<const std::byte> key) noexcept {
  const uint64_t hash = hash_of(key);
  return shard_count_ != 0 && shard_of(hash).erase(hash, key);
}

void HotTable::clear() noexcept {
  for (size_t i = 0; i < shard_count_; ++i) shards_[i].clear();
}

void HotTable::keep_while(std::function<bool(const HotEntry&)> wanted) {
  wanted_ = std::move(wanted);
  for (size_t i = 0; i < shard_count_; ++i) shards_[i].keep_while(&wanted_);
}

void HotTable::for_each(FunctionRef<void(HotEntry&)> f) {
  for (size_t i = 0; i < shard_count_; ++i) shards_[i].for_each(f);
}

HotStats HotTable::stats() const noexcept {
  HotStats stats;
  stats.capacity_bytes = capacity_bytes_;
  for (size_t i = 0; i < shard_count_; ++i) shards_[i].add_to(stats);
  collect_orphans(&stats.pinned_bytes);
  stats.pinned_bytes += HotRef::copied_bytes();
  return stats;
}

}  // namespace tern::cache
