/* Opens a database, writes a row, and reads it twice: from SQLite, then from memory. */
#include <stdio.h>
#include <string.h>

#include <tern/tern.h>

static int check(tern_status status) {
  if (status != TERN_OK) fprintf(stderr, "%s: %s\n", tern_status_name(status), tern_last_error());
  return status == TERN_OK;
}

int main(int argc, char** argv) {
  const char* make =
      "CREATE TABLE IF NOT EXISTS places (id TEXT PRIMARY KEY, name TEXT);"
      "INSERT OR REPLACE INTO places VALUES ('p-17', 'Santa Fe')";
  const char* ask = "SELECT name FROM places WHERE id = ?";
  tern_value id = {TERN_TEXT, 0, {.data = "p-17"}, 4}, name;
  tern_database* db;
  tern_statement* by_id;
  tern_result* result;
  int i;

  if (!check(tern_open(argc > 1 ? argv[1] : "quickstart.db", NULL, &db))) return 1;
  if (!check(tern_exec(db, make, strlen(make), NULL))) return 1;
  if (!check(tern_prepare(db, ask, strlen(ask), &by_id))) return 1;
  for (i = 0; i < 2; ++i) {
    if (!check(tern_query(by_id, &id, 1, &result))) return 1;
    if (!check(tern_result_value(result, 0, 0, &name))) return 1;
    printf("%.*s, from %s\n", (int)name.len, (const char*)name.as.data,
           tern_result_source(result) == TERN_HOT ? "memory" : "SQLite");
    tern_result_free(result);
  }
  tern_statement_free(by_id);
  return check(tern_close(db)) ? 0 : 1;
}
