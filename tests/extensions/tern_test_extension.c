/* A SQLite extension for the tests: functions with and without SQLITE_DETERMINISTIC, a collation, and the module
 * generate_series(start, stop), an eponymous virtual table. */
#include <sqlite3ext.h>
#include <string.h>
SQLITE_EXTENSION_INIT1

static void twice(sqlite3_context* context, int count, sqlite3_value** values) {
  (void)count;
  sqlite3_result_int64(context, 2 * sqlite3_value_int64(values[0]));
}

static void next_number(sqlite3_context* context, int count, sqlite3_value** values) {
  static sqlite3_int64 number = 0;
  (void)count;
  (void)values;
  sqlite3_result_int64(context, __atomic_add_fetch(&number, 1, __ATOMIC_RELAXED));
}

static int backwards(void* unused, int a_size, const void* a, int b_size, const void* b) {
  const int order = memcmp(b, a, (size_t)(a_size < b_size ? a_size : b_size));
  (void)unused;
  return order != 0 ? order : b_size - a_size;
}

typedef struct Cursor {
  sqlite3_vtab_cursor base;
  sqlite3_int64 now, stop;
} Cursor;

static int series_connect(sqlite3* db, void* unused, int count, const char* const* words, sqlite3_vtab** table,
                          char** error) {
  (void)unused;
  (void)count;
  (void)words;
  (void)error;
  if (sqlite3_declare_vtab(db, "CREATE TABLE x(value, start HIDDEN, stop HIDDEN)") != SQLITE_OK) return SQLITE_ERROR;
  *table = sqlite3_malloc(sizeof **table);
  if (*table == NULL) return SQLITE_NOMEM;
  memset(*table, 0, sizeof **table);
  return SQLITE_OK;
}

static int series_disconnect(sqlite3_vtab* table) {
  sqlite3_free(table);
  return SQLITE_OK;
}

/* Both ends must be given. */
static int series_best_index(sqlite3_vtab* table, sqlite3_index_info* info) {
  int i, found = 0;
  (void)table;
  for (i = 0; i < info->nConstraint; ++i) {
    const int column = info->aConstraint[i].iColumn;
    if (column < 1 || !info->aConstraint[i].usable || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    info->aConstraintUsage[i].argvIndex = column;
    info->aConstraintUsage[i].omit = 1;
    found |= column;
  }
  return found == 3 ? SQLITE_OK : SQLITE_CONSTRAINT;
}

static int series_open(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) {
  Cursor* made = sqlite3_malloc(sizeof *made);
  (void)table;
  if (made == NULL) return SQLITE_NOMEM;
  memset(made, 0, sizeof *made);
  *cursor = &made->base;
  return SQLITE_OK;
}

static int series_close(sqlite3_vtab_cursor* cursor) {
  sqlite3_free(cursor);
  return SQLITE_OK;
}

static int series_filter(sqlite3_vtab_cursor* cursor, int number, const char* text, int count, sqlite3_value** values) {
  (void)number;
  (void)text;
  (void)count;
  ((Cursor*)cursor)->now = sqlite3_value_int64(values[0]);
  ((Cursor*)cursor)->stop = sqlite3_value_int64(values[1]);
  return SQLITE_OK;
}

static int series_next(sqlite3_vtab_cursor* cursor) {
  ++((Cursor*)cursor)->now;
  return SQLITE_OK;
}

static int series_eof(sqlite3_vtab_cursor* cursor) { return ((Cursor*)cursor)->now > ((Cursor*)cursor)->stop; }

static int series_column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int column) {
  if (column == 0) sqlite3_result_int64(context, ((Cursor*)cursor)->now);
  return SQLITE_OK;
}

static int series_rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* rowid) {
  *rowid = ((Cursor*)cursor)->now;
  return SQLITE_OK;
}

static const sqlite3_module series = {
    .xConnect = series_connect,
    .xBestIndex = series_best_index,
    .xDisconnect = series_disconnect,
    .xOpen = series_open,
    .xClose = series_close,
    .xFilter = series_filter,
    .xNext = series_next,
    .xEof = series_eof,
    .xColumn = series_column,
    .xRowid = series_rowid,
};

__attribute__((visibility("default"))) int sqlite3_terntestextension_init(sqlite3* db, char** error,
                                                                          const sqlite3_api_routines* api) {
  SQLITE_EXTENSION_INIT2(api)
  (void)error;
  sqlite3_create_function(db, "ext_twice", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, twice, NULL, NULL);
  sqlite3_create_function(db, "ext_next", 0, SQLITE_UTF8, NULL, next_number, NULL, NULL);
  sqlite3_create_collation(db, "ext_backwards", SQLITE_UTF8, NULL, backwards);
  return sqlite3_create_module(db, "generate_series", &series, NULL);
}
