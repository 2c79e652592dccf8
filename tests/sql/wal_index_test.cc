#include "sql/wal_index.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/sql/support.h"

namespace tern::sql {
namespace {

using test::open_at;
using test::options_for;

class WalIndexTest : public ::testing::Test {
 protected:
  WalIndexTest() { writer_.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)"); }

  WalHeader header() {
    const auto found = index_->read_header();
    if (!found) throw std::runtime_error("no header");
    return *found;
  }

  std::vector<uint32_t> frames(uint32_t first, uint32_t last) {
    std::vector<uint32_t> pages;
    EXPECT_TRUE(index_->frame_pages(first, last, pages));
    return pages;
  }

  uint32_t cookie() { return static_cast<uint32_t>(writer_.query_int64("PRAGMA schema_version")); }

  test::TempFolder folder_;
  Connection writer_ = open_at(folder_.file("a.db"));
  std::unique_ptr<WalIndex> index_ = WalIndex::open(options_for(folder_.file("a.db")));
};

TEST_F(WalIndexTest, IsThereForADatabaseInWalMode) {
  ASSERT_TRUE(index_->available()) << index_->why_unavailable();
  const WalHeader now = header();
  EXPECT_EQ(now.version, kWalIndexVersion);
  EXPECT_EQ(now.page_size, 4'096u);
  EXPECT_EQ(now.database_pages, 2u);
  EXPECT_GT(now.last_frame, 0u);
  EXPECT_EQ(now.state(), index_->state());
}

TEST_F(WalIndexTest, TheStateChangesWithEveryCommitAndWithNothingElse) {
  uint64_t before = index_->state();
  const auto changed = [&] { return std::exchange(before, index_->state()) != before; };
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_TRUE(changed()) << "insert";
  writer_.query_int64("SELECT count(*) FROM t");
  EXPECT_FALSE(changed()) << "read";
  writer_.execute("BEGIN IMMEDIATE; ROLLBACK");
  EXPECT_FALSE(changed()) << "write lock";
  writer_.execute("BEGIN; INSERT INTO t VALUES(3); ROLLBACK");
  EXPECT_FALSE(changed()) << "rollback";
  writer_.execute("UPDATE t SET a = 5 WHERE a = 99");
  EXPECT_FALSE(changed()) << "an update of nothing";
  writer_.execute("PRAGMA wal_checkpoint(PASSIVE)");
  EXPECT_FALSE(changed()) << "passive checkpoint";
  writer_.execute("VACUUM");
  EXPECT_TRUE(changed()) << "vacuum";
  writer_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_TRUE(changed()) << "restart";
  test::PlainConnection(folder_.file("a.db")).run("INSERT INTO t VALUES(4)");
  EXPECT_TRUE(changed()) << "a foreign commit";
}

TEST_F(WalIndexTest, CommitsOfOtherProcessesShow) {
  const uint64_t before = index_->state();
  ASSERT_EQ(test::run_in_other_process(folder_.file("a.db"), "INSERT INTO t VALUES(2)"), 0);
  EXPECT_NE(index_->state(), before);
}

TEST_F(WalIndexTest, NamesThePageOfEachFrame) {
  const uint32_t before = header().last_frame;
  writer_.execute("INSERT INTO t VALUES(2)");
  EXPECT_EQ(frames(before + 1, header().last_frame), std::vector<uint32_t>{2}) << "a row, one page";
  const uint32_t then = header().last_frame;
  writer_.execute("CREATE TABLE u(a)");
  auto pages = frames(then + 1, header().last_frame);
  std::sort(pages.begin(), pages.end());
  EXPECT_EQ(pages, (std::vector<uint32_t>{1, 3}));
}

TEST_F(WalIndexTest, FramesOfManyBlocksComeOutInOrder) {
  writer_.execute("CREATE TABLE big(a); PRAGMA cache_size=-64");
  writer_.execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 14000)"
      " INSERT INTO big SELECT randomblob(4000) FROM n");
  const WalHeader now = header();
  ASSERT_GT(now.last_frame, kFramesInFirstBlock + 2 * kFramesInBlock) << "four blocks";
  const auto all = frames(1, now.last_frame);
  ASSERT_EQ(all.size(), now.last_frame);
  for (const uint32_t cut : {kFramesInFirstBlock - 1, kFramesInFirstBlock, kFramesInFirstBlock + 1,
                             kFramesInFirstBlock + kFramesInBlock, kFramesInFirstBlock + kFramesInBlock + 1}) {
    auto parts = frames(1, cut);
    const auto rest = frames(cut + 1, now.last_frame);
    parts.insert(parts.end(), rest.begin(), rest.end());
    EXPECT_EQ(parts, all) << "cut after " << cut;
  }
  // Against the log itself: the page number opens every frame's header.
  std::ifstream log(folder_.file("a.db-wal"), std::ios::binary);
  for (uint32_t frame = 1; frame <= now.last_frame; frame += 97) {
    unsigned char number[4];
    log.seekg(32 + static_cast<std::streamoff>(frame - 1) * (24 + 4'096));
    log.read(reinterpret_cast<char*>(number), 4);
    EXPECT_EQ(all[frame - 1],
              uint32_t{number[0]} << 24 | uint32_t{number[1]} << 16 | uint32_t{number[2]} << 8 | uint32_t{number[3]});
  }
}

TEST_F(WalIndexTest, FramesThatDoNotExistAreRefused) {
  std::vector<uint32_t> pages{7};
  EXPECT_FALSE(index_->frame_pages(1, header().last_frame + 1, pages));
  EXPECT_FALSE(index_->frame_pages(1, 100'000'000, pages));
  EXPECT_EQ(pages, std::vector<uint32_t>{7});
}

TEST_F(WalIndexTest, TheChecksumOfTheLastFrameIsTheOneInTheHeader) {
  for (int i = 0; i < 5; ++i) {
    writer_.execute("INSERT INTO t VALUES(randomblob(3000))");
    const WalHeader now = header();
    EXPECT_EQ(index_->frame_checksum(now.last_frame, now), now.frame_checksum);
  }
  const WalHeader now = header();
  EXPECT_NE(index_->frame_checksum(now.last_frame - 1, now), now.frame_checksum);
  EXPECT_EQ(index_->frame_checksum(0, now), std::nullopt);
  EXPECT_EQ(index_->frame_checksum(now.last_frame + 1, now), std::nullopt);
  WalHeader other = now;
  ++other.salt[1];
  EXPECT_EQ(index_->frame_checksum(now.last_frame, other), std::nullopt);
}

TEST_F(WalIndexTest, TheSchemaCookieComesFromTheLogOrTheDatabase) {
  EXPECT_EQ(index_->schema_cookie(header()), cookie());
  writer_.execute("CREATE TABLE u(a); INSERT INTO u VALUES(1)");
  EXPECT_EQ(index_->schema_cookie(header()), cookie());
  writer_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  ASSERT_EQ(header().last_frame, 0u);
  EXPECT_EQ(index_->schema_cookie(header()), cookie());
  writer_.execute("INSERT INTO u VALUES(2)");
  EXPECT_EQ(index_->schema_cookie(header()), cookie());
  writer_.execute("DROP TABLE u");
  EXPECT_EQ(index_->schema_cookie(header()), cookie());
}

TEST_F(WalIndexTest, LargePagesAreDecoded) {
  for (const char* size : {"512", "65536"}) {
    const test::TempFolder folder;
    {
      test::PlainConnection(folder.file("p.db"))
          .run(std::string("PRAGMA page_size=") + size + "; VACUUM; CREATE TABLE t(a)");
    }
    ConnectionOptions options = options_for(folder.file("p.db"));
    options.convert_to_wal = true;
    Connection writer = Connection::open(options);
    writer.execute("INSERT INTO t VALUES(1)");
    const auto index = WalIndex::open(options);
    const auto now = index->read_header();
    ASSERT_TRUE(now.has_value());
    EXPECT_EQ(std::to_string(now->page_size), size);
    EXPECT_EQ(index->frame_checksum(now->last_frame, *now), now->frame_checksum);
    EXPECT_EQ(index->schema_cookie(*now), static_cast<uint32_t>(writer.query_int64("PRAGMA schema_version")));
  }
}

TEST_F(WalIndexTest, AnEmptyLogAfterRecoveryHasTheSizesOfTheFile) {
  const test::TempFolder folder;
  {
    test::PlainConnection plain(folder.file("e.db"));
    plain.run(
        "PRAGMA page_size=1024; PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES(zeroblob(9000))");
  }
  ASSERT_FALSE(std::filesystem::exists(folder.file("e.db-wal"))) << "the last plain connection deletes it";
  const auto now = WalIndex::open(options_for(folder.file("e.db")))->read_header();
  ASSERT_TRUE(now.has_value());
  EXPECT_EQ(now->last_frame, 0u);
  EXPECT_EQ(now->page_size, 1'024u);
  EXPECT_EQ(now->database_pages, std::filesystem::file_size(folder.file("e.db")) / 1'024);
}

// Plain SQLite deletes the log when it closes last: the headers that recovery makes before and after are the same, bit
// for bit, and only the file tells that there was a commit between.
TEST(WalIndexRecovery, AnEmptyLogIsNotTheOneOfBeforeACommitThatWasCopiedBack) {
  const test::TempFolder folder;
  const std::string path = folder.file("a.db");
  test::PlainConnection(path).run("PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  const auto header = [&] { return WalIndex::open(options_for(path))->read_header(); };
  const auto before = header();
  const auto again = header();
  // A file's times move in steps of some milliseconds.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  test::PlainConnection(path).run("UPDATE t SET a = 2");
  const auto after = header();
  ASSERT_TRUE(before && again && after);
  EXPECT_EQ(before->last_frame, 0u);
  EXPECT_EQ(*before, *again);
  EXPECT_EQ(before->state(), after->state()) << "the case that is meant";
  EXPECT_NE(*before, *after);
}

TEST_F(WalIndexTest, AHeaderReadWhileOthersCommitIsAlwaysWhole) {
  std::atomic<bool> stop{false};
  std::thread committer([&] {
    Connection other = open_at(folder_.file("a.db"));
    Statement insert(other, "UPDATE t SET a = a + 1");
    while (!stop.load()) insert.step();
  });
  uint32_t last_frame = 0;
  int seen = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto now = index_->read_header();
    if (!now) continue;
    ++seen;
    EXPECT_EQ(now->page_size, 4'096u);
    EXPECT_GE(now->last_frame, last_frame) << "nothing restarts the log here";
    last_frame = now->last_frame;
    std::vector<uint32_t> pages;
    ASSERT_TRUE(index_->frame_pages(last_frame, last_frame, pages));
    EXPECT_TRUE(pages[0] == 1 || pages[0] == 2);
  }
  stop.store(true);
  committer.join();
  EXPECT_GT(seen, 0);
}

}  // namespace
}  // namespace tern::sql
