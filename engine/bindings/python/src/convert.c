// What keyword arguments are given as, and small things that more than one file makes.

#include <math.h>

#include "binding.h"

static const double kMostSeconds = 1e12;

int duration_ms(PyObject* object, const char* what, int64_t* ms) {
  *ms = 0;
  if (object == NULL || object == Py_None) return 0;
  PyObject* seconds = NULL;
  if (PyFloat_Check(object) || PyLong_Check(object)) {
    seconds = PyNumber_Float(object);
  } else if (PyObject_HasAttrString(object, "total_seconds")) {
    seconds = PyObject_CallMethod(object, "total_seconds", NULL);
  } else {
    PyErr_Format(PyExc_TypeError, "%s must be a number of seconds or a timedelta, not %R", what,
                 (PyObject*)Py_TYPE(object));
  }
  if (seconds == NULL) return -1;
  const double value = PyFloat_AsDouble(seconds);
  Py_DECREF(seconds);
  if (value == -1.0 && PyErr_Occurred() != NULL) return -1;
  if (!(value >= -kMostSeconds && value <= kMostSeconds)) {
    PyErr_Format(PyExc_OverflowError, "%s is %R: no time that can be counted in milliseconds", what, object);
    return -1;
  }
  *ms = (int64_t)llround(value * 1000);
  // What is less than half a millisecond must not become "none".
  if (*ms == 0 && value > 0) *ms = 1;
  return 0;
}

int take_unsigned(PyObject* object, const char* what, uint64_t most, uint64_t* number) {
  if (object == NULL || object == Py_None) return 0;
  const unsigned long long value = PyLong_Check(object) ? PyLong_AsUnsignedLongLong(object) : 0;
  if (!PyLong_Check(object)) {
    PyErr_Format(PyExc_TypeError, "%s must be int or None, not %R", what, (PyObject*)Py_TYPE(object));
    return -1;
  }
  if (PyErr_Occurred() != NULL || value > most) {
    PyErr_Clear();
    PyErr_Format(PyExc_OverflowError, "%s is %R; it must be 0 to %llu", what, object, (unsigned long long)most);
    return -1;
  }
  *number = value;
  return 0;
}

PyObject* source_name(int source) {
  switch (source) {
    case TERN_HOT:
      return PyUnicode_FromString("hot");
    case TERN_STORE:
      return PyUnicode_FromString("store");
    case TERN_COMPUTED:
      return PyUnicode_FromString("computed");
    default:
      return PyUnicode_FromString("sql");
  }
}

PyObject* stale_reason_name(int stale) {
  if (stale == TERN_STALE_REVALIDATING) return PyUnicode_FromString("revalidating");
  if (stale == TERN_STALE_ERROR) return PyUnicode_FromString("error");
  return Py_NewRef(Py_None);
}

PyObject* json_loads(const char* text, size_t len) {
  PyObject* const json = PyImport_ImportModule("json");
  PyObject* const string = json == NULL ? NULL : PyUnicode_DecodeUTF8(text, (Py_ssize_t)len, "replace");
  PyObject* const object = string == NULL ? NULL : PyObject_CallMethod(json, "loads", "O", string);
  Py_XDECREF(string);
  Py_XDECREF(json);
  return object;
}

PyObject* json_from(node* of, json_writer write, void* context) {
  // Counters grow between two calls, by a digit or so: room is doubled until it is enough.
  for (size_t cap = 16384;; cap *= 2) {
    char* const json = PyMem_Malloc(cap);
    if (json == NULL) return PyErr_NoMemory();
    size_t len = 0;
    tern_status status;
    WITHOUT_GIL(of, status = write(context, json, cap, &len));
    PyObject* object = NULL;
    const bool again = status == TERN_LIMIT && len > cap;
    if (status == TERN_OK) object = json_loads(json, len);
    if (status != TERN_OK && !again) raise_status(status);
    PyMem_Free(json);
    if (!again) return object;
    while (cap < len) cap *= 2;
  }
}

PyTypeObject* add_type(PyObject* module, PyType_Spec* spec) {
  PyObject* type = PyType_FromSpec(spec);
  if (type == NULL) return NULL;
  const char* const name = strrchr(spec->name, '.') + 1;
  if (name[0] != '_' && PyModule_AddObjectRef(module, name, type) < 0) Py_CLEAR(type);
  return (PyTypeObject*)type;
}
