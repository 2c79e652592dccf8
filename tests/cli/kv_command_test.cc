// tern kv.

#include "tests/cli/program.h"

namespace tern::test {
namespace {

struct KvCommand : Program {
  Ended kv(std::vector<std::string> words) const {
    words.insert(words.begin(), {"kv", path});
    return run_tern(words);
  }
  void put(std::string_view key, std::string_view value, const KvPutOptions& options = {}) {
    open(path).kv("n").put(key, value, options);
  }
  std::string value_of(std::string_view key) {
    const auto value = open(path).kv("n").get(key);
    return value ? value->copy() : "(none)";
  }
};

TEST_F(KvCommand, WhatIsPutIsGot) {
  const Ended put = kv({"n", "put", "k", "some text"});
  expect_done(put);
  EXPECT_EQ(put.out, "");
  const Ended got = kv({"n", "get", "k"});
  expect_done(got);
  EXPECT_EQ(got.out, "some text");
}

TEST_F(KvCommand, AnyBytesComeFromStandardInputAndGoToStandardOutput) {
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 7 % 256);
  const std::string file = write_file("value", bytes);
  expect_done(run_tern_reading(file, {"kv", path, "n", "put", "k", "-"}));
  const Ended got = kv({"n", "get", "k"});
  expect_done(got);
  EXPECT_TRUE(got.out == bytes);
  expect_done(kv({"n", "put", "k", "-"}));
  EXPECT_EQ(value_of("k"), "") << "nothing was on standard input";
}

TEST_F(KvCommand, WordsThatTheParserWouldTakeForSomethingElseArrive) {
  for (const char* value : {"{}", "[1,2]", "[]", "-5", "-.5", ""}) {
    expect_done(kv({"n", "put", "k", value}));
    EXPECT_EQ(value_of("k"), value);
  }
  expect_done(kv({"n", "put", "--", "--key", "-value"}));
  EXPECT_EQ(value_of("--key"), "-value");
  EXPECT_EQ(kv({"n", "get", "--", "--key"}).out, "-value");
  for (const char* name : {"get", "list", "kv"}) {
    expect_done(kv({name, "put", "delete", "put"}));
    EXPECT_EQ(kv({name, "get", "delete"}).out, "put");
  }
}

TEST_F(KvCommand, IncrementAddsAndPrintsTheSum) {
  const Ended first = kv({"n", "increment", "k", "--metadata", "[1]"});
  expect_done(first);
  EXPECT_EQ(first.out, "1\n");
  EXPECT_EQ(kv({"n", "increment", "k", "41"}).out, "42\n");
  EXPECT_EQ(kv({"n", "increment", "k", "-2", "--json"}).out, "{\"value\":40}\n");
  EXPECT_EQ(value_of("k"), "40");
  EXPECT_EQ(open(path).kv("n").get("k")->metadata(), "[1]");
  put("text", "none");
  expect_failed(kv({"n", "increment", "text"}), {"text", "not a 64-bit integer"});
  EXPECT_EQ(value_of("text"), "none");
  expect_wrong_usage(kv({"n", "increment", "k", "1.5"}), {"1.5 is no whole number"});
  expect_wrong_usage(kv({"n", "increment", "k", "9223372036854775808"}), {"no whole number"});
  expect_wrong_usage(kv({"n", "increment"}), {"KEY"});
  expect_wrong_usage(kv({"n", "increment", "k", "1", "2"}), {"KEY"});
}

TEST_F(KvCommand, OnlyTheVersionThatIsExpectedIsReplacedOrDeleted) {
  expect_done(kv({"n", "put", "k", "1", "--if-version", "0"}));
  expect_failed(kv({"n", "put", "k", "2", "--if-version", "0"}), {"the version of k in n is not 0"});
  EXPECT_EQ(value_of("k"), "1");
  const std::string version = std::to_string(open(path).kv("n").get("k")->version());
  const Ended put = kv({"n", "put", "k", "2", "--if-version", version, "--json"});
  expect_done(put);
  EXPECT_EQ(value_of("k"), "2");
  expect_failed(kv({"n", "put", "k", "3", "--if-version", version}), {"nothing was put"});
  expect_failed(kv({"n", "delete", "k", "--if-version", version}), {"nothing was deleted"});
  EXPECT_EQ(value_of("k"), "2");
  const std::string newer = std::to_string(nlohmann::json::parse(put.out)["version"].get<uint64_t>());
  EXPECT_EQ(kv({"n", "delete", "k", "--if-version", newer}).out, "deleted: 1\n");
  EXPECT_EQ(value_of("k"), "(none)");
  expect_wrong_usage(kv({"n", "put", "k", "1", "--if-version", "x"}), {"--if-version x is no version"});
  expect_wrong_usage(kv({"n", "put", "k", "1", "--if-version", "-1"}), {"no version"});
  expect_wrong_usage(kv({"n", "get", "k", "--if-version", "1"}), {"--if-version is for put and delete"});
  expect_wrong_usage(kv({"n", "delete", "--prefix", "k", "--if-version", "1"}), {"one key"});
}

TEST_F(KvCommand, ATimeAndMetadataAreKept) {
  expect_done(kv({"n", "put", "k", "v", "--ttl", "2h", "--metadata", R"({"user": [17]})"}));
  const auto value = open(path).kv("n").get("k");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->metadata(), R"({"user": [17]})");
  EXPECT_NE(value->expires_at_ms(), 0);
  const auto json = nlohmann::json::parse(kv({"n", "get", "k", "--json"}).out);
  EXPECT_EQ(json["name"], "k");
  EXPECT_EQ(json["value"], "v");
  EXPECT_EQ(json["metadata"]["user"][0], 17);
  EXPECT_EQ(json["expires_at_ms"], value->expires_at_ms());
  EXPECT_EQ(json["version"], value->version());
  expect_done(kv({"n", "put", "k", "v", "--metadata", "[1,2]"}));
  EXPECT_EQ(open(path).kv("n").get("k")->metadata(), "[1,2]");
}

TEST_F(KvCommand, InfoTellsWhatIsKnownAndNotTheValue) {
  put("k", "secret", {.expires_at_ms = 4'102'444'800'250, .metadata = "{}"});
  const Ended ended = kv({"n", "get", "k", "--info"});
  expect_done(ended);
  EXPECT_EQ(ended.out.find("secret"), std::string::npos);
  for (const char* part : {"size      6 bytes\n", "expires   2100-01-01 00:00:00.250 UTC\n", "metadata  {}\n"}) {
    EXPECT_NE(ended.out.find(part), std::string::npos) << part << " in:\n" << ended.out;
  }
  const auto json = nlohmann::json::parse(kv({"n", "get", "k", "--info", "--json"}).out);
  EXPECT_FALSE(json.contains("value"));
  EXPECT_EQ(json["size"], 6);
}

TEST_F(KvCommand, BytesThatAreNoTextAreHexadecimalInJson) {
  put("\xff", std::string_view("\0\xfe", 2), {.metadata = "no JSON"});
  const auto json = nlohmann::json::parse(kv({"n", "get", "\xff", "--json"}).out);
  EXPECT_EQ(json["name_hex"], "ff");
  EXPECT_EQ(json["value_hex"], "00fe");
  EXPECT_EQ(json["metadata"], "no JSON");
  EXPECT_TRUE(json["expires_at_ms"].is_null());
}

TEST_F(KvCommand, AMissingKeyOrNamespaceIsAFailureThatMakesNothing) {
  expect_failed(kv({"n", "get", "k"}), {"no KV namespace n", "put makes it"});
  EXPECT_FALSE(std::filesystem::exists(path + "-tern/kv"));
  put("a", "1");
  expect_failed(kv({"n", "get", "k"}), {"no key k in n"});
  expect_failed(kv({"m", "list"}), {"no KV namespace m", "it has n"});
  EXPECT_EQ(open(path).kv_namespaces().size(), 1u);
}

TEST_F(KvCommand, DeletingTellsHowManyThereWere) {
  for (const char* key : {"u/1", "u/2", "v"}) put(key, "x");
  EXPECT_EQ(kv({"n", "delete", "v"}).out, "deleted: 1\n");
  EXPECT_EQ(kv({"n", "delete", "v"}).out, "deleted: 0\n");
  EXPECT_EQ(kv({"n", "delete", "--prefix", "u/", "--json"}).out, "{\"deleted\":2}\n");
  EXPECT_EQ(value_of("u/1"), "(none)");
  expect_wrong_usage(kv({"n", "delete"}), {"takes KEY"});
  expect_wrong_usage(kv({"n", "delete", "k", "--prefix", "u/"}), {"not both"});
}

TEST_F(KvCommand, ListsKeysInOrderPageByPage) {
  put("b/\x1b[2J", "x");
  put("a", "x", {.expires_at_ms = 4'102'444'800'000, .metadata = R"({"n":1})"});
  put("c", "x");
  const Ended all = kv({"n", "list"});
  expect_done(all);
  EXPECT_LT(all.out.find("│ a "), all.out.find("│ b/\\x1b[2J ")) << all.out;
  EXPECT_NE(all.out.find("2100-01-01 00:00:00.000 UTC │ {\"n\":1}"), std::string::npos) << all.out;
  EXPECT_EQ(kv({"n", "list", "--prefix", "zz"}).out, "(no keys)\n");

  const auto first = nlohmann::json::parse(kv({"n", "list", "--limit", "2", "--json"}).out);
  ASSERT_EQ(first["keys"].size(), 2u);
  EXPECT_EQ(first["keys"][0]["metadata"]["n"], 1);
  EXPECT_EQ(first["complete"], false);
  const std::string cursor = first["cursor"];
  EXPECT_NE(kv({"n", "list", "--limit", "2"}).out.find("more: --cursor " + cursor), std::string::npos);
  const auto second = nlohmann::json::parse(kv({"n", "list", "--cursor", cursor, "--json"}).out);
  ASSERT_EQ(second["keys"].size(), 1u);
  EXPECT_EQ(second["keys"][0]["name"], "c");
  EXPECT_EQ(second["complete"], true);
  const auto every = nlohmann::json::parse(kv({"n", "list", "--limit", "1", "--all", "--json"}).out);
  EXPECT_EQ(every["keys"].size(), 3u);
  EXPECT_EQ(every["complete"], true);
  expect_failed(kv({"n", "list", "--cursor", "?"}), {"cursor"});
}

TEST_F(KvCommand, WithoutANamespaceListsTheirNames) {
  EXPECT_EQ(kv({}).out, "");
  EXPECT_EQ(kv({"--json"}).out, "[]\n");
  put("k", "v");
  open(path).kv("m\n").put("k", "v");
  EXPECT_EQ(kv({}).out, "m\\n\nn\n");
  EXPECT_EQ(kv({"--json"}).out, "[\"m\\n\",\"n\"]\n");
}

TEST_F(KvCommand, OnlyCreateMakesADatabase) {
  const std::string other = folder.file("other.db");
  expect_failed(run_tern({"kv", other, "n", "put", "k", "v"}), {"other.db", "no such file", "--create"});
  EXPECT_FALSE(std::filesystem::exists(other));
  expect_done(run_tern({"kv", other, "n", "put", "k", "v", "--create"}));
  EXPECT_EQ(run_tern({"kv", other, "n", "get", "k"}).out, "v");
}

TEST_F(KvCommand, SaysWhatIsWrongWithItsUsage) {
  expect_wrong_usage(kv({"n"}), {"what is to be done with n", "put KEY VALUE"});
  expect_wrong_usage(kv({"n", "set", "k", "v"}), {"set is none of get, put, increment, delete and list"});
  expect_wrong_usage(kv({"n", "get"}), {"takes KEY"});
  expect_wrong_usage(kv({"n", "put", "k"}), {"KEY and VALUE"});
  expect_wrong_usage(kv({"n", "list", "k"}), {"--prefix"});
  expect_wrong_usage(kv({"n", "put", "k", "v", "--ttl", "soon"}), {"--ttl soon is no time", "60s"});
  expect_wrong_usage(kv({"n", "put", "k", "v", "--ttl", "0"}), {"--ttl 0"});
  expect_wrong_usage(kv({"n", "put", "k", "v", "--metadata", "{user:17}"}), {"--metadata {user:17} is not JSON"});
  expect_wrong_usage(kv({"n", "get", "k", "--ttl", "1s"}), {"--ttl is for put"});
  expect_wrong_usage(kv({"n", "put", "k", "v", "--prefix", "p"}), {"--prefix is for list and delete"});
  expect_wrong_usage(kv({"n", "list", "--limit", "1001"}), {"--limit"});
  expect_failed(kv({"n", "put", "", "v"}), {"empty"});
  EXPECT_FALSE(std::filesystem::exists(path + "-tern/kv") && !open(path).kv_namespaces().empty() &&
               value_of("k") != "(none)");
}

TEST_F(KvCommand, StatsHaveItsFigures) {
  expect_done(run_tern({"stats", path}));
  EXPECT_FALSE(std::filesystem::exists(path + "-tern/kv")) << "asking made one";
  put("a", "1");
  put("b", "1", {.expires_at_ms = 4'102'444'800'000});
  const Ended ended = run_tern({"stats", path});
  expect_done(ended);
  EXPECT_NE(ended.out.find("kv        1 namespace, 2 keys, 1 of them with an expiry"), std::string::npos) << ended.out;
  const auto stats = nlohmann::json::parse(run_tern({"stats", path, "--json"}).out);
  EXPECT_EQ(stats["kv"]["keys"], 2);
}

}  // namespace
}  // namespace tern::test
