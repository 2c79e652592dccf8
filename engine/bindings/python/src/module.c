// The module tern._tern: everything that is written in C. The package tern shows it under its own name.

#include "binding.h"

static PyMethodDef functions[] = {
    METHOD("open", database_open, METH_VARARGS | METH_KEYWORDS,
           "open(path, **options) -> Database\n\nOpens the file, or creates it. Options, by keyword, None being the "
           "default: hot_bytes, store_bytes (0: none), max_entry_bytes, max_log_bytes, kv_map_bytes, busy_timeout "
           "(seconds), busy_retries, max_read_connections, page_cache_kib, checkpoint_frames, create=True, cache=True, "
           "convert_to_wal=False, accept_unsafe_sqlite=False, kv_sync_each=False, synchronous='normal' or 'full', "
           "extensions=(paths), policy={of statements that have none of their own}. A file that this process has open "
           "already is opened once, and its first options count.\n\nRaises OperationalError (folder or file not found, "
           "no leave), DatabaseError (no database, or damaged), NotSupportedError (a journal mode other than WAL, "
           "':memory:'), BusyError."),
    METHOD("session_in_memory", session_in_memory, METH_NOARGS,
           "session_in_memory() -> Session\n\nA private database in memory, gone with the session."),
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                                        "tern._tern",
                                        "tern's storage engine, over its C interface.",
                                        -1,
                                        functions,
                                        NULL,
                                        NULL,
                                        NULL,
                                        NULL};

PyMODINIT_FUNC PyInit__tern(void);

PyMODINIT_FUNC PyInit__tern(void) {
  static int (*const all[])(PyObject*) = {errors_init, row_init,      rows_init,       statement_init,
                                          bound_init,  database_init, session_init,    kv_init,
                                          pinned_init, compute_init,  transaction_init};
  PyObject* const module = PyModule_Create(&definition);
  if (module == NULL) return NULL;
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    if (all[i](module) == 0) continue;
    Py_DECREF(module);
    return NULL;
  }
  if (PyModule_AddStringConstant(module, "__version__", tern_version()) == 0) return module;
  Py_DECREF(module);
  return NULL;
}
