// What goes wrong outside of tern: each time a code to branch on, a message that names the thing, and nothing lost.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "tern/tern.hpp"
#include "tests/support/as_nobody.h"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern {
namespace {

namespace fs = std::filesystem;

// Runs what must fail, and expects the code and every one of the words in the message.
void expect_error(ErrorCode code, const std::vector<std::string>& words, const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    EXPECT_STREQ(error_code_name(error.code()), error_code_name(code)) << error.what();
    for (const std::string& word : words) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << "no '" << word << "' in: " << error.what();
    }
    return;
  }
  ADD_FAILURE() << "nothing was thrown, where " << error_code_name(code) << " was expected";
}

void write_file(const std::string& path, const std::string& bytes) { std::ofstream(path) << bytes; }

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

struct Errors : testing::Test {
  test::TempFolder temp;
  std::string path = temp.file("app.db");
};

TEST_F(Errors, AMissingFolderIsNamed) {
  expect_error(ErrorCode::kNotFound, {"no/such/app.db", "folder"}, [&] { open(temp.file("no/such/app.db")); });
  EXPECT_FALSE(fs::exists(temp.file("no")));
}

TEST_F(Errors, AMissingFileIsNamedAndNotMade) {
  expect_error(ErrorCode::kNotFound, {path}, [&] { open(path, {.mode = OpenMode::kExisting}); });
  EXPECT_TRUE(fs::is_empty(temp.path()));
}

TEST_F(Errors, AFolderInPlaceOfTheFileIsNamed) {
  fs::create_directory(path);
  EXPECT_THROW(open(path), Error);
  EXPECT_TRUE(fs::is_empty(path));
}

TEST_F(Errors, AFileThatIsNoDatabaseIsNamedAndLeftAsItIs) {
  const std::string text(5'000, 'x');
  write_file(path, text);
  expect_error(ErrorCode::kNotADatabase, {path}, [&] { open(path); });
  EXPECT_EQ(read_file(path), text);
}

TEST_F(Errors, ADatabaseInAnotherJournalModeIsNotConvertedUnasked) {
  test::PlainSqlite(path).exec("CREATE TABLE t(a); INSERT INTO t VALUES(7)");
  expect_error(ErrorCode::kUnsupported, {path, "WAL", "convert_to_wal"}, [&] { open(path); });
  Database db = open(path, {.convert_to_wal = true});
  EXPECT_EQ(db.query("SELECT a FROM t").at(0).get<int64_t>(0), 7);
}

TEST_F(Errors, ADamagedDatabaseIsCorruptAndSaysSo) {
  {
    Database db = open(path);
    db.exec("CREATE TABLE t(a)");
    db.transaction([](Transaction& tx) {
      for (int i = 0; i < 200; ++i) tx.query("INSERT INTO t VALUES(?)", std::string(500, 'x'));
    });
  }
  fs::remove(path + "-wal");
  fs::remove(path + "-shm");
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(3 * 4096);
  file << std::string(4 * 4096, '\xff');
  file.close();
  Database db = open(path);
  expect_error(ErrorCode::kCorrupt, {"SELECT"}, [&] { db.query("SELECT count(*), sum(length(a)) FROM t"); });
}

struct ErrorsOpened : Errors {
  ErrorsOpened() {
    db.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT NOT NULL UNIQUE); INSERT INTO t VALUES(1, 'one')");
  }
  ~ErrorsOpened() override {
    EXPECT_EQ(db.query("SELECT a FROM t WHERE id = 1").at(0).get<std::string_view>(0), "one");
  }
  Database db = open(path);
};

TEST_F(ErrorsOpened, SqlThatDoesNotCompileIsQuotedWithThePlace) {
  expect_error(ErrorCode::kSql, {"syntax error", "SELEC"}, [&] { db.prepare("SELEC a FROM t"); });
  expect_error(ErrorCode::kSql, {"no such table", "nowhere"}, [&] { db.query("SELECT * FROM nowhere"); });
  expect_error(ErrorCode::kSql, {"no such column", "absent"}, [&] { db.query("SELECT absent FROM t"); });
  expect_error(ErrorCode::kSql, {}, [&] { db.prepare("SELECT 1; SELECT 2"); });
  expect_error(ErrorCode::kSql, {}, [&] { db.prepare("  -- nothing"); });
}

TEST_F(ErrorsOpened, AWrongNumberOfParametersNamesBothNumbers) {
  const Statement two = db.prepare("SELECT ? + ?");
  expect_error(ErrorCode::kMisuse, {"2", "1"}, [&] { two.bind(1); });
  expect_error(ErrorCode::kMisuse, {"2", "3"}, [&] { two.bind(1, 2, 3); });
  expect_error(ErrorCode::kMisuse, {"2", "0"}, [&] { two.run(); });
  EXPECT_EQ(two.bind(1, 2).first()->get<int64_t>(0), 3);
}

TEST_F(ErrorsOpened, AWrongTypeNamesTheColumnWhatWasAskedAndWhatIsThere) {
  const auto row = db.query("SELECT 'x' AS word, 7 AS seven, 2.5 AS half, NULL AS hole, x'00' AS bytes").first();
  expect_error(ErrorCode::kMisuse, {"word", "TEXT"}, [&] { row->get<int64_t>("word"); });
  expect_error(ErrorCode::kMisuse, {"seven", "TEXT", "INTEGER"}, [&] { row->get<std::string_view>("seven"); });
  expect_error(ErrorCode::kMisuse, {"half", "REAL"}, [&] { row->get<int64_t>("half"); });
  expect_error(ErrorCode::kMisuse, {"hole", "NULL"}, [&] { row->get<double>("hole"); });
  expect_error(ErrorCode::kMisuse, {"bytes", "BLOB", "TEXT"}, [&] { row->get<std::string>("bytes"); });
  expect_error(ErrorCode::kMisuse, {"seven"}, [&] { row->get<bool>("seven"); });
  expect_error(ErrorCode::kNotFound, {"absent"}, [&] { row->value("absent"); });
  expect_error(ErrorCode::kMisuse, {"5"}, [&] { row->value(5); });
  EXPECT_EQ(row->get<std::optional<int64_t>>("hole"), std::nullopt);
  EXPECT_EQ(row->get<double>("seven"), 7.0);
}

TEST_F(ErrorsOpened, AnIntegerOutOfRangeIsRefusedAndNotCut) {
  const auto row = db.query("SELECT 256, -1, 9007199254740993").first();
  expect_error(ErrorCode::kMisuse, {"256"}, [&] { row->get<uint8_t>(0); });
  expect_error(ErrorCode::kMisuse, {"-1"}, [&] { row->get<uint64_t>(1); });
  expect_error(ErrorCode::kMisuse, {"9007199254740993"}, [&] { row->get<double>(2); });
  EXPECT_EQ(row->get<uint16_t>(0), 256);
}

TEST_F(ErrorsOpened, AConstraintIsToldByNameAndNothingChanges) {
  expect_error(ErrorCode::kConstraint, {"UNIQUE", "t.a"}, [&] { db.query("INSERT INTO t VALUES(2, ?)", "one"); });
  expect_error(ErrorCode::kConstraint, {"NOT NULL", "t.a"}, [&] { db.query("INSERT INTO t VALUES(2, ?)", nullptr); });
  EXPECT_EQ(db.query("SELECT count(*) FROM t").at(0).get<int64_t>(0), 1);
}

TEST_F(ErrorsOpened, ALockThatSomebodyHoldsIsBusyAndPasses) {
  Database hasty = open(temp.file("hasty.db"), {.busy_timeout_ms = 20, .busy_retries = 1});
  hasty.exec("CREATE TABLE t(a)");
  test::PlainSqlite holder(temp.file("hasty.db"));
  holder.exec("BEGIN IMMEDIATE");
  bool ran = false;
  expect_error(ErrorCode::kBusy, {"locked"}, [&] { hasty.query("INSERT INTO t VALUES(1)"); });
  expect_error(ErrorCode::kBusy, {"locked"}, [&] { hasty.transaction([&](Transaction&) { ran = true; }); });
  EXPECT_FALSE(ran);
  holder.exec("ROLLBACK");
  hasty.query("INSERT INTO t VALUES(1)");
  EXPECT_EQ(hasty.query("SELECT count(*) FROM t").at(0).get<int64_t>(0), 1);
}

TEST_F(ErrorsOpened, WhatATransactionThrowsReachesTheCallerAndTakesItBack) {
  struct Mine {};
  EXPECT_THROW(db.transaction([](Transaction& tx) {
    tx.query("INSERT INTO t VALUES(2, 'two')");
    throw Mine{};
  }),
               Mine);
  expect_error(ErrorCode::kConstraint, {"UNIQUE"}, [&] {
    db.transaction([](Transaction& tx) {
      tx.query("INSERT INTO t VALUES(2, 'two')");
      tx.query("INSERT INTO t VALUES(3, 'two')");
    });
  });
  EXPECT_EQ(db.query("SELECT count(*) FROM t").at(0).get<int64_t>(0), 1);
}

// The limits of docs/limits.md, on this side and on the other.

TEST_F(ErrorsOpened, AsManyParametersAsSqliteTakesAndNoMore) {
  const auto statement = [](size_t parameters) {
    std::string sql = "SELECT 1 WHERE 5 IN (?";
    for (size_t i = 1; i < parameters; ++i) sql += ", ?";
    return sql + ")";
  };
  std::vector<Value> values(32'766, Value(5));
  const Statement most = db.prepare(statement(values.size()));
  EXPECT_EQ(most.bind_values(values).all().size(), 1u);
  EXPECT_EQ(most.bind_values(values).all().source(), Source::kHot);
  values.back() = 6;
  EXPECT_EQ(most.bind_values(values).all().size(), 1u);
  expect_error(ErrorCode::kSql, {"too many SQL variables"}, [&] { db.prepare(statement(32'767)); });
}

TEST_F(ErrorsOpened, AResultOverMaxEntryBytesIsReturnedAndNotCached) {
  Database small = open(temp.file("small.db"), {.max_entry_bytes = 4'096});
  const Statement text = small.prepare("SELECT ?");
  const std::string fits(3'000, 'x');
  const std::string too_large(5'000, 'x');
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(text.bind(fits).first()->get<std::string_view>(0), fits);
    EXPECT_EQ(text.bind(too_large).first()->get<std::string_view>(0), too_large);
  }
  EXPECT_EQ(text.bind(fits).first()->source(), Source::kHot);
  EXPECT_EQ(text.bind(too_large).first()->source(), Source::kSql);
  EXPECT_EQ(small.stats().bypassed["result too large"], 3u);
}

TEST_F(ErrorsOpened, ArgumentsOverAMebibyteRunUncached) {
  // Room for entries that are as large as their arguments.
  Database roomy = open(temp.file("roomy.db"), {.hot_bytes = uint64_t{1} << 30});
  const Statement length = roomy.prepare("SELECT length(?)");
  const std::string fits((1 << 20) - 100, 'x');
  const std::string too_large(1 << 20, 'x');
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(length.bind(fits).first()->get<size_t>(0), fits.size());
    EXPECT_EQ(length.bind(too_large).first()->get<size_t>(0), too_large.size());
  }
  EXPECT_EQ(length.bind(fits).first()->source(), Source::kHot);
  EXPECT_EQ(length.bind(too_large).first()->source(), Source::kSql);
}

TEST_F(Errors, AFolderThatMayNotBeWrittenIsNamed) {
  const std::string folder = temp.file("locked");
  fs::create_directory(folder);
  ::chmod(temp.path().c_str(), 0755);
  ::chmod(folder.c_str(), 0555);
  {
    const test::AsNobody nobody;
    if (!nobody.permissions_bind()) GTEST_SKIP() << "this process may write everywhere";
    expect_error(ErrorCode::kReadOnly, {folder}, [&] { open(folder + "/new.db"); });
  }
  EXPECT_FALSE(fs::exists(folder + "/new.db"));
}

TEST_F(Errors, AFileThatMayNotBeReadIsNamed) {
  { open(path).exec("CREATE TABLE t(a)"); }
  ::chmod(temp.path().c_str(), 0777);
  ::chmod(path.c_str(), 0);
  const test::AsNobody nobody;
  if (!nobody.permissions_bind()) GTEST_SKIP() << "this process may read everywhere";
  EXPECT_THROW(open(path), Error);
  try {
    open(path);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
  }
}

// A file system with room for a few megabytes; unmounted at the end.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    fs::create_directory(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=6m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
  bool mounted_ = false;
};

TEST_F(Errors, AFullDiskIsToldNothingAcknowledgedIsLostAndItGoesOnWhenThereIsRoom) {
  const SmallDisk disk(temp.file("disk"));
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small file system needs root";
  write_file(disk.file("ballast"), std::string(1 << 20, 'x'));
  int64_t acknowledged = 0;
  {
    Database db = open(disk.file("app.db"), {.store_bytes = 1 << 20});
    db.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
    const Statement insert = db.prepare("INSERT INTO t(a) VALUES(zeroblob(20000))");
    const Statement count = db.prepare("SELECT count(*) FROM t");
    expect_error(ErrorCode::kFull, {"full"}, [&] {
      for (; acknowledged < 1'000; ++acknowledged) {
        insert.run();
        EXPECT_EQ(count.first()->get<int64_t>(0), acknowledged + 1);
      }
    });
    EXPECT_GT(acknowledged, 10);
    EXPECT_EQ(count.first()->get<int64_t>(0), acknowledged);
    fs::remove(disk.file("ballast"));
    insert.run();
    ++acknowledged;
    EXPECT_EQ(count.first()->get<int64_t>(0), acknowledged);
  }
  test::PlainSqlite plain(disk.file("app.db"));
  EXPECT_EQ(plain.number("SELECT count(*) FROM t"), acknowledged);
  EXPECT_EQ(plain.number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}

TEST_F(Errors, ADiskThatIsFullFromTheStartIsNamed) {
  const SmallDisk disk(temp.file("disk"));
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small file system needs root";
  write_file(disk.file("ballast"), std::string(7 << 20, 'x'));
  try {
    open(disk.file("app.db")).exec("CREATE TABLE t(a)");
    ADD_FAILURE() << "there was room on a full disk";
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == ErrorCode::kFull || error.code() == ErrorCode::kIo) << error.what();
    EXPECT_NE(std::string(error.what()).find("app.db"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tern
