// tern_kv.h: prefixes, pages and namespaces.

#include <cstddef>

#include "tests/engine/c_api_kv_support.h"

namespace tern::test {
namespace {

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

}  // namespace
}  // namespace tern::test
