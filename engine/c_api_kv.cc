// tern_kv.h: namespaces, reading and listing, over the public C++ API.

#include "engine/c_api_kv.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "engine/c_api_flags.h"
#include "engine/c_api_options.h"
#include "engine/hot_value.h"

using tern::internal::clear_behind;
using tern::internal::fail;
using tern::internal::fail_null;
using tern::internal::guarded;
using tern::internal::text_of;

// Callers compiled against this version rely on the layout; fields are only ever added at the end.
static_assert(sizeof(tern_kv_options) == 16 && sizeof(tern_kv_put_options) == 40 && sizeof(tern_kv_list_options) == 64);
static_assert(sizeof(tern_kv_key) == 56 && offsetof(tern_kv_info, metadata) == 40 && sizeof(tern_kv_info) == 1064);
static_assert(sizeof(tern_kv_name) == 16 && sizeof(tern_kv_item) == 40);

namespace {

tern::KvOptions kv_options_of(const tern_kv_options* given) {
  if (given == nullptr) return {};
  const tern_kv_options known = tern::internal::known_part(*given, "options", "tern_kv_options");
  if (known.limits > TERN_KV_WORKERS || known.reserved != 0)
    throw tern::Error(tern::ErrorCode::kUnsupported, "tern_kv_options: limits is " + std::to_string(known.limits) +
                                                         " and reserved " + std::to_string(known.reserved) +
                                                         "; TERN_KV_NATIVE (0) and TERN_KV_WORKERS (1) exist, with 0");
  return {.limits = known.limits == TERN_KV_WORKERS ? tern::KvLimits::kWorkers : tern::KvLimits::kNative};
}

tern::KvListOptions list_options_of(const tern_kv_list_options* given) {
  if (given == nullptr) return {};
  const tern_kv_list_options known = tern::internal::known_part(*given, "options", "tern_kv_list_options");
  if ((known.prefix == nullptr && known.prefix_len != 0) || (known.cursor == nullptr && known.cursor_len != 0))
    throw tern::Error(tern::ErrorCode::kMisuse, "tern_kv_list: prefix or cursor is NULL, but its length is not 0");
  if (known.start == nullptr && known.start_len != 0)
    throw tern::Error(tern::ErrorCode::kMisuse, "tern_kv_list: start is NULL, but its length is not 0");
  tern::KvListOptions options;
  options.prefix = text_of(known.prefix, known.prefix_len);
  options.cursor = text_of(known.cursor, known.cursor_len);
  options.start = text_of(known.start, known.start_len);
  if (known.limit != 0) options.limit = known.limit;
  return options;
}

void fill(tern_kv_info& info, const tern::Pinned& value) noexcept {
  const std::string_view metadata = value.metadata();
  info.expires_at_ms = value.expires_at_ms();
  info.version = value.version();
  info.source = static_cast<int32_t>(value.source());
  info.reserved = 0;
  info.metadata_len = metadata.size();
  if (!metadata.empty()) std::memcpy(info.metadata, metadata.data(), metadata.size());
}

constexpr std::string_view kMissing = ": there is no such key, or it has expired";

// A key that is not there is nothing unusual, so that it costs no more than a hit.
tern_status fail_missing(const char* function) noexcept {
  std::array<char, 128> message;
  char* end = message.data();
  for (const std::string_view part : {std::string_view(function), kMissing})
    end = std::copy(part.begin(), part.end(), end);
  return fail(TERN_NOT_FOUND, std::string_view(message.data(), static_cast<size_t>(end - message.data())));
}

tern_status fail_small(const char* function, size_t needed, size_t cap) noexcept {
  char message[160];
  const int size =
      std::snprintf(message, sizeof message, "%s: the value needs %zu bytes, cap is %zu", function, needed, cap);
  return fail(TERN_LIMIT, {message, static_cast<size_t>(size)});
}

[[gnu::always_inline]] inline tern_status copy_out(const tern::Pinned& value, void* buf, size_t cap,
                                                   size_t* len) noexcept {
  *len = value.size();
  if (value.size() > cap) return fail_small("tern_kv_get", value.size(), cap);
  if (value.size() != 0) std::memcpy(buf, value.text().data(), value.size());
  return TERN_OK;
}

[[gnu::always_inline]] inline tern_status check_get(const tern_kv* kv, const void* key, const void* buf, size_t cap,
                                                    size_t* len, tern_kv_info* info) noexcept {
  if (len == nullptr) return fail_null("tern_kv_get", "len");
  *len = 0;
  if (kv == nullptr) return fail_null("tern_kv_get", "kv");
  if (key == nullptr) return fail_null("tern_kv_get", "key");
  if (buf == nullptr && cap > 0) return fail_null("tern_kv_get", "buf");
  return info != nullptr ? clear_behind("tern_kv_get", info) : TERN_OK;
}

// Inlined into both of its callers, which take the hot path.
[[gnu::always_inline]] inline tern_status give(const std::optional<tern::Pinned>& value, void* buf, size_t cap,
                                               size_t* len, tern_kv_info* info) noexcept {
  if (!value) return fail_missing("tern_kv_get");
  if (info != nullptr) fill(*info, *value);
  return copy_out(*value, buf, cap, len);
}

}  // namespace

namespace tern::internal {

std::vector<std::string_view> keys_of(const char* function, const tern_kv_name* keys, size_t count) {
  if (keys == nullptr && count > 0)
    throw Error(ErrorCode::kMisuse, std::string(function) + ": keys is NULL, but count is " + std::to_string(count));
  std::vector<std::string_view> views;
  views.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    if (keys[i].data == nullptr)
      throw Error(ErrorCode::kMisuse, std::string(function) + ": keys[" + std::to_string(i) + "].data is NULL");
    views.push_back(text_of(keys[i].data, keys[i].len));
  }
  return views;
}

}  // namespace tern::internal

extern "C" {

tern_status tern_kv_open(tern_database* db, const char* name, tern_kv** out) {
  return tern_kv_open_with(db, name, nullptr, out);
}

tern_status tern_kv_open_with(tern_database* db, const char* name, const tern_kv_options* options, tern_kv** out) {
  if (out == nullptr) return fail_null("tern_kv_open", "out");
  *out = nullptr;
  if (db == nullptr) return fail_null("tern_kv_open", "db");
  if (name == nullptr) return fail_null("tern_kv_open", "name");
  return guarded([&] { *out = new tern_kv(*db, db->database.kv(name, kv_options_of(options))); });
}

void tern_kv_free(tern_kv* kv) { delete kv; }

tern_status tern_kv_namespaces(tern_database* db, tern_kv_page** out) {
  if (out == nullptr) return fail_null("tern_kv_namespaces", "out");
  *out = nullptr;
  if (db == nullptr) return fail_null("tern_kv_namespaces", "db");
  return guarded([&] {
    auto page = std::make_unique<tern_kv_page>();
    for (std::string& name : db->database.kv_namespaces()) page->page.keys.emplace_back().name = std::move(name);
    *out = page.release();
  });
}

tern_status tern_kv_get(tern_kv* kv, const void* key, size_t key_len, void* buf, size_t cap, size_t* len,
                        tern_kv_info* info) {
  if (const tern_status bad = check_get(kv, key, buf, cap, len, info); bad != TERN_OK) return bad;
  tern_status status = TERN_OK;
  const tern_status failed = guarded([&] { status = give(kv->names.get(text_of(key, key_len)), buf, cap, len, info); });
  return failed != TERN_OK ? failed : status;
}

tern_status tern_kv_get_with(tern_kv* kv, const void* key, size_t key_len, uint32_t flags, void* buf, size_t cap,
                             size_t* len, tern_kv_info* info) {
  if (flags == 0) return tern_kv_get(kv, key, key_len, buf, cap, len, info);
  if (const tern_status bad = check_get(kv, key, buf, cap, len, info); bad != TERN_OK) return bad;
  tern_status status = TERN_OK;
  const tern_status failed = guarded([&] {
    tern::internal::check_flags("tern_kv_get", flags, TERN_ONLY_HOT);
    const auto known = tern::internal::value_if_hot(tern::internal::Access::impl(kv->names), text_of(key, key_len));
    status = known ? give(*known, buf, cap, len, info) : tern::internal::fail_would_block("tern_kv_get");
  });
  return failed != TERN_OK ? failed : status;
}

tern_status tern_kv_pin(tern_kv* kv, const void* key, size_t key_len, tern_kv_value** out) {
  if (out == nullptr) return fail_null("tern_kv_pin", "out");
  *out = nullptr;
  if (kv == nullptr) return fail_null("tern_kv_pin", "kv");
  if (key == nullptr) return fail_null("tern_kv_pin", "key");
  const tern_status failed = guarded([&] {
    auto value = kv->names.get(text_of(key, key_len));
    if (value) *out = new tern_kv_value{std::move(value)};
  });
  if (failed != TERN_OK) return failed;
  return *out != nullptr ? TERN_OK : fail_missing("tern_kv_pin");
}

tern_status tern_kv_get_many(tern_kv* kv, const tern_kv_name* keys, size_t count, tern_kv_value** outs) {
  if (outs == nullptr && count > 0) return fail_null("tern_kv_get_many", "outs");
  for (size_t i = 0; i < count; ++i) outs[i] = nullptr;
  if (kv == nullptr) return fail_null("tern_kv_get_many", "kv");
  return guarded([&] {
    auto values = kv->names.get_many(tern::internal::keys_of("tern_kv_get_many", keys, count));
    std::vector<std::unique_ptr<tern_kv_value>> given(count);
    for (size_t i = 0; i < count; ++i) {
      if (values[i]) given[i] = std::make_unique<tern_kv_value>(tern_kv_value{std::move(values[i])});
    }
    for (size_t i = 0; i < count; ++i) outs[i] = given[i].release();
  });
}

tern_status tern_kv_get_and_touch(tern_kv* kv, const void* key, size_t key_len, int64_t ttl_ms, tern_kv_value** out) {
  if (out == nullptr) return fail_null("tern_kv_get_and_touch", "out");
  *out = nullptr;
  if (kv == nullptr) return fail_null("tern_kv_get_and_touch", "kv");
  if (key == nullptr) return fail_null("tern_kv_get_and_touch", "key");
  const tern_status failed = guarded([&] {
    auto value = std::make_unique<tern_kv_value>();  // before the write, after which nothing may fail
    value->pinned = kv->names.get_and_touch(text_of(key, key_len), std::chrono::milliseconds(ttl_ms));
    if (value->pinned) *out = value.release();
  });
  if (failed != TERN_OK) return failed;
  return *out != nullptr ? TERN_OK : fail_missing("tern_kv_get_and_touch");
}

const void* tern_kv_value_data(const tern_kv_value* value, size_t* len) {
  if (value == nullptr || len == nullptr) {
    fail_null("tern_kv_value_data", value == nullptr ? "value" : "len");
    return nullptr;
  }
  *len = value->pinned->size();
  return value->pinned->text().data();
}

tern_status tern_kv_value_info(const tern_kv_value* value, tern_kv_info* out) {
  if (out == nullptr) return fail_null("tern_kv_value_info", "out");
  if (value == nullptr) return fail_null("tern_kv_value_info", "value");
  if (const tern_status bad = clear_behind("tern_kv_value_info", out); bad != TERN_OK) return bad;
  fill(*out, *value->pinned);
  return TERN_OK;
}

void tern_kv_value_free(tern_kv_value* value) { delete value; }

tern_status tern_kv_list(tern_kv* kv, const tern_kv_list_options* options, tern_kv_page** out) {
  if (out == nullptr) return fail_null("tern_kv_list", "out");
  *out = nullptr;
  if (kv == nullptr) return fail_null("tern_kv_list", "kv");
  return guarded([&] { *out = new tern_kv_page{kv->names.list(list_options_of(options))}; });
}

size_t tern_kv_page_count(const tern_kv_page* page) {
  if (page != nullptr) return page->page.keys.size();
  fail_null("tern_kv_page_count", "page");
  return 0;
}

tern_status tern_kv_page_key(const tern_kv_page* page, size_t index, tern_kv_key* out) {
  if (out == nullptr) return fail_null("tern_kv_page_key", "out");
  if (page == nullptr) return fail_null("tern_kv_page_key", "page");
  if (const tern_status bad = clear_behind("tern_kv_page_key", out); bad != TERN_OK) return bad;
  if (index >= page->page.keys.size()) {
    char message[128];
    const int size = std::snprintf(message, sizeof message, "tern_kv_page_key: key %zu, but the page has %zu", index,
                                   page->page.keys.size());
    return fail(TERN_MISUSE, {message, static_cast<size_t>(size)});
  }
  const tern::KvKey& key = page->page.keys[index];
  out->name = key.name.c_str();
  out->name_len = key.name.size();
  out->metadata = key.metadata.c_str();
  out->metadata_len = key.metadata.size();
  out->expires_at_ms = key.expires_at_ms;
  out->version = key.version;
  return TERN_OK;
}

const char* tern_kv_page_cursor(const tern_kv_page* page, size_t* len) {
  if (len != nullptr) *len = 0;
  if (page == nullptr) fail_null("tern_kv_page_cursor", "page");
  if (page == nullptr || page->page.complete) return nullptr;
  if (len != nullptr) *len = page->page.cursor.size();
  return page->page.cursor.c_str();
}

void tern_kv_page_free(tern_kv_page* page) { delete page; }

}  // extern "C"
