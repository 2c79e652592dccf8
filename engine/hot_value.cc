#include "engine/hot_value.h"

#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "cache/kv_keys.h"
#include "cache/kv_reads.h"
#include "engine/access.h"
#include "engine/kv_limits.h"

namespace tern::internal {
namespace {

// The read set of what hangs on no key at all, with the highest label that there is: the tier holds it at every kv_seq
// for as long as its files are in their place.
constexpr std::array<std::byte, cache::KvReadsView::kTailBytes> kHangsOnNothing = [] {
  std::array<std::byte, cache::KvReadsView::kTailBytes> bytes{};
  for (size_t i = 8; i < 16; ++i) bytes[i] = std::byte{0xff};
  return bytes;
}();

}  // namespace

// As KvTier::get(), up to where that leaves the hot tier: kv_seq is loaded first, by holds(), and is the linearization
// point; an entry that was validated at it, or whose slot and ALL are not above its label, is what the store held then.
std::optional<std::optional<Pinned>> value_if_hot(const KvNamespaceImpl& of, std::string_view key) {
  Engine& engine = *of.engine;
  cache::HotTable* const hot = engine.tiers().hot;
  // Without a cache check_usable() looks at the files.
  if (hot == nullptr) {
    Engine::check_process();
    return std::nullopt;
  }
  engine.check_usable();
  check_kv_key(key, of.limits);
  const auto seq = of.tier.holds(cache::KvReadsView::trusted(kHangsOnNothing));
  if (!seq) return std::nullopt;
  const cache::KvHotKey hot_key(of.number, key);
  cache::HotRef entry = hot->find(hot_key.bytes());
  if (!entry) return std::nullopt;
  // relaxed: the mark is a number to compare with one that this thread has itself loaded with acquire.
  if (!entry->validated_at(*seq)) {
    if (!of.tier.store().stamps().unchanged(hot_key.slot(), entry->label())) return std::nullopt;
    entry->set_validated(*seq);
  }
  const std::span<const std::byte> record = entry->body();
  const bool absent = cache::kv_record_is_absent(record);
  const int64_t expires_at_ms = absent ? 0 : cache::kv_expires_at_ms(record.data());
  // What has expired by now may have been put anew between seq and then: the store knows.
  if (expires_at_ms != 0 && expires_at_ms <= of.tier.now_ms()) return std::nullopt;
  if (Dependencies* const on = Dependencies::current()) [[unlikely]]
    on->add_kv(engine.tiers().readers, {.slot = hot_key.slot(), .label = *seq, .expires_at_ms = expires_at_ms});
  engine.counters().add(Counter::kKvHotHits);
  if (absent) return std::optional<std::optional<Pinned>>(std::in_place);
  return Access::pinned(record, std::move(entry));
}

}  // namespace tern::internal
