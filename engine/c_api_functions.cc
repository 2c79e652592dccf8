// tern.h: functions, aggregates and collations of the host.

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "engine/c_api_flags.h"
#include "engine/c_api_handles.h"
#include "engine/c_api_values.h"
#include "tern/function.hpp"

using tern::internal::check_flags;
using tern::internal::guarded;
using tern::internal::Parameters;

// What a callback leaves its result in. It lives as long as the call.
struct tern_function_result {
  tern::FunctionResult* to;  // null where a result goes nowhere: in a step
  std::string error = {};
  bool failed = false;
};

namespace {

using tern::Error;
using tern::ErrorCode;

constexpr uint32_t kFunctionFlags = TERN_DETERMINISTIC | TERN_IN_SCHEMA;

// Runs `destroy` at its end; shared by all connections through what is registered.
using UserData = std::shared_ptr<void>;

UserData user_data_of(void* data, void (*destroy)(void*)) {
  // The deleter runs also when there is no memory to share.
  return UserData(data, [destroy](void* last) {
    if (destroy != nullptr) destroy(last);
  });
}

const tern_value* c_values(tern::Arguments args) noexcept { return reinterpret_cast<const tern_value*>(args.data()); }

// Calls back, and lets an error out as what ends the statement.
template <typename Call>
void call_back(tern::FunctionResult* to, Call&& call) {
  tern_function_result result{to};
  call(&result);
  if (result.failed) throw Error(ErrorCode::kSql, result.error);
}

class CAggregate final : public tern::Aggregate {
 public:
  CAggregate(const tern_aggregate& calls, UserData user_data)
      : calls_(calls), user_data_(std::move(user_data)), state_(calls.begin(user_data_.get())) {
    if (state_ == nullptr) throw Error(ErrorCode::kSql, "the host's aggregate did not begin");
  }
  ~CAggregate() override { calls_.end(state_); }
  CAggregate(const CAggregate&) = delete;
  CAggregate& operator=(const CAggregate&) = delete;

  void step(tern::Arguments args) override { take(calls_.step, args); }
  void inverse(tern::Arguments args) override { take(calls_.inverse, args); }
  void value(tern::FunctionResult& to) override {
    call_back(&to, [&](tern_function_result* result) { calls_.value(state_, result); });
  }

 private:
  using Take = void (*)(void*, const tern_value*, size_t, tern_function_result*);
  void take(Take how, tern::Arguments args) {
    call_back(nullptr, [&](tern_function_result* result) { how(state_, c_values(args), args.size(), result); });
  }

  const tern_aggregate calls_;
  const UserData user_data_;
  void* const state_;
};

tern_aggregate known_part(const tern_aggregate& given, uint32_t flags) {
  if (given.size < sizeof(tern_aggregate))
    throw Error(ErrorCode::kMisuse, "aggregate->size is " + std::to_string(given.size) + "; set it to sizeof");
  if (given.begin == nullptr || given.step == nullptr || given.value == nullptr || given.end == nullptr)
    throw Error(ErrorCode::kMisuse, "tern_create_aggregate: begin, step, value and end must not be NULL");
  if ((flags & TERN_WINDOW) != 0 && given.inverse == nullptr)
    throw Error(ErrorCode::kMisuse, "tern_create_aggregate: TERN_WINDOW needs inverse");
  return given;
}

}  // namespace

extern "C" {

void tern_function_return(tern_function_result* result, const tern_value* value) {
  if (result == nullptr) return;
  const tern_status status = guarded([&] {
    const Parameters checked("tern_function_return", value, 1);
    if (result->to != nullptr) result->to->set(checked.values()[0]);
  });
  if (status != TERN_OK) tern_function_fail(result, tern_last_error(), std::strlen(tern_last_error()));
}

void tern_function_fail(tern_function_result* result, const char* message, size_t message_len) {
  if (result == nullptr) return;
  result->failed = true;
  guarded([&] { result->error.assign(message == nullptr ? "" : message, message == nullptr ? 0 : message_len); });
}

tern_status tern_create_function(tern_database* db, const char* name, int arity, uint32_t flags, tern_function function,
                                 void* user_data, void (*destroy)(void*)) {
  return guarded([&] {
    const UserData shared = user_data_of(user_data, destroy);
    if (db == nullptr) throw Error(ErrorCode::kMisuse, "tern_create_function: db is NULL");
    if (name == nullptr) throw Error(ErrorCode::kMisuse, "tern_create_function: name is NULL");
    if (function == nullptr) throw Error(ErrorCode::kMisuse, "tern_create_function: function is NULL");
    check_flags("tern_create_function", flags, kFunctionFlags);
    db->database.create_function(
        name, arity, {.deterministic = (flags & TERN_DETERMINISTIC) != 0, .in_schema = (flags & TERN_IN_SCHEMA) != 0},
        [shared, function](tern::Arguments args, tern::FunctionResult& to) {
          call_back(&to,
                    [&](tern_function_result* result) { function(shared.get(), c_values(args), args.size(), result); });
        });
  });
}

tern_status tern_create_aggregate(tern_database* db, const char* name, int arity, uint32_t flags,
                                  const tern_aggregate* aggregate, void* user_data, void (*destroy)(void*)) {
  return guarded([&] {
    const UserData shared = user_data_of(user_data, destroy);
    if (db == nullptr) throw Error(ErrorCode::kMisuse, "tern_create_aggregate: db is NULL");
    if (name == nullptr) throw Error(ErrorCode::kMisuse, "tern_create_aggregate: name is NULL");
    if (aggregate == nullptr) throw Error(ErrorCode::kMisuse, "tern_create_aggregate: aggregate is NULL");
    check_flags("tern_create_aggregate", flags, kFunctionFlags | TERN_WINDOW);
    const tern_aggregate calls = known_part(*aggregate, flags);
    db->database.create_aggregate(name, arity,
                                  {.deterministic = (flags & TERN_DETERMINISTIC) != 0,
                                   .in_schema = (flags & TERN_IN_SCHEMA) != 0,
                                   .window = (flags & TERN_WINDOW) != 0},
                                  [shared, calls] { return std::make_unique<CAggregate>(calls, shared); });
  });
}

tern_status tern_create_collation(tern_database* db, const char* name, tern_collation compare, void* user_data,
                                  void (*destroy)(void*)) {
  return guarded([&] {
    const UserData shared = user_data_of(user_data, destroy);
    if (db == nullptr) throw Error(ErrorCode::kMisuse, "tern_create_collation: db is NULL");
    if (name == nullptr) throw Error(ErrorCode::kMisuse, "tern_create_collation: name is NULL");
    if (compare == nullptr) throw Error(ErrorCode::kMisuse, "tern_create_collation: compare is NULL");
    db->database.create_collation(name, [shared, compare](std::string_view a, std::string_view b) {
      return compare(shared.get(), a.data(), a.size(), b.data(), b.size());
    });
  });
}

}  // extern "C"
