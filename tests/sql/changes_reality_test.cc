// The follower against what really happened: random writers on a real database, the images of its pages before and
// after, and cached answers that must stay true as long as none of their pages is named.
#include <algorithm>
#include <array>
#include <bit>
#include <fstream>
#include <random>
#include <set>

#include "sql/cacheability.h"
#include "sql/guardian.h"
#include "sql/library.h"
#include "sql/page_recorder.h"
#include "sql/wal_follower.h"
#include "tests/sql/support.h"

namespace tern::sql {
namespace {

using test::options_for;
using test::PlainConnection;

// The pages of the newest committed state, as SQLite's own pager sees them.
struct Image {
  size_t page_bytes = 0;
  std::vector<unsigned char> bytes;

  static Image of(const std::string& path) {
    PlainConnection reader(path);
    reader.run("BEGIN; SELECT 1 FROM sqlite_schema");
    sqlite3_int64 size = 0;
    unsigned char* const copy = sqlite3_serialize(reader.handle(), "main", &size, 0);
    if (copy == nullptr) throw std::runtime_error("sqlite3_serialize failed");
    Image image;
    image.bytes.assign(copy, copy + size);
    sqlite3_free(copy);
    image.page_bytes = static_cast<size_t>(image.bytes[16]) << 8 | image.bytes[17];
    if (image.page_bytes == 1) image.page_bytes = 65'536;
    return image;
  }

  uint32_t pages() const { return static_cast<uint32_t>(bytes.size() / page_bytes); }
  uint32_t cookie() const {
    return uint32_t{bytes[40]} << 24 | uint32_t{bytes[41]} << 16 | uint32_t{bytes[42]} << 8 | uint32_t{bytes[43]};
  }

  std::set<uint32_t> changed_since(const Image& older) const {
    std::set<uint32_t> changed;
    for (uint32_t page = 1; page <= std::max(pages(), older.pages()); ++page) {
      const size_t at = (page - 1) * page_bytes;
      const bool same =
          page <= pages() && page <= older.pages() && std::equal(&bytes[at], &bytes[at] + page_bytes, &older.bytes[at]);
      if (!same) changed.insert(page);
    }
    return changed;
  }
};

class Writers {
 public:
  Writers(const std::string& path, std::mt19937& random) : path_(path), random_(random) {}

  // One random thing that a program may do to a database; failures (busy, no such table) are part of it.
  void act() {
    PlainConnection& connection = *connections_[random_() % 2];
    const std::string number = std::to_string(random_() % 60);
    switch (random_() % 16) {
      case 0:
      case 1:
      case 2:
      case 3:
        connection.try_run("INSERT INTO t VALUES(NULL, " + number + ", randomblob(" + number + " * " + number + "))");
        break;
      case 4:
      case 5:
      case 6:
        connection.try_run("UPDATE t SET b = randomblob(" + number + " * 30) WHERE a = " + number);
        break;
      case 7:
      case 8:
        connection.try_run("DELETE FROM t WHERE a = " + number);
        break;
      case 9:
        connection.try_run("BEGIN; DELETE FROM t WHERE a % 3 = 1; INSERT INTO u SELECT a, b FROM t LIMIT 20; COMMIT");
        break;
      case 10:
        connection.try_run("DELETE FROM u WHERE rowid % 2 = 0");
        break;
      case 11:
        connection.try_run(random_() % 2 == 0 ? "VACUUM" : "PRAGMA incremental_vacuum(5)");
        break;
      case 12:
        connection.try_run(random_() % 2 == 0 ? "CREATE TABLE x" + number + "(a, b)"
                                              : "DROP TABLE IF EXISTS x" + number);
        break;
      case 13:
        connection.try_run("BEGIN; INSERT INTO t SELECT NULL, a, b FROM t; ROLLBACK");
        break;
      case 14:
        connection.try_run(std::string("PRAGMA wal_checkpoint(") + kCheckpoints[random_() % 4] + ")");
        break;
      default:
        connection.try_run(
            "BEGIN; DELETE FROM u; DELETE FROM t WHERE a > 20; INSERT INTO u VALUES(1, randomblob(9000));"
            "COMMIT");
    }
  }

 private:
  static constexpr const char* kCheckpoints[] = {"PASSIVE", "FULL", "RESTART", "TRUNCATE"};
  std::string path_;
  std::mt19937& random_;
  std::array<std::unique_ptr<PlainConnection>, 2> connections_{std::make_unique<PlainConnection>(path_),
                                                               std::make_unique<PlainConnection>(path_)};
};

void create(const std::string& path, std::mt19937& random) {
  PlainConnection maker(path);
  const char* const sizes[] = {"512", "1024", "4096"};
  maker.run(std::string("PRAGMA page_size=") + sizes[random() % 3]);
  maker.run("PRAGMA auto_vacuum=" + std::to_string(random() % 3));
  maker.run(
      "PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, a, b); CREATE INDEX t_a ON t(a);"
      "CREATE TABLE u(a, b)");
  for (int i = 0; i < 40; ++i) maker.run("INSERT INTO t VALUES(NULL, " + std::to_string(i) + ", randomblob(300))");
}

// Cuts the log somewhere behind what checkpoints have copied: SQLite syncs the log before it copies, so no loss of
// power takes more (wal.html, section 2.2). The count stands in WalCkptInfo.nBackfillAttempted, byte 128 of the -shm.
void lose_tail_of_log(const std::string& path, std::mt19937& random) {
  const auto read_u32 = [](const std::string& file, std::streamoff at, bool big_endian) {
    std::array<unsigned char, 4> b{};
    std::ifstream(file, std::ios::binary).seekg(at).read(reinterpret_cast<char*>(b.data()), 4);
    if (big_endian) return uint32_t{b[0]} << 24 | uint32_t{b[1]} << 16 | uint32_t{b[2]} << 8 | uint32_t{b[3]};
    return std::bit_cast<uint32_t>(b);  // the -shm is in the machine's order
  };
  const uint64_t copied = read_u32(path + "-shm", 128, false);
  const uint64_t page_bytes = read_u32(path + "-wal", 8, true);
  const uint64_t least = 32 + copied * (24 + page_bytes);
  const uint64_t size = std::filesystem::file_size(path + "-wal");
  if (size > least) std::filesystem::resize_file(path + "-wal", least + random() % (size - least));
}

struct Answer {
  std::string sql;
  std::vector<uint32_t> pages;
  std::string rows;
};

// Runs a query under the recorder on a fresh snapshot.
std::optional<Answer> ask(Connection& connection, const std::string& sql) {
  Answer answer{.sql = sql, .pages = {}, .rows = {}};
  PageRecorder recorder;
  if (!connection.begin_read()) return std::nullopt;
  {
    Statement statement(connection, sql);
    const PageRecorder::Scope on(recorder);
    while (statement.step()) {
      for (int i = 0; i < statement.column_count(); ++i) answer.rows += std::string(statement.column_text(i)) + "|";
    }
  }
  connection.end_transaction();
  answer.pages.assign(recorder.pages().begin(), recorder.pages().end());
  return answer;
}

class ChangesReality : public ::testing::TestWithParam<unsigned> {};

TEST_P(ChangesReality, WithAGuardianEveryChangedPageIsNamedAndAnswersOnOtherPagesStayTrue) {
  const bool recordable = initialize({.accept_wal_reset_bug = true}).pages_recordable;
  std::mt19937 random(GetParam());
  const test::TempFolder folder;
  const std::string path = folder.file("a.db");
  create(path, random);
  const auto index = WalIndex::open(options_for(path));
  Guardian guardian(options_for(path));
  ASSERT_TRUE(guardian.open());
  Connection reader = test::open_at(path, OpenMode::kRead);
  Writers writers(path, random);
  Changes changes;
  WalHeader saved = index->read_header().value();
  Image before = Image::of(path);
  std::vector<Answer> answers;
  int named = 0;
  for (int step = 0; step < 80; ++step) {
    for (auto acts = random() % 4; acts > 0; --acts) writers.act();
    const WalHeader now = index->read_header().value();
    changes_since(*index, saved, now, guardian.holds(), changes);
    const Image after = Image::of(path);
    const auto really = after.changed_since(before);
    ASSERT_FALSE(changes.all) << "step " << step << ": " << changes.why_all;
    const std::set<uint32_t> said(changes.pages.begin(), changes.pages.end());
    ASSERT_TRUE(std::includes(said.begin(), said.end(), really.begin(), really.end())) << "step " << step;
    ASSERT_TRUE(really.empty() || !(now == saved)) << "a change without a new wal state";
    ASSERT_EQ(index->schema_cookie(now), after.cookie()) << "step " << step;
    ASSERT_TRUE(after.cookie() == before.cookie() || changes.cookie_may_have_changed) << "step " << step;
    named += static_cast<int>(said.size());

    if (after.cookie() != before.cookie()) answers.clear();
    std::erase_if(answers, [&](const Answer& answer) {
      return std::any_of(answer.pages.begin(), answer.pages.end(), [&](uint32_t page) { return said.contains(page); });
    });
    for (const Answer& answer : answers) {
      const auto again = ask(reader, answer.sql);
      ASSERT_TRUE(again && again->rows == answer.rows) << "step " << step << ": " << answer.sql;
    }
    for (int i = 0; recordable && i < 4; ++i) {
      const std::string number = std::to_string(random() % 70);
      const std::string queries[] = {"SELECT * FROM t WHERE a = " + number, "SELECT hex(b) FROM t WHERE id = " + number,
                                     "SELECT count(*), max(rowid) FROM u",
                                     "SELECT length(b) FROM u WHERE rowid < " + number,
                                     "SELECT substr(hex(b), 15000, 30) FROM u WHERE rowid = 1"};
      if (auto answer = ask(reader, queries[random() % 5])) answers.push_back(std::move(*answer));
    }
    if (random() % 3 == 0) guardian.move([&] { return true; });
    before = after;
    saved = now;
  }
  EXPECT_GT(named, 0);
}

TEST_P(ChangesReality, WithoutAGuardianAnyChangeIsAll) {
  std::mt19937 random(GetParam());
  const test::TempFolder folder;
  const std::string path = folder.file("a.db");
  create(path, random);
  const auto index = WalIndex::open(options_for(path));
  const WalHeader saved = index->read_header().value();
  Writers writers(path, random);
  for (int i = 0; i < 30; ++i) writers.act();
  Changes changes;
  changes_since(*index, saved, index->read_header().value(), false, changes);
  EXPECT_TRUE(changes.all);
}

// Everyone closes; others write, truncate and lose parts of the log; then somebody opens again.
TEST_P(ChangesReality, AfterARestartOfAllItIsPreciseOrSaysAll) {
  std::mt19937 random(GetParam());
  const test::TempFolder folder;
  const std::string path = folder.file("a.db");
  create(path, random);
  int precise = 0;
  for (int round = 0; round < 12; ++round) {
    SavedState saved;
    Image before;
    {
      const auto index = WalIndex::open(options_for(path));
      Guardian guardian(options_for(path));
      ASSERT_TRUE(guardian.open());
      test::open_at(path).execute("INSERT INTO t VALUES(NULL, 1, randomblob(700))");
      saved = SavedState{.header = index->read_header().value(), .schema_cookie = 0};
      before = Image::of(path);
      if (random() % 2 == 0) {
        Connection keeper = test::open_at(path);  // the log outlives the plain writers, which would delete it
        Writers writers(path, random);
        for (auto acts = random() % 3; acts > 0; --acts) writers.act();
      }
    }
    if (random() % 3 == 0) {  // a lossy log, and then a writer that fills it up again
      lose_tail_of_log(path, random);
      Connection writer = test::open_at(path);
      for (int i = 0; i < 40; ++i) writer.execute("INSERT INTO u VALUES(1, randomblob(500))");
    } else if (random() % 3 == 0) {
      Writers writers(path, random);
      for (auto acts = random() % 6; acts > 0; --acts) writers.act();
    }
    const auto bytes = saved.encode();
    const SavedState restored = SavedState::decode(bytes).value();
    Guardian guardian(options_for(path));
    ASSERT_TRUE(guardian.open());
    const auto index = WalIndex::open(options_for(path));
    Changes changes;
    changes_after_restart(*index, restored.header, index->read_header().value(), false, changes);
    if (changes.all) continue;
    ++precise;
    const auto really = Image::of(path).changed_since(before);
    const std::set<uint32_t> said(changes.pages.begin(), changes.pages.end());
    ASSERT_TRUE(std::includes(said.begin(), said.end(), really.begin(), really.end())) << "round " << round;
  }
  RecordProperty("precise", precise);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ChangesReality, ::testing::Range(1u, 13u));
INSTANTIATE_TEST_SUITE_P(ManySeedsLong, ChangesReality, ::testing::Range(100u, 1'100u));

}  // namespace
}  // namespace tern::sql
