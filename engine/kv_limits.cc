#include "engine/kv_limits.h"

#include <algorithm>
#include <string>

#include "cache/kv_store.h"
#include "engine/json_check.h"
#include "tern/error.hpp"

namespace tern::internal {
namespace {

// For a message: the beginning of a key, as it is.
std::string quoted(std::string_view key) {
  constexpr size_t kShown = 40;
  return "\"" + std::string(key.substr(0, kShown)) + (key.size() > kShown ? "…\"" : "\"");
}

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::kLimit, what); }

size_t max_key_bytes(KvLimits limits) noexcept {
  return limits == KvLimits::kWorkers ? kKvWorkersKeyBytes : cache::kMaxKvKeyBytes;
}

void check_moment(int64_t at_ms, int64_t now_ms, KvLimits limits) {
  if (at_ms <= now_ms)
    refuse("expires_at_ms " + std::to_string(at_ms) + " is not after now, which is " + std::to_string(now_ms) +
           "; remove the key instead");
  if (at_ms > kKvLastMs)
    refuse("a value cannot expire after the year 9999, as " + std::to_string(at_ms) + " would; leave the expiry out");
  if (limits == KvLimits::kWorkers && at_ms - now_ms < kKvWorkersTtlMs)
    refuse("expires_at_ms " + std::to_string(at_ms) + " is less than 60 seconds ahead; give at least 60 seconds");
}

}  // namespace

void check_kv_name(std::string_view name) {
  if (name.empty() || name.size() > cache::KvStore::kMaxNameBytes)
    refuse("the name of a KV namespace has " + std::to_string(name.size()) + " bytes; it may have 1 to " +
           std::to_string(cache::KvStore::kMaxNameBytes));
}

void check_kv_key_closely(std::string_view key, KvLimits limits) {
  if (key.empty()) refuse("a key of a KV namespace is empty; give it at least one byte");
  if (key.size() > max_key_bytes(limits))
    refuse("the key " + quoted(key) + " has " + std::to_string(key.size()) + " bytes; at most " +
           std::to_string(max_key_bytes(limits)) + " are allowed: shorten it, or use a hash of it");
  if (limits == KvLimits::kWorkers && (key == "." || key == ".."))
    refuse("\"" + std::string(key) + "\" cannot be a key; choose another one");
}

void check_kv_prefix(std::string_view prefix) {
  if (prefix.size() > cache::kMaxKvKeyBytes)
    refuse("the prefix " + quoted(prefix) + " has " + std::to_string(prefix.size()) + " bytes; no key has more than " +
           std::to_string(cache::kMaxKvKeyBytes));
}

void check_kv_start(std::string_view start) {
  if (start.size() > cache::kMaxKvKeyBytes)
    refuse("the start of the listing, " + quoted(start) + ", has " + std::to_string(start.size()) +
           " bytes; no key has more than " + std::to_string(cache::kMaxKvKeyBytes));
}

void check_kv_value(std::string_view key, std::string_view value, KvLimits limits) {
  const uint64_t most = limits == KvLimits::kWorkers ? kKvWorkersValueBytes : kKvNativeValueBytes;
  if (value.size() > most)
    refuse("the value of key " + quoted(key) + " has " + std::to_string(value.size()) + " bytes; at most " +
           std::to_string(most) + " are allowed: part it over several keys");
}

void check_kv_metadata(std::string_view key, std::string_view metadata, KvLimits limits) {
  if (metadata.size() > kKvMetadataBytes)
    refuse("the metadata of key " + quoted(key) + " has " + std::to_string(metadata.size()) + " bytes; at most " +
           std::to_string(kKvMetadataBytes) + " are allowed: keep the rest in the value");
  // Deep enough for all that fits.
  static_assert(kMaxJsonDepth >= kKvMetadataBytes);
  if (limits != KvLimits::kWorkers || metadata.empty()) return;
  const auto wrong = first_invalid_json(metadata);
  if (!wrong) return;
  const std::string where =
      *wrong == metadata.size()
          ? "it ends too early, after " + std::to_string(*wrong) + " bytes"
          : "byte " + std::to_string(*wrong) + " does not belong there, of " + quoted(metadata.substr(*wrong));
  throw Error(ErrorCode::kMisuse, "the metadata of key " + quoted(key) + " is not JSON: " + where +
                                      "; give one JSON value in UTF-8, with text in quotation marks");
}

int64_t kv_expiry(const KvPutOptions& options, int64_t now_ms, KvLimits limits) {
  const int64_t ttl_ms = options.ttl.count();
  if (ttl_ms != 0 && options.expires_at_ms != 0)
    throw Error(ErrorCode::kMisuse, "ttl and expires_at_ms were both given; give one of them");
  if (options.expires_at_ms != 0) {
    check_moment(options.expires_at_ms, now_ms, limits);
    return options.expires_at_ms;
  }
  if (ttl_ms == 0) return 0;
  const int64_t least = limits == KvLimits::kWorkers ? kKvWorkersTtlMs : 1;
  if (ttl_ms < least)
    refuse("a ttl of " + std::to_string(ttl_ms) + " ms is too short; give at least " + std::to_string(least) + " ms");
  if (ttl_ms > kKvLastMs - now_ms)
    refuse("a ttl of " + std::to_string(ttl_ms) + " ms ends after the year 9999; leave the ttl out");
  return now_ms + ttl_ms;
}

int64_t kv_expiry_of_checked(const KvPutOptions& options, int64_t now_ms) noexcept {
  const int64_t ttl_ms = options.ttl.count();
  return ttl_ms == 0 ? options.expires_at_ms : std::min(now_ms + ttl_ms, kKvLastMs);
}

}  // namespace tern::internal
