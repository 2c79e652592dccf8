// Connection::load_extension(): what a library brings is found by comparing SQLite's lists before and after.
#include <sqlite3.h>
#include <sys/stat.h>

#include <set>
#include <string>

#include "sql/connection.h"
#include "sql/error.h"
#include "sql/statement.h"
#include "sql/virtual_table.h"

namespace tern::sql {
namespace {

// Every overload by itself, as text: a library may add one to a name that is there already.
std::set<std::pair<std::string, std::string>> names_known(Connection& connection) {
  std::set<std::pair<std::string, std::string>> known;
  Statement functions(connection,
                      "SELECT name, builtin || ' ' || type || ' ' || enc || ' ' || narg || ' ' || flags "
                      "FROM pragma_function_list");
  while (functions.step()) known.emplace(lower_case(functions.column_text(0)), functions.column_text(1));
  Statement collations(connection, "SELECT name FROM pragma_collation_list");
  while (collations.step()) known.emplace(lower_case(collations.column_text(0)), "collation");
  Statement modules(connection, "SELECT name FROM pragma_module_list");
  while (modules.step()) known.emplace(lower_case(modules.column_text(0)), "module");
  return known;
}

bool exists(const std::string& path) {
  struct stat status;
  // SQLite tries the platform's suffix too.
  return ::stat(path.c_str(), &status) == 0 || ::stat((path + ".so").c_str(), &status) == 0;
}

}  // namespace

void Connection::load_extension(const std::string& path) {
  const auto before = names_known(*this);
  int ignored = 0;
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, &ignored);
  char* message = nullptr;
  const int result = sqlite3_load_extension(handle_, path.c_str(), nullptr, &message);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, &ignored);
  const std::string reason = message != nullptr ? message : sqlite3_errstr(result);
  sqlite3_free(message);
  if (result != SQLITE_OK) {
    const bool missing = path.find('/') != std::string::npos && !exists(path);
    throw Error(missing ? SQLITE_CANTOPEN : SQLITE_ERROR,
                describe("load the extension " + path, missing ? "there is no such file" : reason,
                         missing ? "give the path of a shared library" : ""));
  }
  for (const auto& known : names_known(*this)) {
    if (!before.contains(known)) note_foreign(known.first);
  }
}

}  // namespace tern::sql
