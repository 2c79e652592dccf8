// Bytes that tern keeps in place, seen through Python's buffer protocol: a cell of a result, a value of a KV namespace,
// a computed value. A view of the bytes keeps the object that pins them; release() refuses while there is one.

#include "binding.h"

typedef struct pinned_object {
  PyObject_HEAD;
  const void* data;
  size_t len;
  Py_ssize_t exports;  // buffers that are out
  PyObject* owner;     // what keeps the bytes, or NULL
  void* handle;        // or this does
  void (*free_handle)(void* handle);
} pinned_object;

static PyTypeObject *view_type, *kv_value_type, *computed_type;

static pinned_object* pinned_make(PyTypeObject* type, void* handle, void (*free_handle)(void*)) {
  pinned_object* const self = (pinned_object*)PyType_GenericAlloc(type, 0);
  if (self == NULL) {
    free_handle(handle);
    return NULL;
  }
  self->handle = handle;
  self->free_handle = free_handle;
  return self;
}

static void free_value(void* handle) { tern_kv_value_free(handle); }
static void free_computed(void* handle) { tern_computed_free(handle); }

PyObject* view_make(PyObject* owner, const void* data, size_t len) {
  pinned_object* const self = (pinned_object*)PyType_GenericAlloc(view_type, 0);
  if (self == NULL) return NULL;
  self->owner = Py_NewRef(owner);
  self->data = data;
  self->len = len;
  return (PyObject*)self;
}

PyObject* kv_value_make(tern_kv_value* value) {
  pinned_object* const self = pinned_make(kv_value_type, value, free_value);
  if (self != NULL) self->data = tern_kv_value_data(value, &self->len);
  return (PyObject*)self;
}

PyObject* computed_make(tern_computed* computed) {
  pinned_object* const self = pinned_make(computed_type, computed, free_computed);
  if (self != NULL) self->data = tern_computed_data(computed, &self->len);
  return (PyObject*)self;
}

static void drop(pinned_object* self) {
  void* const handle = self->handle;
  self->handle = NULL;
  self->data = NULL;
  if (handle != NULL) self->free_handle(handle);
  Py_CLEAR(self->owner);
}

static void pinned_dealloc(PyObject* object) {
  PyTypeObject* const type = Py_TYPE(object);
  drop((pinned_object*)object);
  PyObject_Free(object);
  Py_DECREF((PyObject*)type);
}

static int check(const pinned_object* self) {
  if (self->data != NULL) return 0;
  raise_message(TERN_MISUSE, "This value was released.");
  return -1;
}

static int get_buffer(PyObject* object, Py_buffer* buffer, int flags) {
  pinned_object* const self = (pinned_object*)object;
  buffer->obj = NULL;
  if (check(self) < 0) return -1;
  // The limited API has no const for it; read-only is what the last but one argument says.
  if (PyBuffer_FillInfo(buffer, object, (void*)(uintptr_t)self->data, (Py_ssize_t)self->len, 1, flags) < 0) return -1;
  ++self->exports;
  return 0;
}

static void release_buffer(PyObject* object, Py_buffer* buffer) {
  (void)buffer;
  --((pinned_object*)object)->exports;
}

static PyObject* release(PyObject* object, PyObject* unused) {
  (void)unused;
  pinned_object* const self = (pinned_object*)object;
  if (self->exports > 0)
    return PyErr_Format(PyExc_BufferError, "%zd memoryview%s of this value still exist", self->exports,
                        self->exports == 1 ? "" : "s");
  drop(self);
  Py_RETURN_NONE;
}

static PyObject* enter(PyObject* object, PyObject* unused) {
  (void)unused;
  return check((pinned_object*)object) < 0 ? NULL : Py_NewRef(object);
}

static PyObject* leave(PyObject* object, PyObject* error) {
  (void)error;
  return release(object, NULL);
}

static Py_ssize_t length(PyObject* object) {
  return check((pinned_object*)object) < 0 ? -1 : (Py_ssize_t)((pinned_object*)object)->len;
}

static PyObject* to_bytes(PyObject* object, PyObject* unused) {
  (void)unused;
  pinned_object* const self = (pinned_object*)object;
  return check(self) < 0 ? NULL : PyBytes_FromStringAndSize(self->data, (Py_ssize_t)self->len);
}

static PyObject* to_text(PyObject* object, PyObject* unused) {
  (void)unused;
  pinned_object* const self = (pinned_object*)object;
  return check(self) < 0 ? NULL : PyUnicode_DecodeUTF8(self->data, (Py_ssize_t)self->len, NULL);
}

static PyObject* to_json(PyObject* object, PyObject* unused) {
  (void)unused;
  pinned_object* const self = (pinned_object*)object;
  return check(self) < 0 ? NULL : json_loads(self->data, self->len);
}

#define COMMON_METHODS                                                                                               \
  METHOD("bytes", to_bytes, METH_NOARGS, "bytes() -> bytes\n\nA copy."),                                             \
      METHOD("text", to_text, METH_NOARGS, "text() -> str\n\nA copy, decoded as UTF-8."),                            \
      METHOD("json", to_json, METH_NOARGS, "json() -> object\n\nWhat json.loads() makes of it."),                    \
      METHOD("release", release, METH_NOARGS,                                                                        \
             "release()\n\nLets go of the memory now. BufferError while a memoryview of it exists. `with` does it, " \
             "too."),                                                                                                \
      METHOD("__bytes__", to_bytes, METH_NOARGS, NULL), METHOD("__enter__", enter, METH_NOARGS, NULL),               \
      METHOD("__exit__", leave, METH_VARARGS, NULL)

#define COMMON_SLOTS                                                                                       \
  {Py_tp_dealloc, pinned_dealloc}, {Py_bf_getbuffer, get_buffer}, {Py_bf_releasebuffer, release_buffer}, { \
    Py_sq_length, length                                                                                   \
  }

// ---- A value of a namespace ----

static int info_of(PyObject* object, tern_kv_info* info) {
  pinned_object* const self = (pinned_object*)object;
  info->size = sizeof *info;
  return check(self) < 0 ? -1 : check_status(tern_kv_value_info(self->handle, info));
}

static PyObject* value_metadata(PyObject* object, void* unused) {
  (void)unused;
  tern_kv_info info;
  return info_of(object, &info) < 0 ? NULL : metadata_to_python(info.metadata, info.metadata_len);
}

static PyObject* value_expires_at(PyObject* object, void* unused) {
  (void)unused;
  tern_kv_info info;
  return info_of(object, &info) < 0 ? NULL : moment_to_python(info.expires_at_ms);
}

static PyObject* value_version(PyObject* object, void* unused) {
  (void)unused;
  tern_kv_info info;
  return info_of(object, &info) < 0 ? NULL : PyLong_FromUnsignedLongLong(info.version);
}

static PyObject* value_source(PyObject* object, void* unused) {
  (void)unused;
  tern_kv_info info;
  return info_of(object, &info) < 0 ? NULL : source_name(info.source);
}

// ---- A computed value ----

static PyObject* computed_source(PyObject* object, void* unused) {
  (void)unused;
  pinned_object* const self = (pinned_object*)object;
  return check(self) < 0 ? NULL : source_name(tern_computed_source(self->handle));
}

static PyObject* computed_stale(PyObject* object, void* unused) {
  (void)unused;
  pinned_object* const self = (pinned_object*)object;
  return check(self) < 0 ? NULL : stale_reason_name(tern_computed_stale(self->handle, NULL));
}

static PyObject* computed_age(PyObject* object, void* unused) {
  (void)unused;
  pinned_object* const self = (pinned_object*)object;
  int64_t age_ms = 0;
  if (check(self) < 0) return NULL;
  return PyLong_FromLongLong(tern_computed_stale(self->handle, &age_ms) == 0 ? 0 : age_ms);
}

static PyObject* computed_why_not(PyObject* object, void* unused) {
  (void)unused;
  pinned_object* const self = (pinned_object*)object;
  size_t len;
  if (check(self) < 0) return NULL;
  const char* const why = tern_computed_why_not_cached(self->handle, &len);
  return why == NULL ? Py_NewRef(Py_None) : PyUnicode_DecodeUTF8(why, (Py_ssize_t)len, "replace");
}

static int add_views(PyObject* module) {
  static PyType_Slot slots[] = {COMMON_SLOTS, {0, NULL}};
  static PyType_Spec spec = {"tern._View", sizeof(pinned_object), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  view_type = add_type(module, &spec);
  return view_type == NULL ? -1 : 0;
}

static int add_kv_values(PyObject* module) {
  static PyMethodDef methods[] = {COMMON_METHODS, {NULL, NULL, 0, NULL}};
  static PyGetSetDef getters[] = {
      {"metadata", value_metadata, NULL, "What was put beside it, as text; None where there is none.", NULL},
      {"expires_at", value_expires_at, NULL, "Seconds since 1970; None: never.", NULL},
      {"version", value_version, NULL, "Another one with every write of the key, for put_if_version().", NULL},
      {"source", value_source, NULL, "\"hot\" or \"store\".", NULL},
      {NULL, NULL, NULL, NULL, NULL}};
  static PyType_Slot slots[] = {
      COMMON_SLOTS,
      {Py_tp_methods, methods},
      {Py_tp_getset, getters},
      {Py_tp_doc,
       "A value of a KV namespace where it lies, made by Kv.pin(): memoryview(value) is it without a copy.\n\n"
       "Its bytes neither move nor change, whatever becomes of the key. Hold it for the work at hand: it keeps memory "
       "of the hot tier or, from 32 KiB on, a snapshot of the store. A context manager that lets go at its end."},
      {0, NULL}};
  static PyType_Spec spec = {"tern.KvValue", sizeof(pinned_object), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  kv_value_type = add_type(module, &spec);
  return kv_value_type == NULL ? -1 : 0;
}

static int add_computed(PyObject* module) {
  static PyMethodDef methods[] = {COMMON_METHODS, {NULL, NULL, 0, NULL}};
  static PyGetSetDef getters[] = {
      {"source", computed_source, NULL, "\"hot\", \"store\", or \"computed\": the function has run.", NULL},
      {"stale", computed_stale, NULL, "As Row.stale, of an answer that it was made from.", NULL},
      {"age_ms", computed_age, NULL, "How long ago, at most, a stale value was true; 0 for a fresh one.", NULL},
      {"why_not_cached", computed_why_not, NULL, "Why no tier keeps the value; None if one does.", NULL},
      {NULL, NULL, NULL, NULL, NULL}};
  static PyType_Slot slots[] = {
      COMMON_SLOTS,
      {Py_tp_methods, methods},
      {Py_tp_getset, getters},
      {Py_tp_doc,
       "A computed value where it lies, made by Database.get_or_compute(): memoryview(value) is it without a copy.\n\n"
       "While it is held its bytes stay in memory: hold it for the work at hand. A context manager that lets go at its "
       "end."},
      {0, NULL}};
  static PyType_Spec spec = {"tern.Computed", sizeof(pinned_object), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  computed_type = add_type(module, &spec);
  return computed_type == NULL ? -1 : 0;
}

int pinned_init(PyObject* module) {
  return add_views(module) < 0 || add_kv_values(module) < 0 || add_computed(module) < 0 ? -1 : 0;
}
