// get_or_compute() for a function of JavaScript: it runs on the event loop's own thread, so that what it reads by
// synchronous calls is what the value hangs on.

#include <memory>
#include <string>

#include "failure.h"
#include "instance.h"
#include "napi_tools.h"
#include <tern/tern.h>

namespace tern_node {
namespace {

struct ComputedFree {
  void operator()(tern_computed* computed) const noexcept { tern_computed_free(computed); }
};

struct Call {
  napi_env env;
  napi_value function;
};

// The function gives a Buffer. What it throws stays pending, and ends the computing.
tern_status compute(void* user_data, tern_computation* computation) noexcept {
  const Call& call = *static_cast<const Call*>(user_data);
  constexpr std::string_view kThrew = "the function threw";
  constexpr std::string_view kNoBytes = "the function did not give bytes";
  napi_value value = nullptr;
  void* data = nullptr;
  size_t size = 0;
  napi_value receiver = nullptr;
  if (napi_get_undefined(call.env, &receiver) != napi_ok ||
      napi_call_function(call.env, receiver, call.function, 0, nullptr, &value) != napi_ok)
    return tern_computation_fail(computation, TERN_SQL_ERROR, kThrew.data(), kThrew.size());
  if (napi_get_buffer_info(call.env, value, &data, &size) != napi_ok)
    return tern_computation_fail(computation, TERN_MISUSE, kNoBytes.data(), kNoBytes.size());
  return tern_computation_append(computation, data, size);
}

// compute(database, key, function, ttl in ms) -> [value, source, why it is not cached or null]
napi_value get_or_compute(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  const auto database = instance_of(env).databases.get(uint32_of(env, arguments[0]));
  const Bytes key = bytes_of(env, arguments[1]);
  Call call{env, arguments[2]};
  tern_compute_options options = {};
  options.size = sizeof options;
  options.ttl_ms = static_cast<int64_t>(number_of(env, arguments[3]));
  // On an event loop nobody else could go on computing while this thread waits for it.
  options.flags = TERN_NO_PATIENCE;
  tern_computed* computed = nullptr;
  const tern_status status =
      tern_get_or_compute(database->handle, key.data(), key.size(), &options, compute, &call, &computed);
  const std::unique_ptr<tern_computed, ComputedFree> owned(computed);
  demand(status);
  size_t size = 0;
  const auto* const data = static_cast<const std::byte*>(tern_computed_data(computed, &size));
  const char* const why = tern_computed_why_not_cached(computed, nullptr);
  napi_value given = array(env, 3);
  set_at(env, given, 0, buffer(env, {data, size}));
  set_at(env, given, 1, number(env, tern_computed_source(computed)));
  set_at(env, given, 2, why == nullptr ? null(env) : string(env, why));
  return given;
}

}  // namespace

void add_compute_functions(napi_env env, napi_value exports) {
  add_function(env, exports, "compute", exported<get_or_compute>);
}

}  // namespace tern_node
