/* Keeps a page that is made from a table: made once, shown from memory, and made anew when a row of it changes. */
#include <stdio.h>
#include <string.h>

#include <tern/tern.h>

static int check(tern_status status) {
  if (status != TERN_OK) fprintf(stderr, "%s: %s\n", tern_status_name(status), tern_last_error());
  return status == TERN_OK;
}

/* The page of one region: what it reads is what it hangs on. */
struct request {
  tern_statement* by_region;
  const char* region;
};

static tern_status page_of(void* user_data, tern_computation* computation) {
  const struct request* request = user_data;
  tern_value region = {TERN_TEXT, 0, {.data = request->region}, strlen(request->region)}, name;
  tern_result* places;
  size_t row;
  tern_status status = tern_query(request->by_region, &region, 1, &places);
  if (status != TERN_OK) return status;

  for (row = 0; status == TERN_OK && row < tern_result_rows(places); ++row) {
    status = tern_result_value(places, row, 0, &name);
    if (status == TERN_OK) status = tern_computation_append(computation, "<li>", 4);
    if (status == TERN_OK) status = tern_computation_append(computation, name.as.data, name.len);
  }
  tern_result_free(places);
  return status;
}

static int show(tern_database* db, struct request* request) {
  const char* const from[] = {"?", "memory", "the store", "SQLite", "its function"};
  tern_computed* page;
  size_t len;
  char key[64];
  int key_len = snprintf(key, sizeof key, "places 1/%s", request->region);
  if (!check(tern_get_or_compute(db, key, (size_t)key_len, NULL, page_of, request, &page))) return 0;
  const char* html = tern_computed_data(page, &len);
  printf("%.*s from %s\n", (int)len, html, from[tern_computed_source(page)]);
  tern_computed_free(page);
  return 1;
}

int main(int argc, char** argv) {
  static const char make[] =
      "DROP TABLE IF EXISTS places; CREATE TABLE places (name TEXT, region TEXT);"
      "INSERT INTO places VALUES ('Taos', 'US-NM'), ('Gallup', 'US-NM'), ('Moab', 'US-UT')";
  static const char rename[] = "UPDATE places SET name = 'Santa Fe' WHERE name = 'Taos'";
  static const char ask[] = "SELECT name FROM places WHERE region = ? ORDER BY name";
  tern_database* db;
  struct request request = {NULL, "US-NM"};

  if (!check(tern_open(argc > 1 ? argv[1] : "compute.db", NULL, &db))) return 1;
  if (!check(tern_exec(db, make, sizeof make - 1, NULL))) return 1;
  if (!check(tern_prepare(db, ask, sizeof ask - 1, &request.by_region))) return 1;
  if (!show(db, &request) || !show(db, &request)) return 1;
  if (!check(tern_exec(db, rename, sizeof rename - 1, NULL))) return 1;
  if (!show(db, &request)) return 1;
  tern_statement_free(request.by_region);
  return check(tern_close(db)) ? 0 : 1;
}
