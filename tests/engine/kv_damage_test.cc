// A record that is no record: whoever meets it is told, and what it stood beside stays whole.
#include <gtest/gtest.h>
#include <lmdb.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "cache/kv_keys.h"
#include "cache/kv_store.h"
#include "tern/tern.hpp"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

struct KvDamage : ::testing::Test {
  KvDamage() {
    const std::string path = folder.file("app.db");
    {
      Database first = open(path);
      KvNamespace kv = first.kv("x");
      for (const char* key : {"a", "b", "c"}) kv.put(key, "value");
    }
    spoil(path + "-tern/kv", "b");
    db.emplace(open(path));
  }

  // Namespace 1 is the first that was made.
  static void spoil(const std::string& folder, std::string_view key) {
    std::string why;
    cache::KvStoreOptions options;
    options.folder = folder;
    const auto store = cache::KvStore::open(options, why);
    ASSERT_NE(store, nullptr) << why;
    auto write = store->environment().write(1000);
    ASSERT_TRUE(write);
    cache::KvPlace place(1, key);
    MDB_val name = cache::kv_detail::lmdb(place.place());
    std::array<std::byte, 1> nonsense{std::byte{0xff}};
    MDB_val value = cache::kv_detail::lmdb(nonsense);
    ASSERT_EQ(::mdb_put(write.get(), store->environment().table(cache::KvStore::kValues), &name, &value, 0), 0);
    ASSERT_EQ(write.commit(), 0);
  }

  test::TempFolder folder;
  std::optional<Database> db;
};

TEST_F(KvDamage, ReadingItIsAnErrorAndItsNeighboursAreRead) {
  KvNamespace kv = db->kv("x");
  EXPECT_THROW(kv.get("b"), Error);
  EXPECT_EQ(kv.get("a")->text(), "value");
  EXPECT_EQ(kv.get("c")->text(), "value");
}

TEST_F(KvDamage, RemovingSeveralRemovesAllOrNone) {
  KvNamespace kv = db->kv("x");
  const std::string_view keys[] = {"a", "b", "c"};
  try {
    kv.remove_many(keys);
    FAIL() << "removed a damaged record";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  }
  EXPECT_TRUE(kv.get("a"));
  EXPECT_TRUE(kv.get("c"));
  kv.put("c", "new");
  EXPECT_EQ(kv.get("c")->text(), "new");
}

}  // namespace
}  // namespace tern
