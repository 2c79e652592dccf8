// What the tests of tern_compute.h share: functions of the host as lambdas, and values that are freed at the end.
#pragma once

#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/engine/c_api_support.h"

namespace tern::test {

using Function = std::function<tern_status(tern_computation*)>;

inline tern_status run(void* user_data, tern_computation* computation) {
  return (*static_cast<Function*>(user_data))(computation);
}

inline tern_status append(tern_computation* computation, std::string_view part) {
  return tern_computation_append(computation, part.data(), part.size());
}

struct CApiCompute : CApi {
  void SetUp() override {
    CApi::SetUp();
    exec("INSERT INTO t VALUES ('a', 1), ('b', 2); CREATE TABLE u (v); INSERT INTO u VALUES ('u1')");
    a = prepare("SELECT n FROM t WHERE id = 'a'");
    u = prepare("SELECT v FROM u");
  }
  void TearDown() override {
    for (tern_computed* each : computed) tern_computed_free(each);
    CApi::TearDown();
  }

  tern_status try_to(std::string_view key, Function function, const tern_compute_options* options = nullptr) {
    Function counting = [&](tern_computation* computation) {
      ++runs;
      return function(computation);
    };
    last = reinterpret_cast<tern_computed*>(this);  // to see that it is set
    const tern_status status = tern_get_or_compute(db, key.data(), key.size(), options, run, &counting, &last);
    EXPECT_EQ(status == TERN_OK, last != nullptr);
    if (last != nullptr) computed.push_back(last);
    return status;
  }
  // Freed with the test.
  tern_computed* ask(std::string_view key, Function function, const tern_compute_options* options = nullptr) {
    EXPECT_EQ(try_to(key, std::move(function), options), TERN_OK) << last_error();
    return last;
  }
  std::string ask_text(std::string_view key, Function function) { return text(ask(key, std::move(function))); }
  static std::string text(const tern_computed* of) {
    size_t len = 7;
    const void* const data = tern_computed_data(of, &len);
    EXPECT_NE(data, nullptr);
    return {static_cast<const char*>(data), len};
  }
  static std::string why(const tern_computed* of) {
    size_t len = 7;
    const char* const why = tern_computed_why_not_cached(of, &len);
    EXPECT_EQ(len, why == nullptr ? 0 : std::strlen(why));
    return why == nullptr ? "" : why;
  }
  // What a function appends: the first value of a statement.
  Function first_of(tern_statement* statement) {
    return [statement](tern_computation* computation) {
      tern_result* result = nullptr;
      if (const tern_status status = tern_query(statement, nullptr, 0, &result); status != TERN_OK) return status;
      tern_value value{};
      tern_result_value(result, 0, 0, &value);
      const std::string text = value.type == TERN_INTEGER ? std::to_string(value.as.integer) : std::string(view(value));
      tern_result_free(result);
      return append(computation, text);
    };
  }
  static tern_compute_options sized() {
    tern_compute_options options{};
    options.size = sizeof options;
    return options;
  }
  static Function fixed(std::string_view value) {
    return [value](tern_computation* computation) { return append(computation, value); };
  }

  tern_statement *a = nullptr, *u = nullptr;
  tern_computed* last = nullptr;
  std::vector<tern_computed*> computed;
  int runs = 0;
};

}  // namespace tern::test
