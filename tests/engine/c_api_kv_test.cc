// tern_kv.h: what each function does, whom it says to be wrong, and who owns what.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>

#include "tests/engine/c_api_support.h"

namespace tern::test {
namespace {

constexpr int64_t kHourMs = 3'600'000;

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

TEST_F(CApiKv, WhatWasPutIsThereWithWhatIsKnownOfIt) {
  const std::string_view bytes("a\0\xff", 3);
  const tern_kv_put_options options = expiring(kHourMs, R"({"n":1})");
  ASSERT_EQ(put("k", bytes, &options), TERN_OK) << last_error();
  EXPECT_EQ(get("k"), bytes);
  const tern_kv_info known = info("k");
  EXPECT_EQ(std::string_view(known.metadata, known.metadata_len), R"({"n":1})");
  EXPECT_GT(known.expires_at_ms, kHourMs);
  EXPECT_NE(known.version, 0u);
  EXPECT_EQ(known.source, TERN_HOT);
}

TEST_F(CApiKv, AMissingKeyIsNotFound) {
  size_t len = 7;
  tern_kv_value* value = nullptr;
  EXPECT_FAILURE(tern_kv_get(kv, "k", 1, nullptr, 0, &len, nullptr), TERN_NOT_FOUND,
                 "tern_kv_get: there is no such key");
  EXPECT_EQ(len, 0u);
  EXPECT_FAILURE(tern_kv_pin(kv, "k", 1, &value), TERN_NOT_FOUND, "tern_kv_pin: there is no such key");
  EXPECT_FAILURE(tern_kv_get_and_touch(kv, "k", 1, 1, &value), TERN_NOT_FOUND, "tern_kv_get_and_touch");
  EXPECT_EQ(value, nullptr);
  EXPECT_EQ(tern_kv_delete(kv, "k", 1), TERN_OK);
}

TEST_F(CApiKv, ABufferThatIsTooSmallIsToldWhatIsNeededAndGetsNothing) {
  ASSERT_EQ(put("k", "12345"), TERN_OK);
  for (const size_t cap : {0u, 4u}) {
    char buf[8] = "-------";
    size_t len = 0;
    tern_kv_info out = sized();
    EXPECT_FAILURE(tern_kv_get(kv, "k", 1, buf, cap, &len, &out), TERN_LIMIT,
                   "needs 5 bytes, cap is " + std::to_string(cap));
    EXPECT_EQ(len, 5u);
    EXPECT_STREQ(buf, "-------");
    EXPECT_NE(out.version, 0u);
    EXPECT_EQ(tern_kv_get(kv, "k", 1, buf, 5, &len, nullptr), TERN_OK);
    EXPECT_STREQ(buf, "12345--");
  }
}

TEST_F(CApiKv, AnEmptyValueNeedsNoBuffer) {
  ASSERT_EQ(tern_kv_put(kv, "k", 1, nullptr, 0, nullptr), TERN_OK);
  size_t len = 7;
  EXPECT_EQ(tern_kv_get(kv, "k", 1, nullptr, 0, &len, nullptr), TERN_OK);
  EXPECT_EQ(len, 0u);
}

TEST_F(CApiKv, AnInfoOfALaterVersionGetsZerosBehindWhatIsKnown) {
  struct {
    tern_kv_info known;
    uint64_t later[2];
  } longer{};
  longer.known.size = sizeof longer;
  longer.later[0] = longer.later[1] = 7;
  ASSERT_EQ(put("k", "v"), TERN_OK);
  char buf[8];
  size_t len = 0;
  EXPECT_EQ(tern_kv_get(kv, "k", 1, buf, sizeof buf, &len, &longer.known), TERN_OK);
  EXPECT_EQ(longer.later[0] + longer.later[1], 0u);
  tern_kv_info unsized{};
  EXPECT_FAILURE(tern_kv_get(kv, "k", 1, buf, sizeof buf, &len, &unsized), TERN_MISUSE, "sizeof");
}

TEST_F(CApiKv, APinnedValueOutlivesItsKeyItsNamespaceAndItsDatabase) {
  const std::string large(100'000, 'x');
  const tern_kv_put_options options = expiring(0, "m");
  ASSERT_EQ(put("small", "s", &options), TERN_OK);
  ASSERT_EQ(put("large", large), TERN_OK);
  tern_kv_value *small = nullptr, *big = nullptr;
  ASSERT_EQ(tern_kv_pin(kv, "small", 5, &small), TERN_OK);
  ASSERT_EQ(tern_kv_pin(kv, "large", 5, &big), TERN_OK);
  EXPECT_EQ(tern_kv_delete_prefix(kv, nullptr, 0, nullptr), TERN_OK);
  tern_kv_free(kv);
  kv = nullptr;
  ASSERT_EQ(tern_close(db), TERN_OK) << last_error();
  db = nullptr;
  EXPECT_EQ(text(small), "s");
  EXPECT_EQ(text(big), large);
  tern_kv_info known = sized();
  EXPECT_EQ(tern_kv_value_info(small, &known), TERN_OK);
  EXPECT_EQ(std::string_view(known.metadata, known.metadata_len), "m");
  tern_kv_value_free(small);
  tern_kv_value_free(big);
}

TEST_F(CApiKv, ManyArePutReadAndDeletedTogether) {
  const tern_kv_put_options with_metadata = expiring(0, "m");
  const tern_kv_item items[] = {{name("a"), "1", 1, nullptr}, {name("b"), "22", 2, &with_metadata}};
  uint64_t version = 0;
  ASSERT_EQ(tern_kv_put_many(kv, items, 2, &version), TERN_OK) << last_error();
  const tern_kv_name keys[] = {name("b"), name("none"), name("a")};
  tern_kv_value* values[3] = {};
  ASSERT_EQ(tern_kv_get_many(kv, keys, 3, values), TERN_OK) << last_error();
  EXPECT_EQ(text(values[0]), "22");
  EXPECT_EQ(values[1], nullptr);
  EXPECT_EQ(text(values[2]), "1");
  tern_kv_info known = sized();
  ASSERT_EQ(tern_kv_value_info(values[0], &known), TERN_OK);
  EXPECT_EQ(known.version, version);
  EXPECT_EQ(known.metadata_len, 1u);
  for (tern_kv_value* value : values) tern_kv_value_free(value);
  size_t deleted = 0;
  EXPECT_EQ(tern_kv_delete_many(kv, keys, 3, &deleted), TERN_OK);
  EXPECT_EQ(deleted, 2u);
  EXPECT_EQ(get("a"), "not found");
  EXPECT_EQ(tern_kv_get_many(kv, nullptr, 0, nullptr), TERN_OK);
  EXPECT_EQ(tern_kv_put_many(kv, nullptr, 0, nullptr), TERN_OK);
  EXPECT_EQ(tern_kv_delete_many(kv, nullptr, 0, nullptr), TERN_OK);
}

TEST_F(CApiKv, OneThatIsWrongAmongManyLeavesAllUndone) {
  ASSERT_EQ(put("a", "old"), TERN_OK);
  const tern_kv_item items[] = {
      {name("a"), "new", 3, nullptr}, {name(""), "1", 1, nullptr}, {{nullptr, 0}, "1", 1, nullptr}};
  EXPECT_FAILURE(tern_kv_put_many(kv, items, 2, nullptr), TERN_LIMIT, "empty");
  EXPECT_FAILURE(tern_kv_put_many(kv, items, 3, nullptr), TERN_MISUSE, "items[2].key.data is NULL");
  EXPECT_EQ(get("a"), "old");
  const tern_kv_name keys[] = {name("a"), {nullptr, 0}};
  tern_kv_value* values[2] = {reinterpret_cast<tern_kv_value*>(8), reinterpret_cast<tern_kv_value*>(8)};
  EXPECT_FAILURE(tern_kv_get_many(kv, keys, 2, values), TERN_MISUSE, "keys[1].data is NULL");
  EXPECT_EQ(values[0], nullptr);
  EXPECT_EQ(values[1], nullptr);
  EXPECT_FAILURE(tern_kv_delete_many(kv, keys, 2, nullptr), TERN_MISUSE, "keys[1].data is NULL");
  EXPECT_EQ(get("a"), "old");
}

TEST_F(CApiKv, APutIfVersionTellsWhetherItPut) {
  uint64_t first = 0, late = 7;
  ASSERT_EQ(tern_kv_put_if_version(kv, "k", 1, 0, "1", 1, nullptr, &first), TERN_OK);
  EXPECT_EQ(info("k").version, first);
  EXPECT_EQ(tern_kv_put_if_version(kv, "k", 1, 0, "2", 1, nullptr, &late), TERN_OK);
  EXPECT_EQ(late, 0u);
  EXPECT_EQ(get("k"), "1");
  int deleted = 7;
  EXPECT_EQ(tern_kv_delete_if_version(kv, "k", 1, first + 1, &deleted), TERN_OK);
  EXPECT_EQ(deleted, 0);
  EXPECT_EQ(tern_kv_delete_if_version(kv, "k", 1, first, &deleted), TERN_OK);
  EXPECT_EQ(deleted, 1);
  EXPECT_EQ(get("k"), "not found");
}

TEST_F(CApiKv, AnIncrementAddsAndRefusesWhatIsNoNumber) {
  int64_t sum = 0;
  EXPECT_EQ(tern_kv_increment(kv, "n", 1, 5, nullptr, &sum), TERN_OK);
  EXPECT_EQ(tern_kv_increment(kv, "n", 1, -7, nullptr, &sum), TERN_OK);
  EXPECT_EQ(sum, -2);
  EXPECT_EQ(get("n"), "-2");
  EXPECT_EQ(tern_kv_increment(kv, "n", 1, 1, nullptr, nullptr), TERN_OK);
  ASSERT_EQ(put("n", "x"), TERN_OK);
  EXPECT_FAILURE(tern_kv_increment(kv, "n", 1, 1, nullptr, &sum), TERN_MISUSE, "\"n\"");
  EXPECT_EQ(sum, -2) << "set only on success";
  ASSERT_EQ(put("n", std::to_string(std::numeric_limits<int64_t>::max())), TERN_OK);
  EXPECT_FAILURE(tern_kv_increment(kv, "n", 1, 1, nullptr, &sum), TERN_LIMIT, "64 bits");
}

TEST_F(CApiKv, TouchingSetsAndTakesAwayTheEnd) {
  ASSERT_EQ(put("k", "v"), TERN_OK);
  tern_kv_value* value = nullptr;
  ASSERT_EQ(tern_kv_get_and_touch(kv, "k", 1, kHourMs, &value), TERN_OK) << last_error();
  EXPECT_EQ(text(value), "v");
  tern_kv_value_free(value);
  EXPECT_GT(info("k").expires_at_ms, 0);
  ASSERT_EQ(tern_kv_get_and_touch(kv, "k", 1, 0, &value), TERN_OK);
  tern_kv_value_free(value);
  EXPECT_EQ(info("k").expires_at_ms, 0);
  EXPECT_FAILURE(tern_kv_get_and_touch(kv, "k", 1, -1, &value), TERN_LIMIT, "-1");
}

TEST_F(CApiKv, APrefixIsDeletedAndCounted) {
  for (const char* key : {"u/1", "u/2", "v"}) ASSERT_EQ(put(key, "x"), TERN_OK);
  uint64_t deleted = 0;
  EXPECT_EQ(tern_kv_delete_prefix(kv, "u/", 2, &deleted), TERN_OK);
  EXPECT_EQ(deleted, 2u);
  EXPECT_EQ(listed(nullptr), std::vector<std::string>{"v"});
}

TEST_F(CApiKv, PagesGoOnWithTheirCursor) {
  for (const char* key : {"b", "a", "c", "d", "e"}) ASSERT_EQ(put(key, "x"), TERN_OK);
  tern_kv_list_options options{};
  options.size = sizeof options;
  options.limit = 2;
  std::vector<std::string> all;
  std::string cursor;
  do {
    options.cursor = cursor.c_str();
    options.cursor_len = cursor.size();
    std::string next;
    const auto page = listed(&options, &next);
    all.insert(all.end(), page.begin(), page.end());
    cursor = next;
  } while (!cursor.empty());
  EXPECT_EQ(all, (std::vector<std::string>{"a", "b", "c", "d", "e"}));
  options = {};
  options.size = sizeof options;
  options.prefix = "c";
  options.prefix_len = 1;
  EXPECT_EQ(listed(&options), std::vector<std::string>{"c"});
}

TEST_F(CApiKv, AKeyOfAPageHasItsFacts) {
  const tern_kv_put_options options = expiring(kHourMs, "m");
  ASSERT_EQ(put("k", "x", &options), TERN_OK);
  tern_kv_page* page = nullptr;
  ASSERT_EQ(tern_kv_list(kv, nullptr, &page), TERN_OK);
  tern_kv_key key{};
  key.size = sizeof key;
  ASSERT_EQ(tern_kv_page_key(page, 0, &key), TERN_OK);
  EXPECT_EQ(std::string_view(key.metadata, key.metadata_len), "m");
  EXPECT_EQ(key.expires_at_ms, info("k").expires_at_ms);
  EXPECT_EQ(key.version, info("k").version);
  EXPECT_FAILURE(tern_kv_page_key(page, 1, &key), TERN_MISUSE, "key 1, but the page has 1");
  key.size = 8;
  EXPECT_FAILURE(tern_kv_page_key(page, 0, &key), TERN_MISUSE, "sizeof");
  tern_kv_page_free(page);
}

TEST_F(CApiKv, AListingRefusesWhatIsNoCursorOrLimit) {
  tern_kv_page* page = nullptr;
  tern_kv_list_options options{};
  options.size = sizeof options;
  options.limit = 1001;
  EXPECT_FAILURE(tern_kv_list(kv, &options, &page), TERN_LIMIT, "1001");
  options.limit = 0;
  options.cursor = "?";
  options.cursor_len = 1;
  EXPECT_FAILURE(tern_kv_list(kv, &options, &page), TERN_MISUSE, "cursor");
  options.cursor = nullptr;
  EXPECT_FAILURE(tern_kv_list(kv, &options, &page), TERN_MISUSE, "cursor");
  EXPECT_EQ(page, nullptr);
}

TEST_F(CApiKv, AListingBeginsAtItsStartUnlessTheCallerIsOlder) {
  for (const char* key : {"a", "b", "c"}) ASSERT_EQ(put(key, "v"), TERN_OK);
  tern_kv_list_options options{};
  options.size = sizeof options;
  options.start = "b";
  options.start_len = 1;
  const auto count = [&] {
    tern_kv_page* page = nullptr;
    EXPECT_EQ(tern_kv_list(kv, &options, &page), TERN_OK) << last_error();
    const size_t keys = tern_kv_page_count(page);
    tern_kv_page_free(page);
    return keys;
  };
  EXPECT_EQ(count(), 2u);
  options.size = offsetof(tern_kv_list_options, start);
  EXPECT_EQ(count(), 3u) << "what is behind its struct is not read";
  options.size = sizeof options;
  options.start = nullptr;
  tern_kv_page* page = nullptr;
  EXPECT_FAILURE(tern_kv_list(kv, &options, &page), TERN_MISUSE, "start is NULL");
}

TEST_F(CApiKv, TheLimitsOfWorkersAreAnOption) {
  tern_kv_options options{};
  options.size = sizeof options;
  options.limits = TERN_KV_WORKERS;
  tern_kv* workers = nullptr;
  ASSERT_EQ(tern_kv_open_with(db, "names", &options, &workers), TERN_OK) << last_error();
  const std::string key(513, 'k');
  const tern_kv_put_options second = expiring(1000);
  EXPECT_FAILURE(tern_kv_put(workers, key.data(), key.size(), "v", 1, nullptr), TERN_LIMIT, "512");
  EXPECT_FAILURE(tern_kv_put(workers, "k", 1, "v", 1, &second), TERN_LIMIT, "60000");
  EXPECT_FAILURE(tern_kv_put(workers, ".", 1, "v", 1, nullptr), TERN_LIMIT, "\".\"");
  const tern_kv_put_options no_json = expiring(0, "m");
  EXPECT_FAILURE(tern_kv_put(workers, "k", 1, "v", 1, &no_json), TERN_MISUSE, "metadata of key \"k\" is not JSON");
  EXPECT_EQ(put(key, "v", &second), TERN_OK) << last_error();
  tern_kv_free(workers);
  options.limits = 2;
  EXPECT_FAILURE(tern_kv_open_with(db, "names", &options, &workers), TERN_UNSUPPORTED, "limits is 2");
  EXPECT_EQ(workers, nullptr);
}

TEST_F(CApiKv, OptionsThatContradictOneAnotherAreMisuse) {
  tern_kv_put_options options = expiring(kHourMs);
  options.expires_at_ms = int64_t{1} << 42;
  EXPECT_FAILURE(put("k", "v", &options), TERN_MISUSE, "both");
  options = expiring(0);
  options.metadata_len = 3;
  EXPECT_FAILURE(put("k", "v", &options), TERN_MISUSE, "metadata is NULL");
  options = {};
  EXPECT_FAILURE(put("k", "v", &options), TERN_MISUSE, "options->size is 0");
  const std::string metadata(TERN_KV_METADATA_BYTES + 1, 'm');
  options = expiring(0, metadata);
  EXPECT_FAILURE(put("k", "v", &options), TERN_LIMIT, "1025");
  options.metadata_len = TERN_KV_METADATA_BYTES;
  ASSERT_EQ(put("k", "v", &options), TERN_OK);
  EXPECT_EQ(info("k").metadata_len, size_t{TERN_KV_METADATA_BYTES});
}

TEST_F(CApiKv, NamespacesAreListedAndApart) {
  tern_kv* other = nullptr;
  ASSERT_EQ(tern_kv_open(db, "another", &other), TERN_OK);
  ASSERT_EQ(put("k", "v"), TERN_OK);
  size_t len = 0;
  EXPECT_EQ(tern_kv_get(other, "k", 1, nullptr, 0, &len, nullptr), TERN_NOT_FOUND);
  tern_kv_free(other);
  tern_kv_page* page = nullptr;
  ASSERT_EQ(tern_kv_namespaces(db, &page), TERN_OK);
  ASSERT_EQ(tern_kv_page_count(page), 2u);
  tern_kv_key key{};
  key.size = sizeof key;
  ASSERT_EQ(tern_kv_page_key(page, 0, &key), TERN_OK);
  EXPECT_STREQ(key.name, "another");
  EXPECT_EQ(tern_kv_page_cursor(page, nullptr), nullptr);
  tern_kv_page_free(page);
  EXPECT_FAILURE(tern_kv_open(db, "", &other), TERN_LIMIT, "1 to 255");
}

TEST_F(CApiKv, ADatabaseDoesNotCloseWhileANamespaceIsOut) {
  EXPECT_FAILURE(tern_close(db), TERN_BUSY, "1 KV namespace of");
  ASSERT_EQ(put("k", "still works"), TERN_OK);
}

TEST_F(CApiKv, NullWhereNoneMayBeIsNamed) {
  size_t len = 0;
  uint64_t version = 0;
  char buf[8];
  tern_kv* opened = nullptr;
  tern_kv_value* value = nullptr;
  EXPECT_FAILURE(tern_kv_open(nullptr, "n", &opened), TERN_MISUSE, "db is NULL");
  EXPECT_FAILURE(tern_kv_open(db, nullptr, &opened), TERN_MISUSE, "name is NULL");
  EXPECT_FAILURE(tern_kv_open(db, "n", nullptr), TERN_MISUSE, "out is NULL");
  EXPECT_FAILURE(tern_kv_get(nullptr, "k", 1, buf, 8, &len, nullptr), TERN_MISUSE, "kv is NULL");
  EXPECT_FAILURE(tern_kv_get(kv, nullptr, 0, buf, 8, &len, nullptr), TERN_MISUSE, "key is NULL");
  EXPECT_FAILURE(tern_kv_get(kv, "k", 1, nullptr, 8, &len, nullptr), TERN_MISUSE, "buf is NULL");
  EXPECT_FAILURE(tern_kv_get(kv, "k", 1, buf, 8, nullptr, nullptr), TERN_MISUSE, "len is NULL");
  EXPECT_FAILURE(tern_kv_pin(kv, "k", 1, nullptr), TERN_MISUSE, "out is NULL");
  EXPECT_FAILURE(tern_kv_put(kv, "k", 1, nullptr, 1, nullptr), TERN_MISUSE, "value is NULL");
  EXPECT_FAILURE(tern_kv_put(kv, nullptr, 1, "v", 1, nullptr), TERN_MISUSE, "key is NULL");
  EXPECT_FAILURE(tern_kv_delete(kv, nullptr, 1), TERN_MISUSE, "key is NULL");
  EXPECT_FAILURE(tern_kv_delete_prefix(kv, nullptr, 1, nullptr), TERN_MISUSE, "prefix is NULL");
  EXPECT_FAILURE(tern_kv_put_if_version(kv, "k", 1, 0, "v", 1, nullptr, nullptr), TERN_MISUSE, "version is NULL");
  EXPECT_FAILURE(tern_kv_put_if_version(nullptr, "k", 1, 0, "v", 1, nullptr, &version), TERN_MISUSE, "kv is NULL");
  EXPECT_FAILURE(tern_kv_delete_if_version(kv, "k", 1, 0, nullptr), TERN_MISUSE, "deleted is NULL");
  EXPECT_FAILURE(tern_kv_increment(kv, nullptr, 1, 1, nullptr, nullptr), TERN_MISUSE, "key is NULL");
  EXPECT_FAILURE(tern_kv_get_and_touch(kv, nullptr, 1, 1, &value), TERN_MISUSE, "key is NULL");
  EXPECT_FAILURE(tern_kv_list(kv, nullptr, nullptr), TERN_MISUSE, "out is NULL");
  EXPECT_EQ(tern_kv_value_data(nullptr, &len), nullptr);
  EXPECT_EQ(tern_kv_page_count(nullptr), 0u);
  EXPECT_EQ(tern_kv_page_cursor(nullptr, &len), nullptr);
  tern_kv_value_free(nullptr);
  tern_kv_page_free(nullptr);
  tern_kv_free(nullptr);
}

TEST(CApiKvOptions, AStoreThatHasReachedItsSizeIsFull) {
  const TempFolder folder;
  tern_options options{};
  options.size = sizeof options;
  options.flags = TERN_KV_SYNC_EACH;
  options.kv_map_bytes = 4 << 20;
  tern_database* db = nullptr;
  tern_kv* kv = nullptr;
  ASSERT_EQ(tern_open(folder.file("app.db").c_str(), &options, &db), TERN_OK) << last_error();
  ASSERT_EQ(tern_kv_open(db, "n", &kv), TERN_OK) << last_error();
  const std::string large(8 << 20, 'x');
  EXPECT_FAILURE(tern_kv_put(kv, "k", 1, large.data(), large.size(), nullptr), TERN_FULL, "kv_map_bytes");
  EXPECT_EQ(tern_kv_put(kv, "k", 1, "v", 1, nullptr), TERN_OK) << last_error();
  tern_kv_free(kv);
  EXPECT_EQ(tern_close(db), TERN_OK);
}

}  // namespace
}  // namespace tern::test
