// tern_kv.h: limits, options that cannot be, and whom a misuse is said to be of.

#include "tests/engine/c_api_kv_support.h"

namespace tern::test {
namespace {

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
