#include "engine/reuse.h"

#include <new>

namespace tern::internal {

bool Reuse::worth_keeping(std::span<const std::byte> key, Doorkeeper& doorkeeper) noexcept {
  const Level now = level();
  if (now == kAll) return true;
  if (!doorkeeper.admits(cache::hot_hash(key))) return false;
  return now == kSecond || asked_again_.fetch_add(1, std::memory_order_relaxed) % kFewEach == 0;
}

void Reuse::kept(cache::HotTable& hot, std::span<const std::byte> key, uint64_t body_bytes) noexcept {
  if (body_bytes < kLarge) return;
  const std::lock_guard lock(mutex_);
  if (kept_++ % kEvery != 0) return;
  Sample& sample = samples_[kept_ / kEvery % kSamples];
  if (!sample.empty()) {
    // Of one that has left the tier nothing is known: the store may answer for it.
    const cache::HotRef entry = hot.find(sample);
    if (entry) note(entry->validated() != 0);
  }
  try {
    sample.assign(key.begin(), key.end());
  } catch (const std::bad_alloc&) {
    sample.clear();
  }
}

void Reuse::note(bool reused) noexcept {
  share_ += (static_cast<float>(reused) - share_) * kWeight;
  const Level now = level();
  Level next = now;
  if (share_ < kSeldom && now != kFew) next = static_cast<Level>(now + 1);
  if (share_ > kOften && now != kAll) next = static_cast<Level>(now - 1);
  if (next == now) return;
  level_.store(next, std::memory_order_relaxed);
  share_ = kDoubt;
  for (Sample& sample : samples_) sample.clear();  // kept by the other rule
}

}  // namespace tern::internal
