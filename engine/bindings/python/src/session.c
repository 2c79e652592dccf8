// Session: one connection of its own. Its statements are Statements whose parent it is.

#include "binding.h"

static PyTypeObject* session_type;

static tern_status free_session(void* handle) { return tern_session_close(handle); }

static const node_kind session_kind = {"session", free_session, true};

PyObject* session_open(node* database) {
  tern_session* handle = NULL;
  tern_status status;
  if (database == NULL) {
    Py_BEGIN_ALLOW_THREADS;
    status = tern_session_open(NULL, &handle);
    Py_END_ALLOW_THREADS;
  } else {
    WITHOUT_GIL(database, status = tern_session_open(database->handle, &handle));
  }
  return status == TERN_OK ? node_make(session_type, &session_kind, handle, database) : raise_status(status);
}

PyObject* session_in_memory(PyObject* module, PyObject* unused) {
  (void)module, (void)unused;
  return session_open(NULL);
}

static PyObject* prepare(PyObject* object, PyObject* sql) {
  node* const self = (node*)object;
  Py_ssize_t len;
  const char* const text = node_check(self) < 0 ? NULL : text_of(sql, "sql", &len);
  if (text == NULL) return NULL;
  tern_statement* handle = NULL;
  tern_status status;
  WITHOUT_GIL(self, status = tern_session_prepare(self->handle, text, (size_t)len, &handle));
  return status == TERN_OK ? statement_make(self, handle, sql, true) : raise_status(status);
}

static PyObject* query(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (count == 0) return PyErr_Format(PyExc_TypeError, "query() takes a statement's text and its parameters");
  PyObject* const statement = prepare(self, args[0]);
  PyObject* const rows = statement == NULL ? NULL : statement_all((statement_object*)statement, args + 1, count - 1, 0);
  Py_XDECREF(statement);
  return rows;
}

static PyObject* exec(PyObject* object, PyObject* script) {
  node* const self = (node*)object;
  Py_ssize_t len;
  const char* const text = node_check(self) < 0 ? NULL : text_of(script, "a script", &len);
  if (text == NULL) return NULL;
  int64_t ran = 0;
  tern_status status;
  WITHOUT_GIL(self, status = tern_session_exec(self->handle, text, (size_t)len, &ran));
  return status == TERN_OK ? PyLong_FromLongLong(ran) : raise_status(status);
}

static PyObject* in_transaction(PyObject* object, void* unused) {
  (void)unused;
  node* const self = (node*)object;
  int open = 0;
  if (node_check(self) < 0 || check_status(tern_session_in_transaction(self->handle, &open)) < 0) return NULL;
  return PyBool_FromLong(open);
}

int session_init(PyObject* module) {
  static PyMethodDef methods[] = {
      METHOD("prepare", prepare, METH_O, "prepare(sql) -> Statement\n\nA statement of this session."),
      METHOD("query", query, METH_FASTCALL, "query(sql, *parameters) -> Rows\n\nPrepares and runs it once."),
      METHOD(
          "exec", exec, METH_O,
          "exec(script) -> int\n\nRuns each statement of a script in turn, not in one transaction; stops at the first "
          "that fails, and what was committed before stays. Says how many ran."),
      METHOD("close", node_close_method, METH_NOARGS,
             "close()\n\nRolls back what is open, and frees it with its statements."),
      METHOD("__enter__", node_enter_method, METH_NOARGS, NULL),
      METHOD("__exit__", node_exit_method, METH_VARARGS, NULL),
      {NULL, NULL, 0, NULL}};
  static PyGetSetDef getters[] = {
      {"in_transaction", in_transaction, NULL, "Whether BEGIN or SAVEPOINT has opened a transaction.", NULL},
      {"closed", node_closed, NULL, "Whether it, or its database, was closed.", NULL},
      {NULL, NULL, NULL, NULL, NULL}};
  static PyType_Slot slots[] = {
      {Py_tp_dealloc, node_dealloc},
      {Py_tp_methods, methods},
      {Py_tp_getset, getters},
      {Py_tp_doc,
       "One connection of its own, made by Database.session() or tern.session_in_memory(): TEMP, ATTACH, BEGIN, "
       "SAVEPOINT and all else that lives in a connection works on it.\n\nIts reads bypass the cache; what it commits "
       "is published before the call returns. It belongs to one thread at a time: two calls at once are "
       "ProgrammingError."},
      {0, NULL}};
  static PyType_Spec spec = {"tern.Session", sizeof(node), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                             slots};
  session_type = add_type(module, &spec);
  return session_type == NULL ? -1 : 0;
}
