// Many reads of one statement in one call: reader.h's read_many().

#include <algorithm>
#include <array>

#include "cache/probes.h"
#include "engine/access.h"
#include "engine/reader.h"
#include "engine/result_reader.h"
#include "engine/translate.h"

namespace tern::internal {
namespace {

constexpr int kManyAttempts = 3;
// So many entries are found together: more would not overlap better, and hold more of a thread's pins.
constexpr size_t kManyAtOnce = 64;
// The room for their keys; one is some tens of bytes.
constexpr size_t kManyKeyBytes = kManyAtOnce * 128;

}  // namespace

// The linearization point of each read lies between two equal readings of the wal state, which never returns to an
// earlier value: so no commit came between any two of them. Each is an acquire load, and those keep their order. A hit
// of read_together() is true at its moment, which lies there too; it may be checked later than that, since stamps only
// grow (S1): what passes then would have passed before.
std::vector<Rows> Reader::read_many(Prepared& prepared, std::span<const Value> values) {
  std::vector<Rows> answers;
  if (tiers_.coherence == nullptr) return read_many_in_one_snapshot(prepared, values);
  for (int attempt = 0; attempt < kManyAttempts; ++attempt) {
    const uint64_t before = tiers_.coherence->wal().state();
    answers.clear();
    answers.reserve(values.size());
    for (auto rest = values; !rest.empty(); rest = rest.subspan(std::min(rest.size(), kManyAtOnce))) {
      read_together(prepared, rest.first(std::min(rest.size(), kManyAtOnce)), answers);
    }
    if (TERN_MUTANT(kManyWithoutSecondLook) || tiers_.coherence->wal().state() == before) return answers;
  }
  return read_many_in_one_snapshot(prepared, values);
}

// Hits of the hot tier for all of them first, so that their cache misses overlap; the rest one by one, and those whose
// keys are too long for the room.
void Reader::read_together(Prepared& prepared, std::span<const Value> values, std::vector<Rows>& answers) {
  const cache::KeyHash& fingerprint = prepared.stored->fingerprint();
  std::array<std::byte, kManyKeyBytes> room;  // not initialised: what is read was written
  std::array<std::span<const std::byte>, kManyAtOnce> keys;
  std::array<cache::HotRef, kManyAtOnce> found;
  const cache::Moment moment = tiers_.coherence->observe();
  // relaxed: see Prepared.
  if (moment.published && prepared.unique && prepared.cacheable.load(std::memory_order_relaxed)) {
    std::span<std::byte> left(room);
    for (size_t i = 0; i < values.size(); ++i) {
      cache::KeyBuilder key(fingerprint, left);
      add_argument(key, values[i]);
      if (key.bytes().data() != left.data()) continue;
      keys[i] = key.bytes();
      left = left.subspan(keys[i].size());
    }
    tiers_.hot->find_many(std::span(keys).first(values.size()), std::span(found).first(values.size()));
  }
  uint64_t hits = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    TERN_SYNC_POINT("many:next");
    if (found[i] && cache::still_true(*found[i], tiers_.coherence->stamps(), moment) &&
        (prepared.policy == nullptr || !found[i]->expired(tiers_.time->now_ms()))) {
      ++hits;
      collect(*found[i], moment, prepared);
      answers.push_back(Access::rows(std::move(found[i]), Source::kHot));
    } else {
      found[i] = {};
      answers.push_back(read_fresh(prepared, key_of(fingerprint, values[i])));
    }
  }
  if (hits != 0) tiers_.counters->add(Counter::kHotHits, hits);
}

std::vector<Rows> Reader::read_many_in_one_snapshot(Prepared& prepared, std::span<const Value> values) {
  return translated([&] {
    const Dependencies::RefusesOnError on_error;
    const FillStart start = fill_start(prepared);
    auto lease = tiers_.readers->acquire();
    lease.snapshot();
    std::vector<Rows> answers;
    answers.reserve(values.size());
    for (const Value& value : values) {
      const cache::KeyBuilder key = key_of(prepared.stored->fingerprint(), value);
      const bool may_cache = start.label != 0 && prepared.unique && key.fits();
      const cache::KeyHash hash = may_cache ? key.hash() : cache::KeyHash{};
      answers.push_back(Access::rows(fill_with(lease, start, prepared, key, hash).entry, Source::kSql));
    }
    return answers;
  });
}

}  // namespace tern::internal
