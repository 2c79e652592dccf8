#include "engine/c_api_options.h"

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string>

#include "engine/c_api_handles.h"
#include "tern/error.hpp"

namespace tern::internal {
namespace {

// Callers compiled against this version rely on the layout; fields are only ever added at the end.
static_assert(offsetof(tern_options, hot_bytes) == 8 && offsetof(tern_options, flags) == 40 &&
              offsetof(tern_options, extensions) == 64 && offsetof(tern_options, policy) == 80 &&
              offsetof(tern_options, kv_map_bytes) == 88 && sizeof(tern_options) == 96);
static_assert(offsetof(tern_policy, tags) == 56 && sizeof(tern_policy) == 80);

constexpr uint32_t kKnownFlags = (TERN_D1_RULES << 1) - 1;

constexpr uint32_t kKnownPolicyFlags = (TERN_PIN << 1) - 1;

template <typename Struct>
Struct checked(const Struct& given, const char* name, const char* type, uint32_t known_flags) {
  const Struct known = known_part(given, name, type);
  if ((known.flags & ~known_flags) != 0) {
    throw Error(ErrorCode::kUnsupported, std::string(name) + "->flags has bits that tern " + tern_version() +
                                             " does not know: " + std::to_string(known.flags & ~known_flags));
  }
  return known;
}

// A number that 0 leaves at its default, or that `none` sets to zero.
template <typename Number, typename Given>
void take(Number& option, Given given, bool none, const char* number_name, const char* flag_name) {
  if (none && given != 0) {
    throw Error(ErrorCode::kMisuse, std::string("options->") + number_name + " is " + std::to_string(given) + ", but " +
                                        flag_name + " is set; leave one of them 0");
  }
  if (none) option = 0;
  if (given != 0) option = static_cast<Number>(given);
}

template <typename Given>
void take_int(int& option, Given given, bool none, const char* number_name, const char* flag_name) {
  if (given > INT_MAX) {
    throw Error(ErrorCode::kMisuse, std::string("options->") + number_name + " is " + std::to_string(given) +
                                        "; at most " + std::to_string(INT_MAX));
  }
  take(option, given, none, number_name, flag_name);
}

}  // namespace

void check_option_bytes(const char* name, const char* type, const void* given, size_t size, size_t known_bytes) {
  if (size < sizeof size)
    throw Error(ErrorCode::kMisuse,
                std::string(name) + "->size is " + std::to_string(size) + "; set it to sizeof(" + type + ")");
  const auto* bytes = static_cast<const unsigned char*>(given);
  for (size_t i = known_bytes; i < size; ++i) {
    if (bytes[i] == 0) continue;
    throw Error(ErrorCode::kUnsupported, std::string(name) + "->size is " + std::to_string(size) + ", and byte " +
                                             std::to_string(i) + " is not zero: this is an option that tern " +
                                             tern_version() + ", which knows " + std::to_string(known_bytes) +
                                             " bytes, does not have");
  }
}

tern_status fail_small_struct(const char* function, size_t size) noexcept {
  char message[160];
  const int length =
      std::snprintf(message, sizeof message,
                    "%s: the size of what is to be filled in is %zu; set it to the struct's sizeof", function, size);
  return fail(TERN_MISUSE, {message, static_cast<size_t>(length)});
}

Options options_of(const tern_options* given) {
  Options options;
  if (given == nullptr) return options;
  const tern_options c = checked(*given, "options", "tern_options", kKnownFlags);
  const auto has = [&c](uint32_t flag) { return (c.flags & flag) != 0; };

  if (has(TERN_OPEN_EXISTING)) options.mode = OpenMode::kExisting;
  if (has(TERN_SYNCHRONOUS_FULL)) options.synchronous = Synchronous::kFull;
  if (has(TERN_KV_SYNC_EACH)) options.kv_durability = KvDurability::kEach;
  if (has(TERN_D1_RULES)) options.sql_rules = SqlRules::kD1;
  options.cache = !has(TERN_CACHE_OFF);
  options.convert_to_wal = has(TERN_CONVERT_TO_WAL);
  options.accept_unsafe_sqlite = has(TERN_ACCEPT_UNSAFE_SQLITE);

  take(options.hot_bytes, c.hot_bytes, has(TERN_HOT_OFF), "hot_bytes", "TERN_HOT_OFF");
  take(options.store_bytes, c.store_bytes, has(TERN_STORE_OFF), "store_bytes", "TERN_STORE_OFF");
  take(options.max_entry_bytes, c.max_entry_bytes, false, "max_entry_bytes", "");
  take(options.max_log_bytes, c.max_log_bytes, false, "max_log_bytes", "");
  take(options.kv_map_bytes, c.kv_map_bytes, false, "kv_map_bytes", "");
  take(options.checkpoint_frames, c.checkpoint_frames, false, "checkpoint_frames", "");
  take_int(options.busy_timeout_ms, c.busy_timeout_ms, has(TERN_NO_BUSY_TIMEOUT), "busy_timeout_ms",
           "TERN_NO_BUSY_TIMEOUT");
  take_int(options.busy_retries, c.busy_retries, has(TERN_NO_BUSY_RETRIES), "busy_retries", "TERN_NO_BUSY_RETRIES");
  take_int(options.max_read_connections, c.max_read_connections, false, "max_read_connections", "");
  if (c.extensions == nullptr && c.extension_count > 0)
    throw Error(ErrorCode::kMisuse,
                "options->extensions is NULL, but extension_count is " + std::to_string(c.extension_count));
  for (size_t i = 0; i < c.extension_count; ++i) {
    if (c.extensions[i] == nullptr)
      throw Error(ErrorCode::kMisuse, "options->extensions[" + std::to_string(i) + "] is NULL");
    options.extensions.emplace_back(c.extensions[i]);
  }
  take_int(options.page_cache_kib, c.page_cache_kib, false, "page_cache_kib", "");
  if (c.policy != nullptr) options.policy = policy_of(*c.policy);
  return options;
}

// What is out of bounds is told by whoever takes the policy (engine/policy.h).
Policy policy_of(const tern_policy& given) {
  const tern_policy c = checked(given, "policy", "tern_policy", kKnownPolicyFlags);
  using std::chrono::milliseconds;
  Policy policy;
  policy.ttl = milliseconds(c.ttl_ms);
  policy.stale_while_revalidate = milliseconds(c.stale_while_revalidate_ms);
  policy.stale_if_error = milliseconds(c.stale_if_error_ms);
  policy.refresh_ahead = milliseconds(c.refresh_ahead_ms);
  policy.admit_max_bytes = c.admit_max_bytes;
  if (c.admit_min_cost_ns > INT64_MAX)
    throw Error(ErrorCode::kMisuse, "policy->admit_min_cost_ns is " + std::to_string(c.admit_min_cost_ns) +
                                        "; at most " + std::to_string(INT64_MAX));
  policy.admit_min_cost = std::chrono::nanoseconds(c.admit_min_cost_ns);
  policy.negative_caching = (c.flags & TERN_NO_NEGATIVE_CACHING) == 0;
  policy.admit_second_time = (c.flags & TERN_ADMIT_SECOND_TIME) != 0;
  policy.pin = (c.flags & TERN_PIN) != 0;
  const bool no_jitter = (c.flags & TERN_NO_TTL_JITTER) != 0;
  if (no_jitter && c.ttl_jitter_permille != 0)
    throw Error(ErrorCode::kMisuse, "policy->ttl_jitter_permille is " + std::to_string(c.ttl_jitter_permille) +
                                        ", but TERN_NO_TTL_JITTER is set; leave one of them 0");
  if (no_jitter) policy.ttl_jitter = 0;
  if (c.ttl_jitter_permille != 0) policy.ttl_jitter = c.ttl_jitter_permille / 1000.0;
  if (c.tags == nullptr && c.tag_count > 0)
    throw Error(ErrorCode::kMisuse, "policy->tags is NULL, but tag_count is " + std::to_string(c.tag_count));
  for (size_t i = 0; i < c.tag_count; ++i) {
    if (c.tags[i] == nullptr) throw Error(ErrorCode::kMisuse, "policy->tags[" + std::to_string(i) + "] is NULL");
    policy.tags.emplace_back(c.tags[i]);
  }
  return policy;
}

}  // namespace tern::internal
