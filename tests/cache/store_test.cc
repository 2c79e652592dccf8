#include "cache/store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "tests/cache/store_support.h"

namespace tern::cache {
namespace {

using StoreFind = StoreTest;

TEST_F(StoreFind, GivesBackWhatWasPut) {
  start();
  EXPECT_EQ(put({{.key = "a", .value = "1", .label = 7, .slots = {3, 4}, .expires_at_ms = 9}, {.key = "b"}}), 2u);
  const auto entry = find("a");
  ASSERT_TRUE(entry);
  EXPECT_EQ(text_of(entry->key()), "a");
  EXPECT_EQ(text_of(entry->body()), "1");
  EXPECT_EQ(entry->label(), 7u);
  EXPECT_EQ(entry->view().expires_at_ms(), 9);
  EXPECT_EQ(slots_of(entry->view()), (std::vector<uint32_t>{3, 4}));
  EXPECT_EQ(entry->hash(), hash_of("a"));
  EXPECT_FALSE(find("c"));
}

TEST_F(StoreFind, GivesBackEntriesOfEverySize) {
  start();
  for (const size_t size : {0u, 1u, 1900u, 2100u, 4080u, 4096u, 10'000u, 200'000u}) {
    const std::string value(size, 'v');
    EXPECT_EQ(put({{.key = std::to_string(size), .value = value}}), 1u);
    EXPECT_EQ(value_of(std::to_string(size)), value);
  }
}

TEST_F(StoreFind, KeepsEntriesWhenReopened) {
  start();
  put({{.key = "a", .value = "1"}});
  reopen();
  EXPECT_EQ(value_of("a"), "1");
}

TEST_F(StoreFind, IsAMissWhenThePredicateSaysSo) {
  start();
  put({{.key = "a", .label = 5}});
  uint64_t seen = 0;
  EXPECT_FALSE(find("a", [&](const EntryView& view) {
    seen = view.label();
    return false;
  }));
  EXPECT_EQ(seen, 5u);
}

TEST_F(StoreFind, SeesWhatWasPutBehindALookupOfAnotherThread) {
  start();
  put({{.key = "a", .value = "old"}});
  std::atomic<int> step{0};
  std::thread other([&] {
    EXPECT_EQ(value_of("a"), "old");  // its snapshot stays open
    step = 1;
    while (step != 2) std::this_thread::yield();
    EXPECT_EQ(value_of("a"), "new");
    step = 3;
    while (step != 4) std::this_thread::yield();
    EXPECT_EQ(value_of("a"), "new") << "after a rest";
  });
  while (step != 1) std::this_thread::yield();
  put({{.key = "a", .value = "new"}});
  step = 2;
  while (step != 3) std::this_thread::yield();
  store->rest();
  step = 4;
  other.join();
}

TEST_F(StoreFind, NeverAnswersForAnotherKeyOfTheSameHash) {
  start();
  put({{.key = "a"}});
  EXPECT_FALSE(store->find(*statement, hash_of("a"), bytes("b"), always));
  EXPECT_TRUE(store->find(*statement, hash_of("a"), bytes("a"), always));
}

TEST_F(StoreFind, NeverAnswersForAnotherStatement) {
  start();
  put({{.key = "a"}});
  const auto other = std::make_shared<StoredStatement>("SELECT 2");
  store->put_batch(std::vector<StoreItem>{{make_entry({.key = "b"}), other}}, always);
  EXPECT_FALSE(store->find(*other, hash_of("a"), bytes("a"), always));
  EXPECT_FALSE(find("b"));
}

TEST_F(StoreFind, IsAMissWhenTheImageIsDamaged) {
  start();
  put({{.key = "a"}, {.key = "b", .value = std::string(5000, 'v')}});
  store.reset();
  change_values("entries", [](std::span<std::byte> value) { value.back() ^= std::byte{1}; });
  reopen();
  EXPECT_FALSE(find("a"));
  EXPECT_FALSE(find("b"));
  EXPECT_EQ(store->stats().corrupt, 2u);
  EXPECT_FALSE(store->off()) << "one bad entry says nothing about the others";
  put({{.key = "a", .value = "again"}});
  EXPECT_EQ(value_of("a"), "again");
}

TEST_F(StoreFind, IsAMissWhenTheRecordIsCutOff) {
  start();
  put({{.key = "a"}});
  store.reset();
  with_table("entries", [](MDB_txn* transaction, MDB_dbi table) {
    HashKey name = hash_key(hash_of("a"));
    MDB_val key = lmdb_value(name);
    MDB_val value{3, name.data()};
    ASSERT_EQ(::mdb_put(transaction, table, &key, &value, 0), 0);
  });
  reopen();
  EXPECT_FALSE(find("a"));
  put({{.key = "a", .value = "again"}});
  EXPECT_EQ(value_of("a"), "again");
}

using StorePut = StoreTest;

TEST_F(StorePut, ReplacesAnEntryByOneWithTheSameOrANewerLabel) {
  start();
  put({{.value = "old", .label = 5}});
  EXPECT_EQ(put({{.value = "same", .label = 5}}), 1u);
  EXPECT_EQ(value_of("key"), "same");
  EXPECT_EQ(put({{.value = "new", .label = 6}}), 1u);
  EXPECT_EQ(value_of("key"), "new");
  store.reset();
  EXPECT_EQ(count("entries"), 1u);
  EXPECT_EQ(count("order"), 1u) << "the places of those replaced are gone";
}

TEST_F(StorePut, NeverLetsAnOlderLabelReplaceANewerOne) {
  start();
  put({{.value = "new", .label = 6}});
  EXPECT_EQ(put({{.value = "old", .label = 5}}), 0u);
  EXPECT_EQ(value_of("key"), "new");
  EXPECT_EQ(store->stats().dropped, 1u);
  reopen();
  EXPECT_EQ(put({{.value = "old", .label = 5}}), 0u);
  EXPECT_EQ(value_of("key"), "new");
}

TEST_F(StorePut, WritesOnlyWhatIsStillValid) {
  start();
  const std::vector<StoreItem> items{{make_entry({.key = "a", .label = 1}), statement},
                                     {make_entry({.key = "b", .label = 2}), statement}};
  EXPECT_EQ(store->put_batch(items, [](const EntryView& view) { return view.label() == 2; }), 1u);
  EXPECT_FALSE(find("a"));
  EXPECT_TRUE(find("b"));
  EXPECT_EQ(store->stats().dropped, 1u);
}

TEST_F(StorePut, RefusesAnImageLargerThanItsPartOfTheMap) {
  start();
  EXPECT_EQ(put({{.key = "large", .value = std::string(map_bytes / 16, 'v')}, {.key = "small"}}), 1u);
  EXPECT_FALSE(find("large"));
  EXPECT_TRUE(find("small"));
}

TEST_F(StorePut, OfNothingDoesNothing) {
  start();
  EXPECT_EQ(put({}), 0u);
}

TEST_F(StorePut, DropsTheBatchWhileAnotherHoldsTheFolder) {
  start();
  put({{.key = "before"}});
  // As a process would that was stopped while it wrote.
  const int other = ::open(options().folder.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  EXPECT_EQ(put({{.key = "a"}}), 0u);
  EXPECT_TRUE(find("before")) << "lookups go on";
  EXPECT_EQ(store->sweep(10, always).deleted, 0u);
  EXPECT_FALSE(store->clear());
  const auto unknown = std::make_shared<StoredStatement>("SELECT 3");
  EXPECT_EQ(store->put_batch(std::vector<StoreItem>{{make_entry({}), unknown}}, always), 0u);
  ::close(other);
  EXPECT_EQ(put({{.key = "a"}}), 1u);
  EXPECT_EQ(store->stats().dropped, 2u);
}

// Values tell their key and label; run under ThreadSanitizer too.
TEST_F(StoreTest, AnswersRightlyUnderManyThreads) {
  start();
  std::atomic<uint64_t> hits{0};
  std::atomic<bool> done{false};
  const auto read = [&](unsigned seed) {
    std::mt19937 random(seed);
    while (!done) {
      const std::string key = std::to_string(random() % 500);
      if (const auto entry = find(key)) {
        hits.fetch_add(1, std::memory_order_relaxed);
        ASSERT_EQ(text_of(entry->body()), key + ":" + std::to_string(entry->label()));
      }
    }
  };
  std::vector<std::thread> readers;
  for (unsigned t = 0; t < 3; ++t) readers.emplace_back(read, t);
  std::thread sweeper([&] {
    while (!done) {
      store->sweep(50, [](const EntryView& view) { return view.label() % 7 == 0; });
      store->rest();
    }
  });
  std::mt19937 random(99);
  for (uint64_t round = 1; round <= 200; ++round) {
    std::vector<EntrySpec> specs;
    for (int i = 0; i < 20; ++i) {
      const std::string key = std::to_string(random() % 500);
      specs.push_back({.key = key, .value = key + ":" + std::to_string(round), .label = round});
    }
    put(specs);
  }
  done = true;
  for (auto& reader : readers) reader.join();
  sweeper.join();
  EXPECT_GT(hits.load(), 0u);
  EXPECT_FALSE(store->off()) << store->why_off();
}

}  // namespace
}  // namespace tern::cache
