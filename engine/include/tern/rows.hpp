// The result of a statement: a pinned, read-only view of rows.
//
// A Rows borrows nothing from its statement or database: it pins one immutable entry, wherever that was found, and may
// be kept after both are gone. While it is held, the entry's bytes stay in memory even if the hot tier has evicted or
// replaced it (stats().hot.pinned_bytes shows them), so hold it for the work at hand and copy out what must live
// longer. Rows, PinnedRow and Row are values; concurrent reading of one object is safe, concurrent modification is not.
//
// Cost: columns are found in O(1) by index and by a scan of the names by name; nothing is copied and nothing allocates.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tern/error.hpp"
#include "tern/export.hpp"
#include "tern/value.hpp"

namespace tern {

// Which tier answered. kComputed: none, a function of the host has computed it (compute.hpp).
enum class Source : int { kHot = 1, kStore = 2, kSql = 3, kComputed = 4 };
TERN_EXPORT const char* source_name(Source source) noexcept;

// Why a stale answer was given: only ever because the statement's policy (policy.hpp) asks for it.
enum class StaleReason : uint8_t {
  kNone = 0,
  kRevalidating = 1,  // stale_while_revalidate: a new one is being fetched
  kError = 2,         // stale_if_error: SQLite could not answer
};

// What a result may claim. `fresh`: no commit that was acknowledged before the read began is missing from it, and it
// has not expired. Otherwise it was so `age_ms` ago, or later.
struct Freshness {
  bool fresh = true;
  StaleReason reason = StaleReason::kNone;
  int64_t age_ms = 0;  // 0 when fresh
};

namespace internal {
class Access;
// Keeps an immutable entry alive: a counted reference to one on the heap, or a view of the hot tier's.
class TERN_EXPORT Pin {
 public:
  Pin() noexcept = default;
  explicit Pin(void* counted) noexcept : entry_(counted) {}  // takes over what the word holds
  Pin(const Pin& other) noexcept;
  Pin(Pin&& other) noexcept : entry_(other.entry_) { other.entry_ = nullptr; }
  Pin& operator=(Pin other) noexcept {
    void* mine = entry_;
    entry_ = other.entry_;
    other.entry_ = mine;
    return *this;
  }
  ~Pin() {
    if (entry_ != nullptr) end();
  }
  void* get() const noexcept { return entry_; }

 private:
  void end() noexcept;

  void* entry_ = nullptr;
};
}  // namespace internal

// One row. A plain view: valid while the Rows or PinnedRow that it came from is alive.
class TERN_EXPORT Row {
 public:
  size_t columns() const noexcept;
  std::string_view column_name(size_t column) const;  // Error::kMisuse past the end
  // The column of that name: an exact match first, then one that differs in ASCII case alone.
  std::optional<size_t> find_column(std::string_view name) const noexcept;

  Value value(size_t column) const;            // Error::kMisuse past the end
  Value value(std::string_view column) const;  // Error::kNotFound for a name that is not there
  bool is_null(size_t column) const { return value(column).is_null(); }
  bool is_null(std::string_view column) const { return value(column).is_null(); }

  // T: bool, any integer, float, double, std::string_view, std::string, std::span<const std::byte>,
  // std::vector<std::byte>, Value, or std::optional of these. NULL is for std::optional and Value alone; an INTEGER is
  // taken as double where double holds it exactly, and nothing else is converted: anything else is Error::kMisuse
  // naming the column, what was asked for and what is there.
  template <typename T>
  T get(size_t column) const {
    return convert<T>(value(column), column);
  }
  template <typename T>
  T get(std::string_view column) const {
    const size_t index = require_column(column);
    return convert<T>(value(index), index);
  }

 private:
  friend class Rows;
  friend class internal::Access;
  Row(const std::byte* body, size_t index) noexcept : body_(body), index_(index) {}

  size_t require_column(std::string_view name) const;
  [[noreturn]] void refuse(size_t column, const char* wanted) const;
  int64_t integer(const Value& v, size_t column, int64_t low, uint64_t high) const;
  double real(const Value& v, size_t column) const;

  template <typename T>
  T convert(const Value& v, size_t column) const;

  const std::byte* body_;
  size_t index_;
};

// A row that keeps its entry alive by itself: what first() returns.
class TERN_EXPORT PinnedRow : public Row {
 public:
  Source source() const noexcept { return source_; }
  Freshness freshness() const noexcept { return freshness_; }

 private:
  friend class Rows;
  PinnedRow(Row row, internal::Pin pin, Source source, Freshness freshness) noexcept
      : Row(row), pin_(std::move(pin)), source_(source), freshness_(freshness) {}

  internal::Pin pin_;
  Source source_;
  Freshness freshness_;
};

class TERN_EXPORT Rows {
 public:
  class iterator {
   public:
    using value_type = Row;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    Row operator*() const noexcept { return Row(body_, index_); }
    iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++index_;
      return before;
    }
    bool operator==(const iterator& other) const noexcept { return index_ == other.index_; }

   private:
    friend class Rows;
    iterator(const std::byte* body, size_t index) noexcept : body_(body), index_(index) {}
    const std::byte* body_;
    size_t index_;
  };

  Rows() noexcept = default;  // no rows, no columns

  size_t size() const noexcept { return rows_; }
  bool empty() const noexcept { return rows_ == 0; }
  size_t columns() const noexcept { return columns_; }
  std::string_view column_name(size_t column) const;                     // Error::kMisuse past the end; NUL-terminated
  Row operator[](size_t row) const noexcept { return Row(body_, row); }  // row < size()
  Row at(size_t row) const;                                              // Error::kMisuse past the end
  iterator begin() const noexcept { return {body_, 0}; }
  iterator end() const noexcept { return {body_, rows_}; }
  std::optional<PinnedRow> first() const& { return Rows(*this).first(); }
  // Gives its pin to the row.
  std::optional<PinnedRow> first() && {
    if (rows_ == 0) return std::nullopt;
    return PinnedRow(Row(body_, 0), std::move(pin_), source_, freshness_);
  }

  Source source() const noexcept { return source_; }
  Freshness freshness() const noexcept { return freshness_; }

  // What a writing statement did: rows inserted, updated or deleted, and the newest rowid. 0 for reads.
  int64_t changes() const noexcept { return changes_; }
  int64_t last_row_id() const noexcept { return last_row_id_; }

 private:
  friend class internal::Access;

  internal::Pin pin_;
  const std::byte* body_ = nullptr;
  size_t rows_ = 0;
  size_t columns_ = 0;
  int64_t changes_ = 0;
  int64_t last_row_id_ = 0;
  Source source_ = Source::kSql;
  Freshness freshness_;
};

template <typename T>
T Row::convert(const Value& v, size_t column) const {
  if constexpr (std::is_same_v<T, Value>) {
    return v;
  } else if constexpr (std::is_same_v<T, bool>) {
    return integer(v, column, 0, 1) != 0;
  } else if constexpr (std::integral<T>) {
    return static_cast<T>(integer(v, column, static_cast<int64_t>(std::numeric_limits<T>::min()),
                                  static_cast<uint64_t>(std::numeric_limits<T>::max())));
  } else if constexpr (std::floating_point<T>) {
    return static_cast<T>(real(v, column));
  } else if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, std::string>) {
    if (v.type != Type::kText) refuse(column, "TEXT");
    return T(v.text());
  } else if constexpr (std::is_same_v<T, std::span<const std::byte>>) {
    if (v.type != Type::kBlob) refuse(column, "BLOB");
    return v.blob();
  } else if constexpr (std::is_same_v<T, std::vector<std::byte>>) {
    if (v.type != Type::kBlob) refuse(column, "BLOB");
    return {v.blob().begin(), v.blob().end()};
  } else {  // std::optional
    if (v.is_null()) return std::nullopt;
    return convert<typename T::value_type>(v, column);
  }
}

}  // namespace tern
