// A namespace of the KV tier through tern_kv.h.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "tests/engine/c_api_support.h"

namespace tern::test {

inline constexpr int64_t kHourMs = 3'600'000;

struct CApiKv : CApi {
  void SetUp() override {
    CApi::SetUp();
    ASSERT_EQ(tern_kv_open(db, "names", &kv), TERN_OK) << last_error();
  }
  void TearDown() override {
    tern_kv_free(kv);
    CApi::TearDown();
  }

  tern_status put(std::string_view key, std::string_view value, const tern_kv_put_options* options = nullptr) {
    return tern_kv_put(kv, key.data(), key.size(), value.data(), value.size(), options);
  }
  std::string get(std::string_view key) {
    char buf[64];
    size_t len = 0;
    const tern_status status = tern_kv_get(kv, key.data(), key.size(), buf, sizeof buf, &len, nullptr);
    return status == TERN_OK ? std::string(buf, len) : tern_status_name(status);
  }
  tern_kv_info info(std::string_view key) {
    char buf[64];
    size_t len = 0;
    tern_kv_info out = sized();
    EXPECT_EQ(tern_kv_get(kv, key.data(), key.size(), buf, sizeof buf, &len, &out), TERN_OK) << last_error();
    return out;
  }
  static tern_kv_info sized() {
    tern_kv_info out{};
    out.size = sizeof out;
    return out;
  }
  static tern_kv_put_options expiring(int64_t ttl_ms, std::string_view metadata = {}) {
    tern_kv_put_options options{};
    options.size = sizeof options;
    options.ttl_ms = ttl_ms;
    options.metadata = metadata.data();
    options.metadata_len = metadata.size();
    return options;
  }
  static tern_kv_name name(std::string_view key) { return {key.data(), key.size()}; }
  static std::string text(const tern_kv_value* value) {
    size_t len = 0;
    const void* const data = tern_kv_value_data(value, &len);
    return {static_cast<const char*>(data), len};
  }
  std::vector<std::string> listed(const tern_kv_list_options* options, std::string* cursor = nullptr) {
    tern_kv_page* page = nullptr;
    EXPECT_EQ(tern_kv_list(kv, options, &page), TERN_OK) << last_error();
    std::vector<std::string> keys;
    for (size_t i = 0; i < tern_kv_page_count(page); ++i) {
      tern_kv_key key{};
      key.size = sizeof key;
      EXPECT_EQ(tern_kv_page_key(page, i, &key), TERN_OK);
      keys.emplace_back(key.name, key.name_len);
    }
    size_t len = 7;
    const char* const next = tern_kv_page_cursor(page, &len);
    EXPECT_EQ(len, next == nullptr ? 0 : std::strlen(next));
    if (cursor != nullptr) *cursor = next == nullptr ? "" : next;
    tern_kv_page_free(page);
    return keys;
  }

  tern_kv* kv = nullptr;
};

}  // namespace tern::test
