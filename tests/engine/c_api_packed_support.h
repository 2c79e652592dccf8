// Packed parameters (docs/formats.md), written by hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/engine/c_api_support.h"

namespace tern::test {

class Params {
 public:
  Params& null() { return type(TERN_NULL); }
  Params& integer(int64_t value) { return type(TERN_INTEGER).append(&value, 8); }
  Params& real(double value) { return type(TERN_REAL).append(&value, 8); }
  Params& text(std::string_view value) { return sized(TERN_TEXT, value); }
  Params& blob(std::string_view value) { return sized(TERN_BLOB, value); }
  Params& type(uint32_t type) {
    bytes += static_cast<char>(type);
    return *this;
  }
  Params& append(const void* data, size_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return *this;
  }

  std::string bytes;

 private:
  Params& sized(uint32_t of, std::string_view value) {
    const auto size = static_cast<uint32_t>(value.size());
    return type(of).append(&size, 4).append(value.data(), value.size());
  }
};

}  // namespace tern::test
