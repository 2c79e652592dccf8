// What the functions of tern_kv.h share: bytes and options as C++ takes them.
//
// Contract: pure functions. They throw tern::Error: kMisuse for a NULL that may not be one, kUnsupported for an option
// that is not known.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "engine/c_api_handles.h"
#include "tern/kv.hpp"

namespace tern::internal {

inline std::string_view text_of(const void* data, size_t len) noexcept {
  return len == 0 ? std::string_view() : std::string_view(static_cast<const char*>(data), len);
}

// Borrows from what is given.
KvPutOptions put_options_of(const tern_kv_put_options* given);
std::vector<std::string_view> keys_of(const char* function, const tern_kv_name* keys, size_t count);

}  // namespace tern::internal
