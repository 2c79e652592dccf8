#include "cache/key_prefixes.h"

#include <atomic>
#include <cstring>
#include <mutex>

#include "cache/little_endian.h"

namespace tern::cache::key_prefixes {

constinit detail::Prefix detail::prefixes[kMost + 1] = {};

namespace {

// A hash table of numbers, open addressing, at most half full. release when a number is stored, acquire when it is
// loaded: key_prefixes.h has the argument.
constexpr size_t kPlaceBits = 17;
constinit std::atomic<uint16_t> places[size_t{1} << kPlaceBits];
constinit std::mutex adding;
constinit size_t count = 0;  // under the mutex

// Where the prefix's number is, or where the first free place is for it; the number, or kNone.
struct Found {
  std::atomic<uint16_t>* place;
  uint16_t number;
};
Found look_up(const std::byte* prefix) noexcept {
  const uint64_t mixed = (load_le<uint64_t>(prefix) ^ load_le<uint64_t>(prefix + 8)) * 0x9e3779b97f4a7c15;
  for (uint64_t at = mixed >> (64 - kPlaceBits);; ++at) {
    std::atomic<uint16_t>& place = places[at % (size_t{1} << kPlaceBits)];
    const uint16_t number = place.load(std::memory_order_acquire);
    if (number == kNone || is(number, prefix)) return {&place, number};
  }
}

}  // namespace

uint16_t number_of(const std::byte* prefix) noexcept {
  if (const uint16_t number = look_up(prefix).number; number != kNone) return number;
  const std::lock_guard lock(adding);
  const Found found = look_up(prefix);  // again: another thread may have been first
  if (found.number != kNone || count == kMost) return found.number;
  const auto number = static_cast<uint16_t>(++count);
  std::memcpy(detail::prefixes[number].bytes, prefix, kBytes);
  found.place->store(number, std::memory_order_release);
  return number;
}

}  // namespace tern::cache::key_prefixes
