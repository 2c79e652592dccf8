// A program that has never heard of tern: it takes SQL from standard input, as the sqlite3 shell does, and prints rows
// with '|' between the columns. It exists because the shell of a distribution may be an old SQLite, and because a test
// wants to go on after an error.
//
// usage: foreign_writer DB [-bail]
// A statement ends with ';' at the end of a line. An error is printed as a line "! EXTENDED_CODE MESSAGE" on standard
// output, and what was begun is rolled back; with -bail it stands on standard error, and ends the program with exit
// code 1.
#include <sqlite3.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

namespace {

int print_row(void*, int columns, char** values, char**) {
  for (int i = 0; i < columns; ++i) {
    std::printf("%s%s", i == 0 ? "" : "|", values[i] == nullptr ? "" : values[i]);
  }
  std::putchar('\n');
  return 0;
}

bool run(sqlite3* db, const std::string& sql, FILE* errors) {
  char* message = nullptr;
  if (sqlite3_exec(db, sql.c_str(), print_row, nullptr, &message) == SQLITE_OK) return true;
  const int code = sqlite3_extended_errcode(db);
  if (sqlite3_get_autocommit(db) == 0) sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr);
  std::fprintf(errors, "! %d %s\n", code, message);
  sqlite3_free(message);
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: foreign_writer DB [-bail]\n");
    return 2;
  }
  const bool bail = argc > 2 && std::string_view(argv[2]) == "-bail";
  sqlite3* db = nullptr;
  if (sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) {
    std::fprintf(stderr, "foreign_writer: cannot open %s: %s\n", argv[1], sqlite3_errmsg(db));
    return 1;
  }
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, 20'000);
  std::string sql;
  for (std::string line; std::getline(std::cin, line);) {
    sql += line + '\n';
    if (sqlite3_complete(sql.c_str()) == 0) continue;
    const bool ok = run(db, sql, bail ? stderr : stdout);
    std::fflush(stdout);
    if (!ok && bail) return 1;
    sql.clear();
  }
  sqlite3_close(db);
  return 0;
}
