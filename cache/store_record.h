// The records of a store: how its keys and values are encoded (store.h has the table).
//
//   value of an entry:      order number:8, statement number:8, sealed image
//   value of a statement:   statement number:8, text
//
// Thread-safety: pure functions. Errors: parse_… refuse what is too short to be a record. The image in a record may lie
// at any address that is a multiple of two.
#pragma once

#include <lmdb.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "cache/key.h"
#include "cache/little_endian.h"

namespace tern::cache {

// The tables, by their place in the environment.
enum StoreTable : size_t { kMeta, kEntries, kOrder, kStatements };
inline constexpr uint32_t kStoreFormatVersion = 2;
inline constexpr std::array<const char*, 4> kStoreTables = {"meta", "entries", "order", "statements"};

using HashKey = std::array<std::byte, 16>;
using OrderKey = std::array<std::byte, 8>;

inline constexpr size_t kEntryRecordHead = 16;
inline constexpr size_t kStatementRecordHead = 8;

inline HashKey hash_key(const KeyHash& hash) noexcept {
  HashKey key;
  store_le(key.data(), hash.low);
  store_le(key.data() + 8, hash.high);
  return key;
}

// Big-endian, so that LMDB's comparison of bytes is that of the numbers.
inline OrderKey order_key(uint64_t number) noexcept {
  OrderKey key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(number >> (56 - 8 * i));
  return key;
}

inline std::optional<uint64_t> parse_order_key(std::span<const std::byte> key) noexcept {
  if (key.size() != sizeof(OrderKey)) return std::nullopt;
  uint64_t number = 0;
  for (const std::byte byte : key) number = number << 8 | std::to_integer<uint64_t>(byte);
  return number;
}

struct EntryRecord {
  uint64_t order = 0;
  uint64_t statement = 0;
  std::span<const std::byte> image;
};

inline std::optional<EntryRecord> parse_entry_record(std::span<const std::byte> value) noexcept {
  if (value.size() < kEntryRecordHead) return std::nullopt;
  return EntryRecord{load_le<uint64_t>(value.data()), load_le<uint64_t>(value.data() + 8),
                     value.subspan(kEntryRecordHead)};
}

struct StatementRecord {
  uint64_t number = 0;
  std::string_view text;
};

inline std::optional<StatementRecord> parse_statement_record(std::span<const std::byte> value) noexcept {
  if (value.size() < kStatementRecordHead) return std::nullopt;
  const auto text = value.subspan(kStatementRecordHead);
  return StatementRecord{load_le<uint64_t>(value.data()), {reinterpret_cast<const char*>(text.data()), text.size()}};
}

// LMDB does not write through the keys that it is given.
template <size_t size>
MDB_val lmdb_value(std::array<std::byte, size>& bytes) noexcept {
  return {size, bytes.data()};
}

inline std::span<const std::byte> bytes_of(const MDB_val& value) noexcept {
  return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

}  // namespace tern::cache
