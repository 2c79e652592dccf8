// KV namespaces over processes: each sees at once what the other has put.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "tern/tern.hpp"
#include "tests/support/peer.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

std::string done(KvNamespace& kv, std::istringstream command) {
  std::string verb;
  std::string key;
  std::string value;
  command >> verb >> key >> value;
  if (verb == "put") return std::to_string(kv.put(key, value));
  if (verb == "increment") {
    for (int i = 0; i < std::stoi(value); ++i) kv.increment(key);
    return "done";
  }
  const auto got = kv.get(key);
  return got ? got->copy() : "nothing";
}

// Has the database open.
struct Peer : test::Peer {
  explicit Peer(const std::string& path)
      : test::Peer([&path]() -> Answer {
          return [kv = open(path).kv("x")](std::istringstream command) mutable { return done(kv, std::move(command)); };
        }) {}
};

TEST(KvProcesses, EachReadsAtOnceWhatTheOtherPut) {
  const test::TempFolder folder;
  Peer peer(folder.file("app.db"));
  Database db = open(folder.file("app.db"));
  KvNamespace kv = db.kv("x");
  for (int i = 0; i < 50; ++i) {
    const std::string mine = "mine" + std::to_string(i);
    const std::string theirs = "theirs" + std::to_string(i);
    kv.put("k", mine);
    ASSERT_EQ(kv.get("k")->text(), mine);
    ASSERT_EQ(peer.ask("get k"), mine);
    ASSERT_EQ(peer.ask("get k"), mine);
    peer.ask("put k " + theirs);
    ASSERT_EQ(kv.get("k")->text(), theirs);
    ASSERT_EQ(kv.get("k")->text(), theirs);
    ASSERT_EQ(kv.get("k")->source(), Source::kHot);
  }
  kv.remove("k");
  EXPECT_EQ(peer.ask("get k"), "nothing");
}

TEST(KvProcesses, IncrementsOfBothAllCount) {
  const test::TempFolder folder;
  Peer peer(folder.file("app.db"));
  Database db = open(folder.file("app.db"));
  KvNamespace kv = db.kv("x");
  std::thread theirs([&] { peer.ask("increment n 100"); });
  for (int i = 0; i < 100; ++i) kv.increment("n");
  theirs.join();
  EXPECT_EQ(kv.get("n")->text(), "200");
}

TEST(KvProcesses, AKilledOneHoldsNobodyUpAndWhatItPutStays) {
  const test::TempFolder folder;
  Peer peer(folder.file("app.db"));
  Database db = open(folder.file("app.db"));
  KvNamespace kv = db.kv("x");
  peer.ask("put k v");
  EXPECT_EQ(kv.get("k")->text(), "v");
  peer.kill();
  EXPECT_EQ(kv.get("k")->text(), "v");
  kv.put("k", "w");
  EXPECT_EQ(kv.get("k")->text(), "w");
}

TEST(KvFiles, ARestoredFolderIsReadAsItIs) {
  const test::TempFolder folder;
  const std::string path = folder.file("app.db");
  const std::filesystem::path kv_folder = path + "-tern/kv";
  open(path).kv("x").put("k", "old");
  std::filesystem::copy(kv_folder, folder.file("copy"), std::filesystem::copy_options::recursive);
  {
    KvNamespace kv = open(path).kv("x");
    kv.put("k", "new");
    EXPECT_EQ(kv.get("k")->text(), "new");
  }
  std::filesystem::remove_all(kv_folder);
  std::filesystem::copy(folder.file("copy"), kv_folder, std::filesystem::copy_options::recursive);
  EXPECT_EQ(open(path).kv("x").get("k")->text(), "old");
}

TEST(KvFiles, AFolderThatIsNoStoreIsAClearErrorAndIsLeftAlone) {
  const test::TempFolder folder;
  const std::string path = folder.file("app.db");
  std::filesystem::create_directories(path + "-tern/kv");
  std::ofstream(path + "-tern/kv/data.mdb") << std::string(8192, 'x');
  Database db = open(path);
  EXPECT_THROW(db.kv("x"), Error);
  EXPECT_EQ(std::filesystem::file_size(path + "-tern/kv/data.mdb"), 8192u);
  db.exec("CREATE TABLE t (x)");  // the rest goes on
}

TEST(KvDurabilities, EachWriteMayHaveACommitOfItsOwn) {
  const test::TempFolder folder;
  Options options;
  options.kv_durability = KvDurability::kEach;
  KvNamespace kv = open(folder.file("app.db"), options).kv("x");
  kv.put("a", "1");
  EXPECT_EQ(kv.get("a")->text(), "1");
}

}  // namespace
}  // namespace tern
