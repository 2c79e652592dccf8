// The KV keys that an entry hangs on, with a label and an expiry of their own: a part of its read set (entry_image.h),
// for entries with kKvReads and no others.
//
//   read set = slot_set kv_slots expires_at_ms:8 label:8 size of kv_slots:4
//
// Little-endian. `slot_set` is that of the source, as ever (slot_set.h), but an empty one is a byte 0, so that who
// wants it alone need not know whether more follows. `kv_slots` is a slot_set of KvStamps' slots, never empty.
//
//   label          kv_seq up to which every answer of the KV tier was true that the entry was made from (kv_stamps.h)
//   expires_at_ms  when the first of what was read expires, by KvClock, which is another clock than that of the entry's
//                  own expiry; 0 is never
//
// Thread-safety: pure functions and views. Errors: parse() refuses what is not exactly one; trusted() is for what was
// parsed or packed here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "cache/kv_stamps.h"
#include "cache/little_endian.h"
#include "cache/probes.h"
#include "cache/slot_set.h"

namespace tern::cache {

struct KvReads {
  uint64_t label = 0;
  int64_t expires_at_ms = 0;
  std::span<const uint32_t> slots = {};  // strictly ascending; empty: the entry hangs on no key
};

class KvReadsView {
 public:
  static constexpr size_t kTailBytes = 20;

  static KvReadsView trusted(std::span<const std::byte> read_set) noexcept {
    return KvReadsView(read_set.data() + read_set.size());
  }
  // `source` becomes the source's slot_set, empty where that is.
  static std::optional<KvReadsView> parse(std::span<const std::byte> read_set,
                                          std::span<const std::byte>& source) noexcept;

  uint64_t label() const noexcept { return load_le<uint64_t>(end_ - 12); }
  int64_t expires_at_ms() const noexcept { return static_cast<int64_t>(load_le<uint64_t>(end_ - kTailBytes)); }
  // f(uint32_t slot) -> bool; stops when it returns false, and then returns false.
  template <typename F>
  bool for_each_slot(F&& f) const {
    const std::byte* const packed = end_ - kTailBytes - slots_size();
    return cache::for_each_slot(trusted_slot_set(packed, slots_size()), end_, static_cast<F&&>(f));
  }

 private:
  explicit KvReadsView(const std::byte* end) noexcept : end_(end) {}
  size_t slots_size() const noexcept { return load_le<uint32_t>(end_ - 4); }

  const std::byte* end_;
};

// The size of a read set; nothing when slots do not ascend strictly.
std::optional<uint64_t> packed_read_set_size(std::span<const uint32_t> source, const KvReads& kv) noexcept;
// Writes so many bytes.
void pack_read_set(std::span<const uint32_t> source, const KvReads& kv, std::byte* to) noexcept;

// Rule Read for what an entry hangs on in the KV tier: kv_seq at a moment, within the call, at which no key has been
// changed since it was read; nothing if one may have been. Its own time is for the caller to look at.
//
// The argument. Let a key's answer be true up to e >= label, and let T be a commit to it that the answer does not show.
// T is stamped above e (dependencies.h), and from before LMDB has it until then its slot is PENDING (K2), which is
// above every label. So where a stamp is at or below the label, no such T can have been seen by anybody before it was
// loaded, here or by way of LMDB. kv_seq is loaded before the stamps (acquire, in seq()), so that what is found holds
// at it and after it until a stamp above it: an entry that is made from this one may take it for its own label.
inline std::optional<uint64_t> kv_unchanged_at(const KvReadsView& reads, const KvStamps& stamps) noexcept {
  const uint64_t seq = stamps.seq();
  const uint64_t label = reads.label();
  if (stamps.stamp_all() > label) return std::nullopt;
  const bool unchanged = reads.for_each_slot([&](uint32_t slot) {
    const uint64_t stamp = stamps.stamp(slot);
    return stamp <= label || (TERN_MUTANT(kComputeKvPendingPasses) && stamp == KvStamps::kPending);
  });
  if (!unchanged) return std::nullopt;
  return seq;
}

}  // namespace tern::cache
