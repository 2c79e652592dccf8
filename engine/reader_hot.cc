// Reads that ask the hot tier and nobody else: for callers who must not wait, such as an event loop.
//
// The answer is one that Reader::read() would give at that moment. Nothing is given where read() would have to take a
// lock or leave the hot tier: when a commit has not been published yet (whoever may wait publishes it), when the entry
// is void, has expired, or is near enough to its expiry that a refresh should be ordered. Neither a miss nor a void
// entry is counted, since who is told so asks again by read(), which counts it.
#include "engine/access.h"
#include "engine/reader.h"

namespace tern::internal {

std::optional<Rows> Reader::read_if_hot(Prepared& prepared, const cache::KeyBuilder& key) {
  // relaxed: see Prepared.
  if (tiers_.coherence == nullptr || !prepared.cacheable.load(std::memory_order_relaxed) || !prepared.unique ||
      !key.fits())
    return std::nullopt;
  const Policy* const policy = prepared.policy.get();
  const int64_t now_ms = policy != nullptr ? tiers_.time->now_ms() : 0;
  const cache::Moment moment = tiers_.coherence->observe();
  if (!moment.published) return std::nullopt;
  cache::HotRef entry = tiers_.hot->find(key.bytes());
  if (!entry || !cache::still_true(*entry, tiers_.coherence->stamps(), moment)) return std::nullopt;
  if (policy != nullptr && (entry->expired(now_ms) || is_due(*policy, *entry, now_ms))) return std::nullopt;
  tiers_.counters->add(Counter::kHotHits);
  collect(*entry, moment, prepared);
  return Access::rows(std::move(entry), Source::kHot);
}

}  // namespace tern::internal
