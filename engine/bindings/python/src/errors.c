// The exceptions: PEP 249's classes, chosen by tern_status, with `code` beside the message.

#include <stdarg.h>
#include <stdio.h>

#include "binding.h"

static PyObject* error;
static PyObject* interface_error;
static PyObject* database_error;
static PyObject* data_error;
static PyObject* operational_error;
static PyObject* integrity_error;
static PyObject* internal_error;
static PyObject* programming_error;
static PyObject* not_supported_error;
static PyObject* busy_error;

static PyObject* class_of(tern_status status) {
  switch (status) {
    case TERN_MISUSE:
      return programming_error;
    case TERN_BUSY:
      return busy_error;
    case TERN_CONSTRAINT:
      return integrity_error;
    case TERN_LIMIT:
      return data_error;
    case TERN_CORRUPT:
    case TERN_NOT_A_DATABASE:
      return database_error;
    case TERN_UNSUPPORTED:
      return not_supported_error;
    case TERN_INTERNAL:
      return internal_error;
    default:
      return operational_error;
  }
}

PyObject* raise_message(tern_status status, const char* message) {
  if (status == TERN_NO_MEMORY) return PyErr_NoMemory();
  PyObject* const type = class_of(status);
  // A message may quote bytes that are no UTF-8.
  PyObject* const text = PyUnicode_DecodeUTF8(message, (Py_ssize_t)strlen(message), "replace");
  PyObject* const exception = text == NULL ? NULL : PyObject_CallFunctionObjArgs(type, text, NULL);
  PyObject* const code = exception == NULL ? NULL : PyUnicode_FromString(tern_status_name(status));
  if (code != NULL && PyObject_SetAttrString(exception, "code", code) == 0) PyErr_SetObject(type, exception);
  Py_XDECREF(code);
  Py_XDECREF(exception);
  Py_XDECREF(text);
  return NULL;
}

PyObject* raise_status(tern_status status) { return raise_message(status, tern_last_error()); }

PyObject* raise_format(tern_status status, const char* format, ...) {
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  return raise_message(status, message);
}

int check_status(tern_status status) {
  if (status == TERN_OK) return 0;
  raise_status(status);
  return -1;
}

PyObject* none_or_error(tern_status status) {
  if (status != TERN_OK) return raise_status(status);
  Py_RETURN_NONE;
}

// A new class below `base`, in the module and in `*out`.
static int add_class(PyObject* module, const char* name, const char* doc, PyObject* base, PyObject** out) {
  char full_name[64];
  snprintf(full_name, sizeof full_name, "tern.%s", name);
  *out = PyErr_NewExceptionWithDoc(full_name, doc, base, NULL);
  return *out == NULL ? -1 : PyModule_AddObjectRef(module, name, *out);
}

int errors_init(PyObject* module) {
  static PyObject* warning;
  if (add_class(module, "Warning", "PEP 249: an important warning. tern raises none.", PyExc_Exception, &warning) < 0 ||
      add_class(module, "Error", "Whatever fails in tern. `code` is a word to branch on: \"busy\", \"constraint\", …",
                PyExc_Exception, &error) < 0)
    return -1;
  PyObject* const no_code = PyUnicode_FromString("");
  const int set = no_code == NULL ? -1 : PyObject_SetAttrString(error, "code", no_code);
  Py_XDECREF(no_code);
  if (set < 0) return -1;
  const struct {
    const char *name, *doc;
    PyObject** base;
    PyObject** out;
  } classes[] = {
      {"InterfaceError", "PEP 249: an error of the interface rather than the database.", &error, &interface_error},
      {"DatabaseError", "The database is damaged, or the file is none.", &error, &database_error},
      {"DataError", "A bound was met (docs/limits.md), or a value cannot be what it should be.", &database_error,
       &data_error},
      {"OperationalError", "The SQL is wrong, or the file cannot be opened, read or written.", &database_error,
       &operational_error},
      {"IntegrityError", "UNIQUE, NOT NULL, CHECK, FOREIGN KEY.", &database_error, &integrity_error},
      {"InternalError", "A bug in tern; please report it.", &database_error, &internal_error},
      {"ProgrammingError", "The call is wrong: an argument, the number of parameters, something that was closed.",
       &database_error, &programming_error},
      {"NotSupportedError", "What tern does not do, by design.", &database_error, &not_supported_error},
      {"BusyError", "Somebody else held it for too long.", &operational_error, &busy_error},
  };
  for (size_t i = 0; i < sizeof classes / sizeof *classes; ++i) {
    if (add_class(module, classes[i].name, classes[i].doc, *classes[i].base, classes[i].out) < 0) return -1;
  }
  return 0;
}
