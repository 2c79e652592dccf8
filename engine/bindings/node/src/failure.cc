#include "failure.h"

#include "napi_tools.h"

namespace tern_node {

Failure Failure::of_last_call(tern_status status) {
  Failure failure;
  const char* sqlite_message = "";
  failure.status = status;
  failure.message = tern_last_error();
  failure.sqlite_code = tern_last_sqlite_error(&failure.offset, &sqlite_message);
  failure.sqlite_message = sqlite_message;
  return failure;
}

Failure Failure::of_kind(const char* kind, std::string message) {
  Failure failure;
  failure.status = TERN_MISUSE;
  failure.kind = kind;
  failure.message = std::move(message);
  return failure;
}

napi_value Failure::to_error(napi_env env) const noexcept try {
  napi_value error = nullptr;
  check(napi_create_error(env, nullptr, string(env, message), &error), "an error");
  set(env, error, "status", string(env, tern_status_name(status)));
  set(env, error, "sqliteCode", number(env, sqlite_code));
  set(env, error, "sqliteMessage", string(env, sqlite_message));
  set(env, error, "offset", number(env, offset));
  set(env, error, "kind", string(env, kind));
  return error;
} catch (...) {
  return nullptr;
}

}  // namespace tern_node
