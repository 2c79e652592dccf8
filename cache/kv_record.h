// A value of the KV tier as bytes: the same in LMDB and in the hot table.
//
//   record   = head:1 version{1..8} expiry? sizes? metadata value
//   head     = bits 0-2: bytes of the version, less one; 3: has an expiry; 4: has metadata; 7: absent; the others 0
//   version  = little-endian, no zero byte at its end but for the number 0
//   expiry   = ms since 1970:8, above 0
//   sizes    = size of the metadata:2
//
// Absent is a record of its head alone: that there is no such key, as the hot table knows it. LMDB never holds one.
//
// Thread-safety: pure functions. Lifetime: a KvRecord borrows the bytes. Errors: parse_kv_record() refuses whatever is
// not exactly a record. Limits: metadata below 64 KiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "cache/little_endian.h"

namespace tern::cache {

struct KvRecord {
  uint64_t version = 0;
  int64_t expires_at_ms = 0;  // 0: never
  std::span<const std::byte> metadata;
  std::span<const std::byte> value;

  bool expired(int64_t now_ms) const noexcept { return expires_at_ms != 0 && expires_at_ms <= now_ms; }
};

namespace kv_record_detail {
inline constexpr unsigned kVersionBytes = 7;
inline constexpr unsigned kExpires = 1 << 3;
inline constexpr unsigned kMetadata = 1 << 4;
inline constexpr unsigned kAbsent = 1 << 7;
inline constexpr unsigned kKnown = kVersionBytes | kExpires | kMetadata;

inline unsigned version_bytes(uint64_t version) noexcept {
  return version == 0 ? 1 : (71u - static_cast<unsigned>(__builtin_clzll(version))) / 8;
}
}  // namespace kv_record_detail

inline constexpr std::byte kAbsentKvRecord{kv_record_detail::kAbsent};

inline bool kv_record_is_absent(std::span<const std::byte> bytes) noexcept {
  return !bytes.empty() && (std::to_integer<unsigned>(bytes[0]) & kv_record_detail::kAbsent) != 0;
}

inline size_t kv_record_bytes(const KvRecord& record) noexcept {
  return 1 + kv_record_detail::version_bytes(record.version) + (record.expires_at_ms != 0 ? 8 : 0) +
         (record.metadata.empty() ? 0 : 2 + record.metadata.size()) + record.value.size();
}

// Writes kv_record_bytes() bytes.
inline void write_kv_record(const KvRecord& record, std::byte* to) noexcept {
  using namespace kv_record_detail;
  const unsigned bytes = version_bytes(record.version);
  *to++ = static_cast<std::byte>((bytes - 1) | (record.expires_at_ms != 0 ? kExpires : 0) |
                                 (record.metadata.empty() ? 0 : kMetadata));
  for (unsigned i = 0; i < bytes; ++i) *to++ = static_cast<std::byte>(record.version >> (8 * i));
  if (record.expires_at_ms != 0) {
    store_le(to, static_cast<uint64_t>(record.expires_at_ms));
    to += 8;
  }
  if (!record.metadata.empty()) {
    store_le(to, static_cast<uint16_t>(record.metadata.size()));
    std::memcpy(to + 2, record.metadata.data(), record.metadata.size());
    to += 2 + record.metadata.size();
  }
  if (!record.value.empty()) std::memcpy(to, record.value.data(), record.value.size());
}

inline std::optional<KvRecord> parse_kv_record(std::span<const std::byte> bytes) noexcept {
  using namespace kv_record_detail;
  if (bytes.empty()) return std::nullopt;
  const auto head = std::to_integer<unsigned>(bytes[0]);
  const size_t version = 1 + (head & kVersionBytes);
  const size_t fixed = 1 + version + ((head & kExpires) != 0 ? 8 : 0) + ((head & kMetadata) != 0 ? 2 : 0);
  if ((head & ~kKnown) != 0 || bytes.size() < fixed) return std::nullopt;
  KvRecord record;
  for (size_t i = 0; i < version; ++i) record.version |= std::to_integer<uint64_t>(bytes[1 + i]) << (8 * i);
  if (version_bytes(record.version) != version) return std::nullopt;
  size_t at = 1 + version;
  if ((head & kExpires) != 0) {
    record.expires_at_ms = static_cast<int64_t>(load_le<uint64_t>(bytes.data() + at));
    if (record.expires_at_ms <= 0) return std::nullopt;
    at += 8;
  }
  if ((head & kMetadata) != 0) {
    const size_t size = load_le<uint16_t>(bytes.data() + at);
    at += 2;
    if (size == 0 || bytes.size() - at < size) return std::nullopt;
    record.metadata = bytes.subspan(at, size);
    at += size;
  }
  record.value = bytes.subspan(at);
  return record;
}

// Of a record that was parsed, or written here; not an absent one.
inline int64_t kv_expires_at_ms(const std::byte* record) noexcept {
  const auto head = std::to_integer<unsigned>(record[0]);
  if ((head & kv_record_detail::kExpires) == 0) return 0;
  return static_cast<int64_t>(load_le<uint64_t>(record + 2 + (head & kv_record_detail::kVersionBytes)));
}

// Likewise: where the value begins.
inline size_t kv_value_offset(const std::byte* record) noexcept {
  const auto head = std::to_integer<unsigned>(record[0]);
  const size_t offset = 2 + (head & kv_record_detail::kVersionBytes) + (head & kv_record_detail::kExpires);
  if ((head & kv_record_detail::kMetadata) == 0) return offset;
  return offset + 2 + load_le<uint16_t>(record + offset);
}
static_assert(kv_record_detail::kExpires == 8, "the bit is the size of what it announces");

}  // namespace tern::cache
