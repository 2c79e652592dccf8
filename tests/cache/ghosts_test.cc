#include "cache/ghosts.h"

#include <gtest/gtest.h>

#include "tests/cache/support.h"

namespace tern::cache {
namespace {

uint64_t hash(std::string_view key) { return hot_hash(bytes(key)); }

TEST(Ghosts, AreTakenOnce) {
  Ghosts ghosts;
  ghosts.resize(1024);
  ghosts.add(hash("a"));
  EXPECT_FALSE(ghosts.take(hash("b")));
  EXPECT_TRUE(ghosts.take(hash("a")));
  EXPECT_FALSE(ghosts.take(hash("a")));
}

TEST(Ghosts, LastForAboutAsManyAsThereIsRoomFor) {
  Ghosts ghosts;
  ghosts.resize(1024);
  ASSERT_EQ(ghosts.capacity(), 1024u);
  const auto fade = [&](int others) {
    int left = 0;
    for (int i = 0; i < 100; ++i) ghosts.add(hash("old " + std::to_string(i)));
    for (int i = 0; i < others; ++i) ghosts.add(hash("new " + std::to_string(i)));
    for (int i = 0; i < 100; ++i) left += ghosts.take(hash("old " + std::to_string(i))) ? 1 : 0;
    return left;
  };
  EXPECT_GT(fade(256), 80);
  EXPECT_LT(fade(4096), 5);
}

TEST(Ghosts, AreNoneWithoutRoom) {
  Ghosts ghosts;
  ghosts.add(hash("a"));
  EXPECT_FALSE(ghosts.take(hash("a")));
  EXPECT_EQ(ghosts.bytes(), 0u);
}

}  // namespace
}  // namespace tern::cache
