// What can be told of a database from its path, before SQLite opens it: so that "unable to open database file" need not
// be the answer. why_read_only(), which connection.h offers to others, is one of these.
//
// Contract. Looks at the file system, as the effective user, and changes nothing. Any thread. Races are harmless:
// SQLite has the last word. Throws Error that names the path and the remedy.
#pragma once

#include <string>
#include <string_view>

#include "sql/connection.h"

namespace tern::sql {

// Throws "cannot open database <path>: <reason>; <remedy>", with SQLite's extended `code`.
[[noreturn]] void refuse_path(int code, const std::string& path, std::string_view reason, std::string_view remedy);

// Refuses a path at which no database can be opened in this way.
void check_path(const ConnectionOptions& options);

// True if the file has no log to be read, and lies where nobody can write it or make one.
bool is_immutable(const std::string& path);

// The path as a URI that tells SQLite so; what means something there is escaped.
std::string immutable_uri(const std::string& path);

}  // namespace tern::sql
