#include "cache/short_bytes.h"

#include <gtest/gtest.h>

#include <array>

namespace tern::cache {
namespace {

constexpr size_t kLongest = 200;
using Bytes = std::array<std::byte, kLongest + 2>;

Bytes numbered() {
  Bytes bytes;
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i + 1);
  return bytes;
}

TEST(ShortBytes, AreCopiedAtEveryLengthAndNothingBesideThem) {
  const Bytes from = numbered();
  for (size_t count = 0; count <= kLongest; ++count) {
    Bytes to{};
    copy_bytes(to.data() + 1, from.data() + 1, count);
    for (size_t i = 0; i < to.size(); ++i) {
      const bool copied = i >= 1 && i < 1 + count;
      ASSERT_EQ(to[i], copied ? from[i] : std::byte{0}) << "byte " << i << " of " << count;
    }
  }
}

TEST(ShortBytes, AreEqualWhateverStandsBesideThem) {
  const Bytes a = numbered();
  for (size_t count = 0; count <= kLongest; ++count) {
    Bytes b = a;
    b[0] = b[1 + count] = std::byte{0xff};
    ASSERT_TRUE(equal_bytes(a.data() + 1, b.data() + 1, count)) << count;
  }
}

TEST(ShortBytes, DifferByAnyOneByteAtEveryLength) {
  const Bytes a = numbered();
  for (size_t count = 1; count <= kLongest; ++count) {
    for (size_t at = 1; at <= count; ++at) {
      Bytes b = a;
      b[at] ^= std::byte{0x80};
      ASSERT_FALSE(equal_bytes(a.data() + 1, b.data() + 1, count)) << "byte " << at << " of " << count;
    }
  }
}

}  // namespace
}  // namespace tern::cache
