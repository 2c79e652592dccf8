// Stale answers: who gets them, for how long, and what they say of themselves.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <latch>
#include <thread>

#include "tests/engine/policy_support.h"

namespace tern {
namespace {

const Policy kRevalidate{.stale_while_revalidate = milliseconds(1000)};
const Policy kOnError{.stale_if_error = milliseconds(1000)};

// A function of SQL that waits at a door: what runs it, runs until the test lets it.
class Door {
 public:
  explicit Door(Database& db) {
    db.create_function("through", 1, {.deterministic = true}, [this](Arguments args) {
      arrived_.fetch_add(1);
      arrived_.notify_all();
      open_.wait(false);
      return args[0].integer;
    });
  }
  ~Door() { open(); }
  void close() { open_ = false; }
  void open() {
    open_ = true;
    open_.notify_all();
  }
  int arrived() const { return arrived_; }
  void wait_for(int arrivals) {
    for (int now = arrived_; now < arrivals; now = arrived_) arrived_.wait(now);
  }

 private:
  std::atomic<bool> open_{true};
  std::atomic<int> arrived_{0};
};

struct Stale : WithPolicies {
  ~Stale() override {
    door.open();
    db.reset();
  }
  Statement through(const Policy& policy) { return db->prepare("SELECT through(v) FROM t WHERE id = ?", policy); }

  Door door{*db};
};

TEST_F(Stale, TheOldAnswerIsGivenWhileANewOneIsFetched) {
  Statement read = through(kRevalidate);
  read.bind(1).all();
  clock.advance_ms(300);
  EXPECT_EQ(told(read.bind(1).all()), "10 hot fresh");
  door.close();
  foreign_update(11);
  clock.advance_ms(50);
  EXPECT_EQ(told(read.bind(1).all()), "10 hot stale 50 revalidating") << "it was seen true 50 ms ago";
  EXPECT_EQ(read.bind(1).first()->freshness().age_ms, 50);
  door.wait_for(2);
  door.open();
  while (!read.bind(1).all().freshness().fresh) std::this_thread::yield();
  EXPECT_EQ(told(read.bind(1).all()), "11 hot fresh");
  EXPECT_EQ(db->stats().policies.refreshes, 1u);
}

TEST_F(Stale, ManyReadersHaveItFetchedOnce) {
  Statement read = through(kRevalidate);
  read.bind(1).all();
  door.close();
  foreign_update(11);
  constexpr int kReaders = 8;
  std::latch done(kReaders);
  std::vector<std::thread> readers;
  std::atomic<int> old{0};
  for (int r = 0; r < kReaders; ++r) {
    readers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) old += told(read.bind(1).all()) == "10 hot stale 0 revalidating" ? 1 : 0;
      done.count_down();
    });
  }
  done.wait();
  EXPECT_EQ(old, kReaders * 50) << "the door is closed: there is no new answer yet";
  door.wait_for(2);
  door.open();
  for (auto& reader : readers) reader.join();
  while (!read.bind(1).all().freshness().fresh) std::this_thread::yield();
  EXPECT_EQ(door.arrived(), 2) << "the first fill, and one refresh";
}

TEST_F(Stale, NotForLongerThanThePolicySays) {
  Statement read = through(kRevalidate);
  read.bind(1).all();
  foreign_update(11);
  door.close();
  clock.advance_ms(1000);
  EXPECT_EQ(told(read.bind(1).all()), "10 hot stale 1000 revalidating");
  door.wait_for(2);
  clock.advance_ms(1);
  std::thread opener([&] { door.open(); });
  const Rows now = read.bind(1).all();
  opener.join();
  EXPECT_EQ(value(now), 11);
  EXPECT_TRUE(now.freshness().fresh);
}

TEST_F(Stale, AStatementOfTheSameTextWithoutAPolicyIsNeverGivenIt) {
  Statement stale = through(kRevalidate);
  Statement fresh = through({});
  stale.bind(1).all();
  EXPECT_EQ(told(fresh.bind(1).all()), "10 hot fresh") << "they share what is fresh";
  foreign_update(11);
  EXPECT_EQ(told(fresh.bind(1).all()), "11 sql fresh");
  EXPECT_EQ(told(stale.bind(1).all()), "11 hot fresh");
}

TEST_F(Stale, WhatHasExpiredIsStaleSinceThen) {
  Statement read = through({.ttl = milliseconds(500), .ttl_jitter = 0, .stale_while_revalidate = milliseconds(100)});
  read.bind(1).all();
  door.close();
  clock.advance_ms(600);
  EXPECT_EQ(told(read.bind(1).all()), "10 hot stale 100 revalidating");
  door.wait_for(2);
  door.open();
  while (!read.bind(1).all().freshness().fresh) std::this_thread::yield();
}

TEST_F(Stale, ManyAtOnceAreOfOneStateAndSoNeverStale) {
  Statement read = by_id(kRevalidate);
  const std::vector<Value> ids = {1, 2};
  read.all_many(ids);
  foreign_update(11);
  EXPECT_EQ(told(read.all_many(ids)[0]), "11 sql fresh");
}

TEST_F(Stale, NothingFromBeforeAChangeOfTheSchemaIsGiven) {
  Statement read = by_id(kRevalidate);
  read.bind(1).all();
  plain->exec("ALTER TABLE t ADD COLUMN w");
  EXPECT_EQ(told(read.bind(1).all()), "10 sql fresh");
}

TEST_F(Stale, TheEndOfTheDatabaseWaitsForTheRefreshThatIsUnderWay) {
  Statement read = through(kRevalidate);
  read.bind(1).all();
  door.close();
  foreign_update(11);
  const Rows old = read.bind(1).all();
  door.wait_for(2);
  std::thread opener([&] { door.open(); });
  read = db->prepare("SELECT 1");
  {
    const Statement last = std::move(read);
    db.reset();
  }
  opener.join();
  EXPECT_EQ(told(old), "10 hot stale 0 revalidating") << "what was given stays";
}

TEST_F(Stale, AForkWithARefreshUnderWayLeavesTheParentAlone) {
  Statement read = through(kRevalidate);
  read.bind(1).all();
  door.close();
  foreign_update(11);
  read.bind(1).all();
  door.wait_for(2);
  const pid_t child = ::fork();
  if (child == 0) {
    db.reset();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  door.open();
  while (!read.bind(1).all().freshness().fresh) std::this_thread::yield();
}

// One connection for reads, and it is at the door: whoever else misses finds the database busy.
struct StaleIfBusy : WithPolicies {
  StaleIfBusy() {
    reopen({.busy_timeout_ms = 1, .max_read_connections = 1});
    door.emplace(*db);
  }
  ~StaleIfBusy() override {
    free();
    db.reset();
  }
  void occupy() {
    door->close();
    const int before = door->arrived();
    busy.emplace([this, read = db->prepare("SELECT through(id) FROM t WHERE id = 3")] { read.all(); });
    door->wait_for(before + 1);
  }
  void free() {
    door->open();
    if (busy) busy->join();
    busy.reset();
  }

  std::optional<Door> door;
  std::optional<std::thread> busy;
};

TEST_F(StaleIfBusy, TheOldAnswerIsGivenWithItsAge) {
  Statement read = by_id(kOnError);
  read.bind(1).all();
  foreign_update(11);
  occupy();
  clock.advance_ms(1000);
  EXPECT_EQ(told(read.bind(1).all()), "10 hot stale 1000 error");
  EXPECT_EQ(db->stats().policies.stale_on_error, 1u);
  free();
  EXPECT_EQ(told(read.bind(1).all()), "11 sql fresh");
}

TEST_F(StaleIfBusy, PastThatAgeTheErrorIsTheAnswer) {
  Statement read = by_id(kOnError);
  read.bind(1).all();
  foreign_update(11);
  occupy();
  clock.advance_ms(1001);
  EXPECT_THROW(read.bind(1).all(), Error);
}

TEST_F(StaleIfBusy, WithoutThePolicyTheErrorIsTheAnswer) {
  Statement asked = by_id(kOnError);
  Statement not_asked = db->prepare("SELECT v FROM t WHERE id = ?");
  asked.bind(1).all();
  not_asked.bind(1).all();
  foreign_update(11);
  occupy();
  EXPECT_THROW(not_asked.bind(1).all(), Error);
  EXPECT_THROW(asked.bind(2).all(), Error) << "there is no old answer to that";
  EXPECT_EQ(told(asked.bind(1).all()), "10 hot stale 0 error");
}

TEST_F(StaleIfBusy, WhatIsFreshNeedsNoSqlite) {
  Statement read = by_id(kOnError);
  read.bind(1).all();
  occupy();
  EXPECT_EQ(told(read.bind(1).all()), "10 hot fresh");
}

TEST_F(StaleIfBusy, ARefreshThatFailsIsCountedAndTriedAgain) {
  Statement read = by_id(kRevalidate);
  read.bind(1).all();
  foreign_update(11);
  occupy();
  while (db->stats().policies.refresh_failures < 2) {
    EXPECT_EQ(told(read.bind(1).all()), "10 hot stale 0 revalidating");
    std::this_thread::yield();
  }
  free();
  while (!read.bind(1).all().freshness().fresh) std::this_thread::yield();
  EXPECT_EQ(told(read.bind(1).all()), "11 hot fresh");
}

// The page that the answer is on, as the newest commit left it, is in the log: spoilt there, SQLite finds it damaged.
struct StaleIfBroken : WithPolicies {
  static constexpr int64_t kPage = 4096;
  static constexpr int64_t kFrame = 24 + kPage;

  std::string log() const { return path + "-wal"; }
  void spoil_newest_frame() {
    const int fd = ::open(log().c_str(), O_RDWR | O_CLOEXEC);
    const std::string zeros(kPage, '\0');
    const auto frames = static_cast<int64_t>(db->stats().log.frames);
    EXPECT_EQ(::pwrite(fd, zeros.data(), zeros.size(), 32 + (frames - 1) * kFrame + 24), kPage);
    ::close(fd);
  }
};

TEST_F(StaleIfBroken, ADamagedDatabaseGivesTheOldAnswer) {
  Statement read = by_id(kOnError);
  Statement not_asked = db->prepare("SELECT v FROM t WHERE id = ?");
  read.bind(1).all();
  not_asked.bind(1).all();
  foreign_update(11);
  spoil_newest_frame();
  clock.advance_ms(7);
  EXPECT_EQ(told(read.bind(1).all()), "10 hot stale 7 error");
  EXPECT_THROW(not_asked.bind(1).all(), Error);
}

TEST_F(StaleIfBroken, ALogThatCannotBeReadGivesTheOldAnswer) {
  Statement read = by_id(kOnError);
  read.bind(1).all();
  foreign_update(11);
  std::filesystem::resize_file(log(), 32);
  EXPECT_EQ(told(read.bind(1).all()), "10 hot stale 0 error");
}

TEST_F(Stale, AnErrorOfTheStatementIsNoReason) {
  bool fails = false;
  db->create_function("picky", 1, {.deterministic = true}, [&fails](Arguments args) {
    if (fails) throw std::runtime_error("no");
    return args[0].integer;
  });
  Statement read = db->prepare("SELECT picky(v) FROM t WHERE id = 1", kOnError);
  read.all();
  fails = true;
  foreign_update(11);
  EXPECT_THROW(read.all(), Error);
}

}  // namespace
}  // namespace tern
