// The addon's beginning and end in an environment of JavaScript.

#include <new>

#include "instance.h"
#include "napi_tools.h"

namespace tern_node {

Database::~Database() {
  tern_statement_free(counters);
  tern_session_close(session);
  tern_close(handle);
}

Instance& instance_of(napi_env env) {
  void* data = nullptr;
  check(napi_get_instance_data(env, &data), "the addon's data");
  return *static_cast<Instance*>(data);
}

void add_function(napi_env env, napi_value exports, const char* name, napi_callback function) {
  napi_value made = nullptr;
  // The instance goes along, so that a hot call need not ask for it.
  check(napi_create_function(env, name, NAPI_AUTO_LENGTH, function, &instance_of(env), &made), name);
  set(env, exports, name, made);
}

namespace {

void lend(napi_env env, LentBuffer& lent, napi_value given) {
  if (lent.reference != nullptr) check(napi_delete_reference(env, lent.reference), "a buffer");
  lent = {};
  void* data = nullptr;
  check(napi_get_buffer_info(env, given, &data, &lent.size), "a buffer");
  lent.data = static_cast<std::byte*>(data);
  check(napi_create_reference(env, given, 1, &lent.reference), "a buffer");
}

// lend(params, result, info): the buffers of synchronous calls from now on.
napi_value lend_buffers(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Instance& instance = instance_of(env);
  lend(env, instance.params, arguments[0]);
  lend(env, instance.result, arguments[1]);
  lend(env, instance.info, arguments[2]);
  return undefined(env);
}

napi_value version(napi_env env, napi_callback_info) { return string(env, tern_version()); }

}  // namespace
}  // namespace tern_node

NAPI_MODULE_INIT() {
  using namespace tern_node;
  try {
    auto* const instance = new Instance();
    check(napi_set_instance_data(
              env, instance, [](napi_env, void* data, void*) { delete static_cast<Instance*>(data); }, nullptr),
          "the addon's data");
    add_function(env, exports, "lend", exported<lend_buffers>);
    add_function(env, exports, "version", exported<version>);
    add_database_functions(env, exports);
    add_statement_functions(env, exports);
    add_session_functions(env, exports);
    add_kv_functions(env, exports);
    add_compute_functions(env, exports);
    return exports;
  } catch (...) {
    throw_current(env);
    return nullptr;
  }
}
