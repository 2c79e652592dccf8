// Database.get_or_compute(): values that a Python function makes from a database.
//
// tern calls compute() on the thread that asked, which has let go of the GIL; it takes it for the function, and keeps
// what the function raises for when tern has returned.

#include <unistd.h>

#include "binding.h"

typedef struct computation_object {
  PyObject_HEAD;
  tern_computation* computation;  // NULL once the function has returned
  node* database;                 // a reference
  size_t users;                   // threads that have entered it, and calls that run without the GIL
} computation_object;

typedef struct part_object {
  PyObject_HEAD;
  PyObject* computation;  // a reference
  tern_computation_part* part;
  unsigned long thread;  // that has entered it
} part_object;

static PyTypeObject *computation_type, *part_type;

typedef struct call {
  node* database;
  PyObject* function;
  PyObject *error_type, *error, *traceback;  // what the function raised
} call;

enum { WAIT_FOR_USERS_US = 1000 };

// No new user comes from here on. What others still do with it must end before tern takes it back.
static void end_of(computation_object* self) {
  while (self->users > 0) {
    Py_BEGIN_ALLOW_THREADS;
    usleep(WAIT_FOR_USERS_US);
    Py_END_ALLOW_THREADS;
  }
  self->computation = NULL;
}

// Appends what the function returned.
static tern_status give(tern_computation* computation, PyObject* value) {
  bytes_view bytes;
  if (bytes_take(&bytes, value, "a computed value") < 0) return TERN_MISUSE;
  const tern_status status = tern_computation_append(computation, bytes.data, bytes.len);
  if (status != TERN_OK) raise_status(status);
  bytes_release(&bytes);
  return status;
}

static tern_status compute(void* user_data, tern_computation* computation) {
  call* const self = user_data;
  const PyGILState_STATE gil = PyGILState_Ensure();
  tern_status status = TERN_SQL_ERROR;
  computation_object* const shown = (computation_object*)PyType_GenericAlloc(computation_type, 0);
  if (shown != NULL) {
    shown->computation = computation;
    shown->database = (node*)Py_NewRef((PyObject*)self->database);
    PyObject* const value = PyObject_CallFunctionObjArgs(self->function, (PyObject*)shown, NULL);
    end_of(shown);
    if (value != NULL) status = give(computation, value);
    Py_XDECREF(value);
    Py_DECREF((PyObject*)shown);
  }
  if (PyErr_Occurred() != NULL) {
    PyErr_Fetch(&self->error_type, &self->error, &self->traceback);
    static const char raised[] = "the function raised an exception";
    status = tern_computation_fail(computation, TERN_SQL_ERROR, raised, sizeof raised - 1);
  }
  PyGILState_Release(gil);
  return status;
}

PyObject* database_get_or_compute(PyObject* object, PyObject* args, PyObject* keywords) {
  node* const self = (node*)object;
  static char* names[] = {"key", "function", "ttl", "patience", NULL};
  PyObject *key, *function, *ttl = NULL, *patience = NULL;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "OO|$OO:get_or_compute", names, &key, &function, &ttl, &patience))
    return NULL;
  tern_compute_options options = {.size = sizeof options};
  if (node_check(self) < 0 || duration_ms(ttl, "ttl", &options.ttl_ms) < 0 ||
      duration_ms(patience, "patience", &options.patience_ms) < 0)
    return NULL;
  if (patience != NULL && patience != Py_None && options.patience_ms == 0) options.flags = TERN_NO_PATIENCE;
  bytes_view name;
  if (bytes_take(&name, key, "a key") < 0) return NULL;
  call made = {.database = self, .function = function};
  tern_computed* computed = NULL;
  tern_status status;
  WITHOUT_GIL(self,
              status = tern_get_or_compute(self->handle, name.data, name.len, &options, compute, &made, &computed));
  bytes_release(&name);
  if (status == TERN_OK) return computed_make(computed);
  if (made.error_type == NULL) return raise_status(status);
  PyErr_Restore(made.error_type, made.error, made.traceback);
  return NULL;
}

// ---- What the function is given ----

static void computation_dealloc(PyObject* object) {
  PyTypeObject* const type = Py_TYPE(object);
  Py_XDECREF((PyObject*)((computation_object*)object)->database);
  PyObject_Free(object);
  Py_DECREF((PyObject*)type);
}

static tern_computation* computation_of(PyObject* object) {
  tern_computation* const computation = ((computation_object*)object)->computation;
  if (computation == NULL) raise_message(TERN_MISUSE, "This computation has ended: its function has returned.");
  return computation;
}

static PyObject* depend_on(PyObject* object, PyObject* bound) {
  tern_computation* const computation = computation_of(object);
  statement_object* statement;
  PyObject* arguments = NULL;
  if (computation == NULL || bound_parts(bound, &statement, &arguments) < 0) return NULL;
  Py_ssize_t count;
  PyObject** const items = tuple_items(arguments, &count);
  parameters taken;
  PyObject* done = NULL;
  if (items != NULL && node_check(&statement->base) == 0 && parameters_take(&taken, items, count) == 0) {
    tern_status status;
    WITHOUT_GIL(statement,
                status = tern_computation_depend_on(computation, statement->base.handle, taken.values, taken.count));
    done = none_or_error(status);
    parameters_release(&taken);
  }
  PyMem_Free(items);
  Py_DECREF(arguments);
  return done;
}

typedef tern_status (*text_function)(tern_computation* computation, const char* text, size_t len);

static PyObject* with_text(PyObject* object, PyObject* argument, const char* what, text_function function) {
  tern_computation* const computation = computation_of(object);
  Py_ssize_t len;
  const char* const text = computation == NULL ? NULL : text_of(argument, what, &len);
  if (text == NULL) return NULL;
  tern_status status;
  computation_object* const self = (computation_object*)object;
  ++self->users;
  WITHOUT_GIL(self->database, status = function(computation, text, (size_t)len));
  --self->users;
  return none_or_error(status);
}

static PyObject* depend_on_table(PyObject* self, PyObject* table) {
  return with_text(self, table, "a table", tern_computation_depend_on_table);
}

static PyObject* depend_on_tag(PyObject* self, PyObject* tag) {
  return with_text(self, tag, "a tag", tern_computation_depend_on_tag);
}

static PyObject* do_not_cache(PyObject* self, PyObject* why) {
  return with_text(self, why, "a reason", tern_computation_do_not_cache);
}

static PyObject* expire_in(PyObject* self, PyObject* ttl) {
  tern_computation* const computation = computation_of(self);
  int64_t ms;
  if (computation == NULL || duration_ms(ttl, "ttl", &ms) < 0) return NULL;
  return none_or_error(tern_computation_expire_in(computation, ms));
}

// ---- Threads that take part ----

static PyObject* on_this_thread(PyObject* object, PyObject* unused) {
  (void)unused;
  if (computation_of(object) == NULL) return NULL;
  part_object* const part = (part_object*)PyType_GenericAlloc(part_type, 0);
  if (part != NULL) part->computation = Py_NewRef(object);
  return (PyObject*)part;
}

// One that was never left belongs to its thread, which alone could do so: it is a `with` that has not ended.
static void part_dealloc(PyObject* object) {
  PyTypeObject* const type = Py_TYPE(object);
  Py_XDECREF(((part_object*)object)->computation);
  PyObject_Free(object);
  Py_DECREF((PyObject*)type);
}

static PyObject* part_enter(PyObject* object, PyObject* unused) {
  (void)unused;
  part_object* const self = (part_object*)object;
  tern_computation* const computation = computation_of(self->computation);
  if (computation == NULL) return NULL;
  if (self->part != NULL) return raise_message(TERN_MISUSE, "This part has been entered already.");
  if (check_status(tern_computation_enter(computation, &self->part)) < 0) return NULL;
  self->thread = PyThread_get_thread_ident();
  ++((computation_object*)self->computation)->users;
  return Py_NewRef(object);
}

static PyObject* part_exit(PyObject* object, PyObject* error) {
  (void)error;
  part_object* const self = (part_object*)object;
  if (self->part != NULL && self->thread != PyThread_get_thread_ident())
    return raise_message(TERN_MISUSE, "Another thread has entered this part, and has to leave it.");
  if (self->part != NULL) {
    tern_computation_leave(self->part);
    --((computation_object*)self->computation)->users;
  }
  self->part = NULL;
  Py_RETURN_NONE;
}

static int add_parts(PyObject* module) {
  static PyMethodDef methods[] = {METHOD("__enter__", part_enter, METH_NOARGS, NULL),
                                  METHOD("__exit__", part_exit, METH_VARARGS, NULL),
                                  {NULL, NULL, 0, NULL}};
  static PyType_Slot slots[] = {{Py_tp_dealloc, part_dealloc}, {Py_tp_methods, methods}, {0, NULL}};
  static PyType_Spec spec = {"tern._Part", sizeof(part_object), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  part_type = add_type(module, &spec);
  return part_type == NULL ? -1 : 0;
}

int compute_init(PyObject* module) {
  static PyMethodDef methods[] = {
      METHOD("depend_on", depend_on, METH_O,
             "depend_on(statement)\n\nThe value hangs on the answer of this statement, too, which is run for it."),
      METHOD("depend_on_table", depend_on_table, METH_O, "depend_on_table(table)\n\nIt hangs on a whole table."),
      METHOD("depend_on_tag", depend_on_tag, METH_O, "depend_on_tag(tag)\n\nDatabase.invalidate_tag() voids it, too."),
      METHOD("do_not_cache", do_not_cache, METH_O,
             "do_not_cache(why)\n\nKeeps it out of the cache, since what it hangs on cannot be told."),
      METHOD("expire_in", expire_in, METH_O, "expire_in(ttl)\n\nKeeps it for so long from now on at most."),
      METHOD(
          "on_this_thread", on_this_thread, METH_NOARGS,
          "on_this_thread()\n\nA context manager for threads that the function has started: what they read within it "
          "is part of the value. get_or_compute() waits until they have left it."),
      {NULL, NULL, 0, NULL}};
  static PyType_Slot slots[] = {{Py_tp_dealloc, computation_dealloc},
                                {Py_tp_methods, methods},
                                {Py_tp_doc, "A value that is being computed; good until its function returns."},
                                {0, NULL}};
  static PyType_Spec spec = {"tern.Computation", sizeof(computation_object), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  computation_type = add_type(module, &spec);
  return computation_type == NULL ? -1 : add_parts(module);
}
