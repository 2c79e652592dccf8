#include "engine/result_reader.h"

#include <bit>

#include "cache/little_endian.h"
#include "tern/error.hpp"

namespace tern::internal {
namespace {

// f(ValueType, const std::byte* payload, size) for each argument. The key was written by KeyBuilder, so it is whole.
template <typename F>
void for_each_argument(const cache::KeyBuilder& key, F&& f) {
  const auto bytes = key.bytes();
  for (size_t at = kFingerprintBytes; at < bytes.size();) {
    const auto type = static_cast<cache::ValueType>(bytes[at++]);
    size_t size = 0;
    if (type == cache::ValueType::kInteger || type == cache::ValueType::kReal) size = 8;
    if (type == cache::ValueType::kText || type == cache::ValueType::kBlob) {
      size = cache::load_le<uint32_t>(bytes.data() + at);
      at += 4;
    }
    f(type, bytes.data() + at, size);
    at += size;
  }
}

}  // namespace

void bind_arguments(sql::Statement& statement, const cache::KeyBuilder& key) {
  statement.check_parameter_count(key.arguments());
  int index = 0;
  for_each_argument(key, [&](cache::ValueType type, const std::byte* payload, size_t size) {
    ++index;
    switch (type) {
      case cache::ValueType::kInteger:
        return statement.bind_int64(index, static_cast<int64_t>(cache::load_le<uint64_t>(payload)));
      case cache::ValueType::kReal:
        return statement.bind_double(index, std::bit_cast<double>(cache::load_le<uint64_t>(payload)));
      case cache::ValueType::kText:
        return statement.bind_text_borrowed(index, {reinterpret_cast<const char*>(payload), size});
      case cache::ValueType::kBlob:
        return statement.bind_blob_borrowed(index, {payload, size});
      case cache::ValueType::kNull:
        return statement.bind_null(index);
    }
  });
}

void read_rows(sql::Statement& statement, cache::BodyBuilder& body) {
  body.clear();
  // The first step comes before the columns are asked for: SQLite may prepare the statement anew there.
  bool more = statement.step();
  const int columns = statement.column_count();
  for (int column = 0; column < columns; ++column) body.add_column(statement.column_name(column));
  for (; more; more = statement.step()) {
    body.begin_row();
    for (int column = 0; column < columns; ++column) {
      switch (statement.column_type(column)) {
        case sql::ColumnType::kInteger:
          body.add_integer(statement.column_int64(column));
          break;
        case sql::ColumnType::kReal:
          body.add_real(statement.column_double(column));
          break;
        case sql::ColumnType::kText:
          body.add_text(statement.column_text(column));
          break;
        case sql::ColumnType::kBlob:
          body.add_blob(statement.column_blob(column));
          break;
        case sql::ColumnType::kNull:
          body.add_null();
          break;
      }
    }
    if (!body.complete())
      throw Error(ErrorCode::kLimit, "the result passes 4 GiB: ask for fewer rows at a time, with LIMIT");
  }
}

}  // namespace tern::internal
