// The bounds of keys, values, metadata and times of the KV tier, and the errors that say which one was met.
//
// Thread-safety: pure functions. Errors: Error::kLimit naming the thing, its value and the remedy; kMisuse for options
// that contradict one another, and for metadata that is not what the namespace takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "cache/kv_keys.h"
#include "tern/kv.hpp"

namespace tern::internal {

inline constexpr size_t kKvListLimit = 1000;
inline constexpr size_t kKvMetadataBytes = 1024;
inline constexpr uint64_t kKvNativeValueBytes = uint64_t{256} << 20;
inline constexpr uint64_t kKvWorkersValueBytes = uint64_t{25} << 20;
inline constexpr size_t kKvWorkersKeyBytes = 512;
inline constexpr int64_t kKvWorkersTtlMs = 60'000;
// The last millisecond of the year 9999.
inline constexpr int64_t kKvLastMs = 253'402'300'799'999;

void check_kv_name(std::string_view name);
void check_kv_key_closely(std::string_view key, KvLimits limits);
inline void check_kv_key(std::string_view key, KvLimits limits) {
  // Of every hit; an empty key wraps around.
  if (limits == KvLimits::kNative && key.size() - 1 < cache::kMaxKvKeyBytes) [[likely]]
    return;
  check_kv_key_closely(key, limits);
}
void check_kv_prefix(std::string_view prefix);
void check_kv_start(std::string_view start);
void check_kv_value(std::string_view key, std::string_view value, KvLimits limits);
// The moment at which what is put now expires; 0 for never.
int64_t kv_expiry(const KvPutOptions& options, int64_t now_ms, KvLimits limits);
// The same for what kv_expiry() has let pass before, and is put only now: never an error. May lie before now.
int64_t kv_expiry_of_checked(const KvPutOptions& options, int64_t now_ms) noexcept;
// KvLimits::kWorkers: JSON, or none.
void check_kv_metadata(std::string_view key, std::string_view metadata, KvLimits limits);

}  // namespace tern::internal
