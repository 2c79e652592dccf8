// Whether a text is JSON: one value as the grammar of RFC 8259 has it, in UTF-8, with space around it.
//
// Numbers of any size, names given twice and halves of surrogate pairs as \u escapes pass, as the grammar lets them.
//
// Thread-safety: a pure function. Errors: the offset of the first byte with which the text stops being the beginning of
// JSON; its size where it ends too early. Limits: kMaxJsonDepth arrays and objects in one another; one more is refused.
// Cost: one pass, no allocation, no recursion.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tern::internal {

inline constexpr size_t kMaxJsonDepth = 1024;

std::optional<size_t> first_invalid_json(std::string_view text) noexcept;

}  // namespace tern::internal
