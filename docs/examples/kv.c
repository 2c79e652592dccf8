/* Keeps a session in a KV namespace: put with a time to live, read into a buffer, and listed. */
#include <stdio.h>
#include <string.h>

#include <tern/tern.h>

static int check(tern_status status) {
  if (status != TERN_OK) fprintf(stderr, "%s: %s\n", tern_status_name(status), tern_last_error());
  return status == TERN_OK;
}

int main(int argc, char** argv) {
  tern_kv_put_options half_an_hour = {sizeof half_an_hour, 30 * 60 * 1000, 0, "{\"device\":\"phone\"}", 18};
  tern_kv_info info = {.size = sizeof info};
  tern_kv_key listed = {.size = sizeof listed};
  tern_database* db;
  tern_kv* sessions;
  tern_kv_page* page;
  char value[64];
  size_t len, i;

  if (!check(tern_open(argc > 1 ? argv[1] : "kv.db", NULL, &db))) return 1;
  if (!check(tern_kv_open(db, "sessions", &sessions))) return 1;
  if (!check(tern_kv_put(sessions, "user/17", 7, "step 1", 6, &half_an_hour))) return 1;
  if (!check(tern_kv_get(sessions, "user/17", 7, value, sizeof value, &len, &info))) return 1;
  printf("%.*s %.*s\n", (int)len, value, (int)info.metadata_len, info.metadata);
  if (tern_kv_get(sessions, "user/18", 7, value, sizeof value, &len, NULL) == TERN_NOT_FOUND) puts("no user/18");

  if (!check(tern_kv_list(sessions, NULL, &page))) return 1;
  for (i = 0; i < tern_kv_page_count(page); ++i) {
    if (!check(tern_kv_page_key(page, i, &listed))) return 1;
    printf("%.*s %s\n", (int)listed.name_len, listed.name, listed.expires_at_ms != 0 ? "expires" : "stays");
  }
  tern_kv_page_free(page);
  tern_kv_free(sessions);
  return check(tern_close(db)) ? 0 : 1;
}
