#include "tests/conformance/md5.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace tern::test {
namespace {

using State = std::array<uint32_t, 4>;

constexpr std::array<std::array<int, 4>, 4> kTurns = {
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

// RFC 1321, section 3.4: the integer part of 2^32 times |sin(i + 1)|.
const std::array<uint32_t, 64>& sines() {
  static const std::array<uint32_t, 64> table = [] {
    std::array<uint32_t, 64> made{};
    for (size_t i = 0; i < made.size(); ++i)
      made[i] = static_cast<uint32_t>(std::floor(std::fabs(std::sin(static_cast<double>(i + 1))) * 4294967296.0));
    return made;
  }();
  return table;
}

uint32_t word_at(std::string_view block, size_t word) {
  uint32_t value = 0;
  for (size_t i = 4; i > 0; --i) value = value << 8 | static_cast<unsigned char>(block[4 * word + i - 1]);
  return value;
}

void take_block(State& state, std::string_view block) {
  auto [a, b, c, d] = state;
  for (size_t i = 0; i < 64; ++i) {
    uint32_t mixed = 0;
    size_t word = i;
    switch (i / 16) {
      case 0:
        mixed = (b & c) | (~b & d);
        break;
      case 1:
        mixed = (d & b) | (~d & c);
        word = 5 * i + 1;
        break;
      case 2:
        mixed = b ^ c ^ d;
        word = 3 * i + 5;
        break;
      default:
        mixed = c ^ (b | ~d);
        word = 7 * i;
    }
    const uint32_t sum = a + mixed + sines()[i] + word_at(block, word % 16);
    a = d;
    d = c;
    c = b;
    b += std::rotl(sum, kTurns[i / 16][i % 4]);
  }
  state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
}

}  // namespace

std::string md5(std::string_view text) {
  std::string padded(text);
  padded += '\x80';
  while (padded.size() % 64 != 56) padded += '\0';
  for (uint64_t bits = text.size() * 8, i = 0; i < 8; ++i, bits >>= 8) padded += static_cast<char>(bits & 255);
  State state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  for (size_t at = 0; at < padded.size(); at += 64) take_block(state, std::string_view(padded).substr(at, 64));
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string digits;
  for (uint32_t word : state) {
    for (int i = 0; i < 4; ++i, word >>= 8) {
      digits += kDigits[word >> 4 & 15];
      digits += kDigits[word & 15];
    }
  }
  return digits;
}

}  // namespace tern::test
