// Keyword arguments into the option structs of tern.h, by a table.

#include <limits.h>
#include <math.h>

#include "binding.h"

// Where 0 is the default in C, a 0 in Python means none, which C has a flag for.
static int store_number(const keyword* entry, uint64_t value, char* to, uint32_t* flags) {
  if (value == 0 && entry->flag == 0) {
    PyErr_Format(PyExc_ValueError, "%s must be at least 1; None is the default", entry->name);
    return -1;
  }
  if (value == 0) *flags |= entry->flag;
  if (entry->kind == KEYWORD_U64) {
    *(uint64_t*)(void*)(to + entry->offset) = value;
  } else {
    *(uint32_t*)(void*)(to + entry->offset) = (uint32_t)value;
  }
  return 0;
}

static int take_time(const keyword* entry, PyObject* value, char* to, uint32_t* flags) {
  int64_t ms;
  if (duration_ms(value, entry->name, &ms) < 0) return -1;
  if (entry->kind == KEYWORD_MS) {
    *(int64_t*)(void*)(to + entry->offset) = ms;
    return 0;
  }
  if (ms < 0 || ms > INT_MAX) {
    PyErr_Format(PyExc_OverflowError, "%s is %R; it must be 0 to %d seconds", entry->name, value, INT_MAX / 1000);
    return -1;
  }
  return store_number(entry, (uint64_t)ms, to, flags);
}

// A fraction of one as permille, or of a second as nanoseconds.
static int take_fraction(const keyword* entry, PyObject* value, char* to, uint32_t* flags) {
  const double fraction = PyFloat_AsDouble(value);
  if (fraction == -1.0 && PyErr_Occurred() != NULL) return -1;
  const bool permille = entry->kind == KEYWORD_PERMILLE;
  const double most = permille ? 1 : 1e9;
  if (!(fraction >= 0 && fraction <= most)) {
    PyErr_Format(PyExc_ValueError, "%s is %R; it must be 0 to %d", entry->name, value, (int)most);
    return -1;
  }
  if (!permille) {
    *(uint64_t*)(void*)(to + entry->offset) = (uint64_t)llround(fraction * 1e9);
    return 0;
  }
  const uint32_t thousandths = (uint32_t)lround(fraction * 1000);
  if (thousandths == 0) *flags |= entry->flag;
  *(uint32_t*)(void*)(to + entry->offset) = thousandths;
  return 0;
}

static int take_switch(const keyword* entry, PyObject* value, uint32_t* flags) {
  const int on = PyObject_IsTrue(value);
  if (on < 0) return -1;
  if ((on != 0) == (entry->kind == KEYWORD_IF_TRUE)) *flags |= entry->flag;
  return 0;
}

static int take_one(const keyword* entry, PyObject* value, char* to, uint32_t* flags) {
  uint64_t number = 0;
  switch (entry->kind) {
    case KEYWORD_MS:
    case KEYWORD_MS32:
      return take_time(entry, value, to, flags);
    case KEYWORD_NS:
    case KEYWORD_PERMILLE:
      return take_fraction(entry, value, to, flags);
    case KEYWORD_U64:
    case KEYWORD_U32:
      if (take_unsigned(value, entry->name, entry->kind == KEYWORD_U64 ? UINT64_MAX : UINT32_MAX, &number) < 0)
        return -1;
      return store_number(entry, number, to, flags);
    case KEYWORD_IF_TRUE:
    case KEYWORD_IF_FALSE:
      return take_switch(entry, value, flags);
    case KEYWORD_OBJECT:
      break;
  }
  *(PyObject**)(void*)(to + entry->offset) = value;
  return 0;
}

static int refuse_unknown(const char* function, PyObject* keywords, const keyword* table) {
  Py_ssize_t at = 0;
  PyObject *key, *value;
  while (PyDict_Next(keywords, &at, &key, &value)) {
    bool known = false;
    for (const keyword* entry = table; entry->name != NULL && !known; ++entry)
      known = PyUnicode_Check(key) && PyUnicode_CompareWithASCIIString(key, entry->name) == 0;
    if (known) continue;
    PyErr_Format(PyExc_TypeError, "%s got an unexpected keyword argument %R", function, key);
    return -1;
  }
  return 0;
}

int keywords_take(const char* function, PyObject* keywords, const keyword* table, void* target, uint32_t* flags) {
  if (keywords == NULL) return 0;
  Py_ssize_t taken = 0;
  for (const keyword* entry = table; entry->name != NULL; ++entry) {
    PyObject* const name = PyUnicode_FromString(entry->name);
    if (name == NULL) return -1;
    PyObject* const value = PyDict_GetItemWithError(keywords, name);
    Py_DECREF(name);
    if (value == NULL && PyErr_Occurred() != NULL) return -1;
    if (value == NULL) continue;
    ++taken;
    if (value != Py_None && take_one(entry, value, target, flags) < 0) return -1;
  }
  return taken == PyDict_Size(keywords) ? 0 : refuse_unknown(function, keywords, table);
}

// ---- Sequences of str ----

static int refuse_text(PyObject* object, const char* what) {
  PyErr_Format(PyExc_TypeError, "%s must be a sequence of str, not %R", what, object);
  return -1;
}

int texts_take(texts* self, PyObject* object, const char* what) {
  *self = (texts){0};
  if (object == NULL || object == Py_None) return 0;
  if (PyUnicode_Check(object)) return refuse_text(object, what);
  self->owner = PySequence_Tuple(object);
  if (self->owner == NULL) return -1;
  self->count = (size_t)PyTuple_Size(self->owner);
  self->list = PyMem_Calloc(self->count + 1, sizeof *self->list);
  if (self->list == NULL) PyErr_NoMemory();
  for (size_t i = 0; self->list != NULL && i < self->count; ++i) {
    PyObject* const text = PyTuple_GetItem(self->owner, (Py_ssize_t)i);
    self->list[i] = PyUnicode_Check(text) ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    if (self->list[i] != NULL) continue;
    if (PyErr_Occurred() == NULL) refuse_text(object, what);
    texts_release(self);
    return -1;
  }
  if (self->list != NULL) return 0;
  texts_release(self);
  return -1;
}

void texts_release(texts* self) {
  PyMem_Free(self->list);
  Py_XDECREF(self->owner);
  *self = (texts){0};
}
