#include "engine/kv_cursor.h"

#include <cstddef>
#include <cstdint>

#include "cache/kv_keys.h"
#include "tern/error.hpp"

namespace tern::internal {
namespace {

constexpr std::string_view kMark = "k1.";
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

[[noreturn]] void refuse() {
  throw Error(ErrorCode::kMisuse,
              "this is not the cursor of a page of keys; pass on what KvPage::cursor says, as it is");
}

}  // namespace

std::string encode_kv_cursor(std::string_view key) {
  std::string text(kMark);
  uint32_t bits = 0;
  unsigned held = 0;
  for (const char byte : key) {
    bits = bits << 8 | static_cast<uint8_t>(byte);
    for (held += 8; held >= 6; held -= 6) text += kDigits[bits >> (held - 6) & 63];
  }
  if (held != 0) text += kDigits[bits << (6 - held) & 63];
  return text;
}

std::string decode_kv_cursor(std::string_view cursor) {
  if (cursor.empty()) return {};
  if (!cursor.starts_with(kMark) || cursor.size() > kMark.size() + cache::kMaxKvKeyBytes * 4 / 3 + 2) refuse();
  std::string key;
  uint32_t bits = 0;
  unsigned held = 0;
  for (const char digit : cursor.substr(kMark.size())) {
    const size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) refuse();
    bits = bits << 6 | static_cast<uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    key += static_cast<char>(bits >> held & 255);
  }
  // Nothing but what encode_kv_cursor() makes.
  if (key.empty() || encode_kv_cursor(key) != cursor) refuse();
  return key;
}

}  // namespace tern::internal
