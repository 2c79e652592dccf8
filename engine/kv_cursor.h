// The cursor of a listing: the last key of a page, as text that can be passed on. Opaque to users.
//
//   cursor = "k1." base64url(key) of RFC 4648, section 5, without padding
//
// Errors: Error::kMisuse for text that is no such cursor; bad_alloc.
#pragma once

#include <string>
#include <string_view>

namespace tern::internal {

std::string encode_kv_cursor(std::string_view key);
std::string decode_kv_cursor(std::string_view cursor);  // of an empty one: empty

}  // namespace tern::internal
