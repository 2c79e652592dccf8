// tern_compute.h: values that the host computes, over the public C++ API.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "cache/entry.h"
#include "engine/c_api_handles.h"
#include "engine/c_api_kv.h"
#include "engine/c_api_options.h"
#include "engine/c_api_values.h"
#include "tern/compute.hpp"

using tern::Error;
using tern::ErrorCode;
using tern::internal::fail;
using tern::internal::fail_null;
using tern::internal::guarded;
using tern::internal::Parameters;
using tern::internal::text_of;

// Callers compiled against this version rely on the layout; fields are only ever added at the end.
static_assert(sizeof(tern_compute_options) == 32 && offsetof(tern_compute_options, flags) == 24);
static_assert(TERN_COMPUTED == static_cast<int>(tern::Source::kComputed));
static_assert(TERN_COMPUTED_KEY_BYTES == tern::kMaxComputedKeyBytes);

// It lives as long as the call of its function.
struct tern_computation {
  tern::Computation* computation;
  std::string value = {};
  tern_status lost = TERN_OK;  // why bytes of the value are missing
};

struct tern_computation_part {
  explicit tern_computation_part(tern::Computation& of) : on(of) {}

  tern::Computation::OnThisThread on;
};

struct tern_computed {
  tern::Computed computed;
};

namespace {

constexpr size_t kMaxValueBytes = tern::cache::kMaxImageBytes / 2;

// On its way out through the engine, whose message is this thread's already.
struct FunctionFailed {
  tern_status status;
};

tern::ComputeOptions compute_options_of(const tern_compute_options* given) {
  tern::ComputeOptions options;
  if (given == nullptr) return options;
  const tern_compute_options known = tern::internal::known_part(*given, "options", "tern_compute_options");
  if ((known.flags & ~uint32_t{TERN_NO_PATIENCE}) != 0 || known.reserved != 0)
    throw Error(ErrorCode::kUnsupported, "tern_compute_options: flags is " + std::to_string(known.flags) +
                                             " and reserved " + std::to_string(known.reserved) +
                                             "; TERN_NO_PATIENCE (1) exists, with 0");
  const bool impatient = (known.flags & TERN_NO_PATIENCE) != 0;
  if (known.patience_ms < 0 || (impatient && known.patience_ms != 0))
    throw Error(ErrorCode::kMisuse,
                "options->patience_ms is " + std::to_string(known.patience_ms) +
                    (impatient ? ", but TERN_NO_PATIENCE is set; leave one of them 0" : "; it must not be negative"));
  options.ttl = std::chrono::milliseconds(known.ttl_ms);
  if (impatient || known.patience_ms != 0) options.patience = std::chrono::milliseconds(known.patience_ms);
  return options;
}

tern_status fail_lost(tern_status status) noexcept {
  return fail(status, status == TERN_LIMIT ? "tern_computation_append: a computed value has at most 2 GiB"
                                           : "tern_computation_append: out of memory");
}

// The status with which the computing ends, and its message where the function has left none.
tern_status call(tern_compute_function compute, void* user_data, tern_computation& computation) {
  const uint64_t before = tern::internal::failures();
  const tern_status status = compute(user_data, &computation);
  if (computation.lost != TERN_OK) return fail_lost(computation.lost);
  if (status < TERN_OK || status > TERN_WOULD_BLOCK)
    return fail(TERN_MISUSE, "tern_get_or_compute: the function returned " + std::to_string(static_cast<int>(status)) +
                                 ", which is no tern_status");
  if (status != TERN_OK && tern::internal::failures() == before)
    return fail(status, "tern_get_or_compute: the function failed, and said no more");
  return status;
}

}  // namespace

extern "C" {

tern_status tern_get_or_compute(tern_database* db, const void* key, size_t key_len, const tern_compute_options* options,
                                tern_compute_function compute, void* user_data, tern_computed** out) {
  if (out == nullptr) return fail_null("tern_get_or_compute", "out");
  *out = nullptr;
  if (db == nullptr) return fail_null("tern_get_or_compute", "db");
  if (key == nullptr && key_len > 0) return fail_null("tern_get_or_compute", "key");
  if (compute == nullptr) return fail_null("tern_get_or_compute", "compute");
  tern_status status = TERN_OK;
  const tern_status failed = guarded([&] {
    try {
      *out = new tern_computed{db->database.get_or_compute(text_of(key, key_len), compute_options_of(options),
                                                           [&](tern::Computation& computation) {
                                                             tern_computation mine{&computation};
                                                             const tern_status ended = call(compute, user_data, mine);
                                                             if (ended != TERN_OK) throw FunctionFailed{ended};
                                                             return std::move(mine.value);
                                                           })};
    } catch (const FunctionFailed& function) {
      status = function.status;
    }
  });
  return failed != TERN_OK ? failed : status;
}

tern_status tern_computation_append(tern_computation* computation, const void* data, size_t len) {
  if (computation == nullptr) return fail_null("tern_computation_append", "computation");
  if (data == nullptr && len > 0) return fail_null("tern_computation_append", "data");
  if (computation->lost != TERN_OK) return fail_lost(computation->lost);
  if (len > kMaxValueBytes - computation->value.size()) {
    computation->lost = TERN_LIMIT;
  } else if (guarded([&] { computation->value.append(text_of(data, len)); }) != TERN_OK) {
    computation->lost = TERN_NO_MEMORY;
  }
  return computation->lost == TERN_OK ? TERN_OK : fail_lost(computation->lost);
}

tern_status tern_computation_fail(tern_computation* computation, tern_status status, const char* message,
                                  size_t message_len) {
  if (computation == nullptr) return fail_null("tern_computation_fail", "computation");
  if (message == nullptr) return fail_null("tern_computation_fail", "message");
  if (status == TERN_OK) return fail(TERN_MISUSE, "tern_computation_fail: status is TERN_OK, which is no failure");
  return fail(status, {message, message_len});
}

tern_status tern_computation_depend_on(tern_computation* computation, tern_statement* statement,
                                       const tern_value* params, size_t count) {
  if (computation == nullptr) return fail_null("tern_computation_depend_on", "computation");
  if (statement == nullptr) return fail_null("tern_computation_depend_on", "statement");
  return guarded([&] {
    const Parameters parameters("tern_computation_depend_on", params, count);
    computation->computation->depend_on(statement->statement.bind_values(parameters.values()));
  });
}

tern_status tern_computation_depend_on_table(tern_computation* computation, const char* table, size_t table_len) {
  if (computation == nullptr) return fail_null("tern_computation_depend_on_table", "computation");
  if (table == nullptr) return fail_null("tern_computation_depend_on_table", "table");
  return guarded([&] { computation->computation->depend_on_table({table, table_len}); });
}

tern_status tern_computation_depend_on_tag(tern_computation* computation, const char* tag, size_t tag_len) {
  if (computation == nullptr) return fail_null("tern_computation_depend_on_tag", "computation");
  if (tag == nullptr) return fail_null("tern_computation_depend_on_tag", "tag");
  return guarded([&] { computation->computation->depend_on_tag({tag, tag_len}); });
}

tern_status tern_computation_do_not_cache(tern_computation* computation, const char* why, size_t why_len) {
  if (computation == nullptr) return fail_null("tern_computation_do_not_cache", "computation");
  if (why == nullptr) return fail_null("tern_computation_do_not_cache", "why");
  return guarded([&] { computation->computation->do_not_cache({why, why_len}); });
}

tern_status tern_computation_expire_in(tern_computation* computation, int64_t ttl_ms) {
  if (computation == nullptr) return fail_null("tern_computation_expire_in", "computation");
  return guarded([&] { computation->computation->expire_in(std::chrono::milliseconds(ttl_ms)); });
}

tern_status tern_computation_enter(tern_computation* computation, tern_computation_part** out) {
  if (out == nullptr) return fail_null("tern_computation_enter", "out");
  *out = nullptr;
  if (computation == nullptr) return fail_null("tern_computation_enter", "computation");
  return guarded([&] { *out = new tern_computation_part(*computation->computation); });
}

void tern_computation_leave(tern_computation_part* part) { delete part; }

const void* tern_computed_data(const tern_computed* computed, size_t* len) {
  if (computed == nullptr || len == nullptr) {
    fail_null("tern_computed_data", computed == nullptr ? "computed" : "len");
    return nullptr;
  }
  *len = computed->computed.size();
  return computed->computed.text().data();
}

int tern_computed_source(const tern_computed* computed) {
  if (computed != nullptr) return static_cast<int>(computed->computed.source());
  fail_null("tern_computed_source", "computed");
  return 0;
}

int tern_computed_stale(const tern_computed* computed, int64_t* age_ms) {
  if (age_ms != nullptr) *age_ms = 0;
  if (computed == nullptr) {
    fail_null("tern_computed_stale", "computed");
    return 0;
  }
  const tern::Freshness freshness = computed->computed.freshness();
  if (age_ms != nullptr) *age_ms = freshness.age_ms;
  return static_cast<int>(freshness.reason);
}

const char* tern_computed_why_not_cached(const tern_computed* computed, size_t* len) {
  if (len != nullptr) *len = 0;
  if (computed == nullptr) fail_null("tern_computed_why_not_cached", "computed");
  if (computed == nullptr || computed->computed.cached()) return nullptr;
  // A view of a std::string, which ends with NUL.
  const std::string_view why = computed->computed.why_not_cached();
  if (len != nullptr) *len = why.size();
  return why.data();
}

void tern_computed_free(tern_computed* computed) { delete computed; }

}  // extern "C"
