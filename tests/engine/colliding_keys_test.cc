// Keys with one hash (tests/support/colliding_keys.h) are told apart all the same.
#include "tests/support/colliding_keys.h"

#include <gtest/gtest.h>

#include <barrier>
#include <thread>
#include <vector>

#include "cache/key.h"
#include "tern/tern.hpp"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

using Blob = std::vector<std::byte>;

using test::colliding_blob;

TEST(CollidingKeys, AreAnsweredEachForItselfThoughTheyMissAtTheSameTime) {
  cache::KeyBuilder a({}), b({});
  a.add_blob(colliding_blob(0, 0));
  b.add_blob(colliding_blob(0, 1));
  ASSERT_EQ(a.hash(), b.hash());
  ASSERT_NE(colliding_blob(0, 0), colliding_blob(0, 1));

  const test::TempFolder temp;
  Database db = open(temp.file("app.db"));
  // Long enough that two threads meet in it, short enough that the second waits for the first.
  const Statement slow = db.prepare(
      "SELECT ?1, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) "
      "SELECT count(*) FROM n)");
  constexpr uint64_t kRounds = 40;
  std::barrier together(2);
  const auto run = [&](uint32_t step) {
    for (uint64_t round = 0; round < kRounds; ++round) {
      const Blob mine = colliding_blob(round, step);
      together.arrive_and_wait();
      EXPECT_TRUE(slow.bind(mine).first()->get<Blob>(0) == mine) << "round " << round;
    }
  };
  std::thread other(run, 1);
  run(0);
  other.join();
}

}  // namespace
}  // namespace tern
