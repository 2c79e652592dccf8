#include "engine/c_api_values.h"

#include <cstring>
#include <string>

#include "tern/error.hpp"

namespace tern::internal {
namespace {

[[noreturn]] void refuse(const char* where, size_t index, const std::string& what) {
  throw Error(ErrorCode::kMisuse, std::string(where) + ": params[" + std::to_string(index) + "]" + what);
}

Value checked(const char* where, const tern_value& given, size_t index) {
  if (given.type > TERN_BLOB) {
    refuse(where, index, ".type is " + std::to_string(given.type) + "; TERN_NULL (0) to TERN_BLOB (4) exist");
  }
  if (given.reserved != 0) {
    refuse(where, index, ".reserved is " + std::to_string(given.reserved) + "; it must be 0");
  }
  Value value;
  std::memcpy(static_cast<void*>(&value), &given, sizeof value);
  if (given.type == TERN_TEXT || given.type == TERN_BLOB) {
    if (given.as.data == nullptr && given.len > 0) {
      refuse(where, index, ".as.data is NULL, but .len is " + std::to_string(given.len));
    }
    // SQLite takes a null pointer for NULL; here it is an empty text or blob.
    if (given.as.data == nullptr) value.data = "";
  }
  return value;
}

}  // namespace

void give_text(const char* function, std::string_view text, char* buf, size_t cap, size_t* len) {
  *len = text.size();
  if (text.size() > cap) {
    throw Error(ErrorCode::kLimit, std::string(function) + ": the JSON needs " + std::to_string(text.size()) +
                                       " bytes, cap is " + std::to_string(cap));
  }
  std::memcpy(buf, text.data(), text.size());
  if (cap > text.size()) buf[text.size()] = '\0';
}

Parameters::Parameters(const char* where, const tern_value* params, size_t count) {
  if (params == nullptr && count > 0) {
    throw Error(ErrorCode::kMisuse, std::string(where) + ": params is NULL, but count is " + std::to_string(count));
  }
  if (count > kInline) {
    many_.resize(count);
    values_ = many_;
  } else {
    values_ = std::span(few_).first(count);
  }
  for (size_t i = 0; i < count; ++i) values_[i] = checked(where, params[i], i);
}

}  // namespace tern::internal
