// Statement: prepared once, run by many threads with parameters of each.

#include "binding.h"

PyTypeObject* statement_type;

static tern_status free_statement(void* handle) {
  tern_statement_free(handle);
  return TERN_OK;
}

// Freeing one waits for nobody.
static const node_kind statement_kind = {"statement", free_statement, false};

PyObject* statement_make(node* parent, tern_statement* handle, PyObject* sql, bool of_session) {
  tern_statement_info info = {.size = sizeof info};
  const tern_status status = tern_statement_describe(handle, &info);
  statement_object* const self = (statement_object*)node_make(statement_type, &statement_kind, handle, parent);
  if (self == NULL) return NULL;
  self->sql = Py_NewRef(sql);
  self->parameter_count = info.parameters;
  self->reads_only = info.reads_only != 0;
  self->may_be_hot = self->reads_only && !of_session;
  if (status == TERN_OK) return (PyObject*)self;
  raise_status(status);
  Py_DECREF((PyObject*)self);
  return NULL;
}

static void statement_dealloc(PyObject* object) {
  statement_object* const self = (statement_object*)object;
  Py_CLEAR(self->sql);
  Py_CLEAR(self->columns);
  node_dealloc(object);
}

tern_result* statement_run(statement_object* self, PyObject* const* args, Py_ssize_t count, uint32_t flags) {
  if (node_check(&self->base) < 0) return NULL;
  parameters taken;
  if (parameters_take(&taken, args, count) < 0) return NULL;
  tern_result* result = NULL;
  tern_statement* const handle = self->base.handle;
  tern_status status = TERN_WOULD_BLOCK;
  if (self->may_be_hot && flags == 0)
    status = tern_query_with(handle, taken.values, taken.count, TERN_ONLY_HOT, &result);
  if (status == TERN_WOULD_BLOCK)
    WITHOUT_GIL(self, status = tern_query_with(handle, taken.values, taken.count, flags, &result));
  if (status != TERN_OK) raise_status(status);
  parameters_release(&taken);
  return result;
}

// Keeps the names of the columns for the next answer.
static int remember_columns(statement_object* self, const tern_result* result) {
  PyObject* const columns = columns_of(result, self->columns);
  if (columns == NULL) return -1;
  PyObject* const before = self->columns;
  self->columns = columns;
  Py_XDECREF(before);
  return 0;
}

PyObject* statement_first(statement_object* self, PyObject* const* args, Py_ssize_t count, uint32_t flags) {
  tern_result* const result = statement_run(self, args, count, flags);
  if (result == NULL) return NULL;
  PyObject* row = NULL;
  if (tern_result_rows(result) == 0) {
    row = Py_NewRef(Py_None);
  } else if (remember_columns(self, result) == 0) {
    row = row_make(result, 0, self->columns, freshness_of(result));
  }
  tern_result_free(result);
  return row;
}

PyObject* statement_all(statement_object* self, PyObject* const* args, Py_ssize_t count, uint32_t flags) {
  tern_result* const result = statement_run(self, args, count, flags);
  if (result == NULL) return NULL;
  if (remember_columns(self, result) == 0) return rows_make(result, self->columns);
  tern_result_free(result);
  return NULL;
}

static PyObject* first(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return statement_first((statement_object*)self, args, count, 0);
}

static PyObject* all(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return statement_all((statement_object*)self, args, count, 0);
}

static PyObject* raw(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  PyObject* const rows = all(self, args, count);
  PyObject* const list = rows == NULL ? NULL : PyObject_CallMethod(rows, "raw", NULL);
  Py_XDECREF(rows);
  return list;
}

static PyObject* call(PyObject* self, PyObject* args, PyObject* keywords) {
  if (keywords != NULL && PyDict_Size(keywords) > 0)
    return PyErr_Format(PyExc_TypeError, "a statement takes its parameters by position");
  Py_ssize_t count;
  PyObject** const items = tuple_items(args, &count);
  PyObject* const row = items == NULL ? NULL : first(self, items, count);
  PyMem_Free(items);
  return row;
}

static PyObject* bind(PyObject* self, PyObject* args) { return bound_make((statement_object*)self, args); }

static PyObject* invalidate(PyObject* object, PyObject* unused) {
  (void)unused;
  statement_object* const self = (statement_object*)object;
  if (node_check(&self->base) < 0) return NULL;
  tern_status status;
  WITHOUT_GIL(self, status = tern_invalidate_statement(self->base.handle));
  if (status != TERN_OK) return raise_status(status);
  Py_RETURN_NONE;
}

static PyObject* sql(PyObject* self, void* unused) {
  (void)unused;
  return Py_NewRef(((statement_object*)self)->sql);
}

static PyObject* reads_only(PyObject* self, void* unused) {
  (void)unused;
  return PyBool_FromLong(((statement_object*)self)->reads_only);
}

static PyObject* parameter_names(PyObject* object, void* unused) {
  (void)unused;
  statement_object* const self = (statement_object*)object;
  if (node_check(&self->base) < 0) return NULL;
  PyObject* names = PyTuple_New((Py_ssize_t)self->parameter_count);
  for (size_t i = 0; names != NULL && i < self->parameter_count; ++i) {
    const char* const text = tern_statement_parameter(self->base.handle, i);
    PyObject* const name = text == NULL ? Py_NewRef(Py_None) : PyUnicode_FromString(text);
    if (name == NULL || PyTuple_SetItem(names, (Py_ssize_t)i, name) < 0) Py_CLEAR(names);
  }
  return names;
}

static PyObject* repr(PyObject* self) {
  return PyUnicode_FromFormat("<tern.Statement %R>", ((statement_object*)self)->sql);
}

int statement_init(PyObject* module) {
  static PyMethodDef methods[] = {
      METHOD("first", first, METH_FASTCALL,
             "first(*parameters) -> Row | None\n\nThe first row, or None. The whole result is what is cached, so a "
             "statement that is only asked for its first row should say LIMIT 1. Calling the statement does the same."),
      METHOD("all", all, METH_FASTCALL, "all(*parameters) -> Rows\n\nAll rows."),
      METHOD("raw", raw, METH_FASTCALL, "raw(*parameters) -> list[tuple]\n\nAll rows as plain tuples."),
      METHOD("run", all, METH_FASTCALL,
             "run(*parameters) -> Rows\n\nFor a statement that writes: in a transaction of its own, committed and "
             "visible to every later read in every process when it returns. `changes` and `last_row_id` of the result "
             "say what it did; it has rows where the statement says RETURNING."),
      METHOD("bind", bind, METH_VARARGS,
             "bind(*parameters) -> BoundStatement\n\nThe statement with its parameters, for batch() or to run it "
             "again and again."),
      METHOD("invalidate", invalidate, METH_NOARGS,
             "invalidate()\n\nVoids all cached answers of this statement, whatever the parameters, in all processes."),
      METHOD("close", node_close_method, METH_NOARGS,
             "close()\n\nFrees it; results stay valid. It ends by itself with its last reference."),
      METHOD("__enter__", node_enter_method, METH_NOARGS, NULL),
      METHOD("__exit__", node_exit_method, METH_VARARGS, NULL),
      {NULL, NULL, 0, NULL}};
  static PyGetSetDef getters[] = {
      {"sql", sql, NULL, "The text that it was prepared from.", NULL},
      {"reads_only", reads_only, NULL, "Whether it changes nothing, and may be answered by any tier.", NULL},
      {"parameter_names", parameter_names, NULL,
       "The names of its parameters, with the ':', '@', '$' or '?' that they begin with; None for a '?' alone.", NULL},
      {"closed", node_closed, NULL, "Whether it, or its database, was closed.", NULL},
      {NULL, NULL, NULL, NULL, NULL}};
  static PyType_Slot slots[] = {
      {Py_tp_dealloc, statement_dealloc},
      {Py_tp_methods, methods},
      {Py_tp_getset, getters},
      {Py_tp_call, call},
      {Py_tp_repr, repr},
      {Py_tp_doc,
       "A prepared statement, made by Database.prepare() or Session.prepare().\n\n"
       "One of a database may be run by many threads at once; its reads are answered by the first tier that can, and "
       "never stale, unless its policy asks for that. Parameters are None, int, float, str, or what has a buffer "
       "(bytes, bytearray, memoryview), as many as there are. Raises ProgrammingError for others or another number of "
       "them, IntegrityError, BusyError, DataError, OperationalError."},
      {0, NULL}};
  static PyType_Spec spec = {"tern.Statement", sizeof(statement_object), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  statement_type = add_type(module, &spec);
  return statement_type == NULL ? -1 : 0;
}
