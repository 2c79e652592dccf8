// KV namespaces.
#include "tests/capi_fuzz/fuzz.h"

namespace tern::capi_fuzz {
namespace {

volatile uint64_t sink = 0;

void touch(const void* data, size_t len) {
  const auto* const bytes = static_cast<const unsigned char*>(data);
  uint64_t sum = 0;
  for (size_t i = 0; i < len; ++i) sum += bytes[i];
  sink = sink + sum;
}

tern_kv_put_options* put_options(World& w) {
  tern_kv_put_options options{};
  if (w.random.one_in(3)) options.ttl_ms = w.some_number();
  if (w.random.one_in(6)) options.expires_at_ms = w.some_number();
  if (w.random.one_in(3)) {
    const std::string_view metadata = w.some_bytes();
    options.metadata = w.or_null(metadata.data());
    options.metadata_len = metadata.size();
  }
  return w.sized(options);
}

void open(World& w) {
  tern_kv_options options{};
  options.limits = w.random.one_in(20) ? 7 : static_cast<uint32_t>(w.random.below(2));
  tern_kv* out = nullptr;
  const char* const name = w.or_null(w.some_name().data());
  const tern_status status = w.random.one_in(2) ? tern_kv_open(w.some_db(), name, &out)
                                                : tern_kv_open_with(w.some_db(), name, w.sized(options), &out);
  w.take("tern_kv_open", status, out, w.kvs, tern_kv_free);
}

void free_one(World& w) {
  w.count("tern_kv_free");
  if (w.kvs.empty()) return tern_kv_free(nullptr);
  tern_kv_free(w.kvs.back());
  w.kvs.pop_back();
}

void get(World& w) {
  const std::string_view key = w.some_key();
  const tern_kv_info like{};
  tern_kv_info* const info = w.random.one_in(3) ? w.sized(like) : nullptr;
  size_t len = 0;
  const bool with = w.random.one_in(2);
  const size_t cap = w.some_room();
  w.demand(with ? "tern_kv_get_with" : "tern_kv_get",
           with ? tern_kv_get_with(w.some_kv(), w.or_null(key.data()), key.size(), w.some_flags(),
                                   w.or_null(w.buffer.data()), cap, w.or_null(&len), info)
                : tern_kv_get(w.some_kv(), w.or_null(key.data()), key.size(), w.or_null(w.buffer.data()), cap,
                              w.or_null(&len), info));
}

void pin(World& w) {
  const std::string_view key = w.some_key();
  tern_kv_value* out = nullptr;
  const bool touched = w.random.one_in(4);
  const tern_status status = touched ? tern_kv_get_and_touch(w.some_kv(), key.data(), key.size(), w.some_number(), &out)
                                     : tern_kv_pin(w.some_kv(), w.or_null(key.data()), key.size(), &out);
  w.take(touched ? "tern_kv_get_and_touch" : "tern_kv_pin", status, out, w.values, tern_kv_value_free);
}

void get_many(World& w) {
  tern_kv_name keys[5] = {};
  tern_kv_value* outs[5] = {};
  const size_t count = w.random.below(6);
  for (size_t i = 0; i < count; ++i) {
    const std::string_view key = w.some_key();
    keys[i] = {w.or_null(key.data()), key.size()};
  }
  w.demand("tern_kv_get_many", tern_kv_get_many(w.some_kv(), w.or_null(&keys[0]), count, outs));
  for (size_t i = 0; i < count; ++i) tern_kv_value_free(outs[i]);
}

void read_value(World& w) {
  tern_kv_value* const value = w.some(w.values);
  size_t len = 0;
  w.count("tern_kv_value_data");
  if (const void* const data = tern_kv_value_data(value, w.or_null(&len)); data != nullptr) touch(data, len);
  const tern_kv_info like{};
  w.demand("tern_kv_value_info", tern_kv_value_info(value, w.sized(like)));
}

void put(World& w) {
  const std::string_view key = w.some_key(), value = w.some_bytes();
  w.demand("tern_kv_put", tern_kv_put(w.some_kv(), w.or_null(key.data()), key.size(), w.or_null(value.data()),
                                      value.size(), put_options(w)));
}

void put_many(World& w) {
  tern_kv_item items[4] = {};
  const size_t count = w.random.below(5);
  for (size_t i = 0; i < count; ++i) {
    const std::string_view key = w.some_key(), value = w.some_bytes();
    items[i] = {{w.or_null(key.data()), key.size()}, w.or_null(value.data()), value.size(), put_options(w)};
  }
  uint64_t version = 0;
  w.demand("tern_kv_put_many", tern_kv_put_many(w.some_kv(), w.or_null(&items[0]), count, w.or_null(&version)));
}

void put_if(World& w) {
  const std::string_view key = w.some_key(), value = w.some_bytes();
  uint64_t version = 0;
  int deleted = 0;
  w.demand("tern_kv_put_if_version",
           tern_kv_put_if_version(w.some_kv(), w.or_null(key.data()), key.size(), w.random.below(3), value.data(),
                                  value.size(), put_options(w), w.or_null(&version)));
  w.demand("tern_kv_delete_if_version",
           tern_kv_delete_if_version(w.some_kv(), key.data(), key.size(), w.random.next(), w.or_null(&deleted)));
}

void remove(World& w) {
  const std::string_view key = w.some_key();
  w.demand("tern_kv_delete", tern_kv_delete(w.some_kv(), w.or_null(key.data()), key.size()));
  tern_kv_name keys[3] = {};
  const size_t count = w.random.below(4);
  for (size_t i = 0; i < count; ++i) {
    const std::string_view one = w.some_key();
    keys[i] = {w.or_null(one.data()), one.size()};
  }
  size_t deleted = 0;
  w.demand("tern_kv_delete_many", tern_kv_delete_many(w.some_kv(), w.or_null(&keys[0]), count, w.or_null(&deleted)));
  uint64_t there = 0;
  if (w.random.one_in(10))
    w.demand("tern_kv_delete_prefix",
             tern_kv_delete_prefix(w.some_kv(), key.data(), w.random.below(key.size() + 1), w.or_null(&there)));
}

void increment(World& w) {
  const std::string_view key = w.random.one_in(2) ? w.keep("counter") : w.some_key();
  int64_t sum = 0;
  w.demand("tern_kv_increment", tern_kv_increment(w.some_kv(), w.or_null(key.data()), key.size(), w.some_number(),
                                                  put_options(w), w.or_null(&sum)));
}

void list(World& w) {
  tern_kv_list_options options{};
  const std::string_view prefix = w.random.one_in(3) ? w.some_key() : w.keep("k"), start = w.some_key();
  if (w.random.one_in(2)) {
    options.prefix = prefix.data();
    options.prefix_len = prefix.size();
  }
  if (w.random.one_in(3)) {
    options.start = start.data();
    options.start_len = start.size();
  }
  options.limit = w.random.one_in(10) ? w.random.next() : w.random.below(8);
  size_t len = 0;
  const tern_kv_page* const before = w.some(w.pages);
  w.count("tern_kv_page_cursor");
  const char* const cursor = tern_kv_page_cursor(before, w.or_null(&len));
  if (cursor != nullptr && len != 0) {
    options.cursor = cursor;
    options.cursor_len = len;
  }
  if (w.random.one_in(20)) {
    options.cursor = start.data();
    options.cursor_len = start.size();
  }
  tern_kv_page* out = nullptr;
  const bool names = w.random.one_in(6);
  const tern_status status =
      names ? tern_kv_namespaces(w.some_db(), &out) : tern_kv_list(w.some_kv(), w.sized(options), &out);
  w.take(names ? "tern_kv_namespaces" : "tern_kv_list", status, out, w.pages, tern_kv_page_free);
}

void read_page(World& w) {
  const tern_kv_page* const page = w.some(w.pages);
  w.count("tern_kv_page_count");
  const size_t count = tern_kv_page_count(page);
  for (size_t i = 0; i < 10; ++i) {
    const tern_kv_key like{};
    tern_kv_key* const key = w.sized(like);
    const tern_status status = tern_kv_page_key(page, w.random.below(count + 2), key);
    w.demand("tern_kv_page_key", status);
    if (status != TERN_OK) continue;
    touch(key->name, key->name_len + 1);
    touch(key->metadata, key->metadata_len);
  }
}

constexpr Call kCalls[] = {{open, 2},       {free_one, 1}, {get, 20},     {pin, 6},    {get_many, 5},
                           {read_value, 5}, {put, 8},      {put_many, 3}, {put_if, 3}, {remove, 3},
                           {increment, 3},  {list, 4},     {read_page, 4}};

}  // namespace

std::span<const Call> kv_calls() { return kCalls; }

}  // namespace tern::capi_fuzz
