// Values that go into tern.h and come out of it.

#include "binding.h"

// ---- Into ----

static int take_buffer(parameters* self, PyObject* from, tern_value* to) {
  if (self->buffers == NULL) {
    self->buffers = PyMem_Calloc(self->count, sizeof(Py_buffer));
    if (self->buffers == NULL) {
      PyErr_NoMemory();
      return -1;
    }
  }
  Py_buffer* const buffer = &self->buffers[self->buffer_count];
  if (PyObject_GetBuffer(from, buffer, PyBUF_SIMPLE) < 0) return -1;
  ++self->buffer_count;
  *to = (tern_value){.type = TERN_BLOB, .as = {.data = buffer->buf}, .len = (uint64_t)buffer->len};
  return 0;
}

static int take_integer(PyObject* from, tern_value* to) {
  int overflow;
  const long long number = PyLong_AsLongLongAndOverflow(from, &overflow);
  if (overflow != 0) {
    PyErr_SetString(PyExc_OverflowError, "Python int too large to convert to SQLite INTEGER");
    return -1;
  }
  if (number == -1 && PyErr_Occurred() != NULL) return -1;
  *to = (tern_value){.type = TERN_INTEGER, .as = {.integer = number}};
  return 0;
}

static int refuse_type(PyObject* from, size_t index) {
  PyObject* const name = PyType_GetName(Py_TYPE(from));
  const char* const text = name == NULL ? NULL : PyUnicode_AsUTF8AndSize(name, NULL);
  if (text != NULL)
    raise_format(TERN_MISUSE,
                 "Error binding parameter %zu: type '%s' is not supported; pass None, int, float, str, or "
                 "what has a buffer (bytes, bytearray, memoryview)",
                 index + 1, text);
  Py_XDECREF(name);
  return -1;
}

static int take(parameters* self, PyObject* from, size_t index) {
  tern_value* const to = &self->values[index];
  if (PyUnicode_Check(from)) {
    Py_ssize_t len;
    const char* const text = PyUnicode_AsUTF8AndSize(from, &len);
    if (text == NULL) return -1;
    *to = (tern_value){.type = TERN_TEXT, .as = {.data = text}, .len = (uint64_t)len};
    return 0;
  }
  if (PyLong_Check(from)) return take_integer(from, to);
  if (from == Py_None) {
    *to = (tern_value){.type = TERN_NULL};
    return 0;
  }
  if (PyFloat_Check(from)) {
    *to = (tern_value){.type = TERN_REAL, .as = {.real = PyFloat_AsDouble(from)}};
    return 0;
  }
  if (PyBytes_CheckExact(from)) {
    *to = (tern_value){.type = TERN_BLOB, .as = {.data = PyBytes_AsString(from)}, .len = (uint64_t)PyBytes_Size(from)};
    return 0;
  }
  return PyObject_CheckBuffer(from) ? take_buffer(self, from, to) : refuse_type(from, index);
}

int parameters_take(parameters* self, PyObject* const* args, Py_ssize_t count) {
  self->count = (size_t)count;
  self->buffers = NULL;
  self->buffer_count = 0;
  self->values = self->few;
  if (count > INLINE_PARAMETERS) {
    self->values = PyMem_Malloc(self->count * sizeof(tern_value));
    if (self->values == NULL) {
      PyErr_NoMemory();
      return -1;
    }
  }
  for (size_t i = 0; i < self->count; ++i) {
    if (take(self, args[i], i) == 0) continue;
    parameters_release(self);
    return -1;
  }
  return 0;
}

void parameters_release(parameters* self) {
  for (size_t i = 0; i < self->buffer_count; ++i) PyBuffer_Release(&self->buffers[i]);
  if (self->buffers != NULL) PyMem_Free(self->buffers);
  if (self->values != self->few) PyMem_Free(self->values);
}

PyObject** tuple_items(PyObject* tuple, Py_ssize_t* count) {
  *count = PyTuple_Size(tuple);
  if (*count < 0) return NULL;
  PyObject** const items = PyMem_Malloc(((size_t)*count + 1) * sizeof(PyObject*));
  if (items == NULL) {
    PyErr_NoMemory();
    return NULL;
  }
  for (Py_ssize_t i = 0; i < *count; ++i) items[i] = PyTuple_GetItem(tuple, i);
  return items;
}

// Names that tern gave out may have bytes that are no UTF-8, escaped (kv.c).
static int take_escaped(bytes_view* self, PyObject* from) {
  if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
  PyErr_Clear();
  self->encoded = PyUnicode_AsEncodedString(from, "utf-8", "surrogateescape");
  if (self->encoded == NULL) return -1;
  self->data = PyBytes_AsString(self->encoded);
  self->len = (size_t)PyBytes_Size(self->encoded);
  return 0;
}

int bytes_take(bytes_view* self, PyObject* from, const char* what) {
  self->has_buffer = false;
  self->encoded = NULL;
  if (PyUnicode_Check(from)) {
    Py_ssize_t len;
    self->data = PyUnicode_AsUTF8AndSize(from, &len);
    self->len = (size_t)len;
    return self->data == NULL ? take_escaped(self, from) : 0;
  }
  if (!PyObject_CheckBuffer(from)) {
    PyErr_Format(PyExc_TypeError, "%s must be str, bytes or what has a buffer, not %R", what, (PyObject*)Py_TYPE(from));
    return -1;
  }
  if (PyObject_GetBuffer(from, &self->buffer, PyBUF_SIMPLE) < 0) return -1;
  self->has_buffer = true;
  self->data = self->buffer.buf;
  self->len = (size_t)self->buffer.len;
  return 0;
}

void bytes_release(bytes_view* self) {
  if (self->has_buffer) PyBuffer_Release(&self->buffer);
  self->has_buffer = false;
  Py_CLEAR(self->encoded);
}

const char* text_of(PyObject* object, const char* what, Py_ssize_t* len) {
  if (PyUnicode_Check(object)) return PyUnicode_AsUTF8AndSize(object, len);
  PyErr_Format(PyExc_TypeError, "%s must be str, not %R", what, (PyObject*)Py_TYPE(object));
  return NULL;
}

// ---- Out of ----

// SQLite keeps as text whatever it was given.
static PyObject* text_to_python(const tern_value* value, const tern_result* result, size_t column) {
  PyObject* const text = PyUnicode_DecodeUTF8(value->as.data, (Py_ssize_t)value->len, NULL);
  if (text != NULL || !PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) return text;
  PyErr_Clear();
  return raise_format(TERN_SQL_ERROR, "Could not decode to UTF-8 column '%s' with text '%.200s'",
                      result == NULL ? "an argument" : tern_result_column(result, column), (const char*)value->as.data);
}

PyObject* value_to_python(const tern_value* value, const tern_result* result, size_t column) {
  switch (value->type) {
    case TERN_INTEGER:
      return PyLong_FromLongLong(value->as.integer);
    case TERN_REAL:
      return PyFloat_FromDouble(value->as.real);
    case TERN_TEXT:
      return text_to_python(value, result, column);
    case TERN_BLOB:
      return PyBytes_FromStringAndSize(value->as.data, (Py_ssize_t)value->len);
    default:
      return Py_NewRef(Py_None);
  }
}

PyObject* value_with_factory(const tern_value* value, const tern_result* result, size_t column,
                             PyObject* text_factory) {
  if (text_factory == NULL || value->type != TERN_TEXT) return value_to_python(value, result, column);
  PyObject* const bytes = PyBytes_FromStringAndSize(value->as.data, (Py_ssize_t)value->len);
  if (bytes == NULL || text_factory == (PyObject*)&PyBytes_Type) return bytes;
  PyObject* const made = PyObject_CallFunctionObjArgs(text_factory, bytes, NULL);
  Py_DECREF(bytes);
  return made;
}
