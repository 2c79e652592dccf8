// Everything that a result can be asked for, and the library itself.
#include "tests/capi_fuzz/fuzz.h"

namespace tern::capi_fuzz {
namespace {

// So that no load of what was given out is left away.
volatile uint64_t sink = 0;

void touch(const void* data, uint64_t len) {
  const auto* const bytes = static_cast<const unsigned char*>(data);
  uint64_t sum = 0;
  for (uint64_t i = 0; i < len; ++i) sum += bytes[i];
  sink = sink + sum;
}

void read_all(World& w) {
  const tern_result* const result = w.some(w.results);
  w.count("tern_result_rows");
  const size_t rows = tern_result_rows(result);
  w.count("tern_result_columns");
  const size_t columns = tern_result_columns(result);
  for (size_t column = 0; column < columns + 2; ++column) {
    w.count("tern_result_column");
    const char* const name = tern_result_column(result, column);
    if ((name != nullptr) != (column < columns)) World::fail("tern_result_column", "has a column too many or too few");
    if (name != nullptr) touch(name, std::string_view(name).size() + 1);
  }
  for (size_t cell = 0; cell < 20; ++cell) {
    const bool inside = rows * columns != 0 && !w.random.one_in(8);
    const size_t row = w.random.below(inside ? rows : rows + 2);
    const size_t column = w.random.below(inside ? columns : columns + 2);
    tern_value value{};
    const tern_status status = tern_result_value(result, row, column, w.or_null(&value));
    w.demand("tern_result_value", status);
    if (status == TERN_OK && (value.type == TERN_TEXT || value.type == TERN_BLOB)) touch(value.as.data, value.len);
  }
  size_t len = 0;
  w.count("tern_result_body");
  if (const void* const body = tern_result_body(result, w.or_null(&len)); body != nullptr) touch(body, len);
}

void facts(World& w) {
  const tern_result* const result = w.some(w.results);
  int64_t age = 0;
  w.count("tern_result_changes");
  w.count("tern_result_last_row_id");
  w.count("tern_result_source");
  w.count("tern_result_stale");
  sink = sink + static_cast<uint64_t>(tern_result_changes(result)) +
         static_cast<uint64_t>(tern_result_last_row_id(result)) + static_cast<uint64_t>(tern_result_source(result)) +
         static_cast<uint64_t>(tern_result_stale(result, w.or_null(&age)));
}

void free_one(World& w) {
  w.count("tern_result_free");
  if (w.results.empty()) return tern_result_free(nullptr);
  tern_result_free(w.results.back());
  w.results.pop_back();
}

void library(World& w) {
  w.count("tern_version");
  w.count("tern_status_name");
  w.count("tern_last_error");
  touch(tern_version(), 1);
  touch(tern_status_name(static_cast<tern_status>(w.random.below(1 << 20))), 1);
  touch(tern_last_error(), std::string_view(tern_last_error()).size() + 1);
}

constexpr Call kCalls[] = {{read_all, 10}, {facts, 4}, {free_one, 6}, {library, 1}};

}  // namespace

std::span<const Call> result_calls() { return kCalls; }

}  // namespace tern::capi_fuzz
