// The bounds of KV namespaces: one below, at, and one above each.
#include "engine/kv_limits.h"

#include <gtest/gtest.h>

#include <string>

#include "tern/tern.hpp"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

using namespace std::chrono_literals;

// Whether it is refused as beyond a bound; anything else is a failure.
template <typename F>
bool limited(F&& f) {
  try {
    f();
    return false;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kLimit) << error.what();
    return true;
  }
}

struct KvLimit : ::testing::Test {
  test::TempFolder folder;
  Database db = tern::open(folder.file("app.db"));
  KvNamespace native = db.kv("n");
  KvNamespace workers = db.kv("w", {.limits = KvLimits::kWorkers});
};

TEST_F(KvLimit, Keys) {
  for (const size_t size : {1u, 495u, 496u, 497u, 511u, 512u, 2047u, 2048u}) {
    const std::string key(size, 'k');
    native.put(key, std::to_string(size));
    EXPECT_EQ(native.get(key)->text(), std::to_string(size)) << size;
  }
  EXPECT_EQ(native.list().keys.size(), 8u);
  const std::string too_long(2049, 'k');
  EXPECT_TRUE(limited([&] { native.put(too_long, "v"); }));
  EXPECT_TRUE(limited([&] { native.get(too_long); }));
  EXPECT_TRUE(limited([&] { native.remove(too_long); }));
  EXPECT_TRUE(limited([&] { native.put("", "v"); }));
  native.put("..", "v");
}

TEST_F(KvLimit, KeysOfWorkers) {
  workers.put(std::string(511, 'k'), "v");
  workers.put(std::string(512, 'k'), "v");
  workers.put("...", "v");
  EXPECT_TRUE(limited([&] { workers.put(std::string(513, 'k'), "v"); }));
  EXPECT_TRUE(limited([&] { workers.get(std::string(513, 'k')); }));
  EXPECT_TRUE(limited([&] { workers.put("", "v"); }));
  EXPECT_TRUE(limited([&] { workers.put(".", "v"); }));
  EXPECT_TRUE(limited([&] { workers.get(".."); }));
}

TEST_F(KvLimit, Values) {
  native.put("empty", "");
  EXPECT_EQ(native.get("empty")->size(), 0u);
  const std::string most(internal::kKvWorkersValueBytes, 'v');
  workers.put("k", most);
  EXPECT_EQ(workers.get("k")->size(), most.size());
  EXPECT_TRUE(limited([&] { workers.put("k", most + "v"); }));
  native.put("k", most + "v");
  EXPECT_EQ(native.get("k")->size(), most.size() + 1);
  // Its size is looked at, and nothing else.
  const std::string_view beyond(most.data(), internal::kKvNativeValueBytes + 1);
  EXPECT_TRUE(limited([&] { internal::check_kv_value("k", beyond, KvLimits::kNative); }));
  EXPECT_FALSE(limited([&] { internal::check_kv_value("k", beyond.substr(0, beyond.size() - 1), KvLimits::kNative); }));
}

TEST_F(KvLimit, MetadataAndNames) {
  for (const size_t size : {0u, 1u, 1023u, 1024u}) {
    const std::string metadata(size, 'm');
    native.put("k", "v", {.metadata = metadata});
    EXPECT_EQ(native.get("k")->metadata(), metadata);
    EXPECT_EQ(native.list().keys.at(0).metadata, metadata);
  }
  EXPECT_TRUE(limited([&] { native.put("k", "v", {.metadata = std::string_view(std::string(1025, 'm'))}); }));
  EXPECT_EQ(db.kv(std::string(255, 'n')).name().size(), 255u);
  EXPECT_TRUE(limited([&] { db.kv(std::string(256, 'n')); }));
  EXPECT_TRUE(limited([&] { db.kv(""); }));
}

// The message of an error of that code; empty when there was none.
template <typename F>
std::string message_of(ErrorCode code, F&& f) {
  try {
    f();
    return {};
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
}

TEST_F(KvLimit, MetadataOfWorkersIsJson) {
  const auto put = [&](std::string_view metadata) {
    return message_of(ErrorCode::kMisuse, [&] { workers.put("the key", "v", {.metadata = metadata}); });
  };
  for (const size_t size : {2u, 3u, 1023u, 1024u}) {
    const std::string text = '"' + std::string(size - 2, 'm') + '"';
    EXPECT_EQ(put(text), "");
    EXPECT_EQ(workers.get("the key")->metadata(), text);
  }
  EXPECT_TRUE(limited([&] { workers.put("the key", "v", {.metadata = '"' + std::string(1023, 'm') + '"'}); }));
  EXPECT_EQ(put(std::string(512, '[') + std::string(512, ']')), "") << "as deep as there is room for";
  EXPECT_EQ(put(""), "") << "none";
  EXPECT_EQ(workers.get("the key")->metadata(), "");
  for (const auto& [text, place] : {std::pair(R"({"n":1,})", "byte 7 does"), std::pair(R"({"n":1)", "after 6 bytes"),
                                    std::pair("plain", "byte 0 does"), std::pair("\"\xff\"", "byte 1 does")}) {
    const std::string message = put(text);
    EXPECT_NE(message.find(place), std::string::npos) << message;
    EXPECT_NE(message.find("\"the key\""), std::string::npos) << message;
  }
  EXPECT_EQ(workers.get("the key")->metadata(), "") << "what was refused changed nothing";
}

TEST_F(KvLimit, EveryWayToPutHoldsTheMetadataOfWorkersToJson) {
  const KvPutOptions bad{.metadata = "{"};
  const KvItem items[] = {{"a", "1"}, {"b", "2", bad}};
  EXPECT_NE(message_of(ErrorCode::kMisuse, [&] { workers.put_many(items); }), "");
  EXPECT_NE(message_of(ErrorCode::kMisuse, [&] { workers.put_if_version("b", 0, "2", bad); }), "");
  EXPECT_NE(message_of(ErrorCode::kMisuse, [&] { workers.increment("b", 1, bad); }), "");
  EXPECT_TRUE(workers.list().keys.empty());
  native.put("b", "2", bad);
  EXPECT_EQ(native.get("b")->metadata(), "{");
}

TEST_F(KvLimit, Times) {
  using internal::kv_expiry;
  constexpr int64_t kNow = 1'700'000'000'000;
  const auto ttl = [](int64_t ms) { return KvPutOptions{.ttl = std::chrono::milliseconds(ms)}; };
  const auto at = [](int64_t ms) { return KvPutOptions{.expires_at_ms = ms}; };
  EXPECT_EQ(kv_expiry({}, kNow, KvLimits::kNative), 0);
  EXPECT_EQ(kv_expiry(ttl(1), kNow, KvLimits::kNative), kNow + 1);
  EXPECT_TRUE(limited([&] { kv_expiry(ttl(-1), kNow, KvLimits::kNative); }));
  EXPECT_EQ(kv_expiry(at(kNow + 1), kNow, KvLimits::kNative), kNow + 1);
  EXPECT_TRUE(limited([&] { kv_expiry(at(kNow), kNow, KvLimits::kNative); }));
  EXPECT_EQ(kv_expiry(at(internal::kKvLastMs), kNow, KvLimits::kNative), internal::kKvLastMs);
  EXPECT_TRUE(limited([&] { kv_expiry(at(internal::kKvLastMs + 1), kNow, KvLimits::kNative); }));
  EXPECT_EQ(kv_expiry(ttl(internal::kKvLastMs - kNow), kNow, KvLimits::kNative), internal::kKvLastMs);
  EXPECT_TRUE(limited([&] { kv_expiry(ttl(internal::kKvLastMs - kNow + 1), kNow, KvLimits::kNative); }));
  EXPECT_TRUE(limited([&] { kv_expiry(ttl(59'999), kNow, KvLimits::kWorkers); }));
  EXPECT_EQ(kv_expiry(ttl(60'000), kNow, KvLimits::kWorkers), kNow + 60'000);
  EXPECT_EQ(kv_expiry(ttl(60'001), kNow, KvLimits::kWorkers), kNow + 60'001);
  EXPECT_TRUE(limited([&] { kv_expiry(at(kNow + 59'999), kNow, KvLimits::kWorkers); }));
  EXPECT_EQ(kv_expiry(at(kNow + 60'000), kNow, KvLimits::kWorkers), kNow + 60'000);
  EXPECT_THROW(kv_expiry({.ttl = 1ms, .expires_at_ms = kNow + 1}, kNow, KvLimits::kNative), Error);
}

TEST_F(KvLimit, PagesOfAListing) {
  std::vector<std::string> names;
  for (int i = 0; i < 1001; ++i) names.push_back(std::to_string(10'000 + i));
  std::vector<KvItem> items;
  for (const std::string& name : names) items.push_back({name, "v"});
  native.put_many(items);
  EXPECT_EQ(native.list({.limit = 999}).keys.size(), 999u);
  const KvPage page = native.list({.limit = 1000});
  EXPECT_EQ(page.keys.size(), 1000u);
  EXPECT_FALSE(page.complete);
  const KvPage last = native.list({.limit = 1, .cursor = page.cursor});
  EXPECT_EQ(last.keys.size(), 1u);
  EXPECT_TRUE(last.complete);
  EXPECT_TRUE(limited([&] { native.list({.limit = 1001}); }));
  EXPECT_TRUE(limited([&] { native.list({.limit = 0}); }));
  const std::string most(2048, 'x');
  const std::string beyond = most + "x";
  EXPECT_TRUE(native.list({.start = most}).keys.empty());
  EXPECT_TRUE(limited([&] { native.list({.start = beyond}); }));
}

}  // namespace
}  // namespace tern
