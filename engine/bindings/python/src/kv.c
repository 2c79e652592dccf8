// Kv: a namespace; reading and listing. (Writing: kv_write.c.)

#include "binding.h"

static PyTypeObject *kv_type, *page_type, *key_type;

static tern_status free_kv(void* handle) {
  tern_kv_free(handle);
  return TERN_OK;
}

static const node_kind kv_kind = {"KV namespace", free_kv, true};

PyObject* kv_open(node* database, const char* name, uint32_t limits) {
  const tern_kv_options options = {.size = sizeof options, .limits = limits};
  tern_kv* handle = NULL;
  tern_status status;
  WITHOUT_GIL(database, status = tern_kv_open_with(database->handle, name, &options, &handle));
  return status == TERN_OK ? node_make(kv_type, &kv_kind, handle, database) : raise_status(status);
}

// Names and metadata are any bytes: as text, with what is no UTF-8 escaped as in os.fsdecode().
static PyObject* name_to_python(const char* name, size_t len) {
  return PyUnicode_DecodeUTF8(name, (Py_ssize_t)len, "surrogateescape");
}

PyObject* metadata_to_python(const char* metadata, size_t len) {
  return len == 0 ? Py_NewRef(Py_None) : name_to_python(metadata, len);
}

PyObject* moment_to_python(int64_t ms) { return ms == 0 ? Py_NewRef(Py_None) : PyFloat_FromDouble((double)ms / 1000); }

// ---- Reading ----

enum { SMALL_VALUE_BYTES = 4096 };

static PyObject* pinned_copy(node* self, const bytes_view* key, PyObject* (*make)(const void*, size_t)) {
  tern_kv_value* value = NULL;
  tern_status status;
  WITHOUT_GIL(self, status = tern_kv_pin(self->handle, key->data, key->len, &value));
  if (status == TERN_NOT_FOUND) Py_RETURN_NONE;
  if (status != TERN_OK) return raise_status(status);
  size_t len;
  const void* const data = tern_kv_value_data(value, &len);
  PyObject* const made = make(data, len);
  tern_kv_value_free(value);
  return made;
}

// Small values by one call into a buffer on the stack, large ones pinned and copied once.
static PyObject* get_as(PyObject* object, PyObject* key, PyObject* (*make)(const void*, size_t)) {
  node* const self = (node*)object;
  bytes_view name;
  if (node_check(self) < 0 || bytes_take(&name, key, "a key") < 0) return NULL;
  char small[SMALL_VALUE_BYTES];
  size_t len = 0;
  tern_status status =
      tern_kv_get_with(self->handle, name.data, name.len, TERN_ONLY_HOT, small, sizeof small, &len, NULL);
  if (status == TERN_WOULD_BLOCK)
    WITHOUT_GIL(self, status = tern_kv_get(self->handle, name.data, name.len, small, sizeof small, &len, NULL));
  PyObject* value = NULL;
  if (status == TERN_OK) {
    value = make(small, len);
  } else if (status == TERN_NOT_FOUND) {
    value = Py_NewRef(Py_None);
  } else if (status == TERN_LIMIT && len > sizeof small) {
    value = pinned_copy(self, &name, make);
  } else {
    raise_status(status);
  }
  bytes_release(&name);
  return value;
}

static PyObject* make_bytes(const void* data, size_t len) { return PyBytes_FromStringAndSize(data, (Py_ssize_t)len); }
static PyObject* make_text(const void* data, size_t len) { return PyUnicode_DecodeUTF8(data, (Py_ssize_t)len, NULL); }
static PyObject* make_json(const void* data, size_t len) { return json_loads(data, len); }

static PyObject* get(PyObject* self, PyObject* key) { return get_as(self, key, make_bytes); }
static PyObject* get_text(PyObject* self, PyObject* key) { return get_as(self, key, make_text); }
static PyObject* get_json(PyObject* self, PyObject* key) { return get_as(self, key, make_json); }

static PyObject* pin(PyObject* object, PyObject* key) {
  node* const self = (node*)object;
  bytes_view name;
  if (node_check(self) < 0 || bytes_take(&name, key, "a key") < 0) return NULL;
  tern_kv_value* value = NULL;
  tern_status status;
  WITHOUT_GIL(self, status = tern_kv_pin(self->handle, name.data, name.len, &value));
  bytes_release(&name);
  if (status == TERN_NOT_FOUND) Py_RETURN_NONE;
  return status == TERN_OK ? kv_value_make(value) : raise_status(status);
}

static PyObject* take_pinned(tern_kv_value* value, bool copied) {
  if (value == NULL) return Py_NewRef(Py_None);
  if (!copied) return kv_value_make(value);
  size_t len;
  const void* const data = tern_kv_value_data(value, &len);
  PyObject* const bytes = PyBytes_FromStringAndSize(data, (Py_ssize_t)len);
  tern_kv_value_free(value);
  return bytes;
}

static PyObject* many(PyObject* object, PyObject* keys, bool copied) {
  node* const self = (node*)object;
  kv_names names;
  if (node_check(self) < 0 || kv_names_take(&names, keys) < 0) return NULL;
  tern_kv_value** const values = PyMem_Calloc(names.count + 1, sizeof(tern_kv_value*));
  PyObject* list = values == NULL ? PyErr_NoMemory() : PyList_New((Py_ssize_t)names.count);
  if (list != NULL) {
    tern_status status;
    WITHOUT_GIL(self, status = tern_kv_get_many(self->handle, names.names, names.count, values));
    if (status != TERN_OK) {
      raise_status(status);
      Py_CLEAR(list);
    }
  }
  for (size_t i = 0; list != NULL && i < names.count; ++i) {
    PyObject* const value = take_pinned(values[i], copied);
    values[i] = NULL;
    if (value == NULL || PyList_SetItem(list, (Py_ssize_t)i, value) < 0) Py_CLEAR(list);
  }
  for (size_t i = 0; values != NULL && i < names.count; ++i) tern_kv_value_free(values[i]);
  PyMem_Free(values);
  kv_names_release(&names);
  return list;
}

static PyObject* get_many(PyObject* self, PyObject* keys) { return many(self, keys, true); }
static PyObject* pin_many(PyObject* self, PyObject* keys) { return many(self, keys, false); }

// ---- Listing ----

static PyObject* key_make(const tern_kv_page* page, size_t index) {
  tern_kv_key key = {.size = sizeof key};
  if (check_status(tern_kv_page_key(page, index, &key)) < 0) return NULL;
  PyObject* const tuple = PyStructSequence_New(key_type);
  if (tuple == NULL) return NULL;
  PyStructSequence_SetItem(tuple, 0, name_to_python(key.name, key.name_len));
  PyStructSequence_SetItem(tuple, 1, metadata_to_python(key.metadata, key.metadata_len));
  PyStructSequence_SetItem(tuple, 2, moment_to_python(key.expires_at_ms));
  PyStructSequence_SetItem(tuple, 3, PyLong_FromUnsignedLongLong(key.version));
  if (PyErr_Occurred() == NULL) return tuple;
  Py_DECREF(tuple);
  return NULL;
}

// Takes the page.
static PyObject* page_make(tern_kv_page* page) {
  const size_t count = tern_kv_page_count(page);
  PyObject* keys = PyList_New((Py_ssize_t)count);
  for (size_t i = 0; keys != NULL && i < count; ++i) {
    PyObject* const key = key_make(page, i);
    if (key == NULL || PyList_SetItem(keys, (Py_ssize_t)i, key) < 0) Py_CLEAR(keys);
  }
  const char* const cursor = tern_kv_page_cursor(page, NULL);
  PyObject* const next = cursor == NULL ? Py_NewRef(Py_None) : PyUnicode_FromString(cursor);
  PyObject* const made = keys == NULL || next == NULL ? NULL : PyStructSequence_New(page_type);
  tern_kv_page_free(page);
  if (made == NULL) {
    Py_XDECREF(keys);
    Py_XDECREF(next);
    return NULL;
  }
  PyStructSequence_SetItem(made, 0, keys);
  PyStructSequence_SetItem(made, 1, next);
  return made;
}

static int take_optional(bytes_view* view, PyObject* object, const char* what) {
  *view = (bytes_view){0};
  return object == NULL || object == Py_None ? 0 : bytes_take(view, object, what);
}

static PyObject* list(PyObject* object, PyObject* args, PyObject* keywords) {
  node* const self = (node*)object;
  static char* names[] = {"prefix", "limit", "cursor", "start", NULL};
  PyObject *prefix = NULL, *limit = NULL, *cursor = NULL, *start = NULL;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "|O$OOO:list", names, &prefix, &limit, &cursor, &start)) return NULL;
  uint64_t most = 1000;
  bytes_view prefix_bytes = {0}, cursor_bytes = {0}, start_bytes = {0};
  tern_kv_page* page = NULL;
  if (node_check(self) == 0 && take_unsigned(limit, "limit", 1000, &most) == 0 &&
      take_optional(&prefix_bytes, prefix, "prefix") == 0 && take_optional(&cursor_bytes, cursor, "cursor") == 0 &&
      take_optional(&start_bytes, start, "start") == 0) {
    tern_kv_list_options options = {.size = sizeof options, .limit = (size_t)most};
    options.prefix = prefix_bytes.data, options.prefix_len = prefix_bytes.len;
    options.cursor = cursor_bytes.data, options.cursor_len = cursor_bytes.len;
    options.start = start_bytes.data, options.start_len = start_bytes.len;
    tern_status status;
    WITHOUT_GIL(self, status = tern_kv_list(self->handle, &options, &page));
    check_status(status);
  }
  bytes_release(&prefix_bytes);
  bytes_release(&cursor_bytes);
  bytes_release(&start_bytes);
  return page == NULL ? NULL : page_make(page);
}

PyObject* kv_namespaces(node* database) {
  tern_kv_page* page = NULL;
  tern_status status;
  WITHOUT_GIL(database, status = tern_kv_namespaces(database->handle, &page));
  if (status != TERN_OK) return raise_status(status);
  const size_t count = tern_kv_page_count(page);
  PyObject* names = PyList_New((Py_ssize_t)count);
  for (size_t i = 0; names != NULL && i < count; ++i) {
    tern_kv_key key = {.size = sizeof key};
    PyObject* const name =
        check_status(tern_kv_page_key(page, i, &key)) < 0 ? NULL : name_to_python(key.name, key.name_len);
    if (name == NULL || PyList_SetItem(names, (Py_ssize_t)i, name) < 0) Py_CLEAR(names);
  }
  tern_kv_page_free(page);
  return names;
}

// ---- Types ----

static int add_structs(PyObject* module) {
  static PyStructSequence_Field key_fields[] = {{"name", "The key, as text."},
                                                {"metadata", "Text, or None."},
                                                {"expires_at", "Seconds since 1970, or None."},
                                                {"version", "For put_if_version()."},
                                                {NULL, NULL}};
  static PyStructSequence_Desc key_desc = {"tern.KvKey", "One key of a listing.", key_fields, 4};
  static PyStructSequence_Field page_fields[] = {
      {"keys", "A list of KvKey."}, {"cursor", "For the next page; None if there is none."}, {NULL, NULL}};
  static PyStructSequence_Desc page_desc = {"tern.KvPage", "A page of a listing, as of one moment.", page_fields, 2};
  key_type = PyStructSequence_NewType(&key_desc);
  page_type = PyStructSequence_NewType(&page_desc);
  if (key_type == NULL || page_type == NULL) return -1;
  if (PyModule_AddObjectRef(module, "KvKey", (PyObject*)key_type) < 0) return -1;
  return PyModule_AddObjectRef(module, "KvPage", (PyObject*)page_type);
}

static PyMethodDef methods[] = {
    METHOD("get", get, METH_O, "get(key) -> bytes | None\n\nA copy of the value, or None."),
    METHOD("get_text", get_text, METH_O, "get_text(key) -> str | None\n\nThe value, decoded as UTF-8."),
    METHOD("get_json", get_json, METH_O, "get_json(key) -> object\n\nWhat json.loads() makes of it; None if missing."),
    METHOD("pin", pin, METH_O, "pin(key) -> KvValue | None\n\nThe value without a copy, with metadata and version."),
    METHOD("get_many", get_many, METH_O,
           "get_many(keys) -> list[bytes | None]\n\nThe values of all keys, as of one moment."),
    METHOD("pin_many", pin_many, METH_O, "pin_many(keys) -> list[KvValue | None]\n\nThe same, without copies."),
    METHOD(
        "list", list, METH_VARARGS | METH_KEYWORDS,
        "list(prefix=None, *, limit=1000, cursor=None, start=None) -> KvPage\n\nA page of keys, in the order of their "
        "bytes: those with the prefix, from `start` on. Go on with `cursor` until that is None. A page may be "
        "short, or empty, before the end."),
    KV_WRITE_METHODS,
    METHOD("close", node_close_method, METH_NOARGS, "close()\n\nFrees it; values stay valid."),
    METHOD("__enter__", node_enter_method, METH_NOARGS, NULL),
    METHOD("__exit__", node_exit_method, METH_VARARGS, NULL),
    {NULL, NULL, 0, NULL}};

int kv_init(PyObject* module) {
  static PyGetSetDef getters[] = {{"closed", node_closed, NULL, "Whether it, or its database, was closed.", NULL},
                                  {NULL, NULL, NULL, NULL, NULL}};
  static PyType_Slot slots[] = {
      {Py_tp_dealloc, node_dealloc},
      {Py_tp_methods, methods},
      {Py_tp_getset, getters},
      {Py_tp_doc,
       "A KV namespace, made by Database.kv(): keys and values of any bytes, durable, with time to live and "
       "metadata.\n\nA read that starts after a write was acknowledged sees it or a later one, in every thread and "
       "process. Keys and values are given as str (taken as UTF-8) or as what has a buffer. Threads may share it. "
       "Raises DataError for what is beyond its bound (docs/limits.md), BusyError, OperationalError."},
      {0, NULL}};
  static PyType_Spec spec = {"tern.Kv", sizeof(node), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  kv_type = add_type(module, &spec);
  return kv_type == NULL ? -1 : add_structs(module);
}
