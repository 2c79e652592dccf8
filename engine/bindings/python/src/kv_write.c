// Writing to a KV namespace: the methods of Kv that kv.c lists by KV_WRITE_METHODS.

#include "binding.h"

typedef struct put_arguments {
  tern_kv_put_options options;
  bytes_view metadata;
} put_arguments;

static int moment_ms(PyObject* object, int64_t* ms) {
  if (object == NULL || object == Py_None) return 0;
  PyObject* const seconds =
      PyObject_HasAttrString(object, "timestamp") ? PyObject_CallMethod(object, "timestamp", NULL) : Py_NewRef(object);
  const int taken = seconds == NULL ? -1 : duration_ms(seconds, "expires_at", ms);
  Py_XDECREF(seconds);
  return taken;
}

static int put_take(put_arguments* self, PyObject* ttl, PyObject* expires_at, PyObject* metadata) {
  *self = (put_arguments){.options = {.size = sizeof self->options}};
  if (duration_ms(ttl, "ttl", &self->options.ttl_ms) < 0 || moment_ms(expires_at, &self->options.expires_at_ms) < 0)
    return -1;
  if (ttl != NULL && ttl != Py_None && self->options.ttl_ms == 0) {
    PyErr_SetString(PyExc_ValueError, "ttl is 0; None means that the value stays");
    return -1;
  }
  if (metadata == NULL || metadata == Py_None) return 0;
  if (bytes_take(&self->metadata, metadata, "metadata") < 0) return -1;
  self->options.metadata = self->metadata.data;
  self->options.metadata_len = self->metadata.len;
  return 0;
}

static void put_release(put_arguments* self) { bytes_release(&self->metadata); }

PyObject* kv_put(PyObject* object, PyObject* args, PyObject* keywords) {
  node* const self = (node*)object;
  static char* names[] = {"key", "value", "ttl", "expires_at", "metadata", NULL};
  PyObject *key, *value, *ttl = NULL, *expires_at = NULL, *metadata = NULL;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "OO|$OOO:put", names, &key, &value, &ttl, &expires_at, &metadata))
    return NULL;
  put_arguments put = {0};
  bytes_view name = {0}, bytes = {0};
  tern_status status = TERN_MISUSE;
  if (node_check(self) == 0 && put_take(&put, ttl, expires_at, metadata) == 0 && bytes_take(&name, key, "a key") == 0 &&
      bytes_take(&bytes, value, "a value") == 0) {
    WITHOUT_GIL(self, status = tern_kv_put(self->handle, name.data, name.len, bytes.data, bytes.len, &put.options));
    check_status(status);
  }
  bytes_release(&bytes);
  bytes_release(&name);
  put_release(&put);
  if (status != TERN_OK) return NULL;
  Py_RETURN_NONE;
}

PyObject* kv_put_if_version(PyObject* object, PyObject* args, PyObject* keywords) {
  node* const self = (node*)object;
  static char* names[] = {"key", "version", "value", "ttl", "expires_at", "metadata", NULL};
  PyObject *key, *expected, *value, *ttl = NULL, *expires_at = NULL, *metadata = NULL;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "OOO|$OOO:put_if_version", names, &key, &expected, &value, &ttl,
                                   &expires_at, &metadata))
    return NULL;
  put_arguments put = {0};
  bytes_view name = {0}, bytes = {0};
  uint64_t version = 0, made = 0;
  tern_status status = TERN_MISUSE;
  if (node_check(self) == 0 && take_unsigned(expected, "version", UINT64_MAX, &version) == 0 &&
      put_take(&put, ttl, expires_at, metadata) == 0 && bytes_take(&name, key, "a key") == 0 &&
      bytes_take(&bytes, value, "a value") == 0) {
    WITHOUT_GIL(self, status = tern_kv_put_if_version(self->handle, name.data, name.len, version, bytes.data, bytes.len,
                                                      &put.options, &made));
    check_status(status);
  }
  bytes_release(&bytes);
  bytes_release(&name);
  put_release(&put);
  if (status != TERN_OK) return NULL;
  return made == 0 ? Py_NewRef(Py_None) : PyLong_FromUnsignedLongLong(made);
}

PyObject* kv_increment(PyObject* object, PyObject* args, PyObject* keywords) {
  node* const self = (node*)object;
  static char* names[] = {"key", "by", "ttl", "expires_at", "metadata", NULL};
  PyObject *key, *ttl = NULL, *expires_at = NULL, *metadata = NULL;
  long long by = 1;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|L$OOO:increment", names, &key, &by, &ttl, &expires_at, &metadata))
    return NULL;
  put_arguments put = {0};
  bytes_view name = {0};
  int64_t sum = 0;
  tern_status status = TERN_MISUSE;
  if (node_check(self) == 0 && put_take(&put, ttl, expires_at, metadata) == 0 && bytes_take(&name, key, "a key") == 0) {
    WITHOUT_GIL(self, status = tern_kv_increment(self->handle, name.data, name.len, by, &put.options, &sum));
    check_status(status);
  }
  bytes_release(&name);
  put_release(&put);
  return status == TERN_OK ? PyLong_FromLongLong(sum) : NULL;
}

// ---- Many ----

typedef struct kv_items {
  PyObject* pairs;  // a tuple of pairs
  tern_kv_item* items;
  bytes_view* views;  // two for each
  size_t count;
} kv_items;

static void items_release(kv_items* self) {
  for (size_t i = 0; self->views != NULL && i < 2 * self->count; ++i) bytes_release(&self->views[i]);
  PyMem_Free(self->views);
  PyMem_Free(self->items);
  Py_XDECREF(self->pairs);
}

static int take_pair(kv_items* self, size_t index, const tern_kv_put_options* options) {
  PyObject* const pair = PyTuple_GetItem(self->pairs, (Py_ssize_t)index);
  if (!PyTuple_Check(pair) || PyTuple_Size(pair) != 2) {
    PyErr_Format(PyExc_TypeError, "item %zu must be a pair of key and value, not %R", index, pair);
    return -1;
  }
  bytes_view* const key = &self->views[2 * index];
  bytes_view* const value = key + 1;
  if (bytes_take(key, PyTuple_GetItem(pair, 0), "a key") < 0 ||
      bytes_take(value, PyTuple_GetItem(pair, 1), "a value") < 0)
    return -1;
  self->items[index] = (tern_kv_item){{key->data, key->len}, value->data, value->len, options};
  return 0;
}

static int items_take(kv_items* self, PyObject* from, const tern_kv_put_options* options) {
  PyObject* const pairs = PyMapping_Check(from) && PyObject_HasAttrString(from, "items")
                              ? PyObject_CallMethod(from, "items", NULL)
                              : Py_NewRef(from);
  self->pairs = pairs == NULL ? NULL : PySequence_Tuple(pairs);
  Py_XDECREF(pairs);
  if (self->pairs == NULL) return -1;
  self->count = (size_t)PyTuple_Size(self->pairs);
  self->items = PyMem_Calloc(self->count + 1, sizeof *self->items);
  self->views = PyMem_Calloc(2 * self->count + 1, sizeof *self->views);
  if (self->items == NULL || self->views == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  for (size_t i = 0; i < self->count; ++i) {
    if (take_pair(self, i, options) < 0) return -1;
  }
  return 0;
}

PyObject* kv_put_many(PyObject* object, PyObject* args, PyObject* keywords) {
  node* const self = (node*)object;
  static char* names[] = {"items", "ttl", "expires_at", "metadata", NULL};
  PyObject *from, *ttl = NULL, *expires_at = NULL, *metadata = NULL;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|$OOO:put_many", names, &from, &ttl, &expires_at, &metadata))
    return NULL;
  put_arguments put = {0};
  kv_items items = {0};
  uint64_t version = 0;
  tern_status status = TERN_MISUSE;
  if (node_check(self) == 0 && put_take(&put, ttl, expires_at, metadata) == 0 &&
      items_take(&items, from, &put.options) == 0) {
    WITHOUT_GIL(self, status = tern_kv_put_many(self->handle, items.items, items.count, &version));
    check_status(status);
  }
  items_release(&items);
  put_release(&put);
  return status == TERN_OK ? PyLong_FromUnsignedLongLong(version) : NULL;
}

int kv_names_take(kv_names* self, PyObject* keys) {
  *self = (kv_names){0};
  if (PyUnicode_Check(keys) || PyBytes_Check(keys)) {
    PyErr_Format(PyExc_TypeError, "keys must be an iterable of keys, not a single one: %R", keys);
    return -1;
  }
  self->keys = PySequence_Tuple(keys);
  if (self->keys == NULL) return -1;
  const size_t count = (size_t)PyTuple_Size(self->keys);
  self->names = PyMem_Calloc(count + 1, sizeof *self->names);
  self->views = PyMem_Calloc(count + 1, sizeof *self->views);
  if (self->names == NULL || self->views == NULL) {
    PyErr_NoMemory();
    kv_names_release(self);
    return -1;
  }
  for (; self->count < count; ++self->count) {
    bytes_view* const view = &self->views[self->count];
    if (bytes_take(view, PyTuple_GetItem(self->keys, (Py_ssize_t)self->count), "a key") < 0) {
      kv_names_release(self);
      return -1;
    }
    self->names[self->count] = (tern_kv_name){view->data, view->len};
  }
  return 0;
}

void kv_names_release(kv_names* self) {
  for (size_t i = 0; i < self->count; ++i) bytes_release(&self->views[i]);
  PyMem_Free(self->views);
  PyMem_Free(self->names);
  Py_CLEAR(self->keys);
}

// ---- Deleting ----

PyObject* kv_delete(PyObject* object, PyObject* key) {
  node* const self = (node*)object;
  bytes_view name;
  if (node_check(self) < 0 || bytes_take(&name, key, "a key") < 0) return NULL;
  tern_status status;
  WITHOUT_GIL(self, status = tern_kv_delete(self->handle, name.data, name.len));
  bytes_release(&name);
  if (status != TERN_OK) return raise_status(status);
  Py_RETURN_NONE;
}

PyObject* kv_delete_many(PyObject* object, PyObject* keys) {
  node* const self = (node*)object;
  kv_names names;
  if (node_check(self) < 0 || kv_names_take(&names, keys) < 0) return NULL;
  size_t deleted = 0;
  tern_status status;
  WITHOUT_GIL(self, status = tern_kv_delete_many(self->handle, names.names, names.count, &deleted));
  kv_names_release(&names);
  return status == TERN_OK ? PyLong_FromSize_t(deleted) : raise_status(status);
}

PyObject* kv_delete_prefix(PyObject* object, PyObject* prefix) {
  node* const self = (node*)object;
  bytes_view bytes;
  if (node_check(self) < 0 || bytes_take(&bytes, prefix, "prefix") < 0) return NULL;
  uint64_t deleted = 0;
  tern_status status;
  WITHOUT_GIL(self, status = tern_kv_delete_prefix(self->handle, bytes.data, bytes.len, &deleted));
  bytes_release(&bytes);
  return status == TERN_OK ? PyLong_FromUnsignedLongLong(deleted) : raise_status(status);
}

PyObject* kv_delete_if_version(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  node* const self = (node*)object;
  if (count != 2) return PyErr_Format(PyExc_TypeError, "delete_if_version() takes a key and a version");
  bytes_view name;
  uint64_t expected = 0;
  if (node_check(self) < 0 || take_unsigned(args[1], "version", UINT64_MAX, &expected) < 0 ||
      bytes_take(&name, args[0], "a key") < 0)
    return NULL;
  int deleted = 0;
  tern_status status;
  WITHOUT_GIL(self, status = tern_kv_delete_if_version(self->handle, name.data, name.len, expected, &deleted));
  bytes_release(&name);
  return status == TERN_OK ? PyBool_FromLong(deleted) : raise_status(status);
}

PyObject* kv_get_and_touch(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  node* const self = (node*)object;
  if (count != 2) return PyErr_Format(PyExc_TypeError, "get_and_touch() takes a key and a ttl (None: no end)");
  bytes_view name;
  int64_t ttl_ms;
  if (node_check(self) < 0 || duration_ms(args[1], "ttl", &ttl_ms) < 0 || bytes_take(&name, args[0], "a key") < 0)
    return NULL;
  tern_kv_value* value = NULL;
  tern_status status;
  WITHOUT_GIL(self, status = tern_kv_get_and_touch(self->handle, name.data, name.len, ttl_ms, &value));
  bytes_release(&name);
  if (status == TERN_NOT_FOUND) Py_RETURN_NONE;
  return status == TERN_OK ? kv_value_make(value) : raise_status(status);
}
