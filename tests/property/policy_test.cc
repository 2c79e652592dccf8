// Policies at random against a history of what was committed: who has not asked for stale answers never gets one, and
// who has is told the truth about their age.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "tern/tern.hpp"
#include "tests/cache/support.h"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

using std::chrono::milliseconds;

constexpr int kIds = 4;
constexpr int64_t kRevalidateMs = 300;

class World {
 public:
  explicit World(uint32_t seed) : random_(seed) {
    clock_.advance_ms(1'000'000);
    db_.emplace(open(path_, {.clock = &clock_}));
    db_->exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    for (int id = 0; id < kIds; ++id) {
      db_->query("INSERT INTO t VALUES (?, 0)", id);
      history_[id].push_back({now(), 0});
    }
    plain_.emplace(path_);
    const char* const sql = "SELECT v FROM t WHERE id = ?";
    strict_ = {db_->prepare(sql), db_->prepare(sql, {.ttl = milliseconds(50)}),
               db_->prepare(sql, {.admit_second_time = true, .pin = true}), db_->prepare(sql, {.tags = {"a"}}),
               db_->prepare(sql, {.stale_if_error = milliseconds(1'000'000)})};  // and nothing fails here
    loose_ = {db_->prepare(sql, {.stale_while_revalidate = milliseconds(kRevalidateMs)}),
              db_->prepare(sql, {.ttl = milliseconds(50),
                                 .stale_while_revalidate = milliseconds(kRevalidateMs),
                                 .refresh_ahead = milliseconds(10),
                                 .tags = {"a"}})};
  }

  void step() {
    const int id = pick(kIds);
    switch (pick(16)) {
      case 0:
        return commit(id, [&](int64_t v) { db_->query("UPDATE t SET v = ? WHERE id = ?", v, id); });
      case 1:
        return commit(id, [&](int64_t v) {
          plain_->exec("UPDATE t SET v = " + std::to_string(v) + " WHERE id = " + std::to_string(id));
        });
      case 2:
        return clock_.advance_ms(pick(2) == 0 ? pick(5) : pick(200));
      case 3:
        return invalidate();
      case 4:
      case 5:
      case 6:
      case 7:
        return check_loose(loose_[static_cast<size_t>(pick(2))].bind(id).all(), id);
      case 8: {
        const std::vector<Value> ids = {id, (id + 1) % kIds};
        const std::vector<Rows> rows = loose_[0].all_many(ids);
        check_strict(rows[0], id);
        return check_strict(rows[1], (id + 1) % kIds);
      }
      default:
        return check_strict(strict_[static_cast<size_t>(pick(static_cast<int>(strict_.size())))].bind(id).all(), id);
    }
  }

  int stale() const { return stale_; }
  int hot() const { return hot_; }

 private:
  struct Version {
    int64_t since_ms;
    int64_t v;
  };

  int pick(int below) { return static_cast<int>(random_() % static_cast<uint32_t>(below)); }
  int64_t now() { return clock_.wall_ms(); }
  void commit(int id, const std::function<void(int64_t)>& update) {
    update(++newest_);
    history_[id].push_back({now(), newest_});
  }
  void invalidate() {
    switch (pick(8)) {
      case 0:
        return db_->invalidate_tag("a");
      case 1:
        return db_->invalidate(strict_[0]);
      case 2:
        return db_->invalidate_table("t");
      case 3:
        return db_->invalidate_all();
      default:
        return;
    }
  }
  void check_strict(const Rows& rows, int id) {
    hot_ += rows.source() == Source::kHot ? 1 : 0;
    ASSERT_TRUE(rows.freshness().fresh);
    ASSERT_EQ(rows.at(0).get<int64_t>(0), history_[id].back().v);
  }
  // The version that it shows was the newest one until so long ago, or later.
  void check_loose(const Rows& rows, int id) {
    const Freshness freshness = rows.freshness();
    if (freshness.fresh) return check_strict(rows, id);
    ++stale_;
    ASSERT_EQ(freshness.reason, StaleReason::kRevalidating);
    ASSERT_GE(freshness.age_ms, 0);
    ASSERT_LE(freshness.age_ms, kRevalidateMs);
    const std::vector<Version>& versions = history_[id];
    for (size_t i = 0; i < versions.size(); ++i) {
      if (versions[i].v != rows.at(0).get<int64_t>(0)) continue;
      const int64_t until_ms = i + 1 < versions.size() ? versions[i + 1].since_ms : now();
      ASSERT_LE(now() - until_ms, freshness.age_ms) << "it is older than it says";
      return;
    }
    FAIL() << "a value that was never there";
  }

  cache::ManualClock clock_;
  test::TempFolder temp_;
  const std::string path_ = temp_.file("app.db");
  std::optional<Database> db_;
  std::optional<test::PlainSqlite> plain_;
  std::vector<Statement> strict_, loose_;
  std::map<int, std::vector<Version>> history_;
  std::mt19937 random_;
  int64_t newest_ = 0;
  int stale_ = 0, hot_ = 0;
};

void try_out(int steps) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  World world(seed);
  for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) world.step();
  EXPECT_GT(world.stale(), steps / 1000) << "it has been tried";
  EXPECT_GT(world.hot(), steps / 100);
}

TEST(PolicyProperty, WhoHasNotAskedForAStaleAnswerNeverGetsOneAndTheOthersAreToldItsAge) { try_out(1000); }
TEST(PolicyPropertyCi, WhoHasNotAskedForAStaleAnswerNeverGetsOneAndTheOthersAreToldItsAge) { try_out(20'000); }

}  // namespace
}  // namespace tern
