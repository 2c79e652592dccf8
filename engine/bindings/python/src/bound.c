// BoundStatement: a statement with its parameters.

#include "binding.h"

typedef struct bound_object {
  PyObject_HEAD;
  PyObject* statement;
  PyObject* arguments;  // a tuple
} bound_object;

static PyTypeObject* bound_type;

PyObject* bound_make(statement_object* statement, PyObject* arguments) {
  bound_object* const self = (bound_object*)PyType_GenericAlloc(bound_type, 0);
  if (self == NULL) return NULL;
  self->statement = Py_NewRef((PyObject*)statement);
  self->arguments = Py_NewRef(arguments);
  return (PyObject*)self;
}

static void bound_dealloc(PyObject* object) {
  bound_object* const self = (bound_object*)object;
  PyTypeObject* const type = Py_TYPE(object);
  Py_XDECREF(self->statement);
  Py_XDECREF(self->arguments);
  PyObject_Free(object);
  Py_DECREF((PyObject*)type);
}

int bound_parts(PyObject* object, statement_object** statement, PyObject** arguments) {
  if (Py_TYPE(object) == statement_type) {
    *statement = (statement_object*)object;
    *arguments = PyTuple_New(0);
    return *arguments == NULL ? -1 : 0;
  }
  if (Py_TYPE(object) == bound_type) {
    *statement = (statement_object*)((bound_object*)object)->statement;
    *arguments = Py_NewRef(((bound_object*)object)->arguments);
    return 0;
  }
  PyErr_Format(PyExc_TypeError, "a Statement or what bind() gives is wanted here, not %R", (PyObject*)Py_TYPE(object));
  return -1;
}

typedef PyObject* (*runner)(statement_object* statement, PyObject* const* args, Py_ssize_t count, uint32_t flags);

static PyObject* run_bound(PyObject* object, PyObject* args, PyObject* keywords, const char* format, runner run) {
  bound_object* const self = (bound_object*)object;
  static char* names[] = {"bypass", NULL};
  int bypass = 0;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, format, names, &bypass)) return NULL;
  Py_ssize_t count;
  PyObject** const items = tuple_items(self->arguments, &count);
  if (items == NULL) return NULL;
  PyObject* const answer = run((statement_object*)self->statement, items, count, bypass != 0 ? TERN_BYPASS : 0);
  PyMem_Free(items);
  return answer;
}

static PyObject* first(PyObject* self, PyObject* args, PyObject* keywords) {
  return run_bound(self, args, keywords, "|$p:first", statement_first);
}

static PyObject* all(PyObject* self, PyObject* args, PyObject* keywords) {
  return run_bound(self, args, keywords, "|$p:all", statement_all);
}

static PyObject* raw(PyObject* self, PyObject* args, PyObject* keywords) {
  PyObject* const rows = run_bound(self, args, keywords, "|$p:raw", statement_all);
  PyObject* const list = rows == NULL ? NULL : PyObject_CallMethod(rows, "raw", NULL);
  Py_XDECREF(rows);
  return list;
}

static PyObject* run(PyObject* self, PyObject* unused) {
  (void)unused;
  PyObject* const none = PyTuple_New(0);
  PyObject* const rows = none == NULL ? NULL : run_bound(self, none, NULL, "|$p:run", statement_all);
  Py_XDECREF(none);
  return rows;
}

static PyObject* statement_of(PyObject* self, void* unused) {
  (void)unused;
  return Py_NewRef(((bound_object*)self)->statement);
}

static PyObject* arguments_of(PyObject* self, void* unused) {
  (void)unused;
  return Py_NewRef(((bound_object*)self)->arguments);
}

int bound_init(PyObject* module) {
  static PyMethodDef methods[] = {
      METHOD(
          "first", first, METH_VARARGS | METH_KEYWORDS,
          "first(*, bypass=False) -> Row | None\n\nThe first row, or None. With bypass=True SQLite answers, whatever "
          "is cached, and its answer is not cached."),
      METHOD("all", all, METH_VARARGS | METH_KEYWORDS, "all(*, bypass=False) -> Rows\n\nAll rows."),
      METHOD("raw", raw, METH_VARARGS | METH_KEYWORDS,
             "raw(*, bypass=False) -> list[tuple]\n\nAll rows as plain tuples."),
      METHOD("run", run, METH_NOARGS, "run() -> Rows\n\nAs Statement.run()."),
      {NULL, NULL, 0, NULL}};
  static PyGetSetDef getters[] = {{"statement", statement_of, NULL, "The statement.", NULL},
                                  {"parameters", arguments_of, NULL, "Its parameters, a tuple.", NULL},
                                  {NULL, NULL, NULL, NULL, NULL}};
  static PyType_Slot slots[] = {{Py_tp_dealloc, bound_dealloc},
                                {Py_tp_methods, methods},
                                {Py_tp_getset, getters},
                                {Py_tp_doc,
                                 "A statement with its parameters, made by Statement.bind(); to run as it is, or for "
                                 "Database.batch(). It keeps its parameters; a buffer is read when it runs."},
                                {0, NULL}};
  static PyType_Spec spec = {"tern.BoundStatement", sizeof(bound_object), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  bound_type = add_type(module, &spec);
  return bound_type == NULL ? -1 : 0;
}
