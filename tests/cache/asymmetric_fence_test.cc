#include "cache/asymmetric_fence.h"

#include <gtest/gtest.h>

#include "tests/cache/dekker.h"

namespace tern::cache {
namespace {

// That it would show if the heavy fence were left out, tests/mutation shows.
TEST(AsymmetricFence, OneSideSeesTheOther) {
  prepare_asymmetric_fence();
  EXPECT_TRUE(heavy_fence());
  EXPECT_EQ(test::unseen_stores(std::chrono::milliseconds(200)), 0);
}

TEST(AsymmetricFence, OneSideSeesTheOtherWithoutMembarrier) {
  forgo_asymmetric_fence();
  EXPECT_TRUE(heavy_fence());
  EXPECT_EQ(test::unseen_stores(std::chrono::milliseconds(200)), 0);
  prepare_asymmetric_fence();
}

}  // namespace
}  // namespace tern::cache
