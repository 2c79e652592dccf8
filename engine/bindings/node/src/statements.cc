// Statements that read: prepared once, answered at once where the hot tier can, else on a thread that may wait.

#include <string>

#include "failure.h"
#include "instance.h"
#include "napi_tools.h"
#include "work.h"
#include <tern/tern.h>

namespace tern_node {
namespace {

struct PolicyNumber {
  const char* name;
  int64_t tern_policy::*field;
};

constexpr PolicyNumber kPolicyNumbers[] = {
    {"ttlMs", &tern_policy::ttl_ms},
    {"staleWhileRevalidateMs", &tern_policy::stale_while_revalidate_ms},
    {"staleIfErrorMs", &tern_policy::stale_if_error_ms},
    {"refreshAheadMs", &tern_policy::refresh_ahead_ms},
};

// A policy as JavaScript gives it: times in ms, `tags`, `flags`.
struct Policy {
  Policy(napi_env env, napi_value given) {
    policy.size = sizeof policy;
    if (type_of(env, given) != napi_object) return;
    for (const PolicyNumber& number : kPolicyNumbers) {
      napi_value value = property(env, given, number.name);
      if (type_of(env, value) != napi_undefined) policy.*number.field = static_cast<int64_t>(number_of(env, value));
    }
    if (napi_value flags = property(env, given, "flags"); type_of(env, flags) != napi_undefined)
      policy.flags = uint32_of(env, flags);
    napi_value names = property(env, given, "tags");
    if (type_of(env, names) == napi_undefined) return;
    for (uint32_t i = 0; i < length_of(env, names); ++i) tags.push_back(string_of(env, element(env, names, i)));
  }

  // Valid while this object stays where it is.
  const tern_policy* get() {
    pointers.clear();
    for (const std::string& tag : tags) pointers.push_back(tag.c_str());
    policy.tags = pointers.data();
    policy.tag_count = pointers.size();
    return &policy;
  }

  tern_policy policy = {};
  std::vector<std::string> tags;
  std::vector<const char*> pointers;
};

class Prepare : public Work {
 public:
  Prepare(std::shared_ptr<Database> database, std::string sql, Policy policy)
      : database_(std::move(database)), sql_(std::move(sql)), policy_(std::move(policy)) {}

  void run() override {
    tern_statement* prepared = nullptr;
    demand(tern_prepare_with(database_->handle, sql_.data(), sql_.size(), policy_.get(), &prepared));
    statement_ = std::make_shared<Statement>(database_, prepared);
    info_.size = sizeof info_;
    demand(tern_statement_describe(prepared, &info_));
    if (info_.reads_only == 0)
      throw Failure::of_kind("writes", "tern: the statement does not only read; run it by DB.prepare(): " + sql_);
  }
  napi_value give(napi_env env) override {
    napi_value given = array(env, 2);
    set_at(env, given, 0, number(env, instance_of(env).statements.add(std::move(statement_))));
    set_at(env, given, 1, number(env, static_cast<double>(info_.parameters)));
    return given;
  }

 private:
  const std::shared_ptr<Database> database_;
  const std::string sql_;
  Policy policy_;
  std::shared_ptr<Statement> statement_;
  tern_statement_info info_ = {};
};

std::unique_ptr<Prepare> prepare_of(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  return std::make_unique<Prepare>(instance_of(env).databases.get(uint32_of(env, arguments[0])),
                                   string_of(env, arguments[1]), Policy(env, arguments[2]));
}

// prepare(database, sql, policy) -> promise of [number of the statement, parameters]; rejected for what does not read.
napi_value prepare(napi_env env, napi_callback_info info) { return start(env, prepare_of(env, info)); }

// The same, at once.
napi_value prepare_now(napi_env env, napi_callback_info info) {
  const std::unique_ptr<Prepare> work = prepare_of(env, info);
  work->run();
  return work->give(env);
}

// release(statement)
napi_value release(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  instance_of(env).statements.drop(uint32_of(env, arguments[0]));
  return undefined(env);
}

// hot(statement, length of the parameters, flags) -> bytes written to the result buffer; 0 where the hot tier has no
// answer, or anything else is amiss, which query() will tell; below 0: the bytes that the result needs.
napi_value hot(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  void* data = nullptr;
  if (napi_get_cb_info(env, info, &count, arguments, nullptr, &data) != napi_ok) return nullptr;
  const Instance& instance = *static_cast<const Instance*>(data);
  uint32_t number = 0;
  uint32_t params_len = 0;
  uint32_t flags = 0;
  napi_get_value_uint32(env, arguments[0], &number);
  napi_get_value_uint32(env, arguments[1], &params_len);
  napi_get_value_uint32(env, arguments[2], &flags);
  int64_t written = 0;
  const Statement* const statement = instance.statements.find(number);
  if (statement != nullptr && params_len <= instance.params.size) {
    size_t size = 0;
    const tern_status status = tern_query_packed_with(statement->handle, instance.params.data, params_len, flags,
                                                      instance.result.data, instance.result.size, &size);
    if (status == TERN_OK) written = static_cast<int64_t>(size);
    if (status == TERN_LIMIT && size > instance.result.size) written = -static_cast<int64_t>(size);
  }
  napi_value result = nullptr;
  napi_create_int32(env, static_cast<int32_t>(written), &result);
  return result;
}

class Query : public Work {
 public:
  Query(std::shared_ptr<Statement> statement, Bytes params, uint32_t flags)
      : statement_(std::move(statement)), params_(std::move(params)), flags_(flags) {}
  ~Query() override { tern_result_free(result_); }
  void run() override {
    demand(tern_query_pinned(statement_->handle, params_.data(), params_.size(), flags_, &result_));
  }
  napi_value give(napi_env env) override {
    size_t size = 0;
    int64_t age_ms = 0;
    const auto* const body = static_cast<const std::byte*>(tern_result_body(result_, &size));
    napi_value given = array(env, 4);
    set_at(env, given, 0, buffer(env, {body, size}));
    set_at(env, given, 1, number(env, tern_result_source(result_)));
    set_at(env, given, 2, number(env, tern_result_stale(result_, &age_ms)));
    set_at(env, given, 3, number(env, static_cast<double>(age_ms)));
    return given;
  }

 private:
  const std::shared_ptr<Statement> statement_;
  const Bytes params_;
  const uint32_t flags_;
  tern_result* result_ = nullptr;
};

std::unique_ptr<Query> query_of(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  return std::make_unique<Query>(instance_of(env).statements.get(uint32_of(env, arguments[0])),
                                 bytes_of(env, arguments[1]), uint32_of(env, arguments[2]));
}

// query(statement, parameters, flags) -> promise of [rows, source, stale, age in ms]
napi_value query(napi_env env, napi_callback_info info) { return start(env, query_of(env, info)); }

// The same, at once: it may wait.
napi_value query_now(napi_env env, napi_callback_info info) {
  const std::unique_ptr<Query> work = query_of(env, info);
  work->run();
  return work->give(env);
}

}  // namespace

void add_statement_functions(napi_env env, napi_value exports) {
  add_function(env, exports, "prepare", exported<prepare>);
  add_function(env, exports, "prepareNow", exported<prepare_now>);
  add_function(env, exports, "release", exported<release>);
  add_function(env, exports, "hot", hot);
  add_function(env, exports, "query", exported<query>);
  add_function(env, exports, "queryNow", exported<query_now>);
}

}  // namespace tern_node
