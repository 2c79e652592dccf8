// What a database tells of itself, and invalidation by hand: the methods of Database that database.c lists by
// DATABASE_INFO_METHODS.

#include "binding.h"

static tern_status write_stats(void* context, char* json, size_t cap, size_t* len) {
  return tern_stats(context, json, cap, len);
}

PyObject* database_stats(PyObject* object, PyObject* unused) {
  (void)unused;
  node* const self = (node*)object;
  return node_check(self) < 0 ? NULL : json_from(self, write_stats, self->handle);
}

typedef struct explained {
  tern_database* database;
  const char* sql;
  size_t len;
  const parameters* taken;
} explained;

static tern_status write_explanation(void* context, char* json, size_t cap, size_t* len) {
  const explained* const self = context;
  return tern_explain(self->database, self->sql, self->len, self->taken->values, self->taken->count, json, cap, len);
}

PyObject* database_explain(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  node* const self = (node*)object;
  if (count == 0) return PyErr_Format(PyExc_TypeError, "explain() takes a statement's text and its parameters");
  Py_ssize_t len;
  const char* const text = node_check(self) < 0 ? NULL : text_of(args[0], "sql", &len);
  parameters taken;
  if (text == NULL || parameters_take(&taken, args + 1, count - 1) < 0) return NULL;
  explained context = {self->handle, text, (size_t)len, &taken};
  PyObject* const told = json_from(self, write_explanation, &context);
  parameters_release(&taken);
  return told;
}

PyObject* database_kv_namespaces(PyObject* object, PyObject* unused) {
  (void)unused;
  return node_check((node*)object) < 0 ? NULL : kv_namespaces((node*)object);
}

static PyObject* invalidate(PyObject* object, PyObject* name, const char* what,
                            tern_status (*function)(tern_database*, const char*, size_t)) {
  node* const self = (node*)object;
  Py_ssize_t len;
  const char* const text = node_check(self) < 0 ? NULL : text_of(name, what, &len);
  if (text == NULL) return NULL;
  tern_status status;
  WITHOUT_GIL(self, status = function(self->handle, text, (size_t)len));
  if (status != TERN_OK) return raise_status(status);
  Py_RETURN_NONE;
}

PyObject* database_invalidate_tag(PyObject* self, PyObject* tag) {
  return invalidate(self, tag, "a tag", tern_invalidate_tag);
}

PyObject* database_invalidate_table(PyObject* self, PyObject* table) {
  return invalidate(self, table, "a table", tern_invalidate_table);
}

PyObject* database_invalidate_all(PyObject* object, PyObject* unused) {
  (void)unused;
  node* const self = (node*)object;
  if (node_check(self) < 0) return NULL;
  tern_status status;
  WITHOUT_GIL(self, status = tern_invalidate_all(self->handle));
  if (status != TERN_OK) return raise_status(status);
  Py_RETURN_NONE;
}
