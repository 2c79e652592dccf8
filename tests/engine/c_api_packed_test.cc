#include <bit>
#include <cmath>
#include <limits>

#include "cache/body.h"
#include "cache/little_endian.h"
#include "tests/engine/c_api_packed_support.h"

namespace tern::test {
namespace {

struct Packed : CApi {
  tern_status run(tern_statement* statement, const Params& params = {}, size_t cap = sizeof buffer) {
    return tern_query_packed(statement, params.bytes.data(), params.bytes.size(), buffer, cap, &len);
  }
  uint64_t head(size_t word) const { return cache::load_le<uint64_t>(buffer + word * 8); }
  cache::BodyView body() const {
    const auto parsed = cache::BodyView::parse({buffer + 24, len - 24});
    EXPECT_TRUE(parsed);
    return *parsed;
  }

  alignas(8) std::byte buffer[4096];
  size_t len = 0;
};

TEST_F(Packed, EveryTypeGoesInAndComesBack) {
  tern_statement* const echo = prepare("SELECT ?1 AS a, ?2, ?3, ?4, ?5, ?6");
  const std::string_view odd("a\0b", 3);
  const Params params = Params()
                            .integer(std::numeric_limits<int64_t>::min())
                            .real(-0.0)
                            .text(odd)
                            .blob(std::string_view("\xff\0", 2))
                            .null()
                            .real(std::nan(""));
  ASSERT_EQ(run(echo, params), TERN_OK) << tern_last_error();
  const auto rows = body();
  ASSERT_EQ(rows.columns(), 6u);
  ASSERT_EQ(rows.rows(), 1u);
  EXPECT_EQ(rows.column_name(0), "a");
  EXPECT_EQ(rows.cell(0, 0).integer, std::numeric_limits<int64_t>::min());
  EXPECT_EQ(std::bit_cast<uint64_t>(rows.cell(0, 1).real), std::bit_cast<uint64_t>(-0.0));
  EXPECT_EQ(rows.cell(0, 2).text(), odd);
  EXPECT_EQ(rows.cell(0, 3).size, 2u);
  EXPECT_EQ(rows.type(0, 4), cache::ValueType::kNull);
  EXPECT_EQ(rows.type(0, 5), cache::ValueType::kNull) << "NaN";
}

TEST_F(Packed, TheSecondReadIsHotAndItsKeyIsThatOfTernQuery) {
  exec("INSERT INTO t VALUES ('a', 1)");
  tern_statement* const by_id = prepare("SELECT n FROM t WHERE id = ?");
  ASSERT_EQ(run(by_id, Params().text("a")), TERN_OK);
  EXPECT_EQ(head(2), uint64_t{TERN_SQL});
  for (int attempt = 0; head(2) != TERN_HOT && attempt < 1000; ++attempt) run(by_id, Params().text("a"));
  EXPECT_EQ(head(2), uint64_t{TERN_HOT});
  EXPECT_EQ(tern_result_source(query(by_id, {text("a")})), TERN_HOT);
}

TEST_F(Packed, AWriteTellsItsEffectsAndIsSeenAtOnce) {
  tern_statement* const insert = prepare("INSERT INTO t VALUES (?, ?)");
  ASSERT_EQ(run(insert, Params().text("a").integer(7)), TERN_OK) << tern_last_error();
  EXPECT_EQ(len, 26u);
  EXPECT_EQ(head(0), 1u);
  EXPECT_EQ(head(1), 1u);
  EXPECT_EQ(body().rows(), 0u);
  EXPECT_EQ(count(), 1);
}

TEST_F(Packed, ABufferOfTheSizeSaidIsEnoughAndOneByteLessIsNot) {
  exec("INSERT INTO t VALUES ('a', 1)");
  tern_statement* const all = prepare("SELECT * FROM t");
  ASSERT_EQ(run(all), TERN_OK);
  const size_t needed = len;
  EXPECT_FAILURE(run(all, {}, needed - 1), TERN_LIMIT, std::to_string(needed));
  EXPECT_EQ(len, needed);
  EXPECT_EQ(run(all, {}, needed), TERN_OK);
  EXPECT_FAILURE(tern_query_packed(all, nullptr, 0, nullptr, 0, &len), TERN_LIMIT, std::to_string(needed));
}

TEST_F(Packed, AWriteThatCouldNotBeAnsweredIsNotMade) {
  tern_statement* const insert = prepare("INSERT INTO t VALUES ('a', 1)");
  EXPECT_FAILURE(run(insert, {}, 25), TERN_LIMIT, "26 bytes");
  EXPECT_EQ(len, 26u);
  EXPECT_EQ(count(), 0);
  EXPECT_FAILURE(run(prepare("INSERT INTO t VALUES ('b', 2) RETURNING n")), TERN_MISUSE, "tern_query()");
  EXPECT_EQ(count(), 0);
  EXPECT_EQ(run(insert, {}, 26), TERN_OK);
}

TEST_F(Packed, WhatIsNoValueIsNamedByItsPlace) {
  tern_statement* const one = prepare("SELECT ?");
  EXPECT_FAILURE(run(one, Params().type(5)), TERN_MISUSE, "byte 0: type 5");
  EXPECT_FAILURE(run(one, Params().null().null()), TERN_MISUSE, "takes 1 parameters, but params hold 2");
  EXPECT_FAILURE(run(one), TERN_MISUSE, "hold 0");
  EXPECT_FAILURE(run(one, Params().type(TERN_INTEGER).append("1234567", 7)), TERN_MISUSE, "7 are left");
  EXPECT_FAILURE(run(one, Params().type(TERN_TEXT).append("\1\0\0", 3)), TERN_MISUSE, "3 are left");
  EXPECT_FAILURE(run(one, Params().type(TERN_BLOB).append("\2\0\0\0x", 5)), TERN_MISUSE, "its length is 2, but 1");
  EXPECT_EQ(run(one, Params().type(TERN_BLOB).append("\1\0\0\0x", 5)), TERN_OK);
}

TEST_F(Packed, APinnedResultTakesWhatABufferCannot) {
  tern_statement* const insert = prepare("INSERT INTO t VALUES (?, ?) RETURNING n");
  const Params params = Params().text("a").integer(7);
  tern_result* result = nullptr;
  ASSERT_EQ(tern_query_pinned(insert, params.bytes.data(), params.bytes.size(), 0, &result), TERN_OK) << last_error();
  results.push_back(result);
  EXPECT_EQ(value(result).as.integer, 7);
  EXPECT_EQ(tern_result_changes(result), 1);
  EXPECT_FAILURE(tern_query_pinned(prepare("SELECT 1"), nullptr, 0, TERN_ONLY_HOT, &result), TERN_WOULD_BLOCK,
                 "tern_query_pinned: the hot tier");
  EXPECT_EQ(result, nullptr);
}

TEST_F(Packed, TheBodyOfAResultIsWhatStandsBehindTheHead) {
  exec("INSERT INTO t VALUES ('a', 1), ('b', NULL)");
  tern_statement* const all = prepare("SELECT * FROM t ORDER BY id");
  size_t size = 0;
  const auto body_of = [&](const tern_result* result) {
    const void* const data = tern_result_body(result, &size);
    return std::string(static_cast<const char*>(data), size);
  };
  ASSERT_EQ(run(all), TERN_OK);
  EXPECT_EQ(body_of(query(all)), std::string(reinterpret_cast<const char*>(buffer) + 24, len - 24));
  EXPECT_EQ(body_of(query("DELETE FROM t")), std::string(2, '\0'));
  EXPECT_EQ(tern_result_body(nullptr, &size), nullptr);
  EXPECT_EQ(tern_result_body(query(all), nullptr), nullptr);
}

TEST_F(Packed, ABatchIsOneTransaction) {
  tern_statement* const insert = prepare("INSERT INTO t VALUES (?, ?)");
  tern_statement* const all = prepare("SELECT count(*) FROM t");
  const Params a = Params().text("a").integer(1), b = Params().text("b").integer(2);
  const tern_packed_call calls[] = {
      {insert, a.bytes.data(), a.bytes.size()}, {insert, b.bytes.data(), b.bytes.size()}, {all, nullptr, 0}};
  tern_result* outs[3];
  ASSERT_EQ(tern_batch_packed(db, calls, 3, outs), TERN_OK) << last_error();
  results.insert(results.end(), outs, outs + 3);
  EXPECT_EQ(tern_result_changes(outs[1]), 1);
  EXPECT_EQ(value(outs[2]).as.integer, 2);

  EXPECT_EQ(tern_batch_packed(db, calls, 2, outs), TERN_CONSTRAINT);
  EXPECT_EQ(outs[0], nullptr);
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(tern_batch_packed(db, nullptr, 0, nullptr), TERN_OK);
}

TEST_F(Packed, ABatchNamesTheCallThatIsWrong) {
  tern_statement* const one = prepare("SELECT ?");
  const Params fine = Params().null();
  tern_packed_call calls[] = {{one, fine.bytes.data(), 1}, {one, "\7", 1}};
  tern_result* outs[2];
  EXPECT_FAILURE(tern_batch_packed(db, calls, 2, outs), TERN_MISUSE,
                 "tern_batch_packed: calls[1]: params are no packed values at byte 0: type 7");
  calls[1] = {nullptr, nullptr, 0};
  EXPECT_FAILURE(tern_batch_packed(db, calls, 2, outs), TERN_MISUSE, "calls[1]: statement is NULL");
  calls[1] = {one, nullptr, 1};
  EXPECT_FAILURE(tern_batch_packed(db, calls, 2, outs), TERN_MISUSE, "calls[1]: params is NULL");
  EXPECT_FAILURE(tern_batch_packed(db, nullptr, 2, outs), TERN_MISUSE, "calls is NULL");
  EXPECT_FAILURE(tern_batch_packed(db, calls, 2, nullptr), TERN_MISUSE, "outs is NULL");
  EXPECT_FAILURE(tern_batch_packed(nullptr, calls, 2, outs), TERN_MISUSE, "db is NULL");
}

TEST_F(Packed, ANullPointerIsNamed) {
  tern_statement* const one = prepare("SELECT 1");
  EXPECT_FAILURE(tern_query_packed(nullptr, nullptr, 0, buffer, 64, &len), TERN_MISUSE, "statement is NULL");
  EXPECT_FAILURE(tern_query_packed(one, nullptr, 1, buffer, 64, &len), TERN_MISUSE, "params is NULL");
  EXPECT_FAILURE(tern_query_packed(one, nullptr, 0, nullptr, 64, &len), TERN_MISUSE, "buf is NULL");
  EXPECT_FAILURE(tern_query_packed(one, nullptr, 0, buffer, 64, nullptr), TERN_MISUSE, "len is NULL");
}

}  // namespace
}  // namespace tern::test
