// tern_kv.h: what the functions for one key and for many do, and who owns what.

#include "tests/engine/c_api_kv_support.h"

namespace tern::test {
namespace {

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

TEST_F(CApiKv, ADatabaseDoesNotCloseWhileANamespaceIsOut) {
  EXPECT_FAILURE(tern_close(db), TERN_BUSY, "1 KV namespace of");
  ASSERT_EQ(put("k", "still works"), TERN_OK);
}

}  // namespace
}  // namespace tern::test
