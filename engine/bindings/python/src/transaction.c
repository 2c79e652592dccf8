// Transaction: several statements that become visible together, or not at all.

#include "binding.h"

static PyTypeObject* transaction_type;

static tern_status free_transaction(void* handle) {
  tern_transaction_free(handle);
  return TERN_OK;
}

static const node_kind transaction_kind = {"transaction", free_transaction, true};

PyObject* transaction_begin(PyObject* object, PyObject* args, PyObject* keywords) {
  node* const database = (node*)object;
  static char* names[] = {"any_thread", NULL};
  int any_thread = 0;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "|$p:transaction", names, &any_thread) || node_check(database) < 0)
    return NULL;
  tern_transaction* handle = NULL;
  tern_status status;
  WITHOUT_GIL(database, status = tern_begin_with(database->handle, any_thread != 0 ? TERN_ANY_THREAD : 0, &handle));
  return status == TERN_OK ? node_make(transaction_type, &transaction_kind, handle, database) : raise_status(status);
}

static PyObject* run_statement(node* self, statement_object* statement, PyObject* const* args, Py_ssize_t count) {
  parameters taken;
  if (node_check(self) < 0 || node_check(&statement->base) < 0 || parameters_take(&taken, args, count) < 0) return NULL;
  tern_result* result = NULL;
  tern_status status;
  node_enter(&statement->base);
  WITHOUT_GIL(
      self, status = tern_transaction_query(self->handle, statement->base.handle, taken.values, taken.count, &result));
  node_leave(&statement->base);
  PyObject* const rows = status == TERN_OK ? rows_make(result, NULL) : raise_status(status);
  parameters_release(&taken);
  return rows;
}

static PyObject* prepare(PyObject* object, PyObject* sql) {
  node* const self = (node*)object;
  Py_ssize_t len;
  const char* const text = node_check(self) < 0 ? NULL : text_of(sql, "sql", &len);
  if (text == NULL) return NULL;
  tern_statement* handle = NULL;
  tern_status status;
  WITHOUT_GIL(self, status = tern_transaction_prepare(self->handle, text, (size_t)len, &handle));
  return status == TERN_OK ? statement_make(self->parent, handle, sql, false) : raise_status(status);
}

static PyObject* query(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (count == 0) return PyErr_Format(PyExc_TypeError, "query() takes a statement's text and its parameters");
  PyObject* const statement = prepare(self, args[0]);
  if (statement == NULL) return NULL;
  PyObject* const rows = run_statement((node*)self, (statement_object*)statement, args + 1, count - 1);
  Py_DECREF(statement);
  return rows;
}

static PyObject* run(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (count == 0) return PyErr_Format(PyExc_TypeError, "run() takes a statement and its parameters");
  if (Py_TYPE(args[0]) == statement_type)
    return run_statement((node*)self, (statement_object*)args[0], args + 1, count - 1);
  if (count > 1) return PyErr_Format(PyExc_TypeError, "run() takes parameters with a Statement alone");
  statement_object* statement;
  PyObject* arguments;
  if (bound_parts(args[0], &statement, &arguments) < 0) return NULL;
  Py_ssize_t bound_count;
  PyObject** const items = tuple_items(arguments, &bound_count);
  PyObject* const rows = items == NULL ? NULL : run_statement((node*)self, statement, items, bound_count);
  PyMem_Free(items);
  Py_DECREF(arguments);
  return rows;
}

static PyObject* exec(PyObject* object, PyObject* script) {
  node* const self = (node*)object;
  Py_ssize_t len;
  const char* const text = node_check(self) < 0 ? NULL : text_of(script, "a script", &len);
  if (text == NULL) return NULL;
  int64_t ran = 0;
  tern_status status;
  WITHOUT_GIL(self, status = tern_transaction_exec(self->handle, text, (size_t)len, &ran));
  return status == TERN_OK ? PyLong_FromLongLong(ran) : raise_status(status);
}

static PyObject* end(PyObject* object, tern_status (*function)(tern_transaction*)) {
  node* const self = (node*)object;
  if (node_check(self) < 0) return NULL;
  tern_status status;
  WITHOUT_GIL(self, status = function(self->handle));
  // Its message, before closing may leave another.
  if (status != TERN_OK) raise_status(status);
  PyObject *error_type, *error, *traceback;
  PyErr_Fetch(&error_type, &error, &traceback);
  if (node_close(self) < 0) PyErr_Clear();
  PyErr_Restore(error_type, error, traceback);
  if (status != TERN_OK) return NULL;
  Py_RETURN_NONE;
}

static PyObject* commit(PyObject* self, PyObject* unused) {
  (void)unused;
  return end(self, tern_transaction_commit);
}

static PyObject* rollback(PyObject* self, PyObject* unused) {
  (void)unused;
  return end(self, tern_transaction_rollback);
}

// Commits, or rolls back if the block raised; unless the block has done either.
static PyObject* leave(PyObject* object, PyObject* args) {
  PyObject *error_type, *error, *traceback;
  if (!PyArg_ParseTuple(args, "OOO:__exit__", &error_type, &error, &traceback)) return NULL;
  if (((node*)object)->handle == NULL) Py_RETURN_NONE;
  return error_type == Py_None ? commit(object, NULL) : rollback(object, NULL);
}

int transaction_init(PyObject* module) {
  static PyMethodDef methods[] = {
      METHOD("run", run, METH_FASTCALL,
             "run(statement, *parameters) -> Rows\n\nRuns a statement of the database, or what bind() gave."),
      METHOD("query", query, METH_FASTCALL, "query(sql, *parameters) -> Rows\n\nPrepares and runs it once."),
      METHOD("prepare", prepare, METH_O,
             "prepare(sql) -> Statement\n\nA statement on the schema as the transaction sees it; it may outlive it."),
      METHOD("exec", exec, METH_O,
             "exec(script) -> int\n\nRuns each statement of a script in turn, and says how many there were."),
      METHOD("commit", commit, METH_NOARGS,
             "commit()\n\nCommits, and ends it. It is visible to every later read in every process then."),
      METHOD("rollback", rollback, METH_NOARGS, "rollback()\n\nUndoes all of it, and ends it."),
      METHOD("__enter__", node_enter_method, METH_NOARGS, NULL),
      METHOD("__exit__", leave, METH_VARARGS, NULL),
      {NULL, NULL, 0, NULL}};
  static PyGetSetDef getters[] = {{"closed", node_closed, NULL, "Whether it has ended.", NULL},
                                  {NULL, NULL, NULL, NULL, NULL}};
  static PyType_Slot slots[] = {
      {Py_tp_dealloc, node_dealloc},
      {Py_tp_methods, methods},
      {Py_tp_getset, getters},
      {Py_tp_doc,
       "A write transaction, made by Database.transaction(). A context manager: committed at its end, rolled back if "
       "the "
       "block raises.\n\nIt is the only writer of the database in all processes until it ends, so keep it short. Its "
       "reads see its own writes, and bypass the cache. It belongs to the thread that began it, unless "
       "any_thread=True; "
       "another write of that thread on the database is ProgrammingError meanwhile. When a statement fails, what it "
       "did "
       "is undone, and the transaction stays open."},
      {0, NULL}};
  static PyType_Spec spec = {"tern.Transaction", sizeof(node), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  transaction_type = add_type(module, &spec);
  return transaction_type == NULL ? -1 : 0;
}
