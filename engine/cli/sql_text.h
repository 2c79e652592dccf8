// What can be told of a SQL text before SQLite sees it.
//
// Contract: pure functions.
#pragma once

#include <string_view>

namespace tern::cli {

// `sql` without the blanks, semicolons and comments that it begins with.
std::string_view skip_blank_sql(std::string_view sql) noexcept;

// Whether it begins with CREATE: what a database that is not there yet can be made with. Anything else on a missing
// file is most likely a misspelt name, and must not leave an empty database behind.
bool begins_with_create(std::string_view sql) noexcept;

// Whether there is more than one statement, or may be: a semicolon with something behind it, outside of quotation marks
// and comments. (A trigger's body looks like that too; SQLite then has the last word.)
bool may_be_script(std::string_view sql) noexcept;

}  // namespace tern::cli
