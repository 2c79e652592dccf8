#include "napi_tools.h"

#include <new>

#include "failure.h"

namespace tern_node {

void check(napi_status status, const char* what) {
  if (status != napi_ok) throw BadCall(std::string("tern: ") + what + " is not what the addon expects");
}

napi_valuetype type_of(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  check(napi_typeof(env, value, &type), "a value");
  return type;
}

uint32_t uint32_of(napi_env env, napi_value value) {
  uint32_t number = 0;
  check(napi_get_value_uint32(env, value, &number), "a number");
  return number;
}

double number_of(napi_env env, napi_value value) {
  double number = 0;
  check(napi_get_value_double(env, value, &number), "a number");
  return number;
}

bool bool_of(napi_env env, napi_value value) {
  bool truth = false;
  check(napi_get_value_bool(env, value, &truth), "a boolean");
  return truth;
}

std::string string_of(napi_env env, napi_value value) {
  size_t size = 0;
  check(napi_get_value_string_utf8(env, value, nullptr, 0, &size), "a string");
  std::string text(size, '\0');
  check(napi_get_value_string_utf8(env, value, text.data(), size + 1, &size), "a string");
  return text;
}

std::span<const std::byte> view_of(napi_env env, napi_value value) {
  const napi_valuetype type = type_of(env, value);
  if (type == napi_null || type == napi_undefined) return {};
  void* data = nullptr;
  size_t size = 0;
  check(napi_get_buffer_info(env, value, &data, &size), "a buffer");
  return {static_cast<const std::byte*>(data), size};
}

Bytes bytes_of(napi_env env, napi_value value) {
  const std::span<const std::byte> view = view_of(env, value);
  return {view.begin(), view.end()};
}

uint32_t length_of(napi_env env, napi_value array) {
  uint32_t length = 0;
  check(napi_get_array_length(env, array, &length), "an array");
  return length;
}

napi_value element(napi_env env, napi_value array, uint32_t index) {
  napi_value value = nullptr;
  check(napi_get_element(env, array, index, &value), "an array");
  return value;
}

napi_value property(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  check(napi_get_named_property(env, object, name, &value), name);
  return value;
}

napi_value undefined(napi_env env) {
  napi_value value = nullptr;
  check(napi_get_undefined(env, &value), "undefined");
  return value;
}

napi_value null(napi_env env) {
  napi_value value = nullptr;
  check(napi_get_null(env, &value), "null");
  return value;
}

napi_value number(napi_env env, double given) {
  napi_value value = nullptr;
  check(napi_create_double(env, given, &value), "a number");
  return value;
}

napi_value string(napi_env env, std::string_view text) {
  napi_value value = nullptr;
  check(napi_create_string_utf8(env, text.data(), text.size(), &value), "a string");
  return value;
}

napi_value buffer(napi_env env, std::span<const std::byte> bytes) {
  napi_value value = nullptr;
  check(napi_create_buffer_copy(env, bytes.size(), bytes.data(), nullptr, &value), "a buffer");
  return value;
}

napi_value array(napi_env env, size_t length) {
  napi_value value = nullptr;
  check(napi_create_array_with_length(env, length, &value), "an array");
  return value;
}

void set_at(napi_env env, napi_value array, uint32_t index, napi_value value) {
  check(napi_set_element(env, array, index, value), "an array");
}

void set(napi_env env, napi_value object, const char* name, napi_value value) {
  check(napi_set_named_property(env, object, name, value), name);
}

void throw_current(napi_env env) noexcept {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) return;
  try {
    throw;
  } catch (const Failure& failure) {
    if (napi_value error = failure.to_error(env); error != nullptr) napi_throw(env, error);
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, nullptr, "tern: out of memory");
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  } catch (...) {
    napi_throw_error(env, nullptr, "tern: an exception of an unknown type");
  }
}

}  // namespace tern_node
