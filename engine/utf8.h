// UTF-8 (RFC 3629), one code point at a time.
//
// Thread-safety: a pure function. Errors: 0 bytes for what is not well-formed: cut short, longer than it need be, a
// surrogate, past U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace tern::internal {

struct CodePoint {
  char32_t value = 0;
  size_t bytes = 0;  // 0: the bytes here are not UTF-8
};

// The code point at the start of `text`, which is not empty.
inline CodePoint decode_utf8(std::string_view text) noexcept {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  char32_t value = lead & (0xFFu >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = (value << 6) | (byte(i) & 0x3Fu);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return {};
  return {value, bytes};
}

}  // namespace tern::internal
