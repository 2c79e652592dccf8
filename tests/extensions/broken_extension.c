/* An extension that refuses to begin. */
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

__attribute__((visibility("default"))) int sqlite3_extension_init(sqlite3* db, char** error,
                                                                  const sqlite3_api_routines* api) {
  SQLITE_EXTENSION_INIT2(api)
  (void)db;
  *error = sqlite3_mprintf("no licence was found");
  return SQLITE_ERROR;
}
