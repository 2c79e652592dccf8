// What every file of the addon needs of Node-API: values in, values out, and how a function of ours is called.
//
// Contract. All of it belongs to the thread of its napi_env. A function given to exported() may throw: a Failure, a
// std::bad_alloc or any std::exception becomes a JavaScript error, and nothing else reaches Node. Where Node itself
// refuses a call, BadCall is thrown, and an exception that JavaScript has pending already is left as it is.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tern_node {

using Bytes = std::vector<std::byte>;

struct BadCall : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Throws BadCall, which names `what`, where Node refused.
void check(napi_status status, const char* what);

// The arguments of a call; those that were not given are undefined.
template <size_t N>
struct Arguments {
  Arguments(napi_env env, napi_callback_info info) {
    size_t count = N;
    check(napi_get_cb_info(env, info, &count, values, nullptr, &data), "arguments");
  }
  napi_value operator[](size_t index) const { return values[index]; }

  napi_value values[N];
  void* data = nullptr;
};

napi_valuetype type_of(napi_env env, napi_value value);
uint32_t uint32_of(napi_env env, napi_value value);
double number_of(napi_env env, napi_value value);
bool bool_of(napi_env env, napi_value value);
std::string string_of(napi_env env, napi_value value);
// Of a Buffer or Uint8Array; borrows. Empty for null and undefined.
std::span<const std::byte> view_of(napi_env env, napi_value value);
Bytes bytes_of(napi_env env, napi_value value);

uint32_t length_of(napi_env env, napi_value array);
napi_value element(napi_env env, napi_value array, uint32_t index);
// undefined where the object has none.
napi_value property(napi_env env, napi_value object, const char* name);

napi_value undefined(napi_env env);
napi_value null(napi_env env);
napi_value number(napi_env env, double value);
napi_value string(napi_env env, std::string_view text);
napi_value buffer(napi_env env, std::span<const std::byte> bytes);
napi_value array(napi_env env, size_t length);
void set_at(napi_env env, napi_value array, uint32_t index, napi_value value);
void set(napi_env env, napi_value object, const char* name, napi_value value);

// Makes the error that is being handled a pending one of JavaScript.
void throw_current(napi_env env) noexcept;

// A function of ours as Node calls one.
template <napi_value (*function)(napi_env, napi_callback_info)>
napi_value exported(napi_env env, napi_callback_info info) noexcept {
  try {
    return function(env, info);
  } catch (...) {
    throw_current(env);
    return nullptr;
  }
}

}  // namespace tern_node
