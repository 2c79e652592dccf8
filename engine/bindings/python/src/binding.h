// What the files of this extension share.
//
// The extension is a C program over tern.h alone, built against Python's limited API (3.11), so that one file serves
// every later Python 3.
//
// The GIL. A call that may wait (for SQLite, the disk, another writer, a callback of the host) runs without it, by
// WITHOUT_GIL(); a hit in memory keeps it, since letting go costs more than the hit. Everything here that is not atomic
// is guarded by it.
//
// Handles. tern.h wants what was opened last closed first. So whatever has a handle is a node of a tree with the
// database at its root: closing a node closes what is below it, and a closed node says so whenever it is used. A node
// keeps its parent alive, and cannot be closed while a call on it or below it runs without the GIL.
//
// Errors. Functions that return an object return NULL, those that return an int -1, with a Python exception set.
// Functions named _take borrow from the objects that they are given, until the _release of the same name.
#ifndef TERN_PYTHON_BINDING_H_
#define TERN_PYTHON_BINDING_H_

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <tern/tern.h>

// ---- Errors (errors.c) ----

// The exception of the class that belongs to the status, with this thread's message, or another one; NULL.
PyObject* raise_status(tern_status status);
PyObject* raise_message(tern_status status, const char* message);
PyObject* raise_format(tern_status status, const char* format, ...);
// -1 unless it is TERN_OK.
int check_status(tern_status status);
// None, or NULL unless it is TERN_OK.
PyObject* none_or_error(tern_status status);

// ---- Handles (node.c) ----

typedef struct node_kind {
  const char* what;  // "statement", for messages
  tern_status (*free_handle)(void* handle);
  bool free_waits;  // so that it runs without the GIL
} node_kind;

typedef struct node {
  PyObject_HEAD;
  const node_kind* kind;
  void* handle;           // NULL once it is closed
  struct node* parent;    // a reference; NULL for a root
  struct node* children;  // borrowed: those that are open
  struct node *next, *previous;
  size_t calls;  // on it and below it, that run without the GIL now
} node;

// Takes the handle, also on failure, and a reference of the parent (or NULL).
PyObject* node_make(PyTypeObject* type, const node_kind* kind, void* handle, node* parent);
// -1, ProgrammingError, if it is closed.
int node_check(const node* self);
void node_enter(node* self);
void node_leave(node* self);
// Closes what is below it, and it. BusyError while a call runs.
int node_close(node* self);
// For tp_dealloc.
void node_dealloc(PyObject* self);
// Methods and a getter that all nodes have.
PyObject* node_close_method(PyObject* self, PyObject* unused);
PyObject* node_enter_method(PyObject* self, PyObject* unused);
PyObject* node_exit_method(PyObject* self, PyObject* error);
PyObject* node_closed(PyObject* self, void* unused);

// Runs a statement of C without the GIL, on a node that has passed node_check().
#define WITHOUT_GIL(of, statement) \
  do {                             \
    node_enter((node*)(of));       \
    Py_BEGIN_ALLOW_THREADS;        \
    statement;                     \
    Py_END_ALLOW_THREADS;          \
    node_leave((node*)(of));       \
  } while (0)

// ---- Values (values.c) ----

enum { INLINE_PARAMETERS = 12 };

// Parameters of a statement.
typedef struct parameters {
  tern_value* values;
  size_t count;
  Py_buffer* buffers;  // of those that are neither str nor bytes; NULL where there are none
  size_t buffer_count;
  tern_value few[INLINE_PARAMETERS];
} parameters;

// -1: ProgrammingError naming the parameter whose type is none of SQLite's, OverflowError, UnicodeEncodeError.
int parameters_take(parameters* self, PyObject* const* args, Py_ssize_t count);
void parameters_release(parameters* self);
// A tuple's items, borrowed, for parameters_take(); to be freed with PyMem_Free().
PyObject** tuple_items(PyObject* tuple, Py_ssize_t* count);

// The result (or NULL) and the column are for the message.
PyObject* value_to_python(const tern_value* value, const tern_result* result, size_t column);
// `text_factory` gets the bytes of each text; NULL: str.
PyObject* value_with_factory(const tern_value* value, const tern_result* result, size_t column, PyObject* text_factory);

// Bytes of a str (as UTF-8, escaped bytes as in os.fsencode()) or of anything that has a buffer.
typedef struct bytes_view {
  const char* data;
  size_t len;
  Py_buffer buffer;  // of what has one
  bool has_buffer;
  PyObject* encoded;  // or a copy
} bytes_view;

int bytes_take(bytes_view* self, PyObject* from, const char* what);
// Also of one that is all zero.
void bytes_release(bytes_view* self);
// The UTF-8 of a str; TypeError otherwise.
const char* text_of(PyObject* object, const char* what, Py_ssize_t* len);

// ---- Conversions (convert.c) ----

// Milliseconds of a number of seconds or a timedelta; NULL and None: 0.
int duration_ms(PyObject* object, const char* what, int64_t* ms);
// NULL and None leave the number as it is.
int take_unsigned(PyObject* object, const char* what, uint64_t most, uint64_t* number);
PyObject* source_name(int source);
// None for 0.
PyObject* stale_reason_name(int stale);
PyObject* json_loads(const char* text, size_t len);
// What a function of the kind of tern_stats() writes, as Python objects.
typedef tern_status (*json_writer)(void* context, char* json, size_t cap, size_t* len);
PyObject* json_from(node* of, json_writer write, void* context);
// Makes a type for as long as the process lives; puts it into the module unless its name begins with "_".
PyTypeObject* add_type(PyObject* module, PyType_Spec* spec);

// ---- Keyword arguments (keywords.c, policy.c) ----

typedef enum keyword_kind {
  KEYWORD_MS,        // seconds or timedelta, to int64_t
  KEYWORD_MS32,      // the same to uint32_t
  KEYWORD_NS,        // seconds, to uint64_t
  KEYWORD_PERMILLE,  // 0 to 1, to uint32_t
  KEYWORD_U64,
  KEYWORD_U32,
  KEYWORD_IF_TRUE,   // sets the flag
  KEYWORD_IF_FALSE,  // sets the flag
  KEYWORD_OBJECT     // a borrowed PyObject*
} keyword_kind;

typedef struct keyword {
  const char* name;
  keyword_kind kind;
  size_t offset;  // in the target
  uint32_t flag;  // of a number: that it is 0
} keyword;

// Fills `target` by a table that ends with a NULL. None is as if it were not given. TypeError names what is unknown.
int keywords_take(const char* function, PyObject* keywords, const keyword* table, void* target, uint32_t* flags);

// A sequence of str. All zero is an empty one.
typedef struct texts {
  PyObject* owner;
  const char** list;
  size_t count;
} texts;

int texts_take(texts* self, PyObject* object, const char* what);
void texts_release(texts* self);

// The policy borrows from the tags.
int policy_take(const char* function, PyObject* keywords, tern_policy* policy, texts* tags);

typedef struct open_options {
  tern_options options;
  tern_policy policy;
  texts tags, extensions;
} open_options;

int options_take(PyObject* keywords, open_options* out);
void options_release(open_options* options);

// ---- Rows (row.c, rows.c) ----

typedef struct freshness {
  int source;
  int stale;  // 0: fresh
  int64_t age_ms;
} freshness;

freshness freshness_of(const tern_result* result);
// The names of a result's columns as a tuple; `known` (or NULL) again if they are the same.
PyObject* columns_of(const tern_result* result, PyObject* known);
PyObject* row_make(const tern_result* result, size_t row, PyObject* columns, freshness fresh);
// Takes the result, also on failure.
PyObject* rows_make(tern_result* result, PyObject* known_columns);

// ---- Statements (statement.c, bound.c) ----

typedef struct statement_object {
  node base;
  PyObject* sql;
  PyObject* columns;  // of the last answer; NULL before
  size_t parameter_count;
  bool reads_only;
  bool may_be_hot;  // memory is asked before the GIL is let go of
} statement_object;

extern PyTypeObject* statement_type;

// Takes the handle, also on failure.
PyObject* statement_make(node* parent, tern_statement* handle, PyObject* sql, bool of_session);
// `flags` are those of tern_query_with().
tern_result* statement_run(statement_object* self, PyObject* const* args, Py_ssize_t count, uint32_t flags);
PyObject* statement_first(statement_object* self, PyObject* const* args, Py_ssize_t count, uint32_t flags);
PyObject* statement_all(statement_object* self, PyObject* const* args, Py_ssize_t count, uint32_t flags);

PyObject* bound_make(statement_object* statement, PyObject* arguments);
// Of a Statement or a BoundStatement: the statement, borrowed, and its parameters, a new reference of a tuple.
int bound_parts(PyObject* object, statement_object** statement, PyObject** arguments);

// ---- Pinned bytes (pinned.c) ----

// Shows bytes that `owner` keeps.
PyObject* view_make(PyObject* owner, const void* data, size_t len);
// These take the handle, also on failure.
PyObject* kv_value_make(tern_kv_value* value);
PyObject* computed_make(tern_computed* computed);

// ---- KV namespaces (kv.c, kv_write.c) ----

PyObject* kv_open(node* database, const char* name, uint32_t limits);
PyObject* kv_namespaces(node* database);
PyObject* metadata_to_python(const char* metadata, size_t len);
PyObject* moment_to_python(int64_t ms);

typedef struct kv_names {
  PyObject* keys;
  tern_kv_name* names;
  bytes_view* views;
  size_t count;
} kv_names;

int kv_names_take(kv_names* self, PyObject* keys);
void kv_names_release(kv_names* self);

PyObject* kv_put(PyObject* self, PyObject* args, PyObject* keywords);
PyObject* kv_put_many(PyObject* self, PyObject* args, PyObject* keywords);
PyObject* kv_put_if_version(PyObject* self, PyObject* args, PyObject* keywords);
PyObject* kv_increment(PyObject* self, PyObject* args, PyObject* keywords);
PyObject* kv_delete(PyObject* self, PyObject* key);
PyObject* kv_delete_many(PyObject* self, PyObject* keys);
PyObject* kv_delete_prefix(PyObject* self, PyObject* prefix);
PyObject* kv_delete_if_version(PyObject* self, PyObject* const* args, Py_ssize_t count);
PyObject* kv_get_and_touch(PyObject* self, PyObject* const* args, Py_ssize_t count);

// ---- Databases (database.c, database_info.c) and sessions (session.c) ----

extern PyTypeObject* database_type;

PyObject* database_open(PyObject* module, PyObject* args, PyObject* keywords);
PyObject* database_stats(PyObject* self, PyObject* unused);
PyObject* database_explain(PyObject* self, PyObject* const* args, Py_ssize_t count);
PyObject* database_kv_namespaces(PyObject* self, PyObject* unused);
PyObject* database_invalidate_tag(PyObject* self, PyObject* tag);
PyObject* database_invalidate_table(PyObject* self, PyObject* table);
PyObject* database_invalidate_all(PyObject* self, PyObject* unused);

// ---- compute.c, transaction.c, function.c ----

PyObject* database_get_or_compute(PyObject* self, PyObject* args, PyObject* keywords);
PyObject* transaction_begin(PyObject* self, PyObject* args, PyObject* keywords);
PyObject* database_create_function(PyObject* self, PyObject* args, PyObject* keywords);
PyObject* database_create_aggregate(PyObject* self, PyObject* args, PyObject* keywords);
PyObject* database_create_collation(PyObject* self, PyObject* args);

// `database` NULL: a private one in memory.
PyObject* session_open(node* database);
PyObject* session_in_memory(PyObject* module, PyObject* unused);

// ---- Types of the module ----

int errors_init(PyObject* module);
int row_init(PyObject* module);
int rows_init(PyObject* module);
int statement_init(PyObject* module);
int bound_init(PyObject* module);
int database_init(PyObject* module);
int session_init(PyObject* module);
int kv_init(PyObject* module);
int pinned_init(PyObject* module);
int compute_init(PyObject* module);
int transaction_init(PyObject* module);

#define METHOD(name, function, flags, doc) \
  { name, (PyCFunction)(void (*)(void))(function), (flags), (doc) }

// Methods that are defined beside the file of their type.
#define KV_WRITE_METHODS                                                                                               \
  METHOD("put", kv_put, METH_VARARGS | METH_KEYWORDS,                                                                  \
         "put(key, value, *, ttl=None, expires_at=None, metadata=None)\n\nPuts a value, whatever was there; durable "  \
         "when it returns. ttl in seconds or as timedelta, or expires_at in seconds since 1970 or as datetime. "       \
         "Metadata is text, JSON by convention."),                                                                     \
      METHOD("put_many", kv_put_many, METH_VARARGS | METH_KEYWORDS,                                                    \
             "put_many(items, *, ttl=None, expires_at=None, metadata=None) -> int\n\nPuts all items of a mapping, or " \
             "of pairs, or none; says the version that they share."),                                                  \
      METHOD("put_if_version", kv_put_if_version, METH_VARARGS | METH_KEYWORDS,                                        \
             "put_if_version(key, version, value, *, ttl=None, expires_at=None, metadata=None) -> int | None\n\nPuts " \
             "only if the key's version is this one, 0: only if there is none. The new version, or None."),            \
      METHOD("increment", kv_increment, METH_VARARGS | METH_KEYWORDS,                                                  \
             "increment(key, by=1, *, ttl=None, expires_at=None, metadata=None) -> int\n\nAdds to an integer in "      \
             "decimal, and says the sum. A missing one counts as 0, and is put with the options."),                    \
      METHOD("delete", kv_delete, METH_O, "delete(key)\n\nDeletes a key. One that is not there is fine."),             \
      METHOD("delete_many", kv_delete_many, METH_O,                                                                    \
             "delete_many(keys) -> int\n\nDeletes all or nothing; says how many there were."),                         \
      METHOD("delete_prefix", kv_delete_prefix, METH_O,                                                                \
             "delete_prefix(prefix) -> int\n\nDeletes every key that begins with it ('': all), in batches; says how "  \
             "many there were."),                                                                                      \
      METHOD("delete_if_version", kv_delete_if_version, METH_FASTCALL,                                                 \
             "delete_if_version(key, version) -> bool\n\nDeletes only if the key's version is this one."),             \
      METHOD(                                                                                                          \
          "get_and_touch", kv_get_and_touch, METH_FASTCALL,                                                            \
          "get_and_touch(key, ttl) -> KvValue | None\n\nGives the key a new time to live, None for no end, and pins "  \
          "its value.")

#define DATABASE_INFO_METHODS                                                                                          \
  METHOD("stats", database_stats, METH_NOARGS,                                                                         \
         "stats() -> dict\n\nWhat the engine has done in this process and what it holds; its fields are those of "     \
         "tern/stats.hpp."),                                                                                           \
      METHOD(                                                                                                          \
          "explain", database_explain, METH_FASTCALL,                                                                  \
          "explain(sql, *parameters) -> dict\n\nWhy an answer is or is not cached, whose pages it hangs on, and what " \
          "voided it lately; its fields are those of tern/explain.hpp. Runs the statement once, if it reads."),        \
      METHOD("kv_namespaces", database_kv_namespaces, METH_NOARGS,                                                     \
             "kv_namespaces() -> list[str]\n\nThe names of all KV namespaces."),                                       \
      METHOD("invalidate_tag", database_invalidate_tag, METH_O,                                                        \
             "invalidate_tag(tag)\n\nVoids all cached answers of statements with that tag, in all processes."),        \
      METHOD("invalidate_table", database_invalidate_table, METH_O,                                                    \
             "invalidate_table(table)\n\nThe same of whatever reads that table."),                                     \
      METHOD("invalidate_all", database_invalidate_all, METH_NOARGS, "invalidate_all()\n\nThe same of everything.")

#define DATABASE_FUNCTION_METHODS                                                                                     \
  METHOD("create_function", database_create_function, METH_VARARGS | METH_KEYWORDS,                                   \
         "create_function(name, arity, function, *, deterministic=False, in_schema=False)\n\nRegisters a function "   \
         "for every connection that the file has or will have in this process; arity -1: any number. Say "            \
         "deterministic=True if equal arguments always give an equal result: then what uses it is cached. It is "     \
         "called on any thread, and must not use tern."),                                                             \
      METHOD(                                                                                                         \
          "create_aggregate", database_create_aggregate, METH_VARARGS | METH_KEYWORDS,                                \
          "create_aggregate(name, arity, aggregate, *, deterministic=False, in_schema=False)\n\nThe same of a class " \
          "with step(*args) and finalize(); or with step(), inverse(*args) and value(), for OVER."),                  \
      METHOD("create_collation", database_create_collation, METH_VARARGS,                                             \
             "create_collation(name, function)\n\nRegisters a collation: a function of two str that returns an int "  \
             "below, at or above 0. What raises is reported, and ordered as the bytes are.")

#endif  // TERN_PYTHON_BINDING_H_
