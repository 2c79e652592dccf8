// tern.h: the library itself, how a database is opened, and that the header is C99 and C++.

#include <algorithm>
#include <cstddef>

#include "tern/tern.hpp"
#include "tests/engine/c_api_support.h"

extern "C" const char* c_api_round_trip_c99(const char* path);
const char* c_api_round_trip_cxx(const char* path);

namespace tern::test {
namespace {

TEST(CApiLanguages, AProgramInC99GetsAlong) {
  const TempFolder folder;
  EXPECT_STREQ(c_api_round_trip_c99(folder.file("c.db").c_str()), nullptr);
}

TEST(CApiLanguages, TheSameSourceIsCxx) {
  const TempFolder folder;
  EXPECT_STREQ(c_api_round_trip_cxx(folder.file("cxx.db").c_str()), nullptr);
}

TEST(CApiLibrary, VersionIsThatOfTheCxxApi) { EXPECT_STREQ(tern_version(), version()); }

TEST(CApiLibrary, EveryStatusHasANameOfItsOwn) {
  std::vector<std::string> names;
  for (int status = TERN_OK; status <= TERN_WOULD_BLOCK; ++status) {
    names.emplace_back(tern_status_name(static_cast<tern_status>(status)));
  }
  EXPECT_EQ(names[TERN_OK], "ok");
  EXPECT_EQ(names[TERN_BUSY], "busy");
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
  EXPECT_STREQ(tern_status_name(static_cast<tern_status>(TERN_WOULD_BLOCK + 1)), "unknown");
}

TEST(CApiOpen, AMissingFolderIsNamed) {
  const TempFolder folder;
  auto* db = reinterpret_cast<tern_database*>(1);
  EXPECT_FAILURE(tern_open(folder.file("no/app.db").c_str(), nullptr, &db), TERN_NOT_FOUND, "no/app.db");
  EXPECT_EQ(db, nullptr);
}

TEST(CApiOpen, AMissingFileIsNotMadeIfItMustExist) {
  const TempFolder folder;
  tern_options options{};
  options.size = sizeof options;
  options.flags = TERN_OPEN_EXISTING;
  tern_database* db = nullptr;
  EXPECT_FAILURE(tern_open(folder.file("app.db").c_str(), &options, &db), TERN_NOT_FOUND, "app.db");
}

struct Options64 {
  tern_options known{};
  uint64_t later[2] = {0, 0};  // of a version to come
};

tern_status open_and_close(const tern_options* options) {
  const TempFolder folder;
  tern_database* db = nullptr;
  const tern_status status = tern_open(folder.file("app.db").c_str(), options, &db);
  EXPECT_EQ(tern_close(db), TERN_OK);
  return status;
}

TEST(CApiOptions, OfALaterVersionAreFineWhileTheirNewFieldsAreZero) {
  Options64 options;
  options.known.size = sizeof options;
  EXPECT_EQ(open_and_close(&options.known), TERN_OK) << last_error();
}

TEST(CApiOptions, OfALaterVersionThatAskForSomethingNewAreRefused) {
  Options64 options;
  options.known.size = sizeof options;
  options.later[1] = 7;
  EXPECT_FAILURE(open_and_close(&options.known), TERN_UNSUPPORTED,
                 "options->size is " + std::to_string(sizeof(Options64)) + ", and byte " +
                     std::to_string(sizeof(tern_options) + 8));
}

TEST(CApiOptions, OfAnEarlierVersionAreFine) {
  tern_options options{};
  options.size = offsetof(tern_options, flags);
  options.flags = ~0u;  // behind the end, so not read
  EXPECT_EQ(open_and_close(&options), TERN_OK) << last_error();
}

TEST(CApiOptions, WithoutASizeAreMisuse) {
  const tern_options options{};
  EXPECT_FAILURE(open_and_close(&options), TERN_MISUSE, "options->size is 0");
}

TEST(CApiOptions, AFlagThatIsNotKnownIsRefused) {
  tern_options options{};
  options.size = sizeof options;
  options.flags = 1u << 31;
  EXPECT_FAILURE(open_and_close(&options), TERN_UNSUPPORTED, "2147483648");
}

TEST(CApiOptions, AFlagAgainstItsNumberIsMisuse) {
  tern_options options{};
  options.size = sizeof options;
  options.hot_bytes = 1000;
  options.flags = TERN_HOT_OFF;
  EXPECT_FAILURE(open_and_close(&options), TERN_MISUSE, "hot_bytes is 1000, but TERN_HOT_OFF");
}

TEST(CApiOptions, ANumberThatFitsNoIntIsMisuse) {
  tern_options options{};
  options.size = sizeof options;
  options.busy_timeout_ms = 0x80000000u;
  EXPECT_FAILURE(open_and_close(&options), TERN_MISUSE, "busy_timeout_ms is 2147483648");
}

TEST(CApiOptions, WithTheCacheOffEveryReadIsSqlites) {
  const TempFolder folder;
  tern_options options{};
  options.size = sizeof options;
  options.flags = TERN_CACHE_OFF;
  tern_database* db = nullptr;
  ASSERT_EQ(tern_open(folder.file("app.db").c_str(), &options, &db), TERN_OK) << last_error();
  tern_statement* one = nullptr;
  ASSERT_EQ(tern_prepare(db, "SELECT 1", 8, &one), TERN_OK);
  for (int i = 0; i < 3; ++i) {
    tern_result* result = nullptr;
    ASSERT_EQ(tern_query(one, nullptr, 0, &result), TERN_OK);
    EXPECT_EQ(tern_result_source(result), TERN_SQL);
    tern_result_free(result);
  }
  tern_statement_free(one);
  EXPECT_EQ(tern_close(db), TERN_OK);
}

}  // namespace
}  // namespace tern::test
