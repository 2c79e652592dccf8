// A file of the KV store is deleted or replaced while it is open: nothing is acknowledged that would be lost with it,
// and no answer of the one passes for the other's.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "tern/tern.hpp"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct LostKvFile : testing::TestWithParam<const char*> {
  LostKvFile() {
    kv.put("k", "v");
    kv.put("n", "1");
    kv.get("k");  // hot
  }
  void replace() {
    fs::copy_file(file, temp.file("copy"));
    fs::rename(temp.file("copy"), file);
  }
  // What the error says; empty if there was none.
  static std::string error_of(const std::function<void()>& call) {
    try {
      call();
      return {};
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kIo) << error.what();
      return error.what();
    }
  }
  void expect_named(const std::string& message) const {
    EXPECT_NE(message.find(file + " was moved, replaced or deleted"), std::string::npos) << message;
    EXPECT_NE(message.find("open it again"), std::string::npos) << message;
  }

  test::TempFolder temp;
  std::string path = temp.file("app.db");
  std::string file = path + "-tern/kv/" + GetParam();
  Database db = open(path);
  KvNamespace kv = db.kv("x");
};

TEST_P(LostKvFile, DeletedIsNoticedByTheNextWriteAndThenByEveryCall) {
  fs::remove(file);
  expect_named(error_of([&] { kv.put("k", "w"); }));
  const std::string_view keys[] = {"k", "n"};
  const std::pair<const char*, std::function<void()>> calls[] = {
      {"get, hot", [&] { kv.get("k"); }},
      {"get", [&] { kv.get("none"); }},
      {"get_many", [&] { kv.get_many(keys); }},
      {"list", [&] { kv.list(); }},
      {"put_if_version", [&] { kv.put_if_version("z", 0, "v"); }},
      {"remove", [&] { kv.remove("k"); }},
      {"remove_prefix", [&] { kv.remove_prefix(""); }},
      {"remove_if_version", [&] { kv.remove_if_version("k", 1); }},
      {"increment", [&] { kv.increment("n"); }},
      {"get_and_touch", [&] { kv.get_and_touch("k", 1h); }},
      {"kv", [&] { db.kv("y"); }},
      {"kv_namespaces", [&] { db.kv_namespaces(); }},
  };
  for (const auto& [name, call] : calls) EXPECT_NE(error_of(call), "") << name;
  db.exec("CREATE TABLE t (x)");  // the rest goes on
}

TEST_P(LostKvFile, RemovingByPrefixNoticesItToo) {
  fs::remove(file);
  expect_named(error_of([&] { kv.remove_prefix(""); }));
}

TEST_P(LostKvFile, ReplacedIsNoticedByTheNextWrite) {
  replace();
  expect_named(error_of([&] { kv.increment("n"); }));
}

TEST_P(LostKvFile, IsNoticedWithoutAnyWrite) {
  replace();
  // Without a bound of its own: a test that never ends has failed.
  std::string message;
  while ((message = error_of([&] { kv.get("k"); })).empty()) std::this_thread::sleep_for(2ms);
  expect_named(message);
}

TEST_P(LostKvFile, OpenedAgainIsReadAsItIs) {
  replace();
  EXPECT_NE(error_of([&] { kv.put("k", "w"); }), "");
  kv = KvNamespace(tern::open(temp.file("another.db")).kv("x"));
  db = tern::open(temp.file("another.db"));
  KvNamespace again = tern::open(path).kv("x");
  EXPECT_EQ(again.get("k")->text(), "v");
  again.put("k", "w");
  EXPECT_EQ(again.get("k")->text(), "w");
}

INSTANTIATE_TEST_SUITE_P(Each, LostKvFile, testing::Values("data.mdb", "lock.mdb", "stamps"), [](const auto& file) {
  const std::string name = file.param;
  return name.substr(0, name.find('.'));
});

}  // namespace
}  // namespace tern
