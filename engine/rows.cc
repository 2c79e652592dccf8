#include "tern/rows.hpp"

#include <cmath>

#include "cache/body.h"
#include "cache/entry.h"
#include "cache/hot_ref.h"
#include "engine/kv_page_pin.h"

namespace tern {
namespace {

cache::BodyView view(const std::byte* body) noexcept { return cache::BodyView::trusted(body); }

std::string past_the_end(const char* what, size_t index, size_t count) {
  return std::string(what) + " " + std::to_string(index) + " is asked for, but there are " + std::to_string(count) +
         ", counted from 0";
}

}  // namespace

const char* source_name(Source source) noexcept {
  switch (source) {
    case Source::kHot:
      return "hot";
    case Source::kStore:
      return "store";
    case Source::kComputed:
      return "computed";
    case Source::kSql:
      break;
  }
  return "sql";
}

namespace internal {

namespace {

// What the word of a Pin is: a view of the hot table (cache/hot_ref.h), or, with both its bits, a page pin (access.h);
// else a counted entry.
constexpr uintptr_t kViewBits = cache::HotRef::kSlotBit | cache::HotRef::kCopyBit;
static_assert(alignof(KvPagePin) > kViewBits);

bool is_view(const void* word) noexcept { return (reinterpret_cast<uintptr_t>(word) & kViewBits) != 0; }

KvPagePin* page_pin(const void* word) noexcept {
  const auto bits = reinterpret_cast<uintptr_t>(word);
  return (bits & kViewBits) == kViewBits ? reinterpret_cast<KvPagePin*>(bits & ~kViewBits) : nullptr;
}

cache::HotRef adopt_view(const void* word) noexcept { return cache::HotRef::adopt(reinterpret_cast<uintptr_t>(word)); }

template <typename Ref>
Ref copy_of(Ref mine) noexcept {
  Ref copy = mine;
  static_cast<void>(mine.release());
  return copy;
}

}  // namespace

Pin::Pin(const Pin& other) noexcept {
  if (KvPagePin* const page = page_pin(other.entry_)) {
    page->retain();
    entry_ = other.entry_;
  } else if (is_view(other.entry_)) {
    entry_ = reinterpret_cast<void*>(copy_of(adopt_view(other.entry_)).release());
  } else {
    entry_ = copy_of(cache::EntryRef::adopt(static_cast<cache::Entry*>(other.entry_))).release();
  }
}

void Pin::end() noexcept {
  if (!is_view(entry_)) {
    cache::EntryRef::adopt(static_cast<cache::Entry*>(entry_));
  } else if (KvPagePin* const page = page_pin(entry_)) {
    page->release();
  } else {
    cache::HotRef::let_go(reinterpret_cast<uintptr_t>(entry_));
  }
}

}  // namespace internal

size_t Row::columns() const noexcept { return view(body_).columns(); }

std::string_view Row::column_name(size_t column) const {
  const auto body = view(body_);
  if (column >= body.columns()) throw Error(ErrorCode::kMisuse, past_the_end("column", column, body.columns()));
  return body.column_name(static_cast<uint32_t>(column));
}

std::optional<size_t> Row::find_column(std::string_view name) const noexcept { return view(body_).find_column(name); }

Value Row::value(size_t column) const {
  const auto body = view(body_);
  if (column >= body.columns()) throw Error(ErrorCode::kMisuse, past_the_end("column", column, body.columns()));
  const cache::Cell cell = body.cell(static_cast<uint32_t>(index_), static_cast<uint32_t>(column));
  switch (cell.type) {
    case cache::ValueType::kInteger:
      return Value(cell.integer);
    case cache::ValueType::kReal:
      return Value(cell.real);
    case cache::ValueType::kText:
      return Value(cell.text());
    case cache::ValueType::kBlob:
      return Value(cell.blob());
    case cache::ValueType::kNull:
      break;
  }
  return Value();
}

Value Row::value(std::string_view column) const { return value(require_column(column)); }

size_t Row::require_column(std::string_view name) const {
  if (const auto found = find_column(name)) return *found;
  std::string known;
  for (size_t i = 0; i < columns() && i < 20; ++i) known += (i == 0 ? "" : ", ") + std::string(column_name(i));
  throw Error(ErrorCode::kNotFound, "no column \"" + std::string(name) + "\" in this result; it has: " + known);
}

void Row::refuse(size_t column, const char* wanted) const {
  throw Error(ErrorCode::kMisuse,
              "column " + std::to_string(column) + " (\"" + std::string(column_name(column)) + "\") is " +
                  type_name(value(column).type) + ", but was asked for as " + wanted +
                  "; ask for that type, for std::optional where NULL may occur, or for tern::Value");
}

int64_t Row::integer(const Value& v, size_t column, int64_t low, uint64_t high) const {
  if (v.type != Type::kInteger) refuse(column, "INTEGER");
  if (v.integer < low || (v.integer > 0 && static_cast<uint64_t>(v.integer) > high))
    throw Error(ErrorCode::kMisuse, "column " + std::to_string(column) + " (\"" + std::string(column_name(column)) +
                                        "\") holds " + std::to_string(v.integer) +
                                        ", which the type asked for cannot hold; ask for int64_t");
  return v.integer;
}

double Row::real(const Value& v, size_t column) const {
  if (v.type == Type::kReal) return v.real;
  constexpr int64_t kExact = int64_t{1} << 53;
  if (v.type != Type::kInteger || v.integer > kExact || v.integer < -kExact) refuse(column, "REAL");
  return static_cast<double>(v.integer);
}

std::string_view Rows::column_name(size_t column) const {
  if (column >= columns_) throw Error(ErrorCode::kMisuse, past_the_end("column", column, columns_));
  return view(body_).column_name(static_cast<uint32_t>(column));
}

Row Rows::at(size_t row) const {
  if (row >= rows_) throw Error(ErrorCode::kMisuse, past_the_end("row", row, rows_));
  return Row(body_, row);
}

}  // namespace tern
