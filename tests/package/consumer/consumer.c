#include <stdio.h>
#include <string.h>

#include <tern/tern.h>

static int fail(const char* what) {
  fprintf(stderr, "%s: %s\n", what, tern_last_error());
  return 1;
}

int main(int argc, char** argv) {
  const char* script = "CREATE TABLE IF NOT EXISTS t (a INTEGER); DELETE FROM t; INSERT INTO t VALUES (42)";
  const char* question = "SELECT a FROM t";
  tern_database* db = NULL;
  tern_statement* statement = NULL;
  tern_result* result = NULL;
  tern_value value;
  if (argc != 2) return 2;
  if (tern_open(argv[1], NULL, &db) != TERN_OK) return fail("open");
  if (tern_exec(db, script, strlen(script), NULL) != TERN_OK) return fail("exec");
  if (tern_prepare(db, question, strlen(question), &statement) != TERN_OK) return fail("prepare");
  if (tern_query(statement, NULL, 0, &result) != TERN_OK) return fail("query");
  if (tern_result_value(result, 0, 0, &value) != TERN_OK) return fail("value");
  printf("tern %s built as C: %lld\n", tern_version(), (long long)value.as.integer);
  if (value.type != TERN_INTEGER || value.as.integer != 42) return 1;
  tern_result_free(result);
  tern_statement_free(statement);
  return tern_close(db) == TERN_OK ? 0 : fail("close");
}
