#include "cache/body.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "tests/cache/support.h"
#include "tests/fuzz/entry_fuzz.h"

namespace tern::cache {
namespace {

std::vector<std::byte> written(const BodyBuilder& builder) {
  std::vector<std::byte> body(builder.size());
  builder.write(body.data());
  return body;
}

BodyBuilder every_value() {
  BodyBuilder builder;
  builder.add_column("id");
  builder.add_column("Value");
  const auto row = [&](int64_t id, auto&& add) {
    builder.begin_row();
    EXPECT_TRUE(builder.add_integer(id));
    EXPECT_TRUE(add());
  };
  row(0, [&] { return builder.add_null(); });
  row(1, [&] { return builder.add_integer(std::numeric_limits<int64_t>::min()); });
  row(2, [&] { return builder.add_integer(std::numeric_limits<int64_t>::max()); });
  row(3, [&] { return builder.add_real(-0.0); });
  row(4, [&] { return builder.add_real(std::numeric_limits<double>::infinity()); });
  row(5, [&] { return builder.add_real(-std::numeric_limits<double>::infinity()); });
  row(6, [&] { return builder.add_real(std::numeric_limits<double>::denorm_min()); });
  row(7, [&] { return builder.add_text(""); });
  row(8, [&] { return builder.add_text(std::string_view("a\0b", 3)); });
  row(9, [&] { return builder.add_blob({}); });
  row(10, [&] { return builder.add_blob(bytes(std::string_view("\0\xff", 2))); });
  return builder;
}

TEST(Body, GivesBackEveryValueAsItWas) {
  const auto body = written(every_value());
  const auto view = BodyView::parse(body);
  ASSERT_TRUE(view);
  ASSERT_EQ(view->rows(), 11u);
  ASSERT_EQ(view->columns(), 2u);
  for (uint32_t row = 0; row < view->rows(); ++row) EXPECT_EQ(view->cell(row, 0).integer, row);
  EXPECT_EQ(view->cell(0, 1).type, ValueType::kNull);
  EXPECT_EQ(view->cell(1, 1).integer, std::numeric_limits<int64_t>::min());
  EXPECT_EQ(view->cell(2, 1).integer, std::numeric_limits<int64_t>::max());
  EXPECT_EQ(view->cell(3, 1).type, ValueType::kReal);
  EXPECT_TRUE(std::signbit(view->cell(3, 1).real));
  EXPECT_EQ(view->cell(4, 1).real, std::numeric_limits<double>::infinity());
  EXPECT_EQ(view->cell(5, 1).real, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(view->cell(6, 1).real, std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(view->cell(8, 1).text(), std::string_view("a\0b", 3));
  EXPECT_EQ(text_of(view->cell(10, 1).blob()), std::string("\0\xff", 2));
}

TEST(Body, TellsEmptyTextEmptyBlobAndNullApart) {
  const auto body = written(every_value());
  const auto view = BodyView::trusted(body);
  EXPECT_EQ(view.type(0, 1), ValueType::kNull);
  EXPECT_EQ(view.type(7, 1), ValueType::kText);
  EXPECT_EQ(view.type(9, 1), ValueType::kBlob);
  EXPECT_EQ(view.cell(7, 1).size, 0u);
  EXPECT_NE(view.cell(9, 1).bytes, nullptr);
}

TEST(Body, EndsNamesAndTextsAndBlobsWithANul) {
  const auto body = written(every_value());
  const auto view = BodyView::trusted(body);
  EXPECT_STREQ(view.column_name(1).data(), "Value");
  EXPECT_EQ(view.cell(8, 1).bytes[3], '\0');
  EXPECT_EQ(view.cell(9, 1).bytes[0], '\0');
}

TEST(Body, TakesNanForNullAsSqliteDoes) {
  BodyBuilder builder;
  builder.add_column("x");
  builder.begin_row();
  builder.add_real(std::nan(""));
  EXPECT_EQ(BodyView::trusted(written(builder)).type(0, 0), ValueType::kNull);
}

TEST(Body, FindsColumnsExactlyFirstThenIgnoringAsciiCase) {
  BodyBuilder builder;
  for (const char* name : {"ID", "id", "Größe", ""}) builder.add_column(name);
  const auto body = written(builder);
  const auto view = BodyView::trusted(body);
  EXPECT_EQ(view.find_column("ID"), 0u);
  EXPECT_EQ(view.find_column("id"), 1u);
  EXPECT_EQ(view.find_column("Id"), 0u);
  EXPECT_EQ(view.find_column("gRöße"), 2u);
  EXPECT_FALSE(view.find_column("GRÖSSE"));
  EXPECT_EQ(view.find_column(""), 3u);
  EXPECT_FALSE(view.find_column("i"));
}

TEST(Body, OfNoRowsKeepsItsColumns) {
  BodyBuilder builder;
  builder.add_column("only");
  const auto body = written(builder);
  const auto view = BodyView::parse(body);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->rows(), 0u);
  EXPECT_EQ(view->column_name(0), "only");
}

TEST(Body, OfNothingAtAllIsAHeader) {
  const auto body = written(BodyBuilder());
  EXPECT_EQ(body.size(), BodyView::kEmptyBytes);
  EXPECT_TRUE(BodyView::parse(body));
}

TEST(Body, KnowsItsBytesFromItsHeaderAlone) {
  BodyBuilder one_column;
  one_column.add_column("only");
  for (const BodyBuilder& builder : {every_value(), one_column, BodyBuilder()}) {
    const auto body = written(builder);
    const auto seen = BodyView::trusted(body).bytes();
    EXPECT_EQ(seen.data(), body.data());
    EXPECT_EQ(seen.size(), body.size());
  }
}

TEST(Body, ReportsItsSizeAsItGrows) {
  BodyBuilder builder;
  builder.add_column("x");
  builder.begin_row();
  const uint64_t before = builder.size();
  builder.add_text("hello");
  EXPECT_EQ(builder.size(), before + 2 + 1 + 6);
  EXPECT_EQ(written(builder).size(), builder.size());
}

TEST(Body, ReportsItsLimitAndDoesNotOverflow) {
  BodyBuilder builder;
  builder.add_column("x");
  builder.begin_row();
  const char only_its_size_is_looked_at = 'x';
  EXPECT_FALSE(builder.add_text({&only_its_size_is_looked_at, size_t{0xffffffff}}));
  EXPECT_FALSE(builder.complete());
  EXPECT_FALSE(builder.add_integer(1)) << "nothing is added past a refusal";
  EXPECT_LT(builder.size(), 100u);
  builder.clear();
  EXPECT_TRUE(builder.add_column("again"));
}

TEST(Body, RefusesMoreColumnsThanItCanCount) {
  BodyBuilder builder;
  for (uint32_t i = 0; i < BodyView::kMaxColumns; ++i) ASSERT_TRUE(builder.add_column(""));
  EXPECT_FALSE(builder.add_column(""));
}

TEST(Body, ClearedBuildsAnew) {
  auto builder = every_value();
  builder.clear();
  builder.add_column("x");
  builder.begin_row();
  builder.add_text("new");
  const auto body = written(builder);
  EXPECT_EQ(BodyView::parse(body)->cell(0, 0).text(), "new");
}

BodyBuilder many_rows(uint32_t rows) {
  BodyBuilder builder;
  builder.add_column("n");
  builder.add_column("text");
  for (uint32_t row = 0; row < rows; ++row) {
    builder.begin_row();
    builder.add_integer(row);
    builder.add_text(std::to_string(row));
  }
  return builder;
}

TEST(Body, KeepsIntegersOfEveryWidth) {
  std::vector<int64_t> values{0, -1};
  for (int bits = 0; bits < 63; ++bits) {
    const int64_t power = int64_t{1} << bits;
    for (const int64_t value : {power - 1, power, -power, -power - 1}) values.push_back(value);
  }
  values.push_back(std::numeric_limits<int64_t>::min());
  for (const int64_t value : values) {
    BodyBuilder builder;
    builder.add_column("");
    builder.begin_row();
    builder.add_integer(value);
    const auto body = written(builder);
    const auto view = BodyView::parse(body);
    ASSERT_TRUE(view) << value;
    EXPECT_EQ(view->cell(0, 0).integer, value);
  }
}

TEST(Body, TakesFewBytesForWhatIsSmall) {
  BodyBuilder builder;
  builder.add_column("v");
  builder.begin_row();
  builder.add_text("hello");
  EXPECT_EQ(written(builder).size(), 2u + 1 + 2 + 1 + 2 + 6);
}

// On either side of every bound of the narrow form.
TEST(Body, IsTheSameWhenItIsTooLargeToBeNarrow) {
  for (const uint32_t rows : {255u, 256u, 20'000u}) {
    const auto body = written(many_rows(rows));
    const auto view = BodyView::parse(body);
    ASSERT_TRUE(view) << rows;
    ASSERT_EQ(view->rows(), rows);
    EXPECT_EQ(view->column_name(1), "text");
    for (uint32_t row = 0; row < rows; ++row) {
      ASSERT_EQ(view->cell(row, 0).integer, row);
      ASSERT_EQ(view->cell(row, 1).text(), std::to_string(row));
    }
  }
  for (const uint32_t columns : {254u, 255u, 300u}) {
    BodyBuilder builder;
    for (uint32_t i = 0; i < columns; ++i) builder.add_column("");
    builder.begin_row();
    for (uint32_t i = 0; i < columns; ++i) builder.add_integer(i);
    const auto body = written(builder);
    const auto view = BodyView::parse(body);
    ASSERT_TRUE(view) << columns;
    ASSERT_EQ(view->columns(), columns);
    for (uint32_t i = 0; i < columns; ++i) ASSERT_EQ(view->cell(0, i).integer, i);
  }
  for (const size_t size : {254u, 255u}) {
    BodyBuilder builder;
    builder.add_column(std::string(size, 'n'));
    const auto body = written(builder);
    EXPECT_EQ(BodyView::parse(body)->column_name(0), std::string(size, 'n'));
  }
  for (const size_t size : {65'534u, 65'535u}) {
    BodyBuilder builder;
    builder.add_column("v");
    builder.begin_row();
    builder.add_text(std::string(size, 'v'));
    const auto body = written(builder);
    EXPECT_TRUE(BodyView::parse(body)->cell(0, 0).text() == std::string(size, 'v'));
  }
}

TEST(Body, CutOffAnywhereIsRefused) {
  for (const BodyBuilder& builder : {every_value(), many_rows(256)}) {
    const auto body = written(builder);
    for (size_t size = 0; size < body.size(); ++size) {
      // In a block of just that size, so that a read beyond it is seen.
      const std::vector<std::byte> cut(body.begin(), body.begin() + static_cast<ptrdiff_t>(size));
      EXPECT_FALSE(BodyView::parse(cut)) << size;
    }
  }
}

TEST(Body, WithOtherCountsThanItsOwnIsRefused) {
  auto narrow = written(every_value());
  for (const size_t field : {0u, 1u}) {
    for (unsigned value = 0; value < 256; ++value) {
      auto wrong = narrow;
      if (wrong[field] == static_cast<std::byte>(value)) continue;
      wrong[field] = static_cast<std::byte>(value);
      EXPECT_FALSE(BodyView::parse(wrong)) << field << " " << value;
    }
  }
  const auto wide = written(many_rows(256));
  for (const size_t field : {0u, 4u, 8u}) {
    for (const uint32_t value : {0u, 1u, 0xffffu, 0x7fffffffu, 0xffffffffu}) {
      auto wrong = wide;
      store_le(wrong.data() + field, value);
      EXPECT_FALSE(BodyView::parse(wrong)) << field << " " << value;
    }
  }
}

TEST(Body, WithAnyByteOfItsEndsOrTypesChangedIsRefusedOrWhole) {
  const auto body = written(every_value());
  for (size_t at = 0; at < body.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      auto wrong = body;
      wrong[at] = static_cast<std::byte>(value);
      test::read_all_of_body(wrong);  // aborts, or a sanitizer does, when something lies outside
    }
  }
}

TEST(Body, WithRowsButNoColumnsIsRefused) {
  std::vector<std::byte> body(BodyView::kEmptyBytes);
  body[1] = std::byte{1};
  EXPECT_FALSE(BodyView::parse(body));
}

}  // namespace
}  // namespace tern::cache
