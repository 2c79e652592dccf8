// The tree of handles (binding.h has its rules).
//
// A node is in its parent's list exactly while it has a handle. So whoever closes the parent meets no node that has
// ended, and ends when the list is empty.

#include "binding.h"

static void put_in(node* self) {
  if (self->parent == NULL) return;
  self->next = self->parent->children;
  if (self->next != NULL) self->next->previous = self;
  self->parent->children = self;
}

static void take_out(node* self) {
  if (self->parent == NULL) return;
  if (self->previous != NULL) {
    self->previous->next = self->next;
  } else {
    self->parent->children = self->next;
  }
  if (self->next != NULL) self->next->previous = self->previous;
  self->next = self->previous = NULL;
}

PyObject* node_make(PyTypeObject* type, const node_kind* kind, void* handle, node* parent) {
  node* const self = (node*)PyType_GenericAlloc(type, 0);
  if (self == NULL) {
    kind->free_handle(handle);
    return NULL;
  }
  self->kind = kind;
  self->handle = handle;
  self->parent = (node*)Py_XNewRef((PyObject*)parent);
  put_in(self);
  return (PyObject*)self;
}

int node_check(const node* self) {
  if (self->handle != NULL) return 0;
  const node* closed = self;
  for (const node* above = self->parent; above != NULL; above = above->parent) {
    if (above->handle == NULL) closed = above;
  }
  raise_format(TERN_MISUSE, "Cannot operate on a closed %s.", closed->kind->what);
  return -1;
}

void node_enter(node* self) {
  for (node* at = self; at != NULL; at = at->parent) ++at->calls;
}

void node_leave(node* self) {
  for (node* at = self; at != NULL; at = at->parent) --at->calls;
}

static int check_idle(const node* self) {
  if (self->calls == 0) return 0;
  raise_format(TERN_BUSY, "This %s cannot be closed while another thread uses it (%zu now): wait for that first.",
               self->kind->what, self->calls);
  return -1;
}

static int close_children(node* self) {
  while (self->children != NULL) {
    node* const child = (node*)Py_NewRef((PyObject*)self->children);
    const int closed = node_close(child);
    Py_DECREF((PyObject*)child);
    if (closed < 0) return -1;
  }
  return 0;
}

static tern_status free_handle(node* self, void* handle) {
  if (!self->kind->free_waits) return self->kind->free_handle(handle);
  tern_status status;
  if (self->parent != NULL) node_enter(self->parent);
  Py_BEGIN_ALLOW_THREADS;
  status = self->kind->free_handle(handle);
  Py_END_ALLOW_THREADS;
  if (self->parent != NULL) node_leave(self->parent);
  return status;
}

int node_close(node* self) {
  if (self->handle == NULL) return 0;
  if (check_idle(self) < 0 || close_children(self) < 0) return -1;
  // Once more: other threads may have run while a child was closed.
  if (self->handle == NULL) return 0;
  if (check_idle(self) < 0) return -1;
  void* const handle = self->handle;
  self->handle = NULL;
  take_out(self);
  const tern_status status = free_handle(self, handle);
  if (status == TERN_OK) return 0;
  self->handle = handle;
  put_in(self);
  raise_status(status);
  return -1;
}

void node_dealloc(PyObject* object) {
  node* const self = (node*)object;
  PyTypeObject* const type = Py_TYPE(object);
  PyObject *error_type, *error, *traceback;
  PyErr_Fetch(&error_type, &error, &traceback);
  if (node_close(self) < 0) {
    // Nobody is left to be told; in a child of fork() it is always so.
    PyErr_Clear();
    if (self->handle != NULL) take_out(self);
  }
  PyErr_Restore(error_type, error, traceback);
  Py_XDECREF((PyObject*)self->parent);
  PyObject_Free(object);
  Py_DECREF((PyObject*)type);
}

PyObject* node_close_method(PyObject* self, PyObject* unused) {
  (void)unused;
  if (node_close((node*)self) < 0) return NULL;
  Py_RETURN_NONE;
}

PyObject* node_enter_method(PyObject* self, PyObject* unused) {
  (void)unused;
  if (node_check((node*)self) < 0) return NULL;
  return Py_NewRef(self);
}

PyObject* node_exit_method(PyObject* self, PyObject* error) {
  (void)error;
  return node_close_method(self, NULL);
}

PyObject* node_closed(PyObject* self, void* unused) {
  (void)unused;
  return PyBool_FromLong(((node*)self)->handle == NULL);
}
