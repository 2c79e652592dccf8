// Parameters of tern.h as the C++ API takes them: checked, and not copied but for the 24 bytes
// each.
//
// Contract: borrows the text and blobs of `params`, which must live as long as this object. Up to
// kInline parameters cost no allocation. Throws Error::kMisuse that names the parameter.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tern/tern.h"
#include "tern/value.hpp"

namespace tern::internal {

// What results give out and parameters bring in are one layout, so that a value is moved, not
// converted.
static_assert(sizeof(tern_value) == sizeof(Value) && alignof(tern_value) == alignof(Value));
static_assert(std::is_standard_layout_v<Value> && std::is_trivially_copyable_v<Value>);
static_assert(offsetof(tern_value, type) == offsetof(Value, type));
static_assert(offsetof(tern_value, reserved) == offsetof(Value, reserved));
static_assert(offsetof(tern_value, as) == offsetof(Value, integer));
static_assert(offsetof(tern_value, len) == offsetof(Value, size));
static_assert(TERN_NULL == static_cast<int>(Type::kNull) && TERN_INTEGER == static_cast<int>(Type::kInteger) &&
              TERN_REAL == static_cast<int>(Type::kReal) && TERN_TEXT == static_cast<int>(Type::kText) &&
              TERN_BLOB == static_cast<int>(Type::kBlob));

// Copies a text out, and a NUL behind it where there is room; `*len` is its length. Error::kLimit if `cap` is too
// small: nothing is copied then.
void give_text(const char* function, std::string_view text, char* buf, size_t cap, size_t* len);

class Parameters {
 public:
  static constexpr size_t kInline = 8;

  // `where` begins the message of an error.
  Parameters(const char* where, const tern_value* params, size_t count);
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

  std::span<const Value> values() const noexcept { return values_; }

 private:
  std::array<Value, kInline> few_;
  std::vector<Value> many_;
  std::span<Value> values_;
};

}  // namespace tern::internal
