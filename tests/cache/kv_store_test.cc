// The KV tier's truth: records, keys of every length in their order, and the stamps beside them.
#include "cache/kv_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <string>

#include "cache/kv_keys.h"
#include "cache/kv_transaction.h"
#include "tests/support/temp_folder.h"

namespace tern::cache {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::vector<std::byte> written(const KvRecord& record) {
  std::vector<std::byte> bytes(kv_record_bytes(record));
  write_kv_record(record, bytes.data());
  return bytes;
}

TEST(KvRecords, ComeBackAsTheyWereWritten) {
  for (const uint64_t version :
       {uint64_t{0}, uint64_t{1}, uint64_t{255}, uint64_t{256}, uint64_t{1} << 40, ~uint64_t{0}}) {
    for (const int64_t expiry : {int64_t{0}, int64_t{1}, INT64_MAX}) {
      for (const std::string_view metadata : {"", "m", "{\"a\":1}"}) {
        for (const std::string_view value : {"", "v"}) {
          KvRecord record;
          record.version = version;
          record.expires_at_ms = expiry;
          record.metadata = bytes_of(metadata);
          record.value = bytes_of(value);
          const auto bytes = written(record);
          const auto parsed = parse_kv_record(bytes);
          ASSERT_TRUE(parsed);
          EXPECT_EQ(parsed->version, version);
          EXPECT_EQ(parsed->expires_at_ms, expiry);
          EXPECT_TRUE(std::ranges::equal(parsed->metadata, record.metadata));
          EXPECT_TRUE(std::ranges::equal(parsed->value, record.value));
          EXPECT_EQ(kv_expires_at_ms(bytes.data()), expiry);
          EXPECT_EQ(kv_value_offset(bytes.data()), bytes.size() - value.size());
          EXPECT_FALSE(kv_record_is_absent(bytes));
        }
      }
    }
  }
}

TEST(KvRecords, WhatIsNoneIsRefused) {
  KvRecord record;
  record.version = 300;
  record.expires_at_ms = 5;
  record.metadata = bytes_of("meta");
  const auto bytes = written(record);
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(parse_kv_record(std::span(bytes).first(size))) << size;
  EXPECT_TRUE(kv_record_is_absent(std::span(&kAbsentKvRecord, 1)));
  EXPECT_FALSE(parse_kv_record(std::span(&kAbsentKvRecord, 1)));
  const std::byte padded[] = {std::byte{1}, std::byte{1}, std::byte{0}};  // a version with a zero byte too many
  EXPECT_FALSE(parse_kv_record(padded));
}

struct KvStoreTest : ::testing::Test {
  KvStoreTest() { reopen(); }
  void reopen() {
    store.reset();
    KvStoreOptions options;
    options.folder = folder.file("kv");
    options.map_bytes = uint64_t{1} << 30;
    std::string why;
    store = KvStore::open(options, why);
    ASSERT_NE(store, nullptr) << why;
    ASSERT_EQ(store->open_namespace("x", true, 1000, number), 0);
  }
  template <typename F>
  void change(F&& f) {
    int code = 0;
    auto transaction = KvTransaction::begin(*store, 1000, code);
    ASSERT_TRUE(transaction) << code;
    f(*transaction);
    ASSERT_EQ(transaction->commit(), 0);
  }
  static KvRecord record(uint64_t version, std::string_view value) {
    KvRecord made;
    made.version = version;
    made.value = bytes_of(value);
    return made;
  }
  std::vector<std::string> walked(std::string_view from = {}) {
    std::vector<std::string> keys;
    int code = 0;
    const auto read = store->read(code);
    EXPECT_EQ(store->walk(read, number, from,
                          [&](std::string_view key, const KvRecord& found) {
                            EXPECT_EQ(kv_detail::text_of(found.value), key.substr(0, 10));
                            keys.emplace_back(key);
                            return true;
                          }),
              0);
    return keys;
  }

  test::TempFolder folder;
  std::unique_ptr<KvStore> store;
  uint64_t number = 0;
};

// Keys of all lengths, most of them with long beginnings in common, put and removed at random.
TEST_F(KvStoreTest, KeysOfEveryLengthKeepTheOrderOfTheirBytes) {
  std::mt19937 random(7);
  const auto any_key = [&] {
    static constexpr size_t kSizes[] = {1, 2, 495, 496, 497, 500, 991, 992, 993, 1200, 1488, 2048};
    std::string key(kSizes[random() % std::size(kSizes)], 'a');
    for (int change = 0; change < 2; ++change) key[random() % key.size()] = static_cast<char>('a' + random() % 3);
    if (random() % 4 == 0) key.back() = static_cast<char>(random() % 256);
    return key;
  };
  std::map<std::string, bool> model;
  for (int round = 0; round < 40; ++round) {
    change([&](KvTransaction& transaction) {
      for (int i = 0; i < 25; ++i) {
        const std::string key = any_key();
        ASSERT_EQ(transaction.put(number, key, record(1, std::string_view(key).substr(0, 10))), 0);
        model[key] = true;
      }
      for (int i = 0; i < 15 && !model.empty(); ++i) {
        auto some = model.lower_bound(any_key());
        if (some == model.end()) some = model.begin();
        ASSERT_EQ(transaction.erase(number, some->first), 0);
        ASSERT_EQ(transaction.erase(number, some->first), MDB_NOTFOUND);
        model.erase(some);
      }
    });
    std::vector<std::string> expected;
    for (const auto& [key, unused] : model) expected.push_back(key);
    ASSERT_EQ(walked(), expected);
    const std::string from = any_key();
    expected.erase(expected.begin(), std::lower_bound(expected.begin(), expected.end(), from));
    ASSERT_EQ(walked(from), expected);
  }
  reopen();
  change([&](KvTransaction& transaction) {
    for (const auto& [key, unused] : model) ASSERT_EQ(transaction.erase(number, key), 0);
  });
  EXPECT_EQ(store->stats().keys, 0u) << "an empty node was left behind";
}

TEST_F(KvStoreTest, VersionsAreNeverGivenTwice) {
  std::vector<uint64_t> versions;
  for (int i = 0; i < 3; ++i) {
    change([&](KvTransaction& transaction) {
      for (int unit = 0; unit < 3; ++unit) {
        versions.push_back(transaction.next_version());
        transaction.put(number, "k", record(versions.back(), "k"));
      }
    });
  }
  reopen();
  change([&](KvTransaction& transaction) {
    versions.push_back(transaction.next_version());
    transaction.put(number, "k", record(versions.back(), "k"));
  });
  EXPECT_TRUE(std::ranges::is_sorted(versions));
  EXPECT_EQ(std::ranges::adjacent_find(versions), versions.end());
}

TEST_F(KvStoreTest, ATransactionThatIsNotCommittedChangesNothing) {
  int code = 0;
  const uint64_t seq = store->stamps().seq();
  {
    auto transaction = KvTransaction::begin(*store, 1000, code);
    transaction->put(number, "k", record(1, "k"));
  }
  EXPECT_TRUE(walked().empty());
  change([](KvTransaction&) {});
  EXPECT_EQ(store->stamps().seq(), seq) << "nothing was changed, and hot entries were asked to look again";
}

TEST_F(KvStoreTest, ACommitStampsItsKeysAboveEveryEarlierLabel) {
  const uint64_t slot = KvHotKey(number, "k").slot();
  const uint64_t other = KvHotKey(number, "other").slot();
  const uint64_t label = store->stamps().seq();
  EXPECT_TRUE(store->stamps().unchanged(slot, label));
  change([&](KvTransaction& transaction) { transaction.put(number, "k", record(1, "k")); });
  EXPECT_FALSE(store->stamps().unchanged(slot, label));
  EXPECT_TRUE(store->stamps().unchanged(other, label));
  EXPECT_TRUE(store->stamps().unchanged(slot, store->stamps().seq()));
}

TEST_F(KvStoreTest, AMarkThatWasLeftBehindIsHealedByWhoeverGetsTheLock) {
  KvStamps& stamps = store->stamps();
  const uint64_t slot = 17;
  stamps.mark(std::span(&slot, 1), 99);
  EXPECT_TRUE(stamps.pending(slot));
  EXPECT_FALSE(stamps.unchanged(slot, stamps.seq()));
  {
    const auto held = store->environment().lock(0);
    EXPECT_FALSE(store->heal(slot)) << "its writer may be alive";
  }
  const uint64_t label = stamps.seq();
  EXPECT_TRUE(store->heal(slot));
  EXPECT_FALSE(stamps.unchanged(slot, label));
  EXPECT_TRUE(stamps.unchanged(slot, stamps.seq()));
  EXPECT_FALSE(store->heal(slot));
}

TEST_F(KvStoreTest, WhoIsAloneBeginsAboveEveryLabelThatWasGiven) {
  const uint64_t label = store->stamps().seq();
  reopen();
  EXPECT_TRUE(store->stamps().is_new());
  EXPECT_GT(store->stamps().stamp_all(), label);
}

TEST_F(KvStoreTest, AnUnknownVersionIsAClearErrorAndNothingIsRebuilt) {
  change([&](KvTransaction& transaction) { transaction.put(number, "k", record(1, "k")); });
  store.reset();
  LmdbOptions later;
  later.folder = folder.file("kv");
  later.map_bytes = uint64_t{1} << 30;
  later.tables = KvStore::kTables;
  later.magic = std::string_view("TERN-KV\0", 8);
  later.format_version = 2;
  later.durable = true;
  std::string why;
  EXPECT_EQ(LmdbEnvironment::open(later, why), nullptr);
  EXPECT_NE(why.find("format that this version of tern does not know"), std::string::npos) << why;
  reopen();
  EXPECT_EQ(walked(), std::vector<std::string>{"k"});
}

}  // namespace
}  // namespace tern::cache
