// Two arguments with one 128-bit hash are easily made: XXH3 multiplies the halves of each word after it was mixed with
// a known secret. Where one half is the secret's own the product is zero whatever the other is, and words are otherwise
// only added up.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace tern::test {

// An argument that is the only one of its statement. Of one round all steps have the same hash as keys; each is
// another value. `step` moves as much from one word to another as does not change their sum.
inline std::vector<std::byte> colliding_blob(uint64_t round, uint32_t step) {
  constexpr size_t kInKey = 16 + 1 + 4;  // fingerprint, type, length
  constexpr size_t kStripe = 64;
  std::vector<std::byte> blob(400);
  std::memcpy(blob.data(), &round, sizeof round);
  for (uint32_t stripe = 1; stripe <= 2; ++stripe) {
    uint32_t secret;
    std::memcpy(&secret, XXH3_kSecret + size_t{8} * stripe, sizeof secret);
    const uint32_t other_half = stripe == 1 ? 1000 + step : 1000 - step;
    std::byte* const word = blob.data() + kStripe * stripe - kInKey;
    std::memcpy(word, &secret, sizeof secret);
    std::memcpy(word + sizeof secret, &other_half, sizeof other_half);
  }
  return blob;
}

}  // namespace tern::test
