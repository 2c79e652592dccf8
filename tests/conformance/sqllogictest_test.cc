// SQLite's own logic tests, asked of tern: each query three times (cold, filled, hot), and once more after the database
// was closed and opened, before anything else is written. Every answer must be the one in the file.
#include "tests/conformance/sqllogictest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include "tern/tern.hpp"
#include "tests/conformance/md5.h"
#include "tests/support/temp_folder.h"

namespace tern::test {
namespace {

struct Tally {
  uint64_t statements = 0, queries = 0, skipped = 0, reopened = 0;
  uint64_t answers = 0;                                                   // compared with the file
  std::array<uint64_t, 4> first{}, second{}, third{}, after_reopening{};  // by Source
  std::vector<std::string> failures;
};

class LogicRun {
 public:
  Tally run(const std::vector<LogicRecord>& records) {
    db_.emplace(open(folder_.file("app.db"), options_));
    for (const LogicRecord& record : records) {
      if (record.skipped) {
        ++tally_.skipped;
        continue;
      }
      if (record.kind == LogicRecord::Kind::kHalt) break;
      if (record.kind == LogicRecord::Kind::kQuery) {
        ask(record, tally_.first);
        ask(record, tally_.second);
        ask(record, tally_.third);
        asked_.push_back(&record);
        ++tally_.queries;
      } else {
        ask_again_after_reopening();
        run_statement(record);
      }
    }
    ask_again_after_reopening();
    return tally_;
  }

 private:
  void fail(const LogicRecord& record, const std::string& why) {
    tally_.failures.push_back("line " + std::to_string(record.line) + ": " + why + "\n  " + record.sql.substr(0, 300));
  }

  void run_statement(const LogicRecord& record) {
    ++tally_.statements;
    std::string error;
    try {
      db_->exec(record.sql);
    } catch (const Error& failure) {
      error = failure.what();
    }
    const bool wanted = record.kind == LogicRecord::Kind::kFailingStatement;
    if (error.empty() == wanted) fail(record, wanted ? "no error" : error);
  }

  void ask(const LogicRecord& query, std::array<uint64_t, 4>& by_source) {
    try {
      const Rows rows = db_->prepare(query.sql).all();
      ++by_source[static_cast<size_t>(rows.source())];
      ++tally_.answers;
      const std::string difference = logic_difference(query, rows, labels_);
      if (!difference.empty()) fail(query, difference + ", from " + source_name(rows.source()));
    } catch (const Error& failure) {
      fail(query, failure.what());
    }
  }

  void ask_again_after_reopening() {
    if (asked_.empty()) return;
    db_.reset();
    db_.emplace(open(folder_.file("app.db"), options_));
    ++tally_.reopened;
    for (const LogicRecord* query : asked_) ask(*query, tally_.after_reopening);
    asked_.clear();
  }

  // Room for every result of these files in each tier.
  const Options options_{
      .hot_bytes = uint64_t{512} << 20, .store_bytes = uint64_t{1} << 30, .max_entry_bytes = uint64_t{4} << 20};
  TempFolder folder_;
  std::optional<Database> db_;
  LogicLabels labels_;
  std::vector<const LogicRecord*> asked_;  // since the last statement
  Tally tally_;
};

uint64_t of(const std::array<uint64_t, 4>& by_source, Source source) { return by_source[static_cast<size_t>(source)]; }

constexpr const char* kSmall =
    "hash-threshold 3\n\nstatement ok\nCREATE TABLE t(a INTEGER, b)\n\nstatement ok\nINSERT INTO t VALUES(2, 'x y'), "
    "(1, "
    "NULL)\n\nstatement error\nINSERT INTO nowhere VALUES(1)\n\nskipif sqlite # never\nquery I nosort\nSELECT "
    "nothing\n----\n9\n\nonlyif sqlite\nquery IT rowsort pair\nSELECT a, b\nFROM t\n----\n1\nNULL\n2\nx y\n\nquery R "
    "valuesort\nSELECT a / 3.0 FROM t\n----\n0.333\n0.667\n\nquery I nosort\nSELECT a FROM t ORDER BY a\n----\n2 "
    "values "
    "hashing to 6ddb4095eb719e2a9f0a3f95677d24e0\n\nhalt\n\nquery I nosort\nSELECT 7\n----\n8\n";

TEST(Sqllogictest, Md5IsThatOfTheRfc) {
  EXPECT_EQ(md5(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Sqllogictest, EachQueryIsAnsweredByEachTier) {
  const Tally tally = LogicRun().run(parse_logic_file(kSmall));
  EXPECT_EQ(tally.failures, std::vector<std::string>());
  EXPECT_EQ(tally.statements, 3u);
  EXPECT_EQ(tally.queries, 3u);
  EXPECT_EQ(tally.skipped, 1u);
  EXPECT_EQ(of(tally.first, Source::kSql), 3u);
  EXPECT_EQ(of(tally.second, Source::kHot), 3u);
  EXPECT_EQ(of(tally.third, Source::kHot), 3u);
  EXPECT_EQ(of(tally.after_reopening, Source::kStore), 3u);
}

TEST(Sqllogictest, AWrongAnswerIsSeenEachTime) {
  for (const auto& [right, wrong] : {std::pair("0.333\n", "0.334\n"), std::pair("x y", "x_y"),
                                     std::pair("6ddb", "0000"), std::pair("query IT", "query ITT")}) {
    std::string text = kSmall;
    text.replace(text.find(right), std::string_view(right).size(), wrong);
    EXPECT_EQ(LogicRun().run(parse_logic_file(text)).failures.size(), 4u) << wrong;
  }
}

TEST(Sqllogictest, AStatementThatShouldHaveFailedIsSeen) {
  const Tally tally =
      LogicRun().run(parse_logic_file("statement error\nCREATE TABLE t(a)\n\nstatement ok\nDROP TABLE u"));
  EXPECT_EQ(tally.failures.size(), 2u);
}

TEST(Sqllogictest, AnUnknownRecordIsAnError) {
  EXPECT_THROW(parse_logic_file("statement ok\nSELECT 1\n\nquestion I\nSELECT 1"), std::runtime_error);
}

#ifdef TERN_SHARED_DIR

std::vector<std::string> logic_files() {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(TERN_SHARED_DIR "/sqllogictest", ignored)) {
    if (file.path().extension() == ".test") names.push_back(file.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class LogicFile : public testing::TestWithParam<std::string> {};

TEST_P(LogicFile, IsAnsweredColdFilledHotAndReopened) {
  std::ifstream file(TERN_SHARED_DIR "/sqllogictest/" + GetParam() + ".test", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Tally tally = LogicRun().run(parse_logic_file(text));
  for (size_t i = 0; i < std::min<size_t>(tally.failures.size(), 5); ++i) ADD_FAILURE() << tally.failures[i];
  EXPECT_EQ(tally.failures.size(), 0u);
  std::cout << "records " << tally.statements + tally.queries << " (statements " << tally.statements << ", queries "
            << tally.queries << "), skipped " << tally.skipped << ", answers compared " << tally.answers;
  const auto print = [](const char* when, const std::array<uint64_t, 4>& by_source) {
    std::cout << "; " << when << ": hot " << of(by_source, Source::kHot) << ", store " << of(by_source, Source::kStore)
              << ", sql " << of(by_source, Source::kSql);
  };
  print("first", tally.first);
  print("second", tally.second);
  print("third", tally.third);
  print("reopened", tally.after_reopening);
  std::cout << "; reopened " << tally.reopened << " times\n";
  // A statement that a change of the schema makes SQLite prepare anew is not cached by that run, but by the next.
  EXPECT_EQ(of(tally.third, Source::kHot), tally.queries);
  EXPECT_TRUE(tally.queries == 0 || of(tally.after_reopening, Source::kStore) > 0);
}

INSTANTIATE_TEST_SUITE_P(SqllogictestCi, LogicFile, testing::ValuesIn(logic_files()),
                         [](const auto& of_file) { return of_file.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LogicFile);

#endif

}  // namespace
}  // namespace tern::test
