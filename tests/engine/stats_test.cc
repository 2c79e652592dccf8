#include "tern/stats.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tern/explain.hpp"

namespace tern {
namespace {

TEST(StatsJson, HasEveryFigureUnderItsName) {
  Stats stats;
  stats.hot.hits = 1;
  stats.hot.pinned_bytes = 2;
  stats.store.dropped = 3;
  stats.sql.snapshots_reused = 4;
  stats.commits.foreign = 5;
  stats.commits.grouped = 8;
  stats.log.guardian_lost = 6;
  stats.bypassed["cache off"] = 7;
  stats.cache_off = "why";
  const auto json = nlohmann::json::parse(stats.to_json());
  EXPECT_EQ(json["hot"]["hits"], 1);
  EXPECT_EQ(json["hot"]["pinned_bytes"], 2);
  EXPECT_EQ(json["store"]["dropped"], 3);
  EXPECT_EQ(json["sql"]["snapshots_reused"], 4);
  EXPECT_EQ(json["commits"]["foreign"], 5);
  EXPECT_EQ(json["commits"]["grouped"], 8);
  EXPECT_EQ(json["log"]["guardian_lost"], 6);
  EXPECT_EQ(json["bypassed"]["cache off"], 7);
  EXPECT_EQ(json["cache_off"], "why");
}

TEST(StatsJson, EscapesWhatJsonDoesNotAllow) {
  Stats stats;
  stats.cache_off = "a \"quoted\" \\ path\nand \x01 more";
  EXPECT_EQ(nlohmann::json::parse(stats.to_json())["cache_off"], stats.cache_off);
}

TEST(ExplainJson, HasEveryField) {
  Explanation why;
  why.cached = true;
  why.pages = 6;
  why.tables = {"a", "b"};
  why.reason = "because";
  const auto json = nlohmann::json::parse(why.to_json());
  EXPECT_EQ(json["cached"], true);
  EXPECT_EQ(json["any_commit"], false);
  EXPECT_EQ(json["pages"], 6);
  EXPECT_EQ(json["tables"], (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(json["reason"], "because");
}

}  // namespace
}  // namespace tern
