// Functions and collations of the host: the methods of Database that database.c lists by DATABASE_FUNCTION_METHODS.
//
// tern calls them on any thread, without the GIL; each call takes it. What Python raises becomes the error of the
// statement, as text.

#include "binding.h"

// Whatever a callback's user_data is, one reference of it.
static void forget(void* user_data) {
  if (!Py_IsInitialized()) return;
  const PyGILState_STATE gil = PyGILState_Ensure();
  Py_DECREF((PyObject*)user_data);
  PyGILState_Release(gil);
}

// The exception that is set, as "ValueError: text".
static void fail_with_exception(tern_function_result* result) {
  PyObject *type, *error, *traceback;
  PyErr_Fetch(&type, &error, &traceback);
  PyErr_NormalizeException(&type, &error, &traceback);
  PyObject* const name = PyType_GetName((PyTypeObject*)type);
  PyObject* const text = name == NULL ? NULL : PyUnicode_FromFormat("user-defined function raised %U: %S", name, error);
  Py_ssize_t len = 0;
  const char* message = text == NULL ? NULL : PyUnicode_AsUTF8AndSize(text, &len);
  static const char unknown[] = "user-defined function raised an exception";
  if (message == NULL) message = unknown, len = sizeof unknown - 1;
  tern_function_fail(result, message, (size_t)len);
  PyErr_Clear();
  Py_XDECREF(text);
  Py_XDECREF(name);
  Py_XDECREF(type);
  Py_XDECREF(error);
  Py_XDECREF(traceback);
}

static PyObject* arguments_of(const tern_value* args, size_t count) {
  PyObject* const tuple = PyTuple_New((Py_ssize_t)count);
  for (size_t i = 0; tuple != NULL && i < count; ++i) {
    PyObject* const value = value_to_python(&args[i], NULL, i);
    if (value != NULL && PyTuple_SetItem(tuple, (Py_ssize_t)i, value) == 0) continue;
    Py_DECREF(tuple);
    return NULL;
  }
  return tuple;
}

static void give(tern_function_result* result, PyObject* answer) {
  parameters taken;
  if (answer == NULL || parameters_take(&taken, &answer, 1) < 0) {
    fail_with_exception(result);
  } else {
    tern_function_return(result, taken.values);
    parameters_release(&taken);
  }
  Py_XDECREF(answer);
}

static PyObject* call_with(PyObject* callable, const tern_value* args, size_t count) {
  PyObject* const arguments = arguments_of(args, count);
  PyObject* const answer = arguments == NULL ? NULL : PyObject_CallObject(callable, arguments);
  Py_XDECREF(arguments);
  return answer;
}

static void call_function(void* user_data, const tern_value* args, size_t count, tern_function_result* result) {
  const PyGILState_STATE gil = PyGILState_Ensure();
  give(result, call_with(user_data, args, count));
  PyGILState_Release(gil);
}

static uint32_t flags_of(int deterministic, int in_schema) {
  return (deterministic != 0 ? (uint32_t)TERN_DETERMINISTIC : 0) | (in_schema != 0 ? (uint32_t)TERN_IN_SCHEMA : 0);
}

static int check_callable(PyObject* object) {
  if (PyCallable_Check(object)) return 0;
  PyErr_Format(PyExc_TypeError, "a function is wanted, not %R", object);
  return -1;
}

PyObject* database_create_function(PyObject* object, PyObject* args, PyObject* keywords) {
  node* const self = (node*)object;
  static char* names[] = {"name", "arity", "function", "deterministic", "in_schema", NULL};
  const char* name;
  int arity, deterministic = 0, in_schema = 0;
  PyObject* function;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "siO|$pp:create_function", names, &name, &arity, &function,
                                   &deterministic, &in_schema) ||
      node_check(self) < 0 || check_callable(function) < 0)
    return NULL;
  Py_INCREF(function);  // forget() gives it back, also on failure
  tern_status status;
  WITHOUT_GIL(self, status = tern_create_function(self->handle, name, arity, flags_of(deterministic, in_schema),
                                                  call_function, function, forget));
  return none_or_error(status);
}

// ---- Aggregates: user_data is the class, a state an object of it ----

static void* begin_aggregate(void* user_data) {
  const PyGILState_STATE gil = PyGILState_Ensure();
  PyObject* const state = PyObject_CallObject(user_data, NULL);
  if (state == NULL) PyErr_Clear();  // tern ends the statement, and has no words for why
  PyGILState_Release(gil);
  return state;
}

static void call_method(void* state, const char* method, const tern_value* args, size_t count,
                        tern_function_result* result) {
  const PyGILState_STATE gil = PyGILState_Ensure();
  PyObject* const callable = PyObject_GetAttrString(state, method);
  PyObject* const answer = callable == NULL ? NULL : call_with(callable, args, count);
  if (answer == NULL) fail_with_exception(result);
  Py_XDECREF(answer);
  Py_XDECREF(callable);
  PyGILState_Release(gil);
}

static void step_aggregate(void* state, const tern_value* args, size_t count, tern_function_result* result) {
  call_method(state, "step", args, count, result);
}

static void inverse_aggregate(void* state, const tern_value* args, size_t count, tern_function_result* result) {
  call_method(state, "inverse", args, count, result);
}

static void give_method(void* state, const char* method, tern_function_result* result) {
  const PyGILState_STATE gil = PyGILState_Ensure();
  give(result, PyObject_CallMethod(state, method, NULL));
  PyGILState_Release(gil);
}

static void value_of_aggregate(void* state, tern_function_result* result) { give_method(state, "finalize", result); }
static void value_of_window(void* state, tern_function_result* result) { give_method(state, "value", result); }

PyObject* database_create_aggregate(PyObject* object, PyObject* args, PyObject* keywords) {
  node* const self = (node*)object;
  static char* names[] = {"name", "arity", "aggregate", "deterministic", "in_schema", NULL};
  const char* name;
  int arity, deterministic = 0, in_schema = 0;
  PyObject* class;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "siO|$pp:create_aggregate", names, &name, &arity, &class,
                                   &deterministic, &in_schema) ||
      node_check(self) < 0 || check_callable(class) < 0)
    return NULL;
  const bool window = PyObject_HasAttrString(class, "inverse") != 0;
  const tern_aggregate aggregate = {.size = sizeof aggregate,
                                    .begin = begin_aggregate,
                                    .step = step_aggregate,
                                    .inverse = window ? inverse_aggregate : NULL,
                                    .value = window ? value_of_window : value_of_aggregate,
                                    .end = forget};
  const uint32_t flags = flags_of(deterministic, in_schema) | (window ? (uint32_t)TERN_WINDOW : 0);
  Py_INCREF(class);
  tern_status status;
  WITHOUT_GIL(self, status = tern_create_aggregate(self->handle, name, arity, flags, &aggregate, class, forget));
  return none_or_error(status);
}

// ---- Collations ----

// It cannot fail: what raises, or is no number, orders as the bytes do.
static int compare(void* user_data, const void* a, size_t a_len, const void* b, size_t b_len) {
  const PyGILState_STATE gil = PyGILState_Ensure();
  PyObject* const left = PyUnicode_DecodeUTF8(a, (Py_ssize_t)a_len, "replace");
  PyObject* const right = PyUnicode_DecodeUTF8(b, (Py_ssize_t)b_len, "replace");
  PyObject* const answer =
      left == NULL || right == NULL ? NULL : PyObject_CallFunctionObjArgs(user_data, left, right, NULL);
  int overflow = 0;
  long order = answer == NULL ? 0 : PyLong_AsLongAndOverflow(answer, &overflow);
  if (PyErr_Occurred() != NULL) {
    PyErr_WriteUnraisable(user_data);
    const int bytes = memcmp(a, b, a_len < b_len ? a_len : b_len);
    order = bytes != 0 ? bytes : (a_len > b_len) - (a_len < b_len);
  }
  if (overflow != 0) order = overflow;
  Py_XDECREF(answer);
  Py_XDECREF(right);
  Py_XDECREF(left);
  PyGILState_Release(gil);
  return (order > 0) - (order < 0);
}

PyObject* database_create_collation(PyObject* object, PyObject* args) {
  node* const self = (node*)object;
  const char* name;
  PyObject* function;
  if (!PyArg_ParseTuple(args, "sO:create_collation", &name, &function) || node_check(self) < 0 ||
      check_callable(function) < 0)
    return NULL;
  Py_INCREF(function);
  tern_status status;
  WITHOUT_GIL(self, status = tern_create_collation(self->handle, name, compare, function, forget));
  return none_or_error(status);
}
