// Rows as the body of an entry: any cell in O(1), read in place, all five of SQLite's types without loss.
//
//   body    = narrow | wide
//   narrow  = columns:1 rows:1           name_end:1{columns} cell_end:2{cells} type:1{cells} names data
//   wide    = 0xff 0:3 columns:4 rows:4  name_end:4{columns} cell_end:4{cells} type:1{cells} names data
//   names   = (byte* 0x00)*              each name is followed by a NUL
//   data    = cell*
//   cell    = integer:1..8               two's complement, in as few bytes as hold it
//           | real:8                     the bits of the double
//           | byte* 0x00                 text and blob
//           |                            NULL
//   type    = one byte, a ValueType
//
// Little-endian; cells = rows * columns, row by row. name_end and cell_end say where each ends, from the beginning of
// names and of data: so where the one before ends, it begins. Narrow is what fits: at most 254 columns, 255 rows, 255
// bytes of names and 65,535 of data. C can borrow every name and text as it is; the length counts, since both may
// contain NULs.
//
// Limits: a body is below 4 GiB, and has at most 65,535 columns (SQLite's own bound is 32,767).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cache/key.h"
#include "cache/little_endian.h"

namespace tern::cache {

// One value, borrowed from a body.
struct Cell {
  ValueType type = ValueType::kNull;
  uint32_t size = 0;  // of text and blob, without the NUL behind them
  union {
    int64_t integer = 0;
    double real;
    const char* bytes;  // of text and blob; never null, not even for an empty one
  };

  std::string_view text() const noexcept { return {bytes, size}; }
  std::span<const std::byte> blob() const noexcept { return {reinterpret_cast<const std::byte*>(bytes), size}; }
};

// Thread-safety: immutable; borrows the bytes. Cost: cell() is three loads. Indexes past the end
// are the caller's bug.
class BodyView {
 public:
  static constexpr uint32_t kMaxColumns = 0xffff;
  // Of nothing at all: no rows and no columns.
  static constexpr size_t kEmptyBytes = 2;

  // The complete check: everything that an accepted body can be asked for lies inside it. O(cells).
  static std::optional<BodyView> parse(std::span<const std::byte> body) noexcept;
  // For bodies made by BodyBuilder, or parsed before. O(1).
  static BodyView trusted(const std::byte* body) noexcept { return BodyView(body); }
  static BodyView trusted(std::span<const std::byte> body) noexcept { return BodyView(body.data()); }

  // Of a body that was parsed before, without the rest.
  static uint32_t columns_of(const std::byte* body) noexcept {
    return is_wide(body) ? load_le<uint32_t>(body + kWideColumns) : std::to_integer<uint32_t>(body[0]);
  }
  static uint32_t rows_of(const std::byte* body) noexcept {
    return is_wide(body) ? load_le<uint32_t>(body + kWideRows) : std::to_integer<uint32_t>(body[1]);
  }

  // All of it, from the first byte of the header to the last of the data.
  std::span<const std::byte> bytes() const noexcept {
    return {body_, static_cast<size_t>(data_ - body_) + cell_end(cells())};
  }
  uint32_t columns() const noexcept { return columns_; }
  uint32_t rows() const noexcept { return rows_; }
  std::string_view column_name(uint32_t column) const noexcept;  // NUL-terminated
  // An exact match first, then one that differs in ASCII case alone, as SQLite compares names.
  std::optional<uint32_t> find_column(std::string_view name) const noexcept;

  ValueType type(uint32_t row, uint32_t column) const noexcept {
    return static_cast<ValueType>(types_[index(row, column)]);
  }
  Cell cell(uint32_t row, uint32_t column) const noexcept {
    const uint64_t at = index(row, column);
    const uint32_t begin = cell_end(at);
    const uint32_t end = cell_end(at + 1);
    Cell cell;
    cell.type = static_cast<ValueType>(types_[at]);
    if (cell.type == ValueType::kText || cell.type == ValueType::kBlob) {
      cell.size = end - begin - 1;
      cell.bytes = reinterpret_cast<const char*>(data_ + begin);
    } else if (cell.type == ValueType::kReal) {
      cell.real = std::bit_cast<double>(load_le<uint64_t>(data_ + begin));
    } else if (cell.type == ValueType::kInteger) {
      // The eight bytes that end with it: as many lie before the end of any cell (header, ends, type, name). The shift
      // brings the sign along.
      const auto word = static_cast<int64_t>(load_le<uint64_t>(data_ + end - 8));
      cell.integer = word >> (64 - 8 * (end - begin));
    }
    return cell;
  }

 private:
  friend class BodyBuilder;
  static constexpr std::byte kWideMark{0xff};
  static constexpr size_t kNarrowHeaderBytes = 2;
  static constexpr size_t kWideHeaderBytes = 12;
  static constexpr size_t kWideColumns = 4;
  static constexpr size_t kWideRows = 8;

  explicit BodyView(const std::byte* body) noexcept
      : body_(body), columns_(columns_of(body)), rows_(rows_of(body)), wide_(is_wide(body)) {
    cell_ends_ = name_ends() + uint64_t{columns_} * (wide_ ? 4 : 1);
    types_ = cell_ends_ + cells() * (wide_ ? 4 : 2);
    names_ = types_ + cells();
    data_ = names_ + name_end(columns_);
  }

  static bool is_wide(const std::byte* body) noexcept { return *body == kWideMark; }
  uint64_t cells() const noexcept { return uint64_t{rows_} * columns_; }
  uint64_t index(uint32_t row, uint32_t column) const noexcept { return uint64_t{row} * columns_ + column; }
  const std::byte* name_ends() const noexcept { return body_ + (wide_ ? kWideHeaderBytes : kNarrowHeaderBytes); }
  // Where the first so many end together.
  uint32_t name_end(uint32_t count) const noexcept {
    if (count == 0) return 0;
    return wide_ ? load_le<uint32_t>(name_ends() + (count - 1) * size_t{4})
                 : std::to_integer<uint32_t>(name_ends()[count - 1]);
  }
  uint32_t cell_end(uint64_t count) const noexcept {
    if (count == 0) return 0;
    return wide_ ? load_le<uint32_t>(cell_ends_ + (count - 1) * 4) : load_le<uint16_t>(cell_ends_ + (count - 1) * 2);
  }
  bool names_inside(uint64_t room) const noexcept;
  bool cells_inside(uint64_t room) const noexcept;
  bool is_whole(ValueType type, uint32_t begin, uint32_t end) const noexcept;

  const std::byte* body_;
  const std::byte* cell_ends_;
  const std::byte* types_;
  const std::byte* names_;
  const std::byte* data_;
  uint32_t columns_;
  uint32_t rows_;
  bool wide_;
};

// Collects rows, then writes them as one body. Columns first, then rows of exactly that many
// values.
//
// Thread-safety: one thread. Errors: a body that would reach 4 GiB makes every later add_… return
// false and change nothing; size() then stays below the limit, and the body must not be used.
// std::bad_alloc may pass through.
class BodyBuilder {
 public:
  static constexpr uint64_t kMaxBytes = 0xffffffff;

  bool add_column(std::string_view name);
  void begin_row() noexcept { ++rows_; }
  bool add_null();
  bool add_integer(int64_t value);
  bool add_real(double value);  // NaN becomes NULL, as in SQLite
  bool add_text(std::string_view value);
  bool add_blob(std::span<const std::byte> value);

  // What the body would take as it stands: the engine stops at a limit of its own.
  uint64_t size() const noexcept;
  uint32_t columns() const noexcept { return static_cast<uint32_t>(name_ends_.size()); }
  uint32_t rows() const noexcept { return rows_; }
  // False once something has been refused.
  bool complete() const noexcept { return complete_; }
  // Writes exactly size() bytes. Every row begun must have all its values.
  void write(std::byte* to) const noexcept;
  // Empty again, memory kept.
  void clear() noexcept;

 private:
  bool is_narrow() const noexcept;
  uint64_t size_as(bool narrow) const noexcept;
  bool room_for(uint64_t bytes) noexcept;
  bool add_cell(ValueType type, const void* bytes, size_t size, bool terminated);

  std::vector<uint32_t> name_ends_;
  std::vector<char> names_;
  std::vector<uint32_t> cell_ends_;
  std::vector<uint8_t> types_;
  std::vector<std::byte> data_;
  uint32_t rows_ = 0;
  bool complete_ = true;
};

}  // namespace tern::cache
