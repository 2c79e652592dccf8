// Database: opening, and whatever is made from one. (What it tells of itself: database_info.c.)

#include "binding.h"

PyTypeObject* database_type;

static tern_status free_database(void* handle) { return tern_close(handle); }

static const node_kind database_kind = {"database", free_database, true};

PyObject* database_open(PyObject* module, PyObject* args, PyObject* keywords) {
  (void)module;
  PyObject* path = NULL;
  if (PyTuple_Size(args) != 1)
    return PyErr_Format(PyExc_TypeError, "open() takes a path, and options by keyword (%zd positional given)",
                        PyTuple_Size(args));
  if (PyUnicode_FSConverter(PyTuple_GetItem(args, 0), &path) == 0) return NULL;
  open_options options;
  if (options_take(keywords, &options) < 0) {
    Py_DECREF(path);
    return NULL;
  }
  tern_database* handle = NULL;
  tern_status status;
  const char* const name = PyBytes_AsString(path);
  Py_BEGIN_ALLOW_THREADS;
  status = tern_open(name, &options.options, &handle);
  Py_END_ALLOW_THREADS;
  PyObject* const self =
      status == TERN_OK ? node_make(database_type, &database_kind, handle, NULL) : raise_status(status);
  options_release(&options);
  Py_DECREF(path);
  return self;
}

// ---- Statements ----

static PyObject* prepare_with(node* self, PyObject* sql, const tern_policy* policy) {
  Py_ssize_t len;
  const char* const text = text_of(sql, "sql", &len);
  if (text == NULL) return NULL;
  tern_statement* handle = NULL;
  tern_status status;
  WITHOUT_GIL(self, status = tern_prepare_with(self->handle, text, (size_t)len, policy, &handle));
  return status == TERN_OK ? statement_make(self, handle, sql, false) : raise_status(status);
}

static PyObject* prepare(PyObject* object, PyObject* args, PyObject* keywords) {
  node* const self = (node*)object;
  PyObject* sql;
  if (!PyArg_ParseTuple(args, "O:prepare", &sql) || node_check(self) < 0) return NULL;
  if (keywords == NULL || PyDict_Size(keywords) == 0) return prepare_with(self, sql, NULL);
  tern_policy policy;
  texts tags;
  if (policy_take("prepare()", keywords, &policy, &tags) < 0) return NULL;
  PyObject* const statement = prepare_with(self, sql, &policy);
  texts_release(&tags);
  return statement;
}

static PyObject* query(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  node* const self = (node*)object;
  if (count == 0) return PyErr_Format(PyExc_TypeError, "query() takes a statement's text and its parameters");
  if (node_check(self) < 0) return NULL;
  PyObject* const statement = prepare_with(self, args[0], NULL);
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
  WITHOUT_GIL(self, status = tern_exec(self->handle, text, (size_t)len, &ran));
  return status == TERN_OK ? PyLong_FromLongLong(ran) : raise_status(status);
}

// ---- Batches ----

typedef struct batch_call {
  statement_object* statement;  // a reference
  PyObject* arguments;
  PyObject** items;
  parameters taken;
  bool has_taken;
} batch_call;

static void batch_release(batch_call* calls, size_t count) {
  for (size_t i = 0; calls != NULL && i < count; ++i) {
    if (calls[i].has_taken) parameters_release(&calls[i].taken);
    PyMem_Free(calls[i].items);
    Py_XDECREF(calls[i].arguments);
    Py_XDECREF((PyObject*)calls[i].statement);
  }
  PyMem_Free(calls);
}

static int batch_take(batch_call* self, PyObject* from, tern_call* call) {
  statement_object* statement;
  if (bound_parts(from, &statement, &self->arguments) < 0) return -1;
  self->statement = (statement_object*)Py_NewRef((PyObject*)statement);
  Py_ssize_t count;
  self->items = tuple_items(self->arguments, &count);
  if (self->items == NULL || node_check(&statement->base) < 0 || parameters_take(&self->taken, self->items, count) < 0)
    return -1;
  self->has_taken = true;
  *call = (tern_call){statement->base.handle, self->taken.values, self->taken.count};
  return 0;
}

static tern_status batch_run(node* self, const batch_call* calls, const tern_call* handles, size_t count,
                             tern_result** results) {
  for (size_t i = 0; i < count; ++i) node_enter(&calls[i].statement->base);
  tern_status status;
  WITHOUT_GIL(self, status = tern_batch(self->handle, handles, count, results));
  for (size_t i = 0; i < count; ++i) node_leave(&calls[i].statement->base);
  return status;
}

// Takes all results.
static PyObject* batch_answers(tern_result** results, size_t count) {
  PyObject* list = PyList_New((Py_ssize_t)count);
  for (size_t i = 0; i < count; ++i) {
    PyObject* const rows = list == NULL ? NULL : rows_make(results[i], NULL);
    if (list == NULL) tern_result_free(results[i]);
    if (rows == NULL || PyList_SetItem(list, (Py_ssize_t)i, rows) < 0) Py_CLEAR(list);
  }
  return list;
}

static PyObject* batch(PyObject* object, PyObject* statements) {
  node* const self = (node*)object;
  PyObject* const tuple = node_check(self) < 0 ? NULL : PySequence_Tuple(statements);
  if (tuple == NULL) return NULL;
  const size_t count = (size_t)PyTuple_Size(tuple);
  batch_call* const calls = PyMem_Calloc(count + 1, sizeof *calls);
  tern_call* const handles = PyMem_Calloc(count + 1, sizeof *handles);
  tern_result** const results = PyMem_Calloc(count + 1, sizeof *results);
  bool good = calls != NULL && handles != NULL && results != NULL;
  if (!good) PyErr_NoMemory();
  for (size_t i = 0; good && i < count; ++i)
    good = batch_take(&calls[i], PyTuple_GetItem(tuple, (Py_ssize_t)i), &handles[i]) == 0;
  if (good) good = check_status(batch_run(self, calls, handles, count, results)) == 0;
  PyObject* const answers = good ? batch_answers(results, count) : NULL;
  batch_release(calls, count);
  PyMem_Free(handles);
  PyMem_Free(results);
  Py_DECREF(tuple);
  return answers;
}

// ---- What it makes ----

static PyObject* session(PyObject* object, PyObject* unused) {
  (void)unused;
  return node_check((node*)object) < 0 ? NULL : session_open((node*)object);
}

static PyObject* kv(PyObject* object, PyObject* args, PyObject* keywords) {
  static char* names[] = {"name", "limits", NULL};
  const char *name, *limits = "native";
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "s|$s:kv", names, &name, &limits) || node_check((node*)object) < 0)
    return NULL;
  if (strcmp(limits, "native") == 0) return kv_open((node*)object, name, TERN_KV_NATIVE);
  if (strcmp(limits, "workers") == 0) return kv_open((node*)object, name, TERN_KV_WORKERS);
  return PyErr_Format(PyExc_ValueError, "limits is '%s'; it must be 'native' or 'workers'", limits);
}

static PyMethodDef methods[] = {
    METHOD("prepare", prepare, METH_VARARGS | METH_KEYWORDS,
           "prepare(sql, **policy) -> Statement\n\nPrepares the one statement in `sql`. A policy, each part by opt-in, "
           "times in seconds or as timedelta: ttl, ttl_jitter, stale_while_revalidate, stale_if_error, refresh_ahead, "
           "admit_max_bytes, admit_min_cost, admit_second_time, negative_caching, pin, tags. Without one no answer is "
           "ever stale."),
    METHOD("query", query, METH_FASTCALL,
           "query(sql, *parameters) -> Rows\n\nPrepares and runs it once. What runs often is prepared once instead."),
    METHOD(
        "exec", exec, METH_O,
        "exec(script) -> int\n\nRuns every statement of a script in one transaction, all or nothing, and says how many "
        "there were. A single one runs outside a transaction, so that VACUUM and PRAGMA work."),
    METHOD("batch", batch, METH_O,
           "batch(statements) -> list[Rows]\n\nRuns bound statements in one write transaction, all or nothing."),
    METHOD("session", session, METH_NOARGS,
           "session() -> Session\n\nOne connection of its own, on which TEMP, ATTACH, BEGIN and SAVEPOINT work."),
    METHOD("kv", kv, METH_VARARGS | METH_KEYWORDS,
           "kv(name, *, limits='native') -> Kv\n\nThe KV namespace of that name, made if there is none. "
           "limits='workers': held to the bounds of Workers KV."),
    METHOD("close", node_close_method, METH_NOARGS,
           "close()\n\nCloses it, with its statements, sessions and namespaces; results and values stay valid. "
           "BusyError while another thread uses one of them. `with` does it, too."),
    METHOD("__enter__", node_enter_method, METH_NOARGS, NULL),
    METHOD("__exit__", node_exit_method, METH_VARARGS, NULL),
    METHOD("transaction", transaction_begin, METH_VARARGS | METH_KEYWORDS,
           "transaction(*, any_thread=False) -> Transaction\n\nBegins a write transaction, when its turn has come."),
    METHOD(
        "get_or_compute", database_get_or_compute, METH_VARARGS | METH_KEYWORDS,
        "get_or_compute(key, function, *, ttl=None, patience=None) -> Computed\n\nThe value of a key: kept as long as "
        "it is what the function would give now, or else computed, once for all threads that ask. The function gets "
        "a Computation, and returns str or bytes; whatever it reads of this database, the value hangs on. What else "
        "it reads must be in the key, or the value have a ttl. `patience`: how long to wait for another thread that "
        "computes it."),
    DATABASE_INFO_METHODS,
    DATABASE_FUNCTION_METHODS,
    {NULL, NULL, 0, NULL}};

int database_init(PyObject* module) {
  static PyGetSetDef getters[] = {{"closed", node_closed, NULL, "Whether it was closed.", NULL},
                                  {NULL, NULL, NULL, NULL, NULL}};
  static PyType_Slot slots[] = {
      {Py_tp_dealloc, node_dealloc},
      {Py_tp_methods, methods},
      {Py_tp_getset, getters},
      {Py_tp_doc,
       "An open database, made by tern.open(). Threads may share it, and any number of processes may have the file "
       "open, beside programs that use plain SQLite. In a child of fork() it must be opened anew."},
      {0, NULL}};
  static PyType_Spec spec = {"tern.Database", sizeof(node), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                             slots};
  database_type = add_type(module, &spec);
  return database_type == NULL ? -1 : 0;
}
