// tern_query_packed(): parameters in, whole result out, in one call and without an allocation where the answer is hot.
//
// The parameters have the form that they have in a key (cache/key.h), so that a key is the statement's fingerprint and
// a checked copy of them; the result is the body of the entry (cache/body.h) behind a head of 24 bytes, so that it is
// one memcpy. docs/formats.md has both.

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <string>

#include "cache/little_endian.h"
#include "engine/access.h"
#include "engine/c_api_handles.h"
#include "engine/prepared.h"

using tern::ErrorCode;
using tern::internal::Access;
using tern::internal::fail_null;
using tern::internal::guarded;

namespace {

constexpr size_t kHeadBytes = 24;

[[noreturn]] void refuse(size_t at, const std::string& what) {
  throw tern::Error(ErrorCode::kMisuse,
                    "tern_query_packed: params are no packed values at byte " + std::to_string(at) + ": " + what);
}

// Adds one value that begins at `at`; returns where the next one does.
size_t add_value(tern::cache::KeyBuilder& key, std::span<const std::byte> params, size_t at) {
  using tern::cache::ValueType;
  const size_t left = params.size() - at - 1;
  const std::byte* const payload = params.data() + at + 1;
  const auto type = static_cast<uint8_t>(params[at]);
  switch (static_cast<ValueType>(type)) {
    case ValueType::kNull:
      key.add_null();
      return at + 1;
    case ValueType::kInteger:
    case ValueType::kReal: {
      if (left < 8) refuse(at, "a number needs 8 bytes, " + std::to_string(left) + " are left");
      const auto word = tern::cache::load_le<uint64_t>(payload);
      if (type == static_cast<uint8_t>(ValueType::kInteger)) {
        key.add_integer(static_cast<int64_t>(word));
      } else {
        key.add_real(std::bit_cast<double>(word));  // NaN becomes NULL here
      }
      return at + 9;
    }
    case ValueType::kText:
    case ValueType::kBlob: {
      if (left < 4) refuse(at, "a length needs 4 bytes, " + std::to_string(left) + " are left");
      const size_t size = tern::cache::load_le<uint32_t>(payload);
      if (left - 4 < size)
        refuse(at, "its length is " + std::to_string(size) + ", but " + std::to_string(left - 4) + " bytes are left");
      if (type == static_cast<uint8_t>(ValueType::kText)) {
        key.add_text({reinterpret_cast<const char*>(payload + 4), size});
      } else {
        key.add_blob({payload + 4, size});
      }
      return at + 5 + size;
    }
  }
  refuse(at, "type " + std::to_string(type) + "; the types are 0 to 4, as in tern_value");
}

void add_values(tern::cache::KeyBuilder& key, std::span<const std::byte> params, size_t wanted) {
  for (size_t at = 0; at < params.size();) at = add_value(key, params, at);
  if (key.arguments() != wanted) {
    throw tern::Error(ErrorCode::kMisuse, "tern_query_packed: the statement takes " + std::to_string(wanted) +
                                              " parameters, but params hold " + std::to_string(key.arguments()));
  }
}

[[noreturn]] void refuse_size(size_t needed, size_t cap) {
  throw tern::Error(ErrorCode::kLimit, "tern_query_packed: the result needs " + std::to_string(needed) +
                                           " bytes, cap is " + std::to_string(cap));
}

// 0 where it is fresh; else the reason at bit 8, and the age in the upper half.
uint64_t staleness(const tern::Freshness& freshness) {
  if (freshness.fresh) return 0;
  const auto age_ms = static_cast<uint64_t>(std::clamp<int64_t>(freshness.age_ms, 0, UINT32_MAX));
  return static_cast<uint64_t>(freshness.reason) << 8 | age_ms << 32;
}

void write_result(const tern::Rows& rows, std::byte* buf, size_t cap, size_t& len) {
  const std::span<const std::byte> body = Access::body_bytes(rows);
  len = kHeadBytes + body.size();
  if (buf == nullptr || len > cap) refuse_size(len, cap);
  tern::cache::store_le(buf, static_cast<uint64_t>(rows.changes()));
  tern::cache::store_le(buf + 8, static_cast<uint64_t>(rows.last_row_id()));
  tern::cache::store_le(buf + 16, static_cast<uint64_t>(rows.source()) | staleness(rows.freshness()));
  std::memcpy(buf + kHeadBytes, body.data(), body.size());
}

// What a write has to say must fit before it is committed: afterwards it would be too late to ask for more room.
void check_write(const tern::internal::Prepared& prepared, size_t cap, size_t& len) {
  if (prepared.kind == tern::internal::StatementKind::kRead) return;
  if (prepared.returns_rows) {
    throw tern::Error(ErrorCode::kMisuse,
                      "tern_query_packed: this statement writes and returns rows, and could be committed although buf "
                      "is too small for them: use tern_query()");
  }
  len = kHeadBytes + Access::kEmptyBodyBytes;
  if (len > cap) refuse_size(len, cap);
}

}  // namespace

extern "C" {

tern_status tern_query_packed(tern_statement* statement, const void* params, size_t params_len, void* buf, size_t cap,
                              size_t* len) {
  if (len == nullptr) return fail_null("tern_query_packed", "len");
  *len = 0;
  if (statement == nullptr) return fail_null("tern_query_packed", "statement");
  if (params == nullptr && params_len > 0) return fail_null("tern_query_packed", "params");
  if (buf == nullptr && cap > 0) return fail_null("tern_query_packed", "buf");
  return guarded([&] {
    const tern::internal::StatementImpl& impl = Access::impl(statement->statement);
    tern::internal::Prepared& prepared = *impl.prepared;
    tern::cache::KeyBuilder key(prepared.stored->fingerprint());
    add_values(key, {static_cast<const std::byte*>(params), params_len}, prepared.parameter_count);
    check_write(prepared, cap, *len);
    const tern::Rows rows = impl.run(key);
    write_result(rows, static_cast<std::byte*>(buf), cap, *len);
  });
}

}  // extern "C"
