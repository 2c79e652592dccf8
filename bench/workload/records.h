// The records that every peer is given: keys of 16 bytes whose order has nothing to do with their numbers, values of
// 200 bytes that can be made again from the number, so that any value read can be checked.
//
// Immutable; threads may share one. Keys are kept, 16 bytes each, since making them would be measured as well; values
// are not.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline constexpr size_t kKeyBytes = 16;
inline constexpr size_t kValueBytes = 200;

// The finalizer of splitmix64 (Steele, Lea, Flood 2014): a bijection.
constexpr uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// 16 hexadecimal digits of mixed(number): no two numbers have one key.
inline void write_key(uint64_t number, char* to) {
  uint64_t bits = mixed(number);
  for (size_t i = 0; i < kKeyBytes; ++i, bits >>= 4) to[i] = "0123456789abcdef"[bits & 15];
}

// `version` tells apart what was written over it.
inline void write_value(uint64_t number, uint64_t version, char* to, size_t bytes = kValueBytes) {
  uint64_t bits = 0;
  for (size_t i = 0; i < bytes; ++i) {
    if (i % 8 == 0) bits = mixed(number * 1'000'003 + version * 97 + i);
    to[i] = static_cast<char>('A' + (bits & 31) % 26);
    bits >>= 8;
  }
}
inline std::string value_of(uint64_t number, uint64_t version = 0, size_t bytes = kValueBytes) {
  std::string value(bytes, ' ');
  write_value(number, version, value.data(), bytes);
  return value;
}

class Records {
 public:
  explicit Records(uint64_t count) : count_(count), keys_(count * kKeyBytes) {
    for (uint64_t i = 0; i < count; ++i) write_key(i, keys_.data() + i * kKeyBytes);
  }
  uint64_t size() const { return count_; }
  std::string_view key(uint64_t number) const { return {keys_.data() + number * kKeyBytes, kKeyBytes}; }

 private:
  uint64_t count_;
  std::vector<char> keys_;
};

// Numbers of records in the order in which they are asked for: a long list that is gone round in.
class Draws {
 public:
  static Draws zipf(uint64_t count, uint64_t length, uint64_t seed = 42);
  static Draws uniform(uint64_t count, uint64_t length, uint64_t seed = 42);
  // Each number once, in a random order.
  static Draws each_once(uint64_t count, uint64_t seed = 42);

  uint32_t next() {
    const uint32_t number = numbers_[at_];
    if (++at_ == numbers_.size()) at_ = 0;
    return number;
  }
  const std::vector<uint32_t>& numbers() const { return numbers_; }

 private:
  std::vector<uint32_t> numbers_;
  size_t at_ = 0;
};

// "100,000"
std::string count_text(uint64_t count);

inline constexpr double kZipfExponent = 0.99;

}  // namespace bench
