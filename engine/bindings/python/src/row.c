// Row: the values of one row with the names of their columns, copied out of a result.
//
// It refers to nothing but strings, numbers and bytes, so that no cycle can go through it, and the collector need not
// know it. One block of memory holds it with its references to the values.

#include "binding.h"

typedef struct row_object {
  PyObject_VAR_HEAD;
  PyObject* columns;  // a tuple of str
  freshness fresh;
  PyObject* values[1];  // Py_SIZE() of them
} row_object;

static PyTypeObject* row_type;

static row_object* row_new(PyObject* columns, Py_ssize_t count) {
  row_object* const self = PyObject_NewVar(row_object, row_type, count);
  if (self == NULL) return NULL;
  self->columns = Py_NewRef(columns);
  self->fresh = (freshness){.source = TERN_SQL};
  for (Py_ssize_t i = 0; i < count; ++i) self->values[i] = NULL;
  return self;
}

static void row_dealloc(PyObject* object) {
  row_object* const self = (row_object*)object;
  PyTypeObject* const type = Py_TYPE(object);
  const Py_ssize_t count = Py_SIZE(object);
  for (Py_ssize_t i = 0; i < count; ++i) Py_XDECREF(self->values[i]);
  Py_DECREF(self->columns);
  PyObject_Free(object);
  Py_DECREF((PyObject*)type);
}

PyObject* row_make(const tern_result* result, size_t row, PyObject* columns, freshness fresh) {
  const Py_ssize_t count = PyTuple_Size(columns);
  row_object* const self = row_new(columns, count);
  if (self == NULL) return NULL;
  self->fresh = fresh;
  for (Py_ssize_t i = 0; i < count; ++i) {
    tern_value value;
    const tern_status status = tern_result_value(result, row, (size_t)i, &value);
    self->values[i] = status == TERN_OK ? value_to_python(&value, result, (size_t)i) : raise_status(status);
    if (self->values[i] != NULL) continue;
    Py_DECREF((PyObject*)self);
    return NULL;
  }
  return (PyObject*)self;
}

// Row(cursor, values): what a row factory of PEP 249 connections is called with.
static PyObject* row_construct(PyTypeObject* type, PyObject* args, PyObject* keywords) {
  (void)type;
  PyObject *cursor, *values;
  static char* names[] = {"", "", NULL};
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "OO!:Row", names, &cursor, &PyTuple_Type, &values)) return NULL;
  PyObject* const description = PyObject_GetAttrString(cursor, "description");
  if (description == NULL) {
    PyErr_Clear();
    PyErr_Format(PyExc_TypeError, "Row() argument 1 must be a Cursor, not %R", (PyObject*)Py_TYPE(cursor));
    return NULL;
  }
  const Py_ssize_t count = PyTuple_Size(values);
  PyObject* const columns = PyTuple_New(count);
  bool good = columns != NULL;
  for (Py_ssize_t i = 0; good && i < count; ++i) {
    PyObject* const column = PySequence_GetItem(description, i);
    PyObject* const name = column == NULL ? NULL : PySequence_GetItem(column, 0);
    Py_XDECREF(column);
    good = name != NULL && PyTuple_SetItem(columns, i, name) == 0;
  }
  row_object* const self = good ? row_new(columns, count) : NULL;
  for (Py_ssize_t i = 0; self != NULL && i < count; ++i) self->values[i] = Py_NewRef(PyTuple_GetItem(values, i));
  Py_XDECREF(columns);
  Py_DECREF(description);
  return (PyObject*)self;
}

static Py_ssize_t row_length(PyObject* self) { return Py_SIZE(self); }

static PyObject* row_item(PyObject* object, Py_ssize_t index) {
  if (index >= 0 && index < Py_SIZE(object)) return Py_NewRef(((row_object*)object)->values[index]);
  PyErr_SetString(PyExc_IndexError, "Row index out of range");
  return NULL;
}

static PyObject* as_tuple(PyObject* object) {
  const Py_ssize_t count = Py_SIZE(object);
  PyObject* const tuple = PyTuple_New(count);
  if (tuple == NULL) return NULL;
  for (Py_ssize_t i = 0; i < count; ++i) PyTuple_SetItem(tuple, i, row_item(object, i));
  return tuple;
}

static bool same_but_for_case(const char* a, const char* b) {
  for (; *a != '\0' && *b != '\0'; ++a, ++b) {
    const char x = *a >= 'A' && *a <= 'Z' ? (char)(*a + 32) : *a;
    const char y = *b >= 'A' && *b <= 'Z' ? (char)(*b + 32) : *b;
    if (x != y) return false;
  }
  return *a == *b;
}

// An exact match first, then one that differs in ASCII case alone, as SQLite compares names.
static PyObject* by_name(row_object* self, PyObject* name) {
  const Py_ssize_t count = Py_SIZE((PyObject*)self);
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* const column = PyTuple_GetItem(self->columns, i);
    if (column == name || PyUnicode_Compare(column, name) == 0) return Py_NewRef(self->values[i]);
  }
  const char* const wanted = PyUnicode_AsUTF8AndSize(name, NULL);
  for (Py_ssize_t i = 0; wanted != NULL && i < count; ++i) {
    const char* const column = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(self->columns, i), NULL);
    if (column == NULL) return NULL;
    if (same_but_for_case(column, wanted)) return Py_NewRef(self->values[i]);
  }
  if (wanted != NULL) PyErr_Format(PyExc_IndexError, "No column %R; there are %R", name, self->columns);
  return NULL;
}

static PyObject* row_subscript(PyObject* object, PyObject* key) {
  if (PyLong_Check(key)) {
    const Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (index == -1 && PyErr_Occurred() != NULL) return NULL;
    return row_item(object, index < 0 ? index + Py_SIZE(object) : index);
  }
  if (PyUnicode_Check(key)) return by_name((row_object*)object, key);
  if (PySlice_Check(key)) {
    PyObject* const tuple = as_tuple(object);
    PyObject* const part = tuple == NULL ? NULL : PyObject_GetItem(tuple, key);
    Py_XDECREF(tuple);
    return part;
  }
  PyErr_SetString(PyExc_IndexError, "Index must be int or string");
  return NULL;
}

static PyObject* row_compare(PyObject* object, PyObject* other, int operation) {
  if (operation != Py_EQ && operation != Py_NE) Py_RETURN_NOTIMPLEMENTED;
  PyObject* const mine = as_tuple(object);
  if (mine == NULL) return NULL;
  PyObject* answer = NULL;
  if (PyTuple_Check(other)) {
    answer = PyObject_RichCompare(mine, other, operation);
  } else if (Py_TYPE(other) == row_type) {
    const int same_names =
        PyObject_RichCompareBool(((row_object*)object)->columns, ((row_object*)other)->columns, Py_EQ);
    PyObject* const theirs = same_names < 0 ? NULL : as_tuple(other);
    if (theirs != NULL)
      answer = same_names ? PyObject_RichCompare(mine, theirs, operation) : PyBool_FromLong(operation == Py_NE);
    Py_XDECREF(theirs);
  } else {
    answer = Py_NewRef(Py_NotImplemented);
  }
  Py_DECREF(mine);
  return answer;
}

static Py_hash_t row_hash(PyObject* object) {
  PyObject* const tuple = as_tuple(object);
  const Py_hash_t hash = tuple == NULL ? -1 : PyObject_Hash(tuple);
  Py_XDECREF(tuple);
  return hash;
}

static PyObject* row_as_dict(PyObject* object, PyObject* unused) {
  (void)unused;
  row_object* const self = (row_object*)object;
  PyObject* const dict = PyDict_New();
  const Py_ssize_t count = Py_SIZE(object);
  for (Py_ssize_t i = 0; dict != NULL && i < count; ++i) {
    if (PyDict_SetItem(dict, PyTuple_GetItem(self->columns, i), self->values[i]) == 0) continue;
    Py_DECREF(dict);
    return NULL;
  }
  return dict;
}

static PyObject* row_repr(PyObject* object) {
  PyObject* const dict = row_as_dict(object, NULL);
  PyObject* const text = dict == NULL ? NULL : PyUnicode_FromFormat("<tern.Row %R>", dict);
  Py_XDECREF(dict);
  return text;
}

static PyObject* row_keys(PyObject* object, PyObject* unused) {
  (void)unused;
  return PySequence_List(((row_object*)object)->columns);
}

static PyObject* row_source(PyObject* object, void* unused) {
  (void)unused;
  return source_name(((row_object*)object)->fresh.source);
}

static PyObject* row_stale(PyObject* object, void* unused) {
  (void)unused;
  return stale_reason_name(((row_object*)object)->fresh.stale);
}

static PyObject* row_age(PyObject* object, void* unused) {
  (void)unused;
  return PyLong_FromLongLong(((row_object*)object)->fresh.age_ms);
}

int row_init(PyObject* module) {
  static PyMethodDef methods[] = {
      METHOD("keys", row_keys, METH_NOARGS, "keys() -> list[str]\n\nThe names of the columns."),
      METHOD("as_dict", row_as_dict, METH_NOARGS,
             "as_dict() -> dict[str, Value]\n\nThe values by name; of columns of one name the last counts."),
      {NULL, NULL, 0, NULL}};
  static PyGetSetDef getters[] = {
      {"source", row_source, NULL, "Which tier answered: \"hot\", \"store\" or \"sql\".", NULL},
      {"stale", row_stale, NULL,
       "None: no commit that was acknowledged before the call is missing from it. Otherwise, where a policy asked for "
       "it, why it is stale: \"revalidating\" or \"error\".",
       NULL},
      {"age_ms", row_age, NULL, "How long ago, at most, a stale answer was true; 0 for a fresh one.", NULL},
      {NULL, NULL, NULL, NULL, NULL}};
  static PyType_Slot slots[] = {{Py_tp_dealloc, row_dealloc},
                                {Py_tp_new, row_construct},
                                {Py_tp_methods, methods},
                                {Py_tp_getset, getters},
                                {Py_tp_repr, row_repr},
                                {Py_tp_hash, row_hash},
                                {Py_tp_richcompare, row_compare},
                                {Py_tp_iter, PySeqIter_New},
                                {Py_sq_length, row_length},
                                {Py_sq_item, row_item},
                                {Py_mp_length, row_length},
                                {Py_mp_subscript, row_subscript},
                                {Py_tp_doc,
                                 "A row: values by position, by name (as SQLite compares names), and in order.\n\n"
                                 "Immutable; equal to a tuple of the same values. Threads may share it."},
                                {0, NULL}};
  static PyType_Spec spec = {"tern.Row", offsetof(row_object, values), sizeof(PyObject*), Py_TPFLAGS_DEFAULT, slots};
  row_type = add_type(module, &spec);
  return row_type == NULL ? -1 : 0;
}
