#include "cache/body.h"

#include <bit>
#include <cassert>
#include <cmath>

namespace tern::cache {
namespace {

constexpr size_t kNarrowColumns = 254;
constexpr uint32_t kNarrowRows = 255;
constexpr size_t kNarrowNames = 255;
constexpr size_t kNarrowData = 65'535;

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::byte* append(std::byte* to, const void* from, size_t size) noexcept {
  if (size != 0) std::memcpy(to, from, size);
  return to + size;
}

template <typename Word>
std::byte* append_as(std::byte* to, const std::vector<uint32_t>& numbers) noexcept {
  for (const uint32_t number : numbers) {
    store_le(to, static_cast<Word>(number));
    to += sizeof(Word);
  }
  return to;
}

// How many bytes hold it, sign included: 1 to 8.
size_t integer_bytes(int64_t value) noexcept {
  const auto magnitude = static_cast<uint64_t>(value ^ (value >> 63));
  return static_cast<size_t>(64 - std::countl_zero(magnitude)) / 8 + 1;
}

}  // namespace

std::optional<BodyView> BodyView::parse(std::span<const std::byte> body) noexcept {
  if (body.size() < kNarrowHeaderBytes) return std::nullopt;
  const bool wide = is_wide(body.data());
  if (wide && (body.size() < kWideHeaderBytes || (load_le<uint32_t>(body.data()) >> 8) != 0)) return std::nullopt;
  const uint64_t columns = columns_of(body.data());
  const uint64_t rows = rows_of(body.data());
  if (columns > kMaxColumns || (columns == 0 && rows != 0)) return std::nullopt;
  // What comes before the names; below 2^51.
  const uint64_t fixed =
      wide ? kWideHeaderBytes + columns * 4 + rows * columns * 5 : kNarrowHeaderBytes + columns + rows * columns * 3;
  if (fixed > body.size()) return std::nullopt;
  const BodyView view(body.data());
  const uint64_t names = view.name_end(view.columns_);
  if (names > body.size() - fixed || !view.names_inside(names)) return std::nullopt;
  if (!view.cells_inside(body.size() - fixed - names)) return std::nullopt;
  return view;
}

bool BodyView::names_inside(uint64_t room) const noexcept {
  uint32_t begin = 0;
  for (uint32_t column = 0; column < columns_; ++column) {
    const uint32_t end = name_end(column + 1);
    if (end <= begin || end > room || names_[end - 1] != std::byte{0}) return false;
    begin = end;
  }
  return true;
}

bool BodyView::cells_inside(uint64_t room) const noexcept {
  uint32_t begin = 0;
  const uint64_t count = cells();
  for (uint64_t at = 0; at < count; ++at) {
    const uint32_t end = cell_end(at + 1);
    if (end < begin || end > room) return false;
    const auto type = std::to_integer<uint8_t>(types_[at]);
    if (type > static_cast<uint8_t>(ValueType::kBlob)) return false;
    if (!is_whole(static_cast<ValueType>(type), begin, end)) return false;
    begin = end;
  }
  return begin == room;
}

bool BodyView::is_whole(ValueType type, uint32_t begin, uint32_t end) const noexcept {
  switch (type) {
    case ValueType::kNull:
      return begin == end;
    case ValueType::kInteger:
      return end > begin && end - begin <= 8;
    case ValueType::kReal:
      return end - begin == 8;
    case ValueType::kText:
    case ValueType::kBlob:
      break;
  }
  return end > begin && data_[end - 1] == std::byte{0};
}

std::string_view BodyView::column_name(uint32_t column) const noexcept {
  const uint32_t begin = name_end(column);
  return {reinterpret_cast<const char*>(names_ + begin), name_end(column + 1) - begin - 1};
}

std::optional<uint32_t> BodyView::find_column(std::string_view name) const noexcept {
  for (uint32_t column = 0; column < columns_; ++column) {
    if (column_name(column) == name) return column;
  }
  for (uint32_t column = 0; column < columns_; ++column) {
    if (equal_ignoring_case(column_name(column), name)) return column;
  }
  return std::nullopt;
}

// The wide form is the larger one: what fits as that fits.
bool BodyBuilder::room_for(uint64_t bytes) noexcept {
  // The first comparison keeps the sum from wrapping.
  if (bytes > kMaxBytes || size_as(false) + bytes > kMaxBytes) complete_ = false;
  return complete_;
}

bool BodyBuilder::add_column(std::string_view name) {
  assert(rows_ == 0);
  if (name_ends_.size() >= BodyView::kMaxColumns) complete_ = false;
  if (!room_for(sizeof(uint32_t) + uint64_t{name.size()} + 1)) return false;
  names_.insert(names_.end(), name.begin(), name.end());
  names_.push_back('\0');
  name_ends_.push_back(static_cast<uint32_t>(names_.size()));
  return true;
}

bool BodyBuilder::add_cell(ValueType type, const void* bytes, size_t size, bool terminated) {
  if (!room_for(sizeof(uint32_t) + 1 + uint64_t{size} + 1)) return false;
  const auto* const from = static_cast<const std::byte*>(bytes);
  data_.insert(data_.end(), from, from + size);
  if (terminated) data_.push_back(std::byte{0});
  cell_ends_.push_back(static_cast<uint32_t>(data_.size()));
  types_.push_back(static_cast<uint8_t>(type));
  return true;
}

bool BodyBuilder::add_null() { return add_cell(ValueType::kNull, nullptr, 0, false); }

bool BodyBuilder::add_integer(int64_t value) {
  std::byte word[sizeof value];
  store_le(word, static_cast<uint64_t>(value));
  return add_cell(ValueType::kInteger, word, integer_bytes(value), false);
}

bool BodyBuilder::add_real(double value) {
  if (std::isnan(value)) return add_null();
  std::byte word[sizeof value];
  store_le(word, std::bit_cast<uint64_t>(value));
  return add_cell(ValueType::kReal, word, sizeof word, false);
}

bool BodyBuilder::add_text(std::string_view value) {
  return add_cell(ValueType::kText, value.data(), value.size(), true);
}

bool BodyBuilder::add_blob(std::span<const std::byte> value) {
  return add_cell(ValueType::kBlob, value.data(), value.size(), true);
}

bool BodyBuilder::is_narrow() const noexcept {
  return name_ends_.size() <= kNarrowColumns && rows_ <= kNarrowRows && names_.size() <= kNarrowNames &&
         data_.size() <= kNarrowData;
}

uint64_t BodyBuilder::size_as(bool narrow) const noexcept {
  const uint64_t fixed =
      narrow ? BodyView::kNarrowHeaderBytes + name_ends_.size() + cell_ends_.size() * uint64_t{2}
             : BodyView::kWideHeaderBytes + name_ends_.size() * uint64_t{4} + cell_ends_.size() * uint64_t{4};
  return fixed + types_.size() + names_.size() + data_.size();
}

uint64_t BodyBuilder::size() const noexcept { return size_as(is_narrow()); }

void BodyBuilder::write(std::byte* to) const noexcept {
  assert(complete_ && cell_ends_.size() == uint64_t{rows_} * name_ends_.size());
  if (is_narrow()) {
    *to++ = static_cast<std::byte>(columns());
    *to++ = static_cast<std::byte>(rows_);
    to = append_as<uint8_t>(to, name_ends_);
    to = append_as<uint16_t>(to, cell_ends_);
  } else {
    store_le(to, std::to_integer<uint32_t>(BodyView::kWideMark));
    store_le(to + BodyView::kWideColumns, columns());
    store_le(to + BodyView::kWideRows, rows_);
    to = append_as<uint32_t>(to + BodyView::kWideHeaderBytes, name_ends_);
    to = append_as<uint32_t>(to, cell_ends_);
  }
  to = append(to, types_.data(), types_.size());
  to = append(to, names_.data(), names_.size());
  append(to, data_.data(), data_.size());
}

void BodyBuilder::clear() noexcept {
  name_ends_.clear();
  names_.clear();
  cell_ends_.clear();
  types_.clear();
  data_.clear();
  rows_ = 0;
  complete_ = true;
}

}  // namespace tern::cache
