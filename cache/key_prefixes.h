// Numbers of two bytes for the 16 bytes that many keys begin with: the fingerprints of statements (key.h), of which a
// program has some thousands while it has millions of keys.
//
// A number names one prefix for as long as the process lives, so that comparing by it is comparing all 16 bytes: is()
// compares with the prefix itself, not with a hash of it.
//
// Thread-safety: all functions, at any time. number_of() takes a lock only for a prefix that is new.
// The argument for reading without one: a prefix is written once, before the number is stored anywhere (release, in
// `places`), and whoever has a number has it from there (acquire), or from something that was published by one who had
// it, such as an entry of the hot table.
// Lifetime: prefixes are never given back: 16 bytes each, and 2 to 4 of the places.
// Errors: none. Past kMost prefixes number_of() is kNone for those that have no number yet; it stays so.
// Cost: number_of() about two cache lines; is() one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cache/short_bytes.h"

namespace tern::cache::key_prefixes {

inline constexpr size_t kBytes = 16;
inline constexpr size_t kMost = 65'535;
inline constexpr uint16_t kNone = 0;

namespace detail {
struct alignas(kBytes) Prefix {
  std::byte bytes[kBytes];
};
extern constinit Prefix prefixes[kMost + 1];  // by number; zero until used, and then constant
}  // namespace detail

uint16_t number_of(const std::byte* prefix) noexcept;

inline const std::byte* bytes_of(uint16_t number) noexcept { return detail::prefixes[number].bytes; }
inline bool is(uint16_t number, const std::byte* prefix) noexcept {
  return short_bytes_detail::same_16(bytes_of(number), prefix).all();
}

}  // namespace tern::cache::key_prefixes
