#include "sql/wal_follower.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tern::sql {
namespace {

// A log of which the test says what is in it.
class FakeLog final : public LogView {
 public:
  std::vector<uint32_t> pages;  // of frame 1, 2, …
  std::optional<std::array<uint32_t, 2>> checksum;
  bool readable = true;

  bool frame_pages(uint32_t first, uint32_t last, std::vector<uint32_t>& out) const override {
    if (!readable) return false;
    out.insert(out.end(), pages.begin() + (first - 1), pages.begin() + last);
    return true;
  }
  std::optional<std::array<uint32_t, 2>> frame_checksum(uint32_t, const WalHeader&) const override { return checksum; }
};

WalHeader header(uint32_t last_frame, uint32_t database_pages = 100, uint32_t salt = 1) {
  WalHeader made;
  made.version = kWalIndexVersion;
  made.initialised = true;
  made.page_size = 4'096;
  made.last_frame = last_frame;
  made.database_pages = database_pages;
  made.salt = {salt, salt};
  made.frame_checksum = {last_frame, salt};
  made.checksum = {last_frame * 31 + database_pages, salt};
  return made;
}

class WalFollowerTest : public ::testing::Test {
 protected:
  WalFollowerTest() { log_.pages = {2, 3, 1, 4, 4, 9}; }

  const Changes& since(const std::optional<WalHeader>& saved, const WalHeader& now, bool guarded = true) {
    changes_since(log_, saved, now, guarded, changes_);
    return changes_;
  }
  const Changes& restart(const WalHeader& saved, const WalHeader& now, bool clean = false) {
    changes_after_restart(log_, saved, now, clean, changes_);
    return changes_;
  }

  using Pages = std::vector<uint32_t>;
  FakeLog log_;
  Changes changes_;
};

TEST_F(WalFollowerTest, WithNothingSavedAllChanged) {
  EXPECT_TRUE(since(std::nullopt, header(3)).all);
  EXPECT_TRUE(changes_.cookie_may_have_changed);
  EXPECT_NE(std::string_view(changes_.why_all), "");
}

TEST_F(WalFollowerTest, TheSameHeaderMeansNothingChangedEvenUnguarded) {
  EXPECT_FALSE(since(header(3), header(3), false).all);
  EXPECT_TRUE(changes_.pages.empty());
  EXPECT_FALSE(changes_.cookie_may_have_changed);
}

TEST_F(WalFollowerTest, UnguardedAllChanged) { EXPECT_TRUE(since(header(3), header(4), false).all); }

TEST_F(WalFollowerTest, FramesAfterTheSavedOneNameTheChanges) {
  EXPECT_EQ(since(header(3), header(6)).pages, (Pages{4, 4, 9}));
  EXPECT_FALSE(changes_.all);
  EXPECT_FALSE(changes_.cookie_may_have_changed);
  EXPECT_EQ(changes_.now, header(6));
}

TEST_F(WalFollowerTest, PageOneAmongThemMayBeAnotherSchema) {
  EXPECT_EQ(since(header(2), header(4)).pages, (Pages{1, 4}));
  EXPECT_TRUE(changes_.cookie_may_have_changed);
}

TEST_F(WalFollowerTest, OtherSaltsMeanTheWholeNewLog) {
  EXPECT_EQ(since(header(5, 100, 1), header(2, 100, 2)).pages, (Pages{2, 3}));
  EXPECT_TRUE(since(header(5, 100, 1), header(0, 100, 2)).pages.empty());
  EXPECT_FALSE(changes_.all);
}

TEST_F(WalFollowerTest, AShorterLogWithTheSameSaltsMeansAll) { EXPECT_TRUE(since(header(5), header(4)).all); }

TEST_F(WalFollowerTest, AnotherPageSizeMeansAll) {
  WalHeader now = header(6);
  now.page_size = 8'192;
  EXPECT_TRUE(since(header(5), now).all);
  EXPECT_TRUE(restart(header(5), now).all);
}

TEST_F(WalFollowerTest, PagesCutOffCountAsChanged) {
  EXPECT_EQ(since(header(5, 100), header(6, 97)).pages, (Pages{9, 98, 99, 100}));
  EXPECT_FALSE(changes_.all);
}

TEST_F(WalFollowerTest, AHugeShrinkMeansAll) {
  EXPECT_TRUE(since(header(5, kMaxShrinkPages + 10), header(6, 1)).all);
  EXPECT_TRUE(changes_.pages.empty());
}

TEST_F(WalFollowerTest, AnUnknownSizeMeansAll) {
  EXPECT_TRUE(since(header(5, 0), header(6)).all);
  EXPECT_TRUE(since(header(5), header(6, 0)).all);
}

TEST_F(WalFollowerTest, AGrownDatabaseNamesNoMoreThanItsFrames) {
  EXPECT_EQ(since(header(5, 100), header(6, 5'000)).pages, Pages{9});
}

TEST_F(WalFollowerTest, AnUnreadableLogMeansAll) {
  log_.readable = false;
  EXPECT_TRUE(since(header(5), header(6)).all);
}

TEST_F(WalFollowerTest, TheSameFramesWithAnotherChecksumMeanAll) {
  WalHeader now = header(5);
  now.change = 1;
  EXPECT_FALSE(since(header(5), now).all) << "recovery wrote the header anew";
  EXPECT_TRUE(changes_.pages.empty());
  now.frame_checksum[0] ^= 1;
  EXPECT_TRUE(since(header(5), now).all);
}

TEST_F(WalFollowerTest, TheListIsMadeAnewEachTime) {
  since(std::nullopt, header(6));
  EXPECT_EQ(since(header(5), header(6)).pages, Pages{9});
  EXPECT_FALSE(changes_.all);
}

TEST_F(WalFollowerTest, AfterARestartTheSavedFramesChecksumDecides) {
  log_.checksum = header(4).frame_checksum;
  EXPECT_EQ(restart(header(4), header(6)).pages, (Pages{4, 9}));
  EXPECT_FALSE(changes_.all);
  log_.checksum = std::array<uint32_t, 2>{0, 0};
  EXPECT_TRUE(restart(header(4), header(6)).all) << "a lossy log";
  log_.checksum = std::nullopt;
  EXPECT_TRUE(restart(header(4), header(6)).all) << "an unreadable one";
}

TEST_F(WalFollowerTest, AfterARestartOtherSaltsOrAShorterLogMeanAll) {
  log_.checksum = header(4).frame_checksum;
  EXPECT_TRUE(restart(header(4, 100, 1), header(6, 100, 2)).all);
  log_.checksum = header(5).frame_checksum;
  EXPECT_TRUE(restart(header(5), header(4)).all);
}

TEST_F(WalFollowerTest, AfterARestartAnEmptyLogProvesNothingUnlessClosedCleanly) {
  EXPECT_TRUE(restart(header(4), header(0)).all);
  EXPECT_TRUE(restart(header(0), header(4)).all);
  EXPECT_FALSE(restart(header(4), header(0), true).all);
  EXPECT_TRUE(changes_.pages.empty());
  EXPECT_FALSE(restart(header(0), header(4), true).all) << "recovery brought back frames that were copied already";
}

TEST_F(WalFollowerTest, AfterARestartACleanCloseDoesNotExcuseAnotherLog) {
  log_.checksum = std::array<uint32_t, 2>{0, 0};
  EXPECT_TRUE(restart(header(4), header(6), true).all);
}

TEST(SavedState, ComesBackFromItsBytes) {
  SavedState state;
  state.header = header(77, 12'345, 0xdeadbeef);
  state.header.change = 9;
  state.header.big_endian_checksums = true;
  state.header.page_size = 65'536;
  state.schema_cookie = 0xfffffffe;
  const auto bytes = state.encode();
  EXPECT_EQ(SavedState::decode(bytes), state);
  EXPECT_EQ(static_cast<char>(bytes[0]), 'T');
  EXPECT_EQ(static_cast<unsigned char>(bytes[4]), 0xfe) << "little-endian";
}

TEST(SavedState, AnyFlippedBitIsNoticed) {
  SavedState state;
  state.header = header(77);
  const auto bytes = state.encode();
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      auto flipped = bytes;
      flipped[i] ^= static_cast<std::byte>(1 << bit);
      EXPECT_EQ(SavedState::decode(flipped), std::nullopt) << "byte " << i << " bit " << bit;
    }
  }
}

TEST(SavedState, TooFewBytesAreNoState) {
  const auto bytes = SavedState{}.encode();
  EXPECT_EQ(SavedState::decode(std::span(bytes).first(63)), std::nullopt);
  EXPECT_EQ(SavedState::decode({}), std::nullopt);
}

}  // namespace
}  // namespace tern::sql
