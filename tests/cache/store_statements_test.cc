// How the store knows whose answer an entry is.
#include <gtest/gtest.h>

#include "cache/store.h"
#include "tests/cache/store_support.h"

namespace tern::cache {
namespace {

using StoreStatements = StoreTest;

TEST_F(StoreStatements, AreRecognisedByTheirExactText) {
  start();
  put({{.key = "a"}});
  reopen();
  // The text behind the fingerprint is made another's, as if two texts had one fingerprint.
  store.reset();
  change_values("statements", [](std::span<std::byte> value) { value.back() = std::byte{'2'}; });
  reopen();
  EXPECT_FALSE(find("a"));
  EXPECT_EQ(put({{.key = "b"}}), 0u) << "the second text of a fingerprint is not stored";
  EXPECT_FALSE(find("b"));
}

TEST_F(StoreStatements, LearnTheirNumberWhenSomebodyElseStoresThem) {
  start();
  StoredStatement reader(statement->text());
  EXPECT_FALSE(store->find(reader, hash_of("a"), bytes("a"), always));
  put({{.key = "a"}});
  EXPECT_TRUE(store->find(reader, hash_of("a"), bytes("a"), always));
}

TEST_F(StoreStatements, AreForgottenTogetherWhenTheyAreTooMany) {
  start();
  put({{.key = "a", .value = "1"}});
  for (int i = 0; i < 400; ++i) {
    const auto other = std::make_shared<StoredStatement>(std::to_string(i) + std::string(1000, ' '));
    store->put_batch(std::vector<StoreItem>{{make_entry({.key = "b"}), other}}, always);
  }
  EXPECT_EQ(value_of("a"), "1") << "who has the number keeps it";
  reopen();
  EXPECT_LT(store->stats().entries, 10u);
  EXPECT_FALSE(find("a")) << "who comes later gets another, under which there is nothing yet";
  put({{.key = "a", .value = "2", .label = 2}});
  EXPECT_EQ(value_of("a"), "2");
  store.reset();
  EXPECT_LT(count("statements"), 400u);
}

TEST_F(StoreStatements, ThatAreTooLongAreNotStored) {
  start();
  statement = std::make_shared<StoredStatement>(std::string(map_bytes / 100, 'x'));
  EXPECT_EQ(put({{.key = "a"}}), 0u);
  EXPECT_FALSE(find("a"));
  EXPECT_FALSE(store->off());
}

}  // namespace
}  // namespace tern::cache
