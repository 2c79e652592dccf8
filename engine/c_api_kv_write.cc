// tern_kv.h: writing, over the public C++ API.

#include <string>

#include "engine/c_api_kv.h"
#include "engine/c_api_options.h"

using tern::ErrorCode;
using tern::internal::fail_null;
using tern::internal::guarded;
using tern::internal::keys_of;
using tern::internal::put_options_of;
using tern::internal::text_of;

namespace {

tern_status check_key(const char* function, const tern_kv* kv, const void* key) noexcept {
  if (kv == nullptr) return fail_null(function, "kv");
  return key == nullptr ? fail_null(function, "key") : TERN_OK;
}

tern_status check_put(const char* function, const tern_kv* kv, const void* key, const void* value,
                      size_t len) noexcept {
  if (const tern_status bad = check_key(function, kv, key); bad != TERN_OK) return bad;
  return value == nullptr && len > 0 ? fail_null(function, "value") : TERN_OK;
}

std::vector<tern::KvItem> items_of(const tern_kv_item* items, size_t count) {
  std::vector<tern::KvItem> taken;
  taken.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const tern_kv_item& item = items[i];
    if (item.key.data == nullptr || (item.value == nullptr && item.len > 0))
      throw tern::Error(ErrorCode::kMisuse, "tern_kv_put_many: items[" + std::to_string(i) + "]." +
                                                (item.key.data == nullptr ? "key.data" : "value") + " is NULL");
    taken.push_back(
        {text_of(item.key.data, item.key.len), text_of(item.value, item.len), put_options_of(item.options)});
  }
  return taken;
}

}  // namespace

namespace tern::internal {

KvPutOptions put_options_of(const tern_kv_put_options* given) {
  if (given == nullptr) return {};
  const tern_kv_put_options known = known_part(*given, "options", "tern_kv_put_options");
  if (known.metadata == nullptr && known.metadata_len > 0)
    throw Error(ErrorCode::kMisuse,
                "tern_kv_put_options: metadata is NULL, but metadata_len is " + std::to_string(known.metadata_len));
  return {.ttl = std::chrono::milliseconds(known.ttl_ms),
          .expires_at_ms = known.expires_at_ms,
          .metadata = text_of(known.metadata, known.metadata_len)};
}

}  // namespace tern::internal

extern "C" {

tern_status tern_kv_put(tern_kv* kv, const void* key, size_t key_len, const void* value, size_t len,
                        const tern_kv_put_options* options) {
  if (const tern_status bad = check_put("tern_kv_put", kv, key, value, len); bad != TERN_OK) return bad;
  return guarded([&] { kv->names.put(text_of(key, key_len), text_of(value, len), put_options_of(options)); });
}

tern_status tern_kv_put_many(tern_kv* kv, const tern_kv_item* items, size_t count, uint64_t* version) {
  if (kv == nullptr) return fail_null("tern_kv_put_many", "kv");
  if (items == nullptr && count > 0) return fail_null("tern_kv_put_many", "items");
  return guarded([&] {
    const uint64_t put = kv->names.put_many(items_of(items, count));
    if (version != nullptr) *version = put;
  });
}

tern_status tern_kv_delete(tern_kv* kv, const void* key, size_t key_len) {
  if (const tern_status bad = check_key("tern_kv_delete", kv, key); bad != TERN_OK) return bad;
  return guarded([&] { kv->names.remove(text_of(key, key_len)); });
}

tern_status tern_kv_delete_many(tern_kv* kv, const tern_kv_name* keys, size_t count, size_t* deleted) {
  if (kv == nullptr) return fail_null("tern_kv_delete_many", "kv");
  return guarded([&] {
    const size_t removed = kv->names.remove_many(keys_of("tern_kv_delete_many", keys, count));
    if (deleted != nullptr) *deleted = removed;
  });
}

tern_status tern_kv_delete_prefix(tern_kv* kv, const void* prefix, size_t prefix_len, uint64_t* deleted) {
  if (kv == nullptr) return fail_null("tern_kv_delete_prefix", "kv");
  if (prefix == nullptr && prefix_len > 0) return fail_null("tern_kv_delete_prefix", "prefix");
  return guarded([&] {
    const uint64_t removed = kv->names.remove_prefix(text_of(prefix, prefix_len));
    if (deleted != nullptr) *deleted = removed;
  });
}

tern_status tern_kv_put_if_version(tern_kv* kv, const void* key, size_t key_len, uint64_t expected, const void* value,
                                   size_t len, const tern_kv_put_options* options, uint64_t* version) {
  if (const tern_status bad = check_put("tern_kv_put_if_version", kv, key, value, len); bad != TERN_OK) return bad;
  if (version == nullptr) return fail_null("tern_kv_put_if_version", "version");
  return guarded([&] {
    const auto put =
        kv->names.put_if_version(text_of(key, key_len), expected, text_of(value, len), put_options_of(options));
    *version = put.value_or(0);
  });
}

tern_status tern_kv_delete_if_version(tern_kv* kv, const void* key, size_t key_len, uint64_t expected, int* deleted) {
  if (const tern_status bad = check_key("tern_kv_delete_if_version", kv, key); bad != TERN_OK) return bad;
  if (deleted == nullptr) return fail_null("tern_kv_delete_if_version", "deleted");
  return guarded([&] { *deleted = kv->names.remove_if_version(text_of(key, key_len), expected) ? 1 : 0; });
}

tern_status tern_kv_increment(tern_kv* kv, const void* key, size_t key_len, int64_t by,
                              const tern_kv_put_options* options, int64_t* sum) {
  if (const tern_status bad = check_key("tern_kv_increment", kv, key); bad != TERN_OK) return bad;
  return guarded([&] {
    const int64_t now = kv->names.increment(text_of(key, key_len), by, put_options_of(options));
    if (sum != nullptr) *sum = now;
  });
}

}  // extern "C"
