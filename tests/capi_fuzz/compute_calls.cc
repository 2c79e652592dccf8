// Values that the host computes, and its functions and collations.
#include <algorithm>
#include <cstring>
#include <memory>

#include "tests/capi_fuzz/fuzz.h"

namespace tern::capi_fuzz {
namespace {

// Called in the middle of a call of the world's own thread.
tern_status compute(void* user_data, tern_computation* computation) {
  auto& w = *static_cast<World*>(user_data);
  const std::string_view bytes = w.some_bytes();
  for (size_t step = w.random.below(5); step > 0; --step) {
    switch (w.random.below(9)) {
      case 0:
        w.demand("tern_computation_append",
                 tern_computation_append(w.or_null(computation), w.or_null(bytes.data()), bytes.size()));
        break;
      case 1: {
        tern_statement* const statement = w.some_statement();
        const auto params = w.some_values(statement);
        w.demand("tern_computation_depend_on",
                 tern_computation_depend_on(computation, statement, params.data(), params.size()));
        break;
      }
      case 2: {
        const std::string_view name = w.some_name();
        w.demand("tern_computation_depend_on_table",
                 tern_computation_depend_on_table(computation, w.or_null(name.data()), name.size()));
        w.demand("tern_computation_depend_on_tag",
                 tern_computation_depend_on_tag(computation, w.or_null(name.data()), name.size()));
        break;
      }
      case 3:
        w.demand("tern_computation_do_not_cache",
                 tern_computation_do_not_cache(computation, w.or_null(bytes.data()), bytes.size()));
        break;
      case 4:
        w.demand("tern_computation_expire_in", tern_computation_expire_in(computation, w.some_number()));
        break;
      case 5: {
        tern_computation_part* part = nullptr;
        w.demand("tern_computation_enter", tern_computation_enter(w.or_null(computation), &part));
        w.count("tern_computation_leave");
        tern_computation_leave(part);
        break;
      }
      case 6: {
        const std::string_view key = w.some_key();
        size_t len = 0;
        w.demand("tern_kv_get",
                 tern_kv_get(w.some_kv(), key.data(), key.size(), w.buffer.data(), w.buffer.size(), &len, nullptr));
        break;
      }
      default: {
        tern_result* result = nullptr;
        w.demand("tern_query", tern_query(w.some_statement(), nullptr, 0, &result));
        tern_result_free(result);
      }
    }
  }
  // A message of no bytes would be none, as it was asked for.
  if (w.random.one_in(12) && !bytes.empty())
    return tern_computation_fail(computation, static_cast<tern_status>(w.random.below(TERN_FULL)),
                                 w.or_null(bytes.data()), bytes.size());
  return w.random.one_in(30) ? static_cast<tern_status>(w.random.below(TERN_FULL)) : TERN_OK;
}

void get_or_compute(World& w) {
  tern_compute_options options{};
  if (w.random.one_in(3)) options.ttl_ms = w.some_number();
  if (w.random.one_in(10)) options.flags = w.some_flags();
  options.patience_ms = w.random.one_in(4) ? w.some_number() % 100 : 20;
  const std::string_view key = w.some_key();
  tern_computed* out = nullptr;
  const tern_status status = tern_get_or_compute(w.some_db(), w.or_null(key.data()), key.size(), w.sized(options),
                                                 w.random.one_in(40) ? nullptr : compute, &w, &out);
  w.take("tern_get_or_compute", status, out, w.computeds, tern_computed_free);
}

void read_computed(World& w) {
  tern_computed* const computed = w.some(w.computeds);
  size_t len = 0;
  int64_t age = 0;
  for (const char* name :
       {"tern_computed_data", "tern_computed_source", "tern_computed_stale", "tern_computed_why_not_cached"})
    w.count(name);
  const auto* const data = static_cast<const unsigned char*>(tern_computed_data(computed, w.or_null(&len)));
  volatile unsigned sum = 0;
  for (size_t i = 0; data != nullptr && i < len; ++i) sum = sum + data[i];
  tern_computed_source(computed);
  tern_computed_stale(computed, w.or_null(&age));
  const char* const why = tern_computed_why_not_cached(computed, &len);
  if ((why == nullptr) != (len == 0)) World::fail("tern_computed_why_not_cached", "gave a length that is another's");
}

// The user data of functions: freed once by `destroy`, or a sanitizer tells.
void* made() { return new uint64_t(7); }
void destroy(void* user_data) { delete static_cast<uint64_t*>(user_data); }

void function(void* user_data, const tern_value* args, size_t count, tern_function_result* result) {
  const uint64_t seven = *static_cast<uint64_t*>(user_data);
  if (count != 0 && args[0].type == TERN_TEXT && args[0].len == seven)
    return tern_function_fail(result, "no texts of seven bytes", 23);
  tern_value value = count != 0 ? args[0] : tern_value{};
  if (count > 1) value.type = static_cast<uint32_t>(args[0].len + count);  // mostly none
  if (count != 3) tern_function_return(result, &value);
}

void* group_begin(void*) { return new int64_t(0); }
void group_step(void* state, const tern_value* args, size_t count, tern_function_result*) {
  if (count != 0 && args[0].type == TERN_INTEGER) *static_cast<int64_t*>(state) ^= args[0].as.integer;
}
void group_value(void* state, tern_function_result* result) {
  tern_value value{};
  value.type = TERN_INTEGER;
  value.as.integer = *static_cast<int64_t*>(state);
  tern_function_return(result, &value);
}
void group_end(void* state) { delete static_cast<int64_t*>(state); }

// An order of its own, but one.
int backwards(void*, const void* a, size_t a_len, const void* b, size_t b_len) {
  const std::string_view x(static_cast<const char*>(a), a_len), y(static_cast<const char*>(b), b_len);
  return y.compare(x);
}

void create(World& w) {
  tern_database* const db = w.some_db();
  const std::string_view name = w.some_name();
  const char* const text = w.or_null(name.data());
  // A type of its own for each name, so that an index never meets another order.
  const auto arity = static_cast<int>(w.random.below(5)) - 1;
  switch (w.random.below(4)) {
    case 0:
      return w.demand("tern_create_function",
                      tern_create_function(db, text, w.random.one_in(20) ? 5000 : arity, w.some_flags(),
                                           w.random.one_in(40) ? nullptr : function, made(), destroy));
    case 1: {
      tern_aggregate calls{};
      calls.begin = group_begin;
      calls.step = group_step;
      calls.inverse = w.random.one_in(2) ? group_step : nullptr;
      calls.value = group_value;
      calls.end = group_end;
      return w.demand("tern_create_aggregate",
                      tern_create_aggregate(db, text, arity, static_cast<uint32_t>(w.random.below(8)), w.sized(calls),
                                            made(), destroy));
    }
    default:
      return w.demand("tern_create_collation",
                      tern_create_collation(db, text, w.random.one_in(40) ? nullptr : backwards, made(), destroy));
  }
}

void free_one(World& w) {
  w.count("tern_computed_free");
  if (w.computeds.empty()) return tern_computed_free(nullptr);
  tern_computed_free(w.computeds.back());
  w.computeds.pop_back();
}

constexpr Call kCalls[] = {{get_or_compute, 10}, {read_computed, 4}, {create, 1}, {free_one, 2}};

}  // namespace

std::span<const Call> compute_calls() { return kCalls; }

}  // namespace tern::capi_fuzz
