// Opening a store: where there is none, where it cannot be, where it is damaged, and from several processes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cache/folder_lock.h"
#include "cache/lmdb_environment.h"
#include "tests/cache/store_support.h"

namespace tern::cache {
namespace {

struct StoreOpen : StoreTest {
  std::string data_file() const { return options().folder / "data.mdb"; }

  std::string why_not(const StoreOptions& wanted) const {
    std::string why;
    EXPECT_EQ(Store::open(wanted, why), nullptr);
    return why;
  }
  void put_one_and_close() {
    start();
    put({{.key = "a"}});
    store.reset();
  }
  void expect_rebuilt() {
    reopen();
    ASSERT_NE(store, nullptr);
    EXPECT_FALSE(find("a"));
    EXPECT_EQ(put({{.key = "a", .value = "again"}}), 1u);
    EXPECT_EQ(value_of("a"), "again");
    reopen();
    EXPECT_EQ(value_of("a"), "again");
  }
  // Overwrites all pages but the two that LMDB begins with.
  void overwrite_pages(char with) const {
    const auto size = std::filesystem::file_size(data_file());
    const std::string garbage(size - 8192, with);
    const int file = ::open(data_file().c_str(), O_WRONLY);
    ASSERT_EQ(::pwrite(file, garbage.data(), garbage.size(), 8192), static_cast<ssize_t>(garbage.size()));
    ::close(file);
  }
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777;
}

TEST_F(StoreOpen, GivesNewFilesTheModeWhateverTheUmask) {
  const mode_t old = ::umask(0077);
  auto wanted = options();
  wanted.file_mode = 0664;
  std::string why;
  store = Store::open(wanted, why);
  ::umask(old);
  ASSERT_NE(store, nullptr) << why;
  EXPECT_EQ(mode_of(wanted.folder), 0775u);
  EXPECT_EQ(mode_of(data_file()), 0664u);
  EXPECT_EQ(mode_of(wanted.folder / "lock.mdb"), 0664u);
}

TEST_F(StoreOpen, GivesNewFilesTheOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  auto wanted = options();
  wanted.owner = 12345;
  wanted.group = 54321;
  std::string why;
  store = Store::open(wanted, why);
  ASSERT_NE(store, nullptr) << why;
  for (const auto& path : {wanted.folder.string(), data_file(), (wanted.folder / "lock.mdb").string()}) {
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 12345u) << path;
    EXPECT_EQ(status.st_gid, 54321u) << path;
  }
}

TEST_F(StoreOpen, KeepsTheMapThatTheFirstChose) {
  start();
  EXPECT_EQ(store->stats().map_bytes, 4 * kMiB);
  put({{.key = "a"}});
  map_bytes = 64 * kMiB;
  reopen();
  EXPECT_EQ(store->stats().map_bytes, 4 * kMiB);
  EXPECT_TRUE(find("a"));
}

TEST_F(StoreOpen, TakesAtLeastTheSmallestMap) {
  map_bytes = 0;
  start();
  EXPECT_EQ(store->stats().map_bytes, LmdbEnvironment::kMinimumMapBytes);
}

TEST_F(StoreOpen, NamesTheFolderThatCannotBe) {
  auto wanted = options();
  wanted.folder = temp.path() / "no" / "such" / "parent";
  EXPECT_NE(why_not(wanted).find("no/such/parent"), std::string::npos);
  std::ofstream(temp.file("file")) << "x";
  wanted.folder = temp.file("file");
  EXPECT_NE(why_not(wanted).find("file: Not a directory"), std::string::npos);
}

TEST_F(StoreOpen, NamesTheFileThatCannotBeOpened) {
  std::filesystem::create_directories(options().folder / "data.mdb");
  EXPECT_NE(why_not(options()).find("data.mdb"), std::string::npos);
}

TEST_F(StoreOpen, RebuildsAFileThatIsNotLmdbs) {
  put_one_and_close();
  std::ofstream(data_file(), std::ios::trunc) << std::string(20'000, 'x');
  expect_rebuilt();
}

TEST_F(StoreOpen, RebuildsAFileThatWasCutShort) {
  put_one_and_close();
  std::filesystem::resize_file(data_file(), 8192 + 4096);
  expect_rebuilt();
}

TEST_F(StoreOpen, RebuildsAFileWhosePagesAreGone) {
  put_one_and_close();
  overwrite_pages('\0');
  expect_rebuilt();
}

TEST_F(StoreOpen, RebuildsAStoreOfAnotherFormat) {
  put_one_and_close();
  change_values("meta", [](std::span<std::byte> value) {
    if (value.size() == 4) value[0] ^= std::byte{0x7f};
  });
  expect_rebuilt();
}

TEST_F(StoreOpen, BeginsAnewWhereTheFolderWasDeleted) {
  put_one_and_close();
  std::filesystem::remove_all(options().folder);
  expect_rebuilt();
}

TEST_F(StoreOpen, TurnsItselfOffWhenItsPagesAreDamagedUnderIt) {
  start();
  put({{.key = "a"}});
  overwrite_pages('\0');
  EXPECT_FALSE(find("a"));
  EXPECT_TRUE(store->off());
  EXPECT_NE(store->why_off().find("data.mdb"), std::string::npos);
  EXPECT_EQ(put({{.key = "b"}}), 0u);
  EXPECT_FALSE(store->clear());
  EXPECT_EQ(store->sweep(10, always).examined, 0u);
  EXPECT_TRUE(store->stats().off);
  expect_rebuilt();
}

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(ends_), 0); }
  ~Pipe() {
    for (const int end : ends_) ::close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void tell() const { EXPECT_EQ(::write(ends_[1], "g", 1), 1); }
  void wait() const {
    char byte = 0;
    EXPECT_EQ(::read(ends_[0], &byte, 1), 1);
  }

 private:
  int ends_[2] = {-1, -1};
};

struct StoreProcesses : StoreOpen {
  // Runs `work` in a process of its own, which is forked before this one opens the store.
  pid_t fork_to(const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    work();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  static int wait_for(pid_t child) {
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status;
  }
};

TEST_F(StoreProcesses, SeeWhatTheOthersPut) {
  const pid_t child = fork_to([&] {
    start();
    put({{.key = "a", .value = "from the other", .label = 3}});
    store.reset();
  });
  ASSERT_EQ(wait_for(child), 0);
  start();
  EXPECT_EQ(value_of("a"), "from the other");
  EXPECT_EQ(put({{.key = "a", .value = "older", .label = 2}}), 0u);
}

TEST_F(StoreProcesses, SeeWhatIsPutBehindALookupOfTheirs) {
  const Pipe go;
  const pid_t child = fork_to([&] {
    go.wait();
    start();
    put({{.key = "a", .value = "from the other"}});
    store.reset();
  });
  start();
  EXPECT_FALSE(find("a")) << "and its snapshot stays open";
  go.tell();
  ASSERT_EQ(wait_for(child), 0);
  EXPECT_EQ(value_of("a"), "from the other");
}

TEST_F(StoreProcesses, HoldOnToNoPageOnceTheyRest) {
  // What a reader holds on to, no writer uses again: so what is written over and over stays within a few pages if, and
  // only if, nobody does. The map is large enough for either.
  constexpr int kWrites = 200;
  map_bytes = 64 * kMiB;
  const auto grows_by = [&](const std::function<void()>& before) {
    const Pipe go;
    uintmax_t size = 0;
    const pid_t child = fork_to([&] {
      go.wait();
      start();
      put({{.key = "a", .value = std::string(2000, 'v')}});
      size = std::filesystem::file_size(data_file());
      for (int i = 0; i < kWrites; ++i) put({{.key = "a", .value = std::string(2000, 'v')}});
      const bool grew = std::filesystem::file_size(data_file()) > size + kWrites / 2 * 4096;
      store.reset();
      ::_exit(grew ? 7 : 0);
    });
    start();
    put({{.key = "b"}});
    EXPECT_TRUE(find("b"));
    before();
    go.tell();
    const int status = wait_for(child);
    store.reset();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  EXPECT_EQ(grows_by([] {}), 7) << "an open snapshot holds on to them: this test can fail";
  EXPECT_EQ(grows_by([&] { store->rest(); }), 0);
}

TEST_F(StoreProcesses, WriteAtTheSameTime) {
  const auto write_all = [this](const std::string& prefix) {
    start();
    for (int i = 0; i < 300; ++i) {
      const std::string key = prefix + std::to_string(i);
      // A batch is dropped when the other holds the folder for too long: offered again, as a miss would.
      while (put({{.key = key, .value = key}}) == 0) {
      }
    }
  };
  const pid_t child = fork_to([&] {
    write_all("child ");
    store.reset();
  });
  write_all("parent ");
  ASSERT_EQ(wait_for(child), 0);
  for (int i = 0; i < 300; ++i) {
    for (const std::string prefix : {"child ", "parent "}) {
      const std::string key = prefix + std::to_string(i);
      ASSERT_EQ(value_of(key), key);
    }
  }
}

TEST_F(StoreProcesses, AreNotHeldUpByAChildThatOutlivesAParentThatHadTheLock) {
  // A process takes the folder's lock, forks a child that outlives it, and dies with the lock held.
  int opened[2];
  int hold[2];
  ASSERT_EQ(::pipe(opened), 0);
  ASSERT_EQ(::pipe(hold), 0);
  std::filesystem::create_directories(options().folder);
  const pid_t parent = fork_to([&] {
    ::close(hold[1]);
    FolderLock lock;
    std::string why;
    ASSERT_TRUE(lock.open(options().folder, why)) << why;
    const auto held = lock.acquire(1000);
    ASSERT_TRUE(held);
    if (::fork() == 0) {
      char byte = 0;
      [[maybe_unused]] const bool done = ::write(opened[1], "x", 1) == 1 && ::read(hold[0], &byte, 1) == 0;
    }
    ::_exit(0);
  });
  wait_for(parent);
  char byte = 0;
  ASSERT_EQ(::read(opened[0], &byte, 1), 1);
  start();
  EXPECT_EQ(put({{.key = "a"}}), 1u);
  for (const int end : {opened[0], opened[1], hold[0], hold[1]}) ::close(end);
}

TEST_F(StoreProcesses, KilledWhileTheyWriteLeaveAStoreThatWorks) {
  for (int round = 0; round < 10; ++round) {
    int started[2];
    ASSERT_EQ(::pipe(started), 0);
    const pid_t child = fork_to([&] {
      start();
      for (int i = 0;; ++i) {
        put({{.key = std::to_string(i % 1000), .value = std::string(static_cast<size_t>(i % 3000), 'v')}});
        if (i % 64 == 0 && ::write(started[1], "x", 1) != 1) return;
      }
    });
    char byte = 0;
    for (int seen = 0; seen <= round; ++seen) ASSERT_EQ(::read(started[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    wait_for(child);
    ::close(started[0]);
    ::close(started[1]);
    start();
    ASSERT_EQ(put({{.key = "after", .value = std::to_string(round)}}), 1u);
    ASSERT_EQ(value_of("after"), std::to_string(round));
    ASSERT_FALSE(store->off()) << store->why_off();
    ASSERT_EQ(store->stats().corrupt, 0u);
    store.reset();
    ASSERT_EQ(count("entries"), count("order"));
    statement = std::make_shared<StoredStatement>(statement->text());
  }
}

}  // namespace
}  // namespace tern::cache
