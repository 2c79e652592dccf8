// tern_packed.h: parameters in, whole result out, in one call and without an allocation where the answer is hot.
//
// The parameters have the form that they have in a key (cache/key.h), so that a key is the statement's fingerprint and
// a checked copy of them; the result is the body of the entry (cache/body.h) behind a head of 24 bytes, so that it is
// one memcpy. docs/formats.md has both.

#include "engine/c_api_packed.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cache/little_endian.h"
#include "engine/access.h"
#include "engine/c_api_flags.h"
#include "engine/c_api_handles.h"
#include "engine/engine.h"
#include "engine/prepared.h"
#include "engine/translate.h"

using tern::ErrorCode;
using tern::cache::KeyBuilder;
using tern::internal::Access;
using tern::internal::fail_null;
using tern::internal::guarded;
using tern::internal::Prepared;

namespace {

constexpr size_t kHeadBytes = 24;

// What an error names: the function, and which of a batch's calls.
struct WhereNamed {
  static constexpr size_t kNone = ~size_t{0};

  const char* function;
  size_t call = kNone;

  std::string text() const {
    return std::string(function) + (call == kNone ? "" : ": calls[" + std::to_string(call) + "]") + ": ";
  }
};

// The same of tern_query_packed() and of tern_query_packed_with(): each has its own, and so its own copy of the code
// that takes one, which the compiler then inlines into it. A hit is in there.
template <int kOf>
struct WherePacked {
  static std::string text() { return "tern_query_packed: "; }
};

template <typename Where>
[[noreturn]] void refuse(const Where& where, size_t at, const std::string& what) {
  throw tern::Error(ErrorCode::kMisuse,
                    where.text() + "params are no packed values at byte " + std::to_string(at) + ": " + what);
}

// Adds one value that begins at `at`; returns where the next one does.
template <typename Where>
size_t add_value(KeyBuilder& key, Where where, std::span<const std::byte> params, size_t at) {
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
      if (left < 8) refuse(where, at, "a number needs 8 bytes, " + std::to_string(left) + " are left");
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
      if (left < 4) refuse(where, at, "a length needs 4 bytes, " + std::to_string(left) + " are left");
      const size_t size = tern::cache::load_le<uint32_t>(payload);
      if (left - 4 < size)
        refuse(where, at,
               "its length is " + std::to_string(size) + ", but " + std::to_string(left - 4) + " bytes are left");
      if (type == static_cast<uint8_t>(ValueType::kText)) {
        key.add_text({reinterpret_cast<const char*>(payload + 4), size});
      } else {
        key.add_blob({payload + 4, size});
      }
      return at + 5 + size;
    }
  }
  refuse(where, at, "type " + std::to_string(type) + "; the types are 0 to 4, as in tern_value");
}

template <typename Where>
void add_values(KeyBuilder& key, Where where, std::span<const std::byte> params, size_t wanted) {
  for (size_t at = 0; at < params.size();) at = add_value(key, where, params, at);
  if (key.arguments() != wanted)
    throw tern::Error(ErrorCode::kMisuse, where.text() + "the statement takes " + std::to_string(wanted) +
                                              " parameters, but params hold " + std::to_string(key.arguments()));
}

std::span<const std::byte> bytes_of(const void* params, size_t size) noexcept {
  return {static_cast<const std::byte*>(params), size};
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

template <typename Where>
void write_result(Where, const tern::Rows& rows, std::byte* buf, size_t cap, size_t& len) {
  const std::span<const std::byte> body = Access::body_bytes(rows);
  len = kHeadBytes + body.size();
  if (buf == nullptr || len > cap) refuse_size(len, cap);
  tern::cache::store_le(buf, static_cast<uint64_t>(rows.changes()));
  tern::cache::store_le(buf + 8, static_cast<uint64_t>(rows.last_row_id()));
  tern::cache::store_le(buf + 16, static_cast<uint64_t>(rows.source()) | staleness(rows.freshness()));
  std::memcpy(buf + kHeadBytes, body.data(), body.size());
}

// What a write has to say must fit before it is committed: afterwards it would be too late to ask for more room.
void check_write(const Prepared& prepared, size_t cap, size_t& len) {
  if (prepared.kind == tern::internal::StatementKind::kRead) return;
  if (prepared.returns_rows) {
    throw tern::Error(ErrorCode::kMisuse,
                      "tern_query_packed: this statement writes and returns rows, and could be committed although buf "
                      "is too small for them: use tern_query_pinned() or tern_query()");
  }
  len = kHeadBytes + Access::kEmptyBodyBytes;
  if (len > cap) refuse_size(len, cap);
}

template <typename Where>
tern_status query_packed(tern_statement* statement, const void* params, size_t params_len, uint32_t flags, void* buf,
                         size_t cap, size_t* len) {
  if (len == nullptr) return fail_null("tern_query_packed", "len");
  *len = 0;
  if (statement == nullptr) return fail_null("tern_query_packed", "statement");
  if (params == nullptr && params_len > 0) return fail_null("tern_query_packed", "params");
  if (buf == nullptr && cap > 0) return fail_null("tern_query_packed", "buf");
  bool answered = true;
  const tern_status failed = guarded([&] {
    if (flags != 0) tern::internal::check_call_flags("tern_query_packed", flags);
    const tern::internal::StatementImpl& impl = Access::impl(statement->statement);
    Prepared& prepared = *impl.prepared;
    KeyBuilder key(prepared.stored->fingerprint());
    add_values(key, Where(), bytes_of(params, params_len), prepared.parameter_count);
    const auto give = [&](const tern::Rows& rows) {
      write_result(Where(), rows, static_cast<std::byte*>(buf), cap, *len);
    };
    if ((flags & TERN_ONLY_HOT) != 0) {
      const std::optional<tern::Rows> rows = impl.run_if_hot(key);
      answered = rows.has_value();
      if (rows) give(*rows);
      return;
    }
    check_write(prepared, cap, *len);
    give((flags & TERN_BYPASS) != 0 ? impl.run_past_cache(key) : impl.run(key));
  });
  if (failed != TERN_OK) return failed;
  return answered ? TERN_OK : tern::internal::fail_would_block("tern_query_packed");
}

// Where the parameters of a call become a key, and `run` the rows of the result. A result is made before, since after a
// write that is committed nothing may fail.
template <typename Run>
tern_status give_result(const char* function, tern_statement* statement, const void* params, size_t params_len,
                        tern_result** out, Run&& run) {
  if (statement == nullptr) return fail_null(function, "statement");
  if (params == nullptr && params_len > 0) return fail_null(function, "params");
  const tern_status failed = guarded([&] {
    const Prepared& prepared = *Access::impl(statement->statement).prepared;
    KeyBuilder key(prepared.stored->fingerprint());
    add_values(key, WhereNamed{function}, bytes_of(params, params_len), prepared.parameter_count);
    auto result = std::make_unique<tern_result>(tern::Rows());
    std::optional<tern::Rows> rows = run(key);
    if (!rows) return;
    result->rows = *std::move(rows);
    *out = result.release();
  });
  if (failed != TERN_OK) return failed;
  return *out != nullptr ? TERN_OK : tern::internal::fail_would_block(function);
}

void run_batch(tern_database& db, std::span<const tern_packed_call> calls, tern_result** outs) {
  const auto bound = tern::internal::bind_packed("tern_batch_packed", db, calls, true);

  // Made before the commit: afterwards there must be nothing left that could fail.
  std::vector<std::unique_ptr<tern_result>> results(calls.size());
  for (auto& result : results) result = std::make_unique<tern_result>(tern::Rows());

  std::vector<tern::Rows> answers =
      tern::internal::translated([&] { return Access::engine(db.database)->writer().batch(bound.calls); });
  for (size_t i = 0; i < results.size(); ++i) {
    results[i]->rows = std::move(answers[i]);
    outs[i] = results[i].release();
  }
}

}  // namespace

namespace tern::internal {

PackedCalls bind_packed(const char* function, const tern_database& db, std::span<const tern_packed_call> calls,
                        bool numbered) {
  PackedCalls bound;
  bound.kept.reserve(calls.size());
  bound.keys.reserve(calls.size());
  bound.calls.reserve(calls.size());
  for (size_t i = 0; i < calls.size(); ++i) {
    const WhereNamed where{function, numbered ? i : WhereNamed::kNone};
    const tern_packed_call& call = calls[i];
    if (call.statement == nullptr) throw Error(ErrorCode::kMisuse, where.text() + "statement is NULL");
    if (call.statement->owner != &db)
      throw Error(ErrorCode::kMisuse, where.text() + "statement was prepared on another database handle, or a session");
    if (call.params == nullptr && call.params_len > 0) throw Error(ErrorCode::kMisuse, where.text() + "params is NULL");
    const auto& prepared = bound.kept.emplace_back(Access::impl(call.statement->statement).prepared);
    const auto& key = bound.keys.emplace_back(std::make_unique<cache::KeyBuilder>(prepared->stored->fingerprint()));
    add_values(*key, where, bytes_of(call.params, call.params_len), prepared->parameter_count);
    if (!key->complete()) throw std::bad_alloc();
    bound.calls.push_back({prepared.get(), key.get()});
    bound.bytes += call.params_len;
  }
  return bound;
}

}  // namespace tern::internal

extern "C" {

tern_status tern_query_packed(tern_statement* statement, const void* params, size_t params_len, void* buf, size_t cap,
                              size_t* len) {
  return query_packed<WherePacked<0>>(statement, params, params_len, 0, buf, cap, len);
}

tern_status tern_query_packed_with(tern_statement* statement, const void* params, size_t params_len, uint32_t flags,
                                   void* buf, size_t cap, size_t* len) {
  return query_packed<WherePacked<1>>(statement, params, params_len, flags, buf, cap, len);
}

tern_status tern_query_pinned(tern_statement* statement, const void* params, size_t params_len, uint32_t flags,
                              tern_result** out) {
  if (out == nullptr) return fail_null("tern_query_pinned", "out");
  *out = nullptr;
  return give_result("tern_query_pinned", statement, params, params_len, out, [&](const KeyBuilder& key) {
    tern::internal::check_call_flags("tern_query_pinned", flags);
    return tern::internal::run_by_flags(Access::impl(statement->statement), key, flags);
  });
}

tern_status tern_transaction_query_pinned(tern_transaction* transaction, tern_statement* statement, const void* params,
                                          size_t params_len, tern_result** out) {
  if (out == nullptr) return fail_null("tern_transaction_query_pinned", "out");
  *out = nullptr;
  if (transaction == nullptr) return fail_null("tern_transaction_query_pinned", "transaction");
  return give_result("tern_transaction_query_pinned", statement, params, params_len, out, [&](const KeyBuilder& key) {
    return std::optional(transaction->held.run(statement->statement, key));
  });
}

const void* tern_result_body(const tern_result* result, size_t* len) {
  if (result == nullptr || len == nullptr) {
    fail_null("tern_result_body", result == nullptr ? "result" : "len");
    return nullptr;
  }
  const std::span<const std::byte> body = Access::body_bytes(result->rows);
  *len = body.size();
  return body.data();
}

tern_status tern_batch_packed(tern_database* db, const tern_packed_call* calls, size_t count, tern_result** outs) {
  if (outs == nullptr && count > 0) return fail_null("tern_batch_packed", "outs");
  for (size_t i = 0; i < count; ++i) outs[i] = nullptr;
  if (db == nullptr) return fail_null("tern_batch_packed", "db");
  if (count == 0) return TERN_OK;
  if (calls == nullptr) return fail_null("tern_batch_packed", "calls");
  return guarded([&] { run_batch(*db, {calls, count}, outs); });
}

}  // extern "C"
