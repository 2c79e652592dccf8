// A SQL value, borrowed: what is bound to a statement and what a column yields.
//
// Value is 24 trivially copyable bytes with the layout of tern_value in tern.h. Text and blob borrow: as an argument
// the bytes must live until the call returns (tern copies what it keeps); as a result they live as long as the Rows or
// PinnedRow that they came from. The five types are SQLite's own, and nothing is lost either way: 64-bit integers, NUL
// bytes inside text, an empty blob as distinct from NULL. A NaN becomes NULL, as in SQLite.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tern {

enum class Type : uint32_t { kNull = 0, kInteger = 1, kReal = 2, kText = 3, kBlob = 4 };

// "NULL", "INTEGER", "REAL", "TEXT", "BLOB": SQLite's names.
constexpr const char* type_name(Type type) noexcept {
  switch (type) {
    case Type::kInteger:
      return "INTEGER";
    case Type::kReal:
      return "REAL";
    case Type::kText:
      return "TEXT";
    case Type::kBlob:
      return "BLOB";
    case Type::kNull:
      break;
  }
  return "NULL";
}

struct Value {
  Type type = Type::kNull;
  uint32_t reserved = 0;
  union {
    int64_t integer = 0;
    double real;
    const void* data;
  };
  uint64_t size = 0;  // bytes of text or blob

  constexpr Value() noexcept = default;
  constexpr Value(std::nullptr_t) noexcept {}
  template <std::integral T>
  requires(sizeof(T) < 8 || std::is_signed_v<T>) constexpr Value(T v) noexcept
      : type(Type::kInteger), integer(static_cast<int64_t>(v)) {}
  template <std::floating_point T>
  constexpr Value(T v) noexcept : type(Type::kReal), real(static_cast<double>(v)) {}
  Value(std::string_view text) noexcept : type(Type::kText), data(text.data()), size(text.size()) {}
  Value(const std::string& text) noexcept : Value(std::string_view(text)) {}
  Value(const char* text) noexcept : Value() {
    if (text != nullptr) *this = Value(std::string_view(text));
  }
  Value(std::span<const std::byte> blob) noexcept : type(Type::kBlob), data(blob.data()), size(blob.size()) {}
  Value(const std::vector<std::byte>& blob) noexcept : Value(std::span<const std::byte>(blob)) {}
  template <typename T>
  requires std::constructible_from<Value, const T&> Value(const std::optional<T>& v)
  noexcept : Value() {
    if (v) *this = Value(*v);
  }

  bool is_null() const noexcept { return type == Type::kNull; }
  // Meaningful for text and blob alone.
  std::string_view text() const noexcept { return {static_cast<const char*>(data), static_cast<size_t>(size)}; }
  std::span<const std::byte> blob() const noexcept {
    return {static_cast<const std::byte*>(data), static_cast<size_t>(size)};
  }
};
static_assert(sizeof(Value) == 24 && std::is_trivially_copyable_v<Value>);

}  // namespace tern
