// plain_sqlite PATH SQL…: runs each SQL on the database and prints rows as text, one a line, columns by '|'. Knows
// nothing of tern. Exits with SQLite's primary result code (0 = all done); does not wait for locks.
#include <sqlite3.h>

#include <cstdio>

namespace {

int print_row(void*, int columns, char** values, char**) {
  for (int i = 0; i < columns; ++i) std::printf("%s%s", i == 0 ? "" : "|", values[i] == nullptr ? "NULL" : values[i]);
  std::printf("\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: plain_sqlite PATH SQL...\n");
    return 125;
  }
  sqlite3* db = nullptr;
  int result = sqlite3_open(argv[1], &db);
  for (int i = 2; i < argc && result == SQLITE_OK; ++i) {
    result = sqlite3_exec(db, argv[i], print_row, nullptr, nullptr);
  }
  sqlite3_close(db);
  return result & 0x7f;
}
