// Rows: a whole result, held as tern holds it; each row is made when it is asked for.

#include "binding.h"

typedef struct rows_object {
  PyObject_HEAD;
  tern_result* result;
  PyObject* columns;  // a tuple of str
} rows_object;

static PyTypeObject* rows_type;

freshness freshness_of(const tern_result* result) {
  freshness fresh = {.source = tern_result_source(result)};
  fresh.stale = tern_result_stale(result, &fresh.age_ms);
  if (fresh.stale == 0) fresh.age_ms = 0;
  return fresh;
}

// The names of a statement's columns change with the schema alone.
static bool names_are(const tern_result* result, PyObject* known, size_t count) {
  if ((size_t)PyTuple_Size(known) != count) return false;
  for (size_t i = 0; i < count; ++i) {
    const char* const name = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(known, (Py_ssize_t)i), NULL);
    if (name == NULL || strcmp(name, tern_result_column(result, i)) != 0) return false;
  }
  return true;
}

PyObject* columns_of(const tern_result* result, PyObject* known) {
  const size_t count = tern_result_columns(result);
  if (known != NULL && names_are(result, known, count)) return Py_NewRef(known);
  PyErr_Clear();
  PyObject* const columns = PyTuple_New((Py_ssize_t)count);
  for (size_t i = 0; columns != NULL && i < count; ++i) {
    const char* const text = tern_result_column(result, i);
    PyObject* name = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
    if (name != NULL) PyUnicode_InternInPlace(&name);
    if (name != NULL && PyTuple_SetItem(columns, (Py_ssize_t)i, name) == 0) continue;
    Py_DECREF(columns);
    return NULL;
  }
  return columns;
}

PyObject* rows_make(tern_result* result, PyObject* known_columns) {
  PyObject* const columns = columns_of(result, known_columns);
  rows_object* const self = columns == NULL ? NULL : (rows_object*)PyType_GenericAlloc(rows_type, 0);
  if (self == NULL) {
    Py_XDECREF(columns);
    tern_result_free(result);
    return NULL;
  }
  self->result = result;
  self->columns = columns;
  return (PyObject*)self;
}

static void rows_dealloc(PyObject* object) {
  rows_object* const self = (rows_object*)object;
  PyTypeObject* const type = Py_TYPE(object);
  tern_result_free(self->result);
  Py_XDECREF(self->columns);
  PyObject_Free(object);
  Py_DECREF((PyObject*)type);
}

static Py_ssize_t rows_length(PyObject* self) { return (Py_ssize_t)tern_result_rows(((rows_object*)self)->result); }

static PyObject* rows_item(PyObject* object, Py_ssize_t index) {
  rows_object* const self = (rows_object*)object;
  if (index < 0 || index >= rows_length(object)) {
    PyErr_Format(PyExc_IndexError, "row %zd, but the result has %zd", index, rows_length(object));
    return NULL;
  }
  return row_make(self->result, (size_t)index, self->columns, freshness_of(self->result));
}

static PyObject* rows_slice(PyObject* object, PyObject* slice) {
  Py_ssize_t start, stop, step;
  if (PySlice_Unpack(slice, &start, &stop, &step) < 0) return NULL;
  const Py_ssize_t count = PySlice_AdjustIndices(rows_length(object), &start, &stop, step);
  PyObject* const list = PyList_New(count);
  for (Py_ssize_t i = 0; list != NULL && i < count; ++i) {
    PyObject* const row = rows_item(object, start + i * step);
    if (row != NULL && PyList_SetItem(list, i, row) == 0) continue;
    Py_DECREF(list);
    return NULL;
  }
  return list;
}

static PyObject* rows_subscript(PyObject* object, PyObject* key) {
  if (PySlice_Check(key)) return rows_slice(object, key);
  const Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
  if (index == -1 && PyErr_Occurred() != NULL) return NULL;
  return rows_item(object, index < 0 ? index + rows_length(object) : index);
}

static PyObject* tuple_make(const rows_object* self, size_t row, PyObject* text_factory) {
  const Py_ssize_t count = PyTuple_Size(self->columns);
  PyObject* const tuple = PyTuple_New(count);
  for (Py_ssize_t i = 0; tuple != NULL && i < count; ++i) {
    tern_value value;
    const tern_status status = tern_result_value(self->result, row, (size_t)i, &value);
    PyObject* const made =
        status != TERN_OK ? raise_status(status) : value_with_factory(&value, self->result, (size_t)i, text_factory);
    if (made != NULL && PyTuple_SetItem(tuple, i, made) == 0) continue;
    Py_DECREF(tuple);
    return NULL;
  }
  return tuple;
}

static PyObject* rows_raw(PyObject* object, PyObject* unused) {
  (void)unused;
  const Py_ssize_t count = rows_length(object);
  PyObject* const list = PyList_New(count);
  for (Py_ssize_t i = 0; list != NULL && i < count; ++i) {
    PyObject* const tuple = tuple_make((rows_object*)object, (size_t)i, NULL);
    if (tuple != NULL && PyList_SetItem(list, i, tuple) == 0) continue;
    Py_DECREF(list);
    return NULL;
  }
  return list;
}

static PyObject* rows_tuple(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  if (count != 2) return PyErr_Format(PyExc_TypeError, "tuple() takes a row and a text factory");
  const Py_ssize_t row = PyNumber_AsSsize_t(args[0], PyExc_IndexError);
  if (row == -1 && PyErr_Occurred() != NULL) return NULL;
  if (row < 0 || row >= rows_length(object)) return PyErr_Format(PyExc_IndexError, "row %zd", row);
  return tuple_make((rows_object*)object, (size_t)row, args[1] == (PyObject*)&PyUnicode_Type ? NULL : args[1]);
}

static PyObject* rows_view(PyObject* object, PyObject* args) {
  rows_object* const self = (rows_object*)object;
  Py_ssize_t row, column;
  if (!PyArg_ParseTuple(args, "nn:view", &row, &column)) return NULL;
  tern_value value;
  const tern_status status = tern_result_value(self->result, (size_t)row, (size_t)column, &value);
  if (status != TERN_OK) return PyErr_Format(PyExc_IndexError, "%s", tern_last_error());
  if (value.type != TERN_TEXT && value.type != TERN_BLOB)
    return PyErr_Format(PyExc_TypeError, "row %zd, column %zd is no text or blob, and so has no bytes to view", row,
                        column);
  PyObject* const view = view_make(object, value.as.data, (size_t)value.len);
  PyObject* const memory = view == NULL ? NULL : PyMemoryView_FromObject(view);
  Py_XDECREF(view);
  return memory;
}

static PyObject* rows_columns(PyObject* object, void* unused) {
  (void)unused;
  return Py_NewRef(((rows_object*)object)->columns);
}

static PyObject* rows_changes(PyObject* object, void* unused) {
  (void)unused;
  return PyLong_FromLongLong(tern_result_changes(((rows_object*)object)->result));
}

static PyObject* rows_last_row_id(PyObject* object, void* unused) {
  (void)unused;
  return PyLong_FromLongLong(tern_result_last_row_id(((rows_object*)object)->result));
}

static PyObject* rows_source(PyObject* object, void* unused) {
  (void)unused;
  return source_name(tern_result_source(((rows_object*)object)->result));
}

static PyObject* rows_stale(PyObject* object, void* unused) {
  (void)unused;
  return stale_reason_name(freshness_of(((rows_object*)object)->result).stale);
}

static PyObject* rows_age(PyObject* object, void* unused) {
  (void)unused;
  return PyLong_FromLongLong(freshness_of(((rows_object*)object)->result).age_ms);
}

static PyObject* rows_repr(PyObject* object) {
  return PyUnicode_FromFormat("<tern.Rows: %zd of %R>", rows_length(object), ((rows_object*)object)->columns);
}

static PyMethodDef methods[] = {
    METHOD("raw", rows_raw, METH_NOARGS, "raw() -> list[tuple]\n\nAll rows as plain tuples."),
    METHOD("view", rows_view, METH_VARARGS,
           "view(row, column) -> memoryview\n\nThe bytes of a text or blob where they lie, without a copy. The view "
           "keeps the result."),
    METHOD("_tuple", rows_tuple, METH_FASTCALL, NULL),
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {
    {"columns", rows_columns, NULL, "The names of the columns.", NULL},
    {"changes", rows_changes, NULL, "Rows that a write inserted, updated or deleted; 0 for reads.", NULL},
    {"last_row_id", rows_last_row_id, NULL, "The newest rowid that a write made; 0 for reads.", NULL},
    {"source", rows_source, NULL, "Which tier answered: \"hot\", \"store\" or \"sql\".", NULL},
    {"stale", rows_stale, NULL, "None: fresh. Otherwise why not, as Row.stale.", NULL},
    {"age_ms", rows_age, NULL, "How long ago, at most, a stale answer was true; 0 for a fresh one.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

int rows_init(PyObject* module) {
  static PyType_Slot slots[] = {
      {Py_tp_dealloc, rows_dealloc},
      {Py_tp_methods, methods},
      {Py_tp_getset, getters},
      {Py_tp_repr, rows_repr},
      {Py_tp_iter, PySeqIter_New},
      {Py_sq_length, rows_length},
      {Py_sq_item, rows_item},
      {Py_mp_length, rows_length},
      {Py_mp_subscript, rows_subscript},
      {Py_tp_doc,
       "The whole result of a statement: a sequence of Row, made one by one as they are asked for.\n\n"
       "It depends on nothing, outlives the database, and threads may share it. While it is held its bytes stay in "
       "memory: hold it for the work at hand, and copy out what must live longer (raw(), list())."},
      {0, NULL}};
  static PyType_Spec spec = {"tern.Rows", sizeof(rows_object), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  rows_type = add_type(module, &spec);
  return rows_type == NULL ? -1 : 0;
}
