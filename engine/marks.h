// The marks (cache/stamps.h) of invalidation by hand: what stands for a statement, for a tag, and for tables.
//
//   statement  the mark of its key's group: keys begin with the fingerprint; no entry names it in its read set
//   tag        in the read set of each entry of a statement with that tag
//   tables     in no read set: says since when no answer that was there may be served stale, since what voids the
//              entries of a table (the pages that its b-trees begin with) cannot be told from a commit
//
// Pure functions.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "cache/stamps.h"
#include "engine/prepared.h"

namespace tern::internal {

inline uint32_t mark_of_statement(const Prepared& prepared) noexcept {
  return cache::Stamps::mark_of(prepared.stored->fingerprint().low);
}
inline uint32_t mark_of_tag(std::string_view tag) {
  return cache::Stamps::mark_of(cache::fingerprint("tag:" + std::string(tag)).low);
}
inline uint32_t mark_of_tables() { return cache::Stamps::mark_of(cache::fingerprint("tables").low); }

// The newest by which somebody has voided an entry like this by hand, or everything was voided.
template <typename View>
uint64_t voided_by_hand_at(const View& entry, const cache::Stamps& stamps) {
  static const uint32_t tables = mark_of_tables();
  uint64_t at =
      std::max({stamps.stamp_all(), stamps.stamp(tables), stamps.stamp(stamps.mark_of_key(entry.key_beginning()))});
  entry.for_each_slot([&](uint32_t slot) {
    if (slot >= cache::Stamps::kFirstMark) at = std::max(at, stamps.stamp(slot));
    return true;
  });
  return at;
}

}  // namespace tern::internal
