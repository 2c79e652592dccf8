// A store in a folder of its own, and LMDB itself on the same folder while the store is closed.
#pragma once

#include <gtest/gtest.h>
#include <lmdb.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cache/store.h"
#include "cache/store_record.h"
#include "tests/cache/support.h"
#include "tests/support/temp_folder.h"

namespace tern::cache {

struct StoreTest : testing::Test {
  static constexpr uint64_t kMiB = uint64_t{1} << 20;

  StoreOptions options() const {
    StoreOptions options;
    options.folder = temp.path() / "cache";
    options.map_bytes = map_bytes;
    return options;
  }
  std::unique_ptr<Store> open() const {
    std::string why;
    auto opened = Store::open(options(), why);
    EXPECT_NE(opened, nullptr) << why;
    return opened;
  }
  void start() { store = open(); }
  // Closed and opened again, as another process would: with a statement that has no number yet.
  void reopen() {
    store.reset();
    store = open();
    statement = std::make_shared<StoredStatement>(statement->text());
  }

  size_t put(const std::vector<EntrySpec>& specs) {
    std::vector<StoreItem> items;
    for (const EntrySpec& spec : specs) items.push_back({make_entry(spec), statement});
    return store->put_batch(items, always);
  }
  EntryRef find(const std::string& key, Store::Predicate still_true = always) {
    return store->find(*statement, hash_of(key), bytes(key), still_true);
  }
  std::string value_of(const std::string& key) {
    const auto entry = find(key);
    return entry ? text_of(entry->body()) : "(none)";
  }

  // Runs `work` in a write transaction on the named table of the closed store.
  void with_table(const char* name, const std::function<void(MDB_txn*, MDB_dbi)>& work) const {
    MDB_env* environment = nullptr;
    MDB_txn* transaction = nullptr;
    MDB_dbi table = 0;
    ASSERT_EQ(::mdb_env_create(&environment), 0);
    ASSERT_EQ(::mdb_env_set_maxdbs(environment, 4), 0);
    ASSERT_EQ(::mdb_env_open(environment, options().folder.c_str(), 0, 0600), 0);
    ASSERT_EQ(::mdb_txn_begin(environment, nullptr, 0, &transaction), 0);
    ASSERT_EQ(::mdb_dbi_open(transaction, name, 0, &table), 0);
    work(transaction, table);
    ASSERT_EQ(::mdb_txn_commit(transaction), 0);
    ::mdb_env_close(environment);
  }
  // Changes every value of the table in place.
  void change_values(const char* name, const std::function<void(std::span<std::byte>)>& change) const {
    with_table(name, [&](MDB_txn* transaction, MDB_dbi table) {
      MDB_cursor* cursor = nullptr;
      ASSERT_EQ(::mdb_cursor_open(transaction, table, &cursor), 0);
      MDB_val key{};
      MDB_val value{};
      while (::mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
        const auto old = bytes_of(value);
        std::vector<std::byte> changed(old.begin(), old.end());
        change(changed);
        MDB_val put{changed.size(), changed.data()};
        ASSERT_EQ(::mdb_cursor_put(cursor, &key, &put, MDB_CURRENT), 0);
      }
      ::mdb_cursor_close(cursor);
    });
  }
  size_t count(const char* name) const {
    size_t entries = 0;
    with_table(name, [&](MDB_txn* transaction, MDB_dbi table) {
      MDB_stat stat{};
      ASSERT_EQ(::mdb_stat(transaction, table, &stat), 0);
      entries = stat.ms_entries;
    });
    return entries;
  }

  test::TempFolder temp;
  uint64_t map_bytes = 4 * kMiB;
  std::shared_ptr<StoredStatement> statement = std::make_shared<StoredStatement>("SELECT 1");
  std::unique_ptr<Store> store;
};

}  // namespace tern::cache
