// The module behind a virtual table, from the text in sqlite_schema: "CREATE VIRTUAL TABLE <name> USING <module>(…)".
//
// SQLite keeps the text from the table's name on as the user wrote it, so names may be bare or quoted in any of
// SQLite's four ways, with comments between them. There is no interface that tells the module.
//
// Contract. Pure. The answer is in lower case (module names are ASCII and compared without case), unquoted; empty if
// the text is not of that form.
#pragma once

#include <string>
#include <string_view>

namespace tern::sql {

std::string module_of_virtual_table(std::string_view create_sql);

// ASCII letters in lower case: how SQLite compares the names of functions, tables and modules.
std::string lower_case(std::string_view name);

}  // namespace tern::sql
